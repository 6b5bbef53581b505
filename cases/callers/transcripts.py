"""The text of a call, kept with the cases that were filed from it.

    await keep_transcript(session, text, cases, kept_by=…, now=…) -> CallTranscript | None
    await list_lost(session, …) -> list[LostCall]           newest first
    await drop_transcripts(session, case_ids)               when a person is to be forgotten

One row for a call, however often it is read; its findings are those of the filing, when the agent
was the last to touch the words.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.faithfulness import FiledText, Finding, compare_with_transcript
from cases.models import CallTranscript, Case, TranscriptCase
from cases.storage.insert import insert_or_ignore


@dataclass(frozen=True)
class LostCall:
    """A call that lost something on its way into the cases."""

    call: CallTranscript
    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]


async def keep_transcript(
    session: AsyncSession,
    text: str,
    cases: Sequence[Case],
    *,
    kept_by: str,
    now: datetime,
    findings: Sequence[Finding] | None = None,
) -> CallTranscript | None:
    """Keep the text, what its cases lost of it, and which they are. Nothing for an empty text.

    ``findings``: those of whoever filed, who knows what was left out on purpose; without them the
    call is compared with its cases here.
    """
    if not text.strip() or not cases:
        return None
    digest = hashlib.sha256(text.strip().encode()).hexdigest()
    if findings is None:
        findings = compare_with_transcript(text, [filed_text(case) for case in cases])
    await insert_or_ignore(
        session,
        CallTranscript,
        digest=digest,
        text=text,
        lost=[finding.to_dict() for finding in findings],
        lost_count=len(findings),
        kept_by=kept_by,
        at=now,
    )
    call = await session.scalar(select(CallTranscript).where(CallTranscript.digest == digest))
    if call is None:
        raise RuntimeError("transcript vanished")
    for case in cases:
        await insert_or_ignore(session, TranscriptCase, transcript_id=call.id, case_id=case.id)
    return call


def filed_text(case: Case) -> FiledText:
    """The case as it is compared with the call."""
    return FiledText(
        text=case.text,
        request_type=case.request_type or "",
        urgency=case.urgency,
        place=case.place_text or "",
        flags=tuple(case.flags),
    )


async def list_lost(
    session: AsyncSession, *, limit: int = 50, before_id: int | None = None
) -> list[LostCall]:
    """Calls that lost something, newest first; ``before_id`` is the last of the page before."""
    query = select(CallTranscript).where(CallTranscript.lost_count > 0)
    if before_id is not None:
        query = query.where(CallTranscript.id < before_id)
    calls = list(await session.scalars(query.order_by(CallTranscript.id.desc()).limit(limit)))
    cases: defaultdict[int, list[Case]] = defaultdict(list)
    rows = await session.execute(
        select(TranscriptCase.transcript_id, Case)
        .join(Case, Case.id == TranscriptCase.case_id)
        .where(TranscriptCase.transcript_id.in_([call.id for call in calls]))
        .order_by(Case.id)
    )
    for call_id, case in rows:
        cases[call_id].append(case)
    return [
        LostCall(call, tuple(cases[call.id]), tuple(Finding.from_dict(row) for row in call.lost))
        for call in calls
    ]


async def drop_transcripts(session: AsyncSession, case_ids: Sequence[int]) -> None:
    """The calls of these cases, whole: what a person said cannot be told apart from the rest."""
    calls = select(TranscriptCase.transcript_id).where(TranscriptCase.case_id.in_(case_ids))
    found = list(await session.scalars(calls))
    await session.execute(delete(TranscriptCase).where(TranscriptCase.transcript_id.in_(found)))
    await session.execute(delete(CallTranscript).where(CallTranscript.id.in_(found)))
