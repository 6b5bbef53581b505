"""What people say of a text, and when that settles it (标注).

    await cast_vote(session, text_id, ballot, *, actor, town, two, now) -> LabelText
    await answer_suspect(session, text_id, deed, *, category="", actor, town, now) -> LabelText
    await set_two_annotators(session, two, now) -> int       how many a single vote settles now

One person's word settles a text. With two annotators both must agree in category and request
type; of two urgencies the higher one counts, as the guide says. Where they differ a third decides.
A vote that comes late, because the claim had lapsed and somebody else was quicker, is kept all the
same and counts as the second. ``label_undo`` takes the last one back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData, RuleBroken
from cases.labels.rows import choice_codes
from cases.models import LabelClaim, LabelRoom, LabelText, LabelVote
from cases.town import Town
from cases.use_cases.label_suspects import (
    CORRECT,
    KEEP,
    SET_ASIDE,
    STATES,
    open_suspect,
    resolve_suspect,
)
from cases.use_cases.label_texts import VOTE, lock_text
from cases.use_cases.label_undo import Ballot as Ballot
from cases.use_cases.label_undo import keep_vote
from cases.use_cases.ledger_labels import carry_label

DECIDE, AGAIN, ASIDE = "decide", "again", "aside"
THIRD = "这条两个人标得不一样，要由第三个人裁定，您已经标过。"


async def cast_vote(
    session: AsyncSession,
    text_id: int,
    ballot: Ballot,
    *,
    actor: Actor,
    town: Town,
    two: bool,
    now: datetime,
) -> LabelText:
    """Raises ``InvalidData`` for what is no label, ``RuleBroken`` where this person may not
    decide."""
    check_ballot(ballot, town)
    text = await lock_text(session, text_id)
    if text.state == "set_aside":
        raise RuleBroken("这条已经搁置，不用标了。")
    votes = await _votes(session, text.id)
    mine = next((vote for vote in votes if vote.user_id == actor.user_id), None)
    others = [vote for vote in votes if vote.user_id != actor.user_id]
    if text.state == "disputed":
        if mine is not None:
            raise RuleBroken(THIRD)
        vote = await keep_vote(session, text, ballot, DECIDE, actor, now)
        _settle(text, ballot, "decided", actor.name, now)
    elif text.state == "settled" and looks_again(text, town):
        vote = await keep_vote(session, text, ballot, AGAIN, actor, now)
        how = "confirmed" if ballot.category == text.category else "corrected"
        _settle(text, ballot, how, actor.name, now)
    elif mine is not None and others:
        raise RuleBroken("这条已有别人接着标过，您的那一票不能再改。")
    else:
        vote = await keep_vote(session, text, ballot, VOTE, actor, now, instead_of=mine)
        earlier = _earlier(text, others)
        if earlier is not None:
            _compare(text, earlier, ballot, actor.name, now)
        elif not two:
            _settle(text, ballot, "single", actor.name, now)
    await resolve_suspect(session, text, actor.name, now)
    await _release(session, text.id, actor)
    await carry_label(session, text, vote)
    return text


def looks_again(text: LabelText, town: Town) -> bool:
    """A settled label that somebody is asked about once more."""
    return text.why in ("suspect", "scheme", "again") or town.current_code(text.category) is None


def check_ballot(ballot: Ballot, town: Town) -> None:
    """Raises ``InvalidData`` naming what is missing."""
    if ballot.category not in town.categories:
        raise InvalidData("请先选一个类别（按 1–5，或按 / 查找）。", field="category")
    for field, name in (("request_type", "诉求类型"), ("urgency", "紧急程度")):
        if getattr(ballot, field) not in choice_codes(field):
            raise InvalidData(f"请选一个{name}。", field=field)


async def answer_suspect(
    session: AsyncSession,
    text_id: int,
    deed: str,
    *,
    category: str = "",
    actor: Actor,
    town: Town,
    now: datetime,
) -> LabelText:
    """``correct`` takes ``category``, or else what the model suggests. Raises
    ``VersionConflict`` where somebody else was quicker."""
    doubt, text = await open_suspect(session, text_id)
    if deed not in STATES:
        raise InvalidData("没有这个操作，请刷新页面后再试。", field="do")
    wanted = text.category if deed != CORRECT else category or doubt.suggested
    if deed == CORRECT and wanted not in town.categories:
        raise InvalidData("没有这个类别，请从列表中选择。", field="category")
    ballot = Ballot(wanted, text.request_type, text.urgency)
    kind = ASIDE if deed == SET_ASIDE else AGAIN
    vote = await keep_vote(session, text, ballot, kind, actor, now)
    if deed == SET_ASIDE:
        text.state, text.rank, text.settled_at = "set_aside", None, now
    else:
        how = "confirmed" if deed == KEEP or wanted == text.category else "corrected"
        _settle(text, ballot, how, actor.name, now)
    await resolve_suspect(session, text, actor.name, now, STATES[deed])
    await _release(session, text.id, actor)
    await carry_label(session, text, vote)
    return text


async def set_two_annotators(session: AsyncSession, two: bool, now: datetime) -> int:
    """Switched off, what waits for a second person is settled by the first one's word."""
    # Texts before the room, as whoever votes or gathers locks them.
    waiting = [] if two else await _wait_for_second(session)
    room = (await session.scalars(select(LabelRoom).with_for_update())).one()
    room.two_annotators = two
    for text, vote in waiting:
        ballot = Ballot(vote.category, vote.request_type, vote.urgency)
        _settle(text, ballot, "single", vote.user_name, now)
        await carry_label(session, text, vote)
    await session.flush()
    return len(waiting)


async def _wait_for_second(session: AsyncSession) -> Sequence[Row[LabelText, LabelVote]]:
    waiting = await session.execute(
        select(LabelText, LabelVote)
        .join(LabelVote, LabelVote.text_id == LabelText.id)
        .where(LabelText.state == "open", LabelVote.kind == VOTE)
        .with_for_update()
    )
    return waiting.all()


async def _votes(session: AsyncSession, text_id: int) -> list[LabelVote]:
    query = select(LabelVote).where(LabelVote.text_id == text_id, LabelVote.kind == VOTE)
    return list(await session.scalars(query.order_by(LabelVote.id)))


def _earlier(text: LabelText, others: list[LabelVote]) -> Ballot | None:
    """What this vote is compared with: another person's, or the label that came meanwhile."""
    if others:
        return Ballot(others[0].category, others[0].request_type, others[0].urgency)
    if text.state == "settled" and text.how != "single":
        return Ballot(text.category, text.request_type, text.urgency)
    return None


def _compare(text: LabelText, earlier: Ballot, ballot: Ballot, by: str, now: datetime) -> None:
    types = {earlier.request_type, ballot.request_type} - {""}
    if earlier.category == ballot.category and len(types) <= 1:
        higher = max(earlier.urgency, ballot.urgency, key=_urgency_rank)
        agreed = Ballot(ballot.category, ballot.request_type, higher)
        _settle(text, agreed, "agreed", by, now)
        return
    text.state, text.rank, text.settled_at = "disputed", None, now
    if not text.category:
        text.category = earlier.category


def _urgency_rank(urgency: str) -> int:
    codes = list(choice_codes("urgency"))
    return codes.index(urgency) if urgency in codes else -1


def _settle(text: LabelText, ballot: Ballot, how: str, by: str, now: datetime) -> None:
    for name, value in asdict(ballot).items():
        setattr(text, name, value)
    text.state, text.how, text.source = "settled", how, "desk"
    text.settled_by, text.settled_at = by, now
    text.rank, text.why = None, ""


async def _release(session: AsyncSession, text_id: int, actor: Actor) -> None:
    mine = (LabelClaim.text_id == text_id) & (LabelClaim.user_id == actor.user_id)
    await session.execute(delete(LabelClaim).where(mine))
    await session.flush()


async def read_room(session: AsyncSession) -> LabelRoom:
    """How the room works."""
    return (await session.scalars(select(LabelRoom))).one()


async def note_filled(session: AsyncSession, at: datetime | None) -> None:
    """When the queue was last filled; None asks for it."""
    await session.execute(update(LabelRoom).values(filled_at=at))
