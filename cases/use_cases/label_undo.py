"""What stood before a vote: kept with it, and put back when it is taken back (撤回).

    await keep_vote(session, text, ballot, kind, actor, now, instead_of=None) -> LabelVote
    await take_back(session, user_id, now) -> LabelText      the last of one's own, for a day

``LabelVote.before`` holds the text's columns, the state of its doubt and, under ``ledger``, what
the desk had decided of its case (``cases.use_cases.ledger_labels``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import RuleBroken
from cases.models import LabelSuspect, LabelText, LabelVote
from cases.use_cases.label_texts import VOTE, follows_desk, gather_again, lock_text
from cases.use_cases.ledger_labels import give_label_back

TAKE_BACK_WITHIN = timedelta(days=1)
_KEPT = (
    "state", "category", "request_type", "urgency", "how", "source", "settled_by", "rank", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody says of a text."""

    category: str
    request_type: str
    urgency: str


async def keep_vote(
    session: AsyncSession,
    text: LabelText,
    ballot: Ballot,
    kind: str,
    actor: Actor,
    now: datetime,
    instead_of: LabelVote | None = None,
) -> LabelVote:
    """Write the vote down, with how the text stood; a second one of the same kind replaces it."""
    assert actor.user_id is not None
    if instead_of is None and kind != VOTE:
        instead_of = await session.scalar(
            select(LabelVote).where(
                LabelVote.text_id == text.id,
                LabelVote.user_id == actor.user_id,
                LabelVote.kind == kind,
            )
        )
    values: dict[str, Any] = asdict(ballot) | {"at": now, "user_name": actor.name}
    if instead_of is not None and instead_of.kind == VOTE:
        values["before"] = instead_of.before
    else:
        values["before"] = await _standing(session, text)
        if instead_of is not None and "ledger" in instead_of.before:
            values["before"]["ledger"] = instead_of.before["ledger"]
    if instead_of is None:
        instead_of = LabelVote(text_id=text.id, user_id=actor.user_id, kind=kind)
        session.add(instead_of)
    for name, value in values.items():
        setattr(instead_of, name, value)
    await session.flush()
    return instead_of


async def _standing(session: AsyncSession, text: LabelText) -> dict[str, Any]:
    doubt = await session.get(LabelSuspect, text.id)
    standing: dict[str, Any] = {name: getattr(text, name) for name in _KEPT}
    standing["settled_at"] = text.settled_at.isoformat() if text.settled_at else None
    standing["suspect"] = doubt.state if doubt is not None else None
    return standing


async def take_back(session: AsyncSession, user_id: int, now: datetime) -> LabelText:
    """The text stands as before. Raises ``RuleBroken`` where others have built on it."""
    last = await session.scalar(
        select(LabelVote)
        .where(LabelVote.user_id == user_id, LabelVote.at > now - TAKE_BACK_WITHIN)
        .order_by(LabelVote.at.desc(), LabelVote.id.desc())
        .limit(1)
    )
    if last is None:
        raise RuleBroken("没有可以撤回的标注。")
    text = await lock_text(session, last.text_id)
    later = await session.scalar(
        select(func.count())
        .select_from(LabelVote)
        .where(LabelVote.text_id == text.id, LabelVote.id > last.id, LabelVote.user_id != user_id)
    )
    settled_after = text.settled_at is not None and text.settled_at > last.at
    if later or settled_after:
        raise RuleBroken("这条后来又有人处理过，不能再撤回；要改请从“存疑”或“一致性”页处理。")
    before = dict(last.before)
    before.pop("ledger", None)
    doubted, at = before.pop("suspect", None), before.pop("settled_at", None)
    for name, value in before.items():
        setattr(text, name, value)
    text.settled_at = datetime.fromisoformat(at) if at else None
    doubt = await session.get(LabelSuspect, text.id) if doubted else None
    if doubt is not None:
        doubt.state, doubt.decided_by, doubt.decided_at = doubted or "open", "", None
    await session.flush()
    await give_label_back(session, text)
    if follows_desk(text):
        # What desks said of it since then was passed over.
        await gather_again(session, last.at)
    await session.delete(last)
    await session.flush()
    return text
