"""A step of a case that brings files to the citizen: 整改后照片 with a reply, a form at its end.

FILE_ACTIONS                                              the steps that may
act_with_files(session, number, action, data, files, …)   ``act``, and the files behind its notice

The files stay with the case, their names with the line of the history; they are sent one by one,
each as a message of its own, so that one which fails takes nothing else with it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData
from cases.lifecycle import Action
from cases.models import Attachment, Case
from cases.notifications import send_case_files
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.file_case import AttachmentDraft

FILE_ACTIONS = frozenset({Action.REPLY, Action.CLOSE})


async def act_with_files(
    session: AsyncSession,
    number: str,
    action: Action,
    data: dict[str, Any],
    files: tuple[AttachmentDraft, ...],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
    expected_version: int | None = None,
) -> Case:
    """Raises what ``act`` raises, and ``InvalidData`` for files with a step that takes none."""
    if files and action not in FILE_ACTIONS:
        raise InvalidData("这一步不能附文件。", field="files")
    if files:
        data = {**data, "files": [file.name or file.kind for file in files]}
    case = await act(
        session,
        number,
        action.value,
        data,
        actor=actor,
        town=town,
        now=now,
        expected_version=expected_version,
    )
    if files:
        rows = [Attachment(**asdict(file), case_id=case.id, at=now) for file in files]
        session.add_all(rows)
        await session.flush()
        key = f"case:{case.id}"
        await send_case_files(session, case, rows, dedupe_key=key, now=now, town=town)
    return case
