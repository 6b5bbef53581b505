"""How many labelled texts a category has, and which texts look like they belong to it.

await count_labelled(session) -> {code: settled labels}
await read_labels(session) -> {key: code}                  of every settled label
await count_open_cases(session) -> {code: cases not finished}
await find_like(session, words, but=code) -> [LikeText]    most of the words first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import OPEN_STATES
from cases.models import Case, LabelText

_SETTLED, _SET_ASIDE = "settled", "set_aside"
_MOST_READ = 400
_MOST_WORDS = 40


@dataclass(frozen=True)
class LikeText:
    """A text of the labelling room; ``category`` is empty while nobody labelled it."""

    key: str
    text: str
    category: str
    words: tuple[str, ...]


async def count_labelled(session: AsyncSession) -> Mapping[str, int]:
    """Labels as they were given; retired categories have theirs, too."""
    query = (
        select(LabelText.category, func.count().label("rows"))
        .where(LabelText.state == _SETTLED)
        .group_by(LabelText.category)
    )
    return {row.category: row.rows for row in await session.execute(query)}


async def read_labels(session: AsyncSession) -> Mapping[str, str]:
    """For comparing a model's answers with what people said."""
    query = select(LabelText.key, LabelText.category).where(LabelText.state == _SETTLED)
    return {row.key: row.category for row in await session.execute(query)}


async def count_open_cases(session: AsyncSession) -> Mapping[str, int]:
    """Cases that are still being handled, by category."""
    query = (
        select(Case.category, func.count())
        .where(Case.state.in_([state.value for state in OPEN_STATES]), Case.category.is_not(None))
        .group_by(Case.category)
    )
    return {str(code): count for code, count in await session.execute(query)}


async def find_like(
    session: AsyncSession, words: Sequence[str], *, but: str, limit: int = 20
) -> list[LikeText]:
    """Texts of other categories, or of none yet, that hold the words."""
    wanted = list(dict.fromkeys(word for word in words if word))[:_MOST_WORDS]
    if not wanted:
        return []
    query = (
        select(LabelText.key, LabelText.text, LabelText.category)
        .where(
            LabelText.state != _SET_ASIDE,
            LabelText.category != but,
            or_(*(LabelText.text.contains(word, autoescape=True) for word in wanted)),
        )
        .order_by(LabelText.at.desc())
        .limit(_MOST_READ)
    )
    found = [
        LikeText(key, text, category, tuple(word for word in wanted if word in text))
        for key, text, category in await session.execute(query)
    ]
    found.sort(key=lambda like: -len(like.words))
    return found[:limit]
