"""Counts of the ledger for the training room; everything is added up in the database.

    await read_counts(session, starts) -> list[Count]           by week and outcome
    await read_mix(session, first, border) -> (before, after)   cases by category
    await read_bins(session, since) -> list[Bin]                decided ones, by confidence
    await read_waiting(session, since) -> Waiting               what nobody has decided yet
    await count_corrected_since(session, moment) -> int         where the machine was wrong
    await count_doubts(session) -> (disputed, suspects)         labels to be looked at again
    await read_models(session, since) -> list[ServedModel]      which models spoke when

Only the row of the filing counts: what a later model says of an old case sent nobody anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.ledger import EDGES, Bin, Count
from cases.models import LabelSuspect, LabelText
from cases.models import PredictionEntry as Word


@dataclass(frozen=True)
class Waiting:
    """``misrouted`` of the ``open`` ones came back and have no category since."""

    open: int
    misrouted: int


@dataclass(frozen=True)
class ServedModel:
    """A model, how many cases it tagged and when it did so first and last."""

    model: str
    n: int
    first: datetime
    last: datetime


def at_filing_since(since: datetime | None) -> ColumnElement[bool]:
    """The machine's word at filing, from a moment on."""
    first = Word.at_filing.is_(True)
    return first if since is None else and_(Word.at >= since, first)


def is_decided() -> ColumnElement[bool]:
    """Right or wrong is known."""
    return or_(Word.final_category.is_not(None), Word.misrouted.is_(True))


async def read_counts(session: AsyncSession, starts: Sequence[datetime]) -> list[Count]:
    """``starts``: the beginning of each week, oldest first; the last one is still running."""
    # Written out because the databases cut weeks differently, and neither by the town's Monday.
    week = case(
        *((Word.at >= start, i) for i, start in reversed(list(enumerate(starts)))), else_=-1
    ).label("week")
    outcome = case(
        (Word.final_category == Word.category, "right"), (is_decided(), "wrong"), else_="open"
    ).label("outcome")
    # Only the wrong ones are told apart: with the others' categories it would be thousands of rows.
    apart = and_(outcome == "wrong", Word.automatic.is_(True))
    kinds = (
        week,
        Word.automatic,
        outcome,
        case((apart, Word.category)).label("taken_for"),
        case((apart, Word.final_category)).label("really"),
    )
    rows = await session.execute(
        select(
            *kinds,
            func.count(),
            func.sum(Word.confidence),
            func.sum(Word.confidence * Word.confidence),
        )
        .where(at_filing_since(starts[0]))
        .group_by(*kinds)
    )
    return [Count(*row) for row in rows]


async def read_mix(
    session: AsyncSession, first: datetime, border: datetime
) -> tuple[dict[str, int], dict[str, int]]:
    """How many cases of each category the machine saw from ``first`` to ``border``, and since."""
    later = case((Word.at >= border, 1), else_=0).label("later")
    rows = await session.execute(
        select(later, Word.category, func.count())
        .where(at_filing_since(first))
        .group_by(later, Word.category)
    )
    mixes: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for side, category, n in rows:
        mixes[side][category] = n
    return mixes


async def read_bins(session: AsyncSession, since: datetime | None) -> list[Bin]:
    """For each category, how sure the machine was and how often it was right."""
    last = len(EDGES) - 1
    edge = case(
        *((Word.confidence >= EDGES[i], i) for i in range(last, 0, -1)),
        else_=0,
    ).label("edge")
    right = case((Word.final_category == Word.category, 1), else_=0)
    rows = await session.execute(
        select(Word.category, edge, func.count(), func.sum(right), func.sum(Word.confidence))
        .where(at_filing_since(since), is_decided())
        .group_by(Word.category, edge)
    )
    return [Bin(*row) for row in rows]


async def read_waiting(session: AsyncSession, since: datetime | None) -> Waiting:
    """How many labels a person could still give."""
    misrouted = func.sum(case((Word.misrouted.is_(True), 1), else_=0))
    row = (
        await session.execute(
            select(func.count(), misrouted).where(
                at_filing_since(since), Word.final_category.is_(None)
            )
        )
    ).one()
    return Waiting(row[0], int(row[1] or 0))


async def count_corrected_since(session: AsyncSession, moment: datetime) -> int:
    """Cases in which a person said after ``moment`` that the machine was wrong."""
    count = await session.scalar(
        select(func.count()).where(
            Word.final_at >= moment,
            Word.at_filing.is_(True),
            Word.final_category != Word.category,
        )
    )
    return int(count or 0)


async def count_doubts(session: AsyncSession) -> tuple[int, int]:
    """Two people differ; a trained model does not believe it."""
    disputed = select(func.count()).where(LabelText.state == "disputed")
    suspects = select(func.count()).where(LabelSuspect.state == "open")
    return await session.scalar(disputed) or 0, await session.scalar(suspects) or 0


async def read_models(session: AsyncSession, since: datetime | None) -> list[ServedModel]:
    """In the order in which they began."""
    first = func.min(Word.at)
    rows = await session.execute(
        select(Word.model, func.count(), first, func.max(Word.at))
        .where(at_filing_since(since))
        .group_by(Word.model)
        .order_by(first)
    )
    return [ServedModel(*row) for row in rows]
