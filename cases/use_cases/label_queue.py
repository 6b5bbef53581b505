"""Who has which text on their screen (标注队列).

    await claim_next(session, user_id, *, town, now, why="") -> LabelText | None
    await claim_text(session, key, user_id, *, town, now) -> LabelText      one asked for by name
    await skip_text(session, text_id, user_id, *, town, now)
    await count_waiting(session, user_id, now) -> int       ranked texts that this person may get
    await progress_of(session, user_id, since, now) -> Progress

A claim is short; whoever works alone on a text in single mode is the only one who gets it, with two
annotators it goes to two. ``cases.use_cases.label_filling`` says what is in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData, RuleBroken
from cases.models import LabelClaim, LabelRoom, LabelText, LabelVote
from cases.storage.insert import insert_or_ignore
from cases.town import Town
from cases.use_cases.label_texts import VOTE, has_votes, label_rules
from cases.use_cases.label_votes import THIRD, looks_again

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one person and of the room since a moment; ``waiting`` texts are ranked and not done or
    skipped by this person."""

    mine: int
    room: int
    waiting: int
    disputed: int


async def claim_next(
    session: AsyncSession, user_id: int, *, town: Town, now: datetime, why: str = ""
) -> LabelText | None:
    """The text this person has already, else the next that nobody else works on. ``None``: there
    is none."""
    two = bool(await session.scalar(select(LabelRoom.two_annotators)))
    held = await session.scalars(_asked(user_id, why, now).where(_held_by(user_id, now)))
    for text in [*held, *await session.scalars(_asked(user_id, why, now))]:
        locked = await session.scalar(
            select(LabelText)
            .where(LabelText.id == text.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        # Seen again behind the lock: who was quicker has claimed it by now.
        if locked is not None and await _is_free(session, locked, user_id, two, town, now):
            await _claim(session, locked.id, user_id, town, now)
            return locked
    return None


def _asked(user_id: int, why: str, now: datetime) -> Any:
    taken = exists().where(
        LabelClaim.text_id == LabelText.id,
        LabelClaim.user_id != user_id,
        ~LabelClaim.skipped,
        LabelClaim.until > now,
    )
    query = select(LabelText).where(_waits_for(user_id, now))
    if why:
        query = query.where(LabelText.why == why)
    # Begun by a colleague first, so that pairs become complete; what nobody has, before what
    # somebody works on.
    return query.order_by(has_votes().desc(), taken.asc(), LabelText.rank, LabelText.id).limit(
        _TRIES
    )


def _waits_for(user_id: int, now: datetime) -> ColumnElement[bool]:
    """In the queue, and this person has neither done nor skipped it."""
    done = exists().where(
        LabelVote.text_id == LabelText.id, LabelVote.user_id == user_id, LabelVote.kind == VOTE
    )
    skipped = exists().where(
        LabelClaim.text_id == LabelText.id,
        LabelClaim.user_id == user_id,
        LabelClaim.skipped,
        LabelClaim.until > now,
    )
    # Wrapped, so that the index of the few ranked ones is taken and not that of the states, of
    # which one holds nearly every text.
    state = func.coalesce(LabelText.state, "")
    return and_(
        LabelText.rank.is_not(None),
        or_(
            and_(state == "open", ~done),
            and_(state == "settled", LabelText.why.in_(("suspect", "scheme"))),
        ),
        ~skipped,
    )


async def count_waiting(session: AsyncSession, user_id: int, now: datetime) -> int:
    """With two annotators a text stays in the queue for the second after the first is done."""
    query = select(func.count()).select_from(LabelText).where(_waits_for(user_id, now))
    return int(await session.scalar(query) or 0)


def _held_by(user_id: int, now: datetime) -> ColumnElement[bool]:
    return exists().where(
        LabelClaim.text_id == LabelText.id,
        LabelClaim.user_id == user_id,
        ~LabelClaim.skipped,
        LabelClaim.until > now,
    )


async def _is_free(
    session: AsyncSession, text: LabelText, user_id: int, two: bool, town: Town, now: datetime
) -> bool:
    places = 2 if two and text.state == "open" else 1
    votes = 0
    if text.state == "open":
        voters = await _voters(session, text.id)
        if user_id in voters:
            return False
        votes = len(voters)
    elif not (text.state == "settled" and looks_again(text, town)):
        return False
    others = select(func.count()).where(
        LabelClaim.text_id == text.id,
        LabelClaim.user_id != user_id,
        ~LabelClaim.skipped,
        LabelClaim.until > now,
    )
    return votes + int(await session.scalar(others) or 0) < places


async def _voters(session: AsyncSession, text_id: int) -> list[int]:
    query = select(LabelVote.user_id).where(LabelVote.text_id == text_id, LabelVote.kind == VOTE)
    return list(await session.scalars(query))


async def _claim(
    session: AsyncSession, text_id: int, user_id: int, town: Town, now: datetime
) -> None:
    until = now + timedelta(minutes=label_rules(town)["claim_minutes"])
    await _put_claim(session, text_id, user_id, until, skipped=False)


async def _put_claim(
    session: AsyncSession, text_id: int, user_id: int, until: datetime, *, skipped: bool
) -> None:
    key = {"text_id": text_id, "user_id": user_id}
    values = {"until": until, "skipped": skipped}
    if not await insert_or_ignore(session, LabelClaim, **key, **values):
        mine = (LabelClaim.text_id == text_id) & (LabelClaim.user_id == user_id)
        await session.execute(
            update(LabelClaim)
            .where(mine)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


async def claim_text(
    session: AsyncSession, key: str, user_id: int, *, town: Town, now: datetime
) -> LabelText:
    """A text somebody asks for, whatever stands there. Raises ``InvalidData`` where there is
    none, ``RuleBroken`` where others are at it."""
    text = await session.scalar(
        select(LabelText)
        .where(LabelText.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if text is None:
        raise InvalidData("没有这条文字，可能已被删去。", field="key")
    if text.state == "set_aside":
        raise RuleBroken("这条已经搁置，不用标了。")
    two = bool(await session.scalar(select(LabelRoom.two_annotators)))
    if text.state == "settled" and not looks_again(text, town):
        text.why = "again"
    if text.state == "disputed":
        if user_id in await _voters(session, text.id):
            raise RuleBroken(THIRD)
    elif not await _is_free(session, text, user_id, two, town, now):
        raise RuleBroken("这条别人正在标，或您已经标过，请标别的。")
    await _claim(session, text.id, user_id, town, now)
    await session.flush()
    return text


async def skip_text(
    session: AsyncSession, text_id: int, user_id: int, *, town: Town, now: datetime
) -> None:
    """It goes to others; this person sees it again after some hours."""
    if await session.get(LabelText, text_id) is None:
        return
    until = now + timedelta(hours=label_rules(town)["skip_hours"])
    await _put_claim(session, text_id, user_id, until, skipped=True)


async def progress_of(
    session: AsyncSession, user_id: int, since: datetime, now: datetime
) -> Progress:
    """Counted since the beginning of the day."""
    today = select(func.count()).select_from(LabelVote).where(LabelVote.at >= since)
    disputed = select(func.count()).select_from(LabelText).where(LabelText.state == "disputed")
    return Progress(
        mine=int(await session.scalar(today.where(LabelVote.user_id == user_id)) or 0),
        room=int(await session.scalar(today) or 0),
        waiting=await count_waiting(session, user_id, now),
        disputed=int(await session.scalar(disputed) or 0),
    )
