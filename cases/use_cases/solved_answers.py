"""How the like of it was answered before: solved cases of the same category, nearest words first.

    await find_solved(session, case, limit=3) -> [Case]
    likeness(text, other) -> 0 … 1

Only what its citizen did not call unsolved: an answer that satisfied nobody is no example.
"""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import State
from cases.models import Case
from cases.same_event.rules import pair_weight

_NEWEST = 200  # of the category; older answers may name rules that no longer hold
_LONGEST = 600
_LEAST = 0.15
_ANSWERED = (State.CLOSED, State.EVALUATED, State.ARCHIVED)


async def find_solved(session: AsyncSession, case: Case, *, limit: int = 3) -> list[Case]:
    """The nearest of the newest, best first; none that shares next to nothing."""
    if case.category is None:
        return []
    known = await session.execute(
        select(Case.id, Case.text)
        .where(
            Case.category == case.category,
            Case.id != case.id,
            Case.state.in_([state.value for state in _ANSWERED]),
            Case.reply_text.is_not(None),
            Case.outcome == "solved",
            or_(Case.solved.is_(None), Case.solved != "no"),
        )
        .order_by(Case.id.desc())
        .limit(_NEWEST)
    )
    mine = _pairs(case.text)
    ranked = sorted(((_overlap(mine, _pairs(text)), id_) for id_, text in known), reverse=True)
    best = [id_ for score, id_ in ranked[:limit] if score >= _LEAST]
    rows = {row.id: row for row in await session.scalars(select(Case).where(Case.id.in_(best)))}
    return [rows[id_] for id_ in best]


def likeness(text: str, other: str) -> float:
    """What two texts share of their telling pairs of characters."""
    return _overlap(_pairs(text), _pairs(other))


def _pairs(text: str) -> dict[str, float]:
    words = {a + b for a, b in pairwise(text[:_LONGEST]) if a.isalnum() and b.isalnum()}
    return {pair: pair_weight(pair) for pair in words}


def _overlap(mine: dict[str, float], theirs: dict[str, float]) -> float:
    shared = sum(weight for pair, weight in mine.items() if pair in theirs)
    either = sum(mine.values()) + sum(theirs.values()) - shared
    return shared / either if either else 0.0
