"""Texts to be labelled, written without treading on whoever writes the same one.

new_text(key, text, *, at, now, …) -> LabelText          not in any session
await put_texts(session, texts) -> set of numbers        those that were not there
await lock_text(session, text_id) -> LabelText           raises InvalidData
await gather_again(session, since)          decisions of desks that were passed over count now
follows_desk(text) -> bool                  what is decided of its case is its label
has_votes() -> a condition on LabelText
label_rules(town) -> ``[labels]`` of the policy
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData
from cases.models import LabelRoom, LabelText, LabelVote
from cases.storage.insert import insert_all_or_ignore
from cases.town import Town

OPEN, SETTLED, DISPUTED, SET_ASIDE = "open", "settled", "disputed", "set_aside"
CASE, IMPORT, DESK = "case", "import", "desk"
#: A vote of somebody who saw nobody else's.
VOTE = "vote"
_BEGINNING, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_DEFAULTS: dict[str, Any] = {
    "recent_days": 60,
    "candidates": 400,
    "known": 300,
    "queue": 60,
    "refill_below": 10,
    "suspect_every": 5,
    "claim_minutes": 10,
    "skip_hours": 12,
    "daily_goal": 50,
}


def new_text(
    key: str,
    text: str,
    *,
    at: datetime,
    now: datetime,
    story: str = "",
    case_id: int | None = None,
    source: str = CASE,
    tag: dict[str, Any] | None = None,
) -> LabelText:
    """A text that nobody has labelled; ``tag``: the machine's word, if it has spoken."""
    return LabelText(
        key=key, text=text, case_id=case_id, group=story[:64], source=source, at=at,
        created_at=now, state=OPEN, category="", request_type="", urgency="", how="",
        settled_by="", why="", held_out=False, misrouted=False,
        tag=tag or {}, tagged=tag is not None,
    )  # fmt: skip


async def put_texts(session: AsyncSession, texts: Iterable[LabelText]) -> set[int]:
    """Of two with one key the first counts."""
    rows: dict[str, dict[str, Any]] = {}
    for text in texts:
        rows.setdefault(text.key, _values(text))
    return set(await insert_all_or_ignore(session, LabelText, list(rows.values())))


def _values(text: LabelText) -> dict[str, Any]:
    """A plain insert knows no defaults of the model."""
    names = (attribute.key for attribute in inspect(LabelText).column_attrs)
    return {name: getattr(text, name) for name in names if name != "id"}


async def lock_text(session: AsyncSession, text_id: int) -> LabelText:
    """The text, held until the transaction ends. Raises ``InvalidData`` where there is none."""
    text = await session.scalar(select(LabelText).where(LabelText.id == text_id).with_for_update())
    if text is None:
        raise InvalidData("没有这一条，请刷新页面。", field="text")
    return text


async def gather_again(session: AsyncSession, since: datetime) -> None:
    """``cases.use_cases.labels`` reads the ledger once more from there."""
    query = select(LabelRoom).with_for_update().execution_options(populate_existing=True)
    room = (await session.scalars(query)).one()
    # Moved in any case: a run that has not noted yet what it passed sees that it may not.
    room.gathered_until = min(room.gathered_until or _BEGINNING, since) - _TICK
    await session.flush()


def follows_desk(text: LabelText) -> bool:
    """Nobody has labelled it on purpose: what desks decide of its case is its label."""
    return text.state == OPEN or (text.state == SETTLED and text.source == CASE)


def has_votes() -> ColumnElement[bool]:
    """Somebody has voted on it."""
    return exists().where(LabelVote.text_id == LabelText.id, LabelVote.kind == VOTE)


def label_rules(town: Town) -> dict[str, Any]:
    """``[labels]`` of the policy."""
    return {**_DEFAULTS, **town.policy.get("labels", {})}
