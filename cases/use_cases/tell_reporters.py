"""The news of a case for everybody else who reported it.

await tell_reporters(session, step, action, seq) -> int      how many notices were queued

The first reporter is told by the engine as ever. A follower hears in the words of
``message_templates/followers.toml``, by chat or by text message; whoever reported a case that was
merged into this one hears under the number that they know. A follower with a landline is shown to
the desk on the case's page: somebody has to call.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.followers import FOLLOWS
from cases.callers.lines import SMS, is_caller_case, line_to
from cases.callers.mobile import mobile_of
from cases.callers.texts import rules_of
from cases.lifecycle import Action, State
from cases.models import Case, CaseReporter, Contact
from cases.notifications import (
    TEMPLATES,
    format_moment,
    load_templates,
    notify_contact,
    queue_notice,
    render_notice,
    word_buttons,
)
from cases.town import Town
from cases.use_cases.step import Step

_FILE: Path = TEMPLATES / "followers.toml"
#: What asks the first reporter for a rating, asks the others for a word.
_ASKS = ("close", "close_again")


@cache
def load_follower_texts() -> dict[str, Any]:
    """The file as it stands."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


async def tell_reporters(session: AsyncSession, step: Step, action: Action, seq: int) -> int:
    """Queue what this step means to the followers of the case and of what was merged into it."""
    key = action.value if step.notice is None else step.notice
    if not key or key not in load_follower_texts()["zh"]:
        return 0
    children = list(
        await session.scalars(
            select(Case)
            .where(Case.parent_id == step.case.id, Case.state == State.MERGED.value)
            .order_by(Case.id)
        )
    )
    members = [step.case, *children]
    followers = await session.scalars(
        select(CaseReporter)
        .where(CaseReporter.case_id.in_([member.id for member in members]))
        .order_by(CaseReporter.id)
    )
    numbers = {member.id: member.number for member in members}
    queued = 0
    for child in children:
        queued += await _tell_merged(session, step, action, key, child, seq)
    for row in followers:
        queued += await _tell_follower(session, step, key, row, numbers[row.case_id], seq)
    return queued


async def _tell_merged(
    session: AsyncSession, step: Step, action: Action, key: str, child: Case, seq: int
) -> bool:
    """In the words of any first reporter: it is their own case that is answered. Like theirs the
    notice goes by the action: what a phone is told and who is called back hang on that."""
    contact = await session.get(Contact, child.contact_id) if child.contact_id else None
    language = contact.language if contact else "zh"
    words = dict(_worded(step, language))
    buttons = None
    if key in _ASKS:
        buttons = word_buttons(child.id, step.case.round, language)
        # The rating is the first reporter's; what is asked of the others is a word.
        subject = child.number if language == "en" else f"您的诉求 {child.number} "
        text = _follower_text(key, language).format_map({**words, "subject": subject})
    else:
        text = render_notice(language, key, number=child.number, **words)
    return await notify_contact(
        session,
        child,
        kind=f"notice.{action.value}",
        text=text,
        dedupe_key=f"case:{step.case.id}:{seq}:merged:{child.id}",
        now=step.now,
        town=step.town,
        buttons=buttons,
        answering=step.case,
        wording=step.notice or "",
    )


async def _tell_follower(
    session: AsyncSession, step: Step, key: str, row: CaseReporter, number: str, seq: int
) -> bool:
    contact = await _line_of(session, row, step.town, step.now)
    if contact is None or contact.muted or not contact.reachable:
        return False
    if _is_told_anyway(step, contact):
        return False
    buttons = None
    if contact.channel == SMS:
        rules = rules_of(step.town)
        wording = load_follower_texts()["sms"].get(key, "")
        text = str(wording).format(
            sign=f"【{rules.get('sign') or step.town.name}】",
            number=number,
            hotline=step.town.policy["hotline"],
            due=format_moment(step.town, step.case.due_at) or "近日",
        )
    else:
        subject = load_follower_texts()[_language(contact.language)]["subject"]
        words = dict(_worded(step, contact.language))
        words["subject"] = str(subject).format(number=number)
        text = _follower_text(key, contact.language).format_map(words)
        if key in _ASKS:
            buttons = word_buttons(row.case_id, step.case.round, contact.language)
    if not text:
        return False
    return await queue_notice(
        session,
        contact,
        step.case,
        kind=f"{FOLLOWS}{key}",
        text=text,
        dedupe_key=f"case:{step.case.id}:{seq}:follower:{row.id}",
        now=step.now,
        town=step.town,
        buttons=buttons,
    )


def _is_told_anyway(step: Step, contact: Contact) -> bool:
    """Whoever reported this case too (they followed one that was merged into it) is told as its
    reporter; a second message would take the place of the question for a rating."""
    if contact.channel == SMS:
        return is_caller_case(step.case, step.town) and step.case.caller_key == contact.chat_key
    return step.case.contact_id == contact.id


async def _line_of(
    session: AsyncSession, row: CaseReporter, town: Town, now: datetime
) -> Contact | None:
    """The follower's chat, or the line of text messages to their mobile."""
    if row.contact_id is not None:
        return await session.get(Contact, row.contact_id)
    mobile = mobile_of(row.phone)
    if mobile is None or row.anonymous or not rules_of(town).get("sms"):
        return None
    return await line_to(session, mobile, now)


def _worded(step: Step, language: str) -> dict[str, Any]:
    values = {
        name: format_moment(step.town, value, language) if isinstance(value, datetime) else value
        for name, value in step.values.items()
    }
    outcomes = load_templates(language)["outcomes"]
    if step.case.outcome in outcomes:
        values["outcome"] = outcomes[step.case.outcome]
    return values


def _follower_text(key: str, language: str) -> str:
    return str(load_follower_texts()[_language(language)].get(key, ""))


def _language(language: str) -> str:
    return "en" if language == "en" else "zh"
