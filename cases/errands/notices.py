"""What the applicant is told of an errand, and the names of its states and steps.

await tell_applicant(session, errand, step, record, town=…, now=…)      an outbox row, not at night
words(section) -> {code: name}      states, steps, applicants, levels
confirm_buttons(errand, language)   [收到了] [没收到]
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases import callbacks, outbox
from cases.errands.steps import ErrandStep
from cases.models import Contact, Errand
from cases.notifications import format_moment
from cases.quiet_hours import send_after

if TYPE_CHECKING:
    from cases.town import Town

_TEXTS = Path(__file__).with_name("texts.toml")
_TOLD = (ErrandStep.TAKE, ErrandStep.HAND_OVER, ErrandStep.DELIVER, ErrandStep.CANCEL)


async def tell_applicant(
    session: AsyncSession,
    errand: Errand,
    step: ErrandStep,
    record: dict[str, Any],
    *,
    town: Town,
    now: datetime,
) -> bool:
    """Queue the notice of a step; ``False`` where nobody is told or nobody can be."""
    contact = await session.get(Contact, errand.contact_id) if errand.contact_id else None
    if step not in _TOLD or contact is None or contact.muted or not contact.reachable:
        return False
    runner = town.errands.runners.get(errand.runner_code)
    text = words(contact.language)[step.value].format(
        number=errand.number,
        item=errand.item_name,
        runner=errand.runner_name,
        phone=runner.phone if runner else town.policy["hotline"],
        unit=town.unit_name(errand.unit),
        due=format_moment(town, errand.due_at, contact.language),
        result=record.get("result", ""),
        reason=record.get("reason", ""),
    )
    buttons = confirm_buttons(errand, contact.language) if step is ErrandStep.DELIVER else []
    return await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        kind="errand",
        payload={"text": text, "buttons": buttons},
        dedupe_key=f"errand:{errand.id}:{errand.version}",
        now=now,
        not_before=send_after(town, now),
    )


def confirm_buttons(errand: Errand, language: str) -> list[list[dict[str, str]]]:
    """The citizen's signature, one tap; bound to this errand, whoever presses has to own it."""
    say = words(language)
    return [
        [
            {"label": say[key], "data": callbacks.encode("errand", 0, errand.id, value)}
            for key, value in (("confirmed", "got"), ("objected", "not"))
        ]
    ]


def words(section: str) -> dict[str, str]:
    """One table of ``texts.toml``; an unknown language reads as Chinese."""
    texts = _read()
    return texts.get(section, texts["zh"])


@cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
