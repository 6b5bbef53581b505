"""The ledger line by line: what the machine said of a case and what became of it.

    await list_lines(session, wanted, *, limit, before) -> list[LedgerLine]     newest first
    await count_lines(session, wanted) -> int
    read_answers(word) -> list[tuple[str, float]]       the machine's first three, with scores

``before`` is the id of the last line of the page before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.models import Case
from cases.models import PredictionEntry as Word
from cases.use_cases.ledger_figures import is_decided

MOST_LINES = 500
_TOP = 3

#: What one may ask for; several of them are about the same line.
OUTCOMES = (
    "right",
    "wrong",
    "open",
    "misrouted",
    "returned",
    "corrected",
    "confirmed",
    "handled",
    "labelled",
)


@dataclass(frozen=True)
class LedgerFilter:
    """``None`` means any. ``number`` is a case's, ``outcome`` one of ``OUTCOMES``."""

    since: datetime | None = None
    category: str | None = None
    final: str | None = None
    outcome: str | None = None
    decision: str | None = None
    automatic: bool | None = None
    model: str | None = None
    number: str | None = None


@dataclass(frozen=True)
class LedgerLine:
    """A prediction with the case it is about."""

    word: Word
    number: str
    summary: str
    text: str


async def list_lines(
    session: AsyncSession, wanted: LedgerFilter, *, limit: int = 50, before: int | None = None
) -> list[LedgerLine]:
    """At most 500. Chosen in the index, and only the chosen are read."""
    chosen = _apply(select(Word.id), wanted)
    if before is not None:
        last = (await session.execute(select(Word.at, Word.id).where(Word.id == before))).first()
        if last is None:
            return []
        chosen = chosen.where(tuple_(Word.at, Word.id) < tuple_(*last))
    order = (Word.at.desc(), Word.id.desc())
    chosen = chosen.order_by(*order).limit(min(max(limit, 1), MOST_LINES))
    rows = await session.execute(
        select(Word, Case.number, Case.summary, Case.text)
        .join(Case, Case.id == Word.case_id)
        .where(Word.id.in_(chosen.scalar_subquery()))
        .order_by(*order)
    )
    return [LedgerLine(*row) for row in rows]


async def count_lines(session: AsyncSession, wanted: LedgerFilter) -> int:
    """How many lines there are in all."""
    return int(await session.scalar(_apply(select(func.count(Word.id)), wanted)) or 0)


def read_answers(word: Word) -> list[tuple[str, float]]:
    """(category, score), the surest first. Older rows may know the first only."""
    others = word.tag.get("alternatives") or ()
    return [
        (word.category, word.confidence),
        *((str(one["category"]), float(one["confidence"])) for one in others),
    ][:_TOP]


def _apply(query: Select[Any], wanted: LedgerFilter) -> Select[Any]:
    if wanted.since is not None:
        query = query.where(Word.at >= wanted.since)
    for column, value in (
        (Word.category, wanted.category),
        (Word.final_category, wanted.final),
        (Word.decision, wanted.decision),
        (Word.model, wanted.model),
    ):
        if value:
            query = query.where(column == value)
    if wanted.automatic is not None:
        query = query.where(Word.automatic.is_(wanted.automatic))
    if wanted.outcome:
        query = query.where(_condition(wanted.outcome))
    if wanted.number:
        number = parse_number(wanted.number) or "-"
        case = select(Case.id).where(Case.number == number).scalar_subquery()
        query = query.where(Word.case_id == case)
    return query


def _condition(outcome: str) -> ColumnElement[bool]:
    if outcome == "right":
        return Word.final_category == Word.category
    if outcome == "wrong":
        return is_decided() & (func.coalesce(Word.final_category, "") != Word.category)
    if outcome == "open":
        return ~is_decided()
    if outcome == "misrouted":
        return Word.misrouted.is_(True)
    if outcome == "returned":
        return Word.return_count > 0
    return Word.how == outcome
