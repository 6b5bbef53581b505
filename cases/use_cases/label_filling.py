"""What is worth labelling next, ranked now and then and not for each text (标注队列).

    await needs_filling(session, user_id, town, now) -> bool     for this person
    await may_fill(session, now) -> bool                         not tried a moment ago
    await fill_queue(database, pick=…, town=…, now=…) -> int     texts ranked, each with its reason

Cases of late that nobody judged become texts; ``pick`` says which of all that wait teach most. What
a changed scheme left open comes first, and now and then a label that a model doubts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.labels.keys import clean_text, text_key
from cases.labels.story import story_of
from cases.models import Case, LabelRoom, LabelText, PredictionEntry
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.label_queue import count_waiting
from cases.use_cases.label_suspects import next_suspects
from cases.use_cases.label_texts import has_votes, label_rules, new_text, put_texts


@dataclass(frozen=True, slots=True)
class Offer:
    """A text to choose from; ``top``: category and probability, surest first."""

    key: str
    text: str
    top: tuple[tuple[str, float], ...]
    misrouted: bool


_APART = timedelta(seconds=30)
#: (offers, how many, texts labelled already) -> (key, why) in the order to be labelled.
Picker = Callable[[Sequence[Offer], int, Sequence[str]], Sequence[tuple[str, str]]]


def top_of(tag: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """The machine's categories with their probabilities; empty for a text it has not read."""
    if not tag.get("category"):
        return ()
    others = [(a["category"], float(a["confidence"])) for a in tag.get("alternatives", ())]
    return ((tag["category"], float(tag["confidence"])), *others)


async def needs_filling(session: AsyncSession, user_id: int, town: Town, now: datetime) -> bool:
    """Few are left that this person may get, and it was not tried a moment ago."""
    least: int = label_rules(town)["refill_below"]
    return await may_fill(session, now) and await count_waiting(session, user_id, now) < least


async def may_fill(session: AsyncSession, now: datetime) -> bool:
    """Where there is nothing to fill it with, not every page tries."""
    filled = await session.scalar(select(LabelRoom.filled_at))
    return filled is None or now - filled >= _APART


async def fill_queue(database: Database, *, pick: Picker, town: Town, now: datetime) -> int:
    """Rank anew what waits; returns how many are ranked."""
    rules = label_rules(town)
    await _bring_cases(database, town, now)
    async with database.reading() as session:
        offers = await _offers(session, rules["candidates"])
        known = await _known(session, rules["known"])
        doubts = [text.key for _, text in await next_suspects(session, rules["queue"])]
        void = await _void(session, town, rules["queue"])
    picks = await asyncio.to_thread(pick, offers, rules["queue"], known)
    queue = _weave(picks, doubts, void, rules["suspect_every"])
    async with database.transaction() as session:
        await session.execute(
            update(LabelText)
            .where(LabelText.rank.is_not(None), or_(LabelText.state != "open", ~has_votes()))
            .values(rank=None)
            .execution_options(synchronize_session=False)
        )
        rows = await session.scalars(
            select(LabelText).where(LabelText.key.in_([k for k, _ in queue]))
        )
        places = {key: (place, why) for place, (key, why) in enumerate(queue)}
        count = 0
        for text in rows:
            place, why = places[text.key]
            if text.state == "open" or (text.state == "settled" and why in ("suspect", "scheme")):
                text.rank, text.why = place, why
                count += 1
        await session.execute(update(LabelRoom).values(filled_at=now))
    return count


def _weave(
    picks: Sequence[tuple[str, str]], doubts: Sequence[str], void: Sequence[str], every: int
) -> list[tuple[str, str]]:
    """What a changed scheme left open first; every so often a label that is doubted."""
    queue = [(key, "scheme") for key in void]
    doubted = iter(doubts)
    for number, pick in enumerate(picks, start=1):
        queue.append(pick)
        if number % every == 0 and (key := next(doubted, None)):
            queue.append((key, "suspect"))
    if not picks:
        queue += [(key, "suspect") for key in doubted]
    return list({key: (key, why) for key, why in reversed(queue)}.values())[::-1]


async def _bring_cases(database: Database, town: Town, now: datetime) -> int:
    """Cases of late that nobody judged and that are no texts yet. Masked outside a transaction."""
    rules = label_rules(town)
    there = exists().where(LabelText.case_id == Case.id)
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(
                    Case.id,
                    Case.text,
                    Case.submitted_at,
                    Case.source_system,
                    Case.source_id,
                    Case.return_count,
                    PredictionEntry.tag,
                    PredictionEntry.misrouted,
                )
                .join(PredictionEntry, PredictionEntry.case_id == Case.id)
                .where(
                    Case.submitted_at > now - timedelta(days=rules["recent_days"]),
                    Case.parent_id.is_(None),
                    PredictionEntry.final_category.is_(None),
                    ~there,
                )
                .order_by(Case.id.desc(), PredictionEntry.id)
                .limit(rules["candidates"])
            )
        ).all()
    latest = {row.id: row for row in rows}
    texts = await asyncio.to_thread(lambda: [clean_text(row.text) for row in latest.values()])
    fresh = []
    for row, text in zip(latest.values(), texts, strict=True):
        if text:
            own = new_text(
                text_key(text), text, case_id=row.id, at=row.submitted_at, now=now, tag=row.tag,
                story=story_of(row.id, row.source_system, row.source_id),
            )  # fmt: skip
            own.misrouted = row.misrouted or row.return_count > 0
            fresh.append(own)
    async with database.transaction() as session:
        await put_texts(session, fresh)
    return len(texts)


async def _offers(session: AsyncSession, most: int) -> list[Offer]:
    """What the machine has read comes before what it has not."""
    rows = await session.execute(
        select(LabelText.key, LabelText.text, LabelText.tag, LabelText.misrouted)
        .where(LabelText.state == "open", ~has_votes())
        .order_by(LabelText.tagged.desc(), LabelText.at.desc())
        .limit(most)
    )
    return [Offer(row.key, row.text, top_of(row.tag), row.misrouted) for row in rows]


async def _known(session: AsyncSession, most: int) -> list[str]:
    query = select(LabelText.text).where(LabelText.state == "settled")
    return list(await session.scalars(query.order_by(LabelText.settled_at.desc()).limit(most)))


async def _void(session: AsyncSession, town: Town, most: int) -> list[str]:
    """Labels of a category that was split: only a person can tell which part."""
    gone = [code for code in town.retired if town.current_code(code) is None]
    if not gone:
        return []
    query = select(LabelText.key).where(LabelText.state == "settled", LabelText.category.in_(gone))
    return list(await session.scalars(query.order_by(LabelText.at.desc()).limit(most)))
