"""Cards from their file into empty tables, and from the tables into a book.

read_card_file(path) -> [AnswerCard]             raises TownDataError naming card and remedy
await load_card_file(session, path, town)        does nothing where there are cards already
await load_book(session, zone) -> AnswerBook
"""

from __future__ import annotations

import tomllib
from collections.abc import Container
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.answers.book import AnswerBook
from cases.answers.card import AnswerCard, card_values, check_card, read_card
from cases.errors import InvalidData, TownDataError
from cases.models import AnswerCardRevision, AnswerCardRow

_FROM_FILE = "示例镇"


def read_card_file(path: Path) -> list[AnswerCard]:
    """The cards of a TOML file; counters are filled in where a card names one."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TownDataError(f"{path.name} 读不出来：{error}。请改正后再启动。") from error
    counters = {row["code"]: row for row in data.get("counter", ())}
    cards = []
    for row in data.get("card", ()):
        counter = counters.get(row.get("counter", ""), {})
        days = row.get("days", ())
        values = {name: counter.get(name, "") for name in ("place", "hours", "phone")} | row
        values |= dict(zip(("legal_days", "promised_days", "actual_days"), days, strict=False))
        values["reviewed_on"] = row.get("reviewed")
        try:
            cards.append(read_card(values))
        except InvalidData as error:
            raise TownDataError(_blame(path, str(row.get("code")), error)) from error
    return cards


async def load_card_file(
    session: AsyncSession,
    path: Path,
    *,
    units: Container[str],
    categories: Container[str],
    now: datetime,
) -> None:
    """Fill empty tables. Raises ``TownDataError`` when a card is not whole."""
    if await session.scalar(select(AnswerCardRow.code).limit(1)) is not None:
        return
    seen: set[str] = set()
    for card in read_card_file(path):
        try:
            check_card(card, units, categories)
        except InvalidData as error:
            raise TownDataError(_blame(path, card.code, error)) from error
        if card.code in seen:
            raise TownDataError(f"{path.name}：卡号 {card.code} 出现了两次，请改掉一个。")
        seen.add(card.code)
        content = card_values(card)
        session.add(
            AnswerCardRow(
                code=card.code,
                title=card.title,
                category=card.category,
                unit=card.unit,
                content=content,
                version=1,
                active=True,
                updated_at=now,
                updated_by=_FROM_FILE,
            )
        )
        session.add(
            AnswerCardRevision(
                code=card.code,
                version=1,
                content=content,
                active=True,
                at=now,
                actor_role="admin",
                actor_name=_FROM_FILE,
            )
        )
    await session.flush()


async def load_book(session: AsyncSession, known: AnswerBook | None = None) -> AnswerBook:
    """The active cards. ``known`` comes back itself where nothing has changed since: its
    index is built."""
    rows = await session.execute(
        select(AnswerCardRow.code, AnswerCardRow.version)
        .where(AnswerCardRow.active)
        .order_by(AnswerCardRow.code)
    )
    versions: dict[str, int] = dict(rows.all())
    if known is not None and versions == {c.code: c.version for c in known.cards.values()}:
        return known
    found = await session.scalars(
        select(AnswerCardRow).where(AnswerCardRow.active).order_by(AnswerCardRow.code)
    )
    return AnswerBook.of(read_card({**row.content, "version": row.version}) for row in found)


def _blame(path: Path, code: str, error: InvalidData) -> str:
    return f"{path.name} 中的卡 {code}：{error.sentence}"
