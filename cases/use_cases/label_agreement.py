"""How well two people agree, from the votes (一致性), and what a third has to decide.

await read_agreement(session, town) -> Report
await list_disputes(session, user_id, count) -> [Disputed]
await votes_of(session, text_id) -> [LabelVote]       the two that differ
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.labels.agreement import Agreement, Dispute, by_platform, measure, most_disputed
from cases.models import LabelText, LabelVote
from cases.town import Town
from cases.use_cases.label_texts import VOTE

_MOST_PAIRS = 10


@dataclass(frozen=True)
class Report:
    """``texts`` two people labelled without seeing each other's word; every figure is over
    these."""

    texts: int
    category: Agreement
    platform: Agreement
    request_type: Agreement
    critical: Agreement
    platforms: dict[str, Agreement]
    disputes: list[Dispute]


@dataclass(frozen=True)
class Disputed:
    """``mine``: this person voted, so that somebody else has to decide."""

    text: LabelText
    categories: tuple[str, ...]
    mine: bool


async def read_agreement(session: AsyncSession, town: Town) -> Report:
    """Over the first two votes of each text."""
    rows = await session.execute(
        select(LabelVote.text_id, LabelVote.category, LabelVote.request_type, LabelVote.urgency)
        .where(LabelVote.kind == VOTE)
        .order_by(LabelVote.text_id, LabelVote.id)
    )
    votes: dict[int, list[tuple[str, str, str]]] = {}
    for text_id, category, request_type, urgency in rows:
        votes.setdefault(text_id, []).append((category, request_type, urgency))
    both = [(found[0], found[1]) for found in votes.values() if len(found) > 1]
    categories = [(one[0], other[0]) for one, other in both]

    def platform_of(code: str) -> str:
        row = town.any_category(code)
        return row.platform if row else code.partition(".")[0]

    return Report(
        len(both),
        measure(categories),
        measure([(platform_of(one), platform_of(other)) for one, other in categories]),
        measure([(one[1], other[1]) for one, other in both]),
        measure([(str(a[2] == "critical"), str(b[2] == "critical")) for a, b in both]),
        by_platform(categories, platform_of),
        most_disputed(categories, _MOST_PAIRS),
    )


async def list_disputes(session: AsyncSession, user_id: int, count: int) -> list[Disputed]:
    """Oldest first; those that this person can decide before the others."""
    texts = await session.scalars(
        select(LabelText).where(LabelText.state == "disputed").order_by(LabelText.settled_at)
        .limit(count)
    )  # fmt: skip
    found = []
    for text in texts:
        votes = await votes_of(session, text.id)
        categories = dict.fromkeys([vote.category for vote in votes] + [text.category])
        mine = any(vote.user_id == user_id for vote in votes)
        found.append(Disputed(text, tuple(code for code in categories if code), mine))
    return sorted(found, key=lambda one: one.mine)


async def votes_of(session: AsyncSession, text_id: int) -> list[LabelVote]:
    """Oldest first."""
    query = select(LabelVote).where(LabelVote.text_id == text_id, LabelVote.kind == VOTE)
    return list(await session.scalars(query.order_by(LabelVote.id)))
