"""The catalogue and the runners from their files into empty tables, and from there into a book.

await load_errand_files(session, folder, units)     does nothing where there are rows already
await load_book(session) -> ErrandBook
"""

from __future__ import annotations

import csv
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.answers.topic import read_topic
from cases.errands.catalogue import ErrandBook, ErrandItemRow, RunnerRow
from cases.errors import InvalidData, TownDataError
from cases.models import ErrandItem, Runner

LEVELS = ("village", "town")
_MOST_DAYS = 365


async def load_errand_files(session: AsyncSession, folder: Path, units: Container[str]) -> None:
    """Fill empty tables. Raises ``TownDataError`` naming file, row and remedy."""
    if await session.scalar(select(ErrandItem.code).limit(1)) is not None:
        return
    for line, row in _rows(folder / "errands.csv"):
        where = f"errands.csv 第 {line} 行"
        if row["unit"] not in units:
            raise TownDataError(f"{where}：单位 {row['unit']} 不在 units.csv 中，请先补上。")
        if row["level"] not in LEVELS:
            raise TownDataError(f"{where}：level 只能是 village（村级）或 town（镇级）。")
        if not row["days"].isdigit() or not 0 < int(row["days"]) <= _MOST_DAYS:
            raise TownDataError(f"{where}：days 应是 1 到 {_MOST_DAYS} 的整数（工作日）。")
        words, materials = _list(row["words"]), _list(row["materials"])
        try:
            read_topic(words, ())
        except InvalidData as error:
            raise TownDataError(f"{where}：{error.sentence}") from error
        if not words or not materials:
            raise TownDataError(f"{where}：words 和 materials 都不能为空。")
        values: dict[str, Any] = {name: row[name] for name in ("code", "name", "group", "unit")}
        session.add(
            ErrandItem(
                **values,
                level=row["level"],
                days=int(row["days"]),
                words=words,
                materials=materials,
            )
        )
    await _load_runners(session, folder / "runners.csv")
    await session.flush()


async def load_book(session: AsyncSession) -> ErrandBook:
    """What is active."""
    items = {
        i.code: ErrandItemRow(
            i.code,
            i.name,
            i.group,
            i.level,
            i.unit,
            i.days,
            tuple(i.words),
            tuple(i.materials),
        )
        for i in await session.scalars(
            select(ErrandItem).where(ErrandItem.active).order_by(ErrandItem.code)
        )
    }
    runners = {
        r.code: RunnerRow(
            r.code, r.name, r.phone, r.grid, tuple(r.areas), r.point, r.hours, r.is_default
        )
        for r in await session.scalars(select(Runner).where(Runner.active).order_by(Runner.code))
    }
    return ErrandBook(items, runners)


async def _load_runners(session: AsyncSession, path: Path) -> None:
    owners: dict[str, str] = {}
    defaults = 0
    for line, row in _rows(path):
        where = f"runners.csv 第 {line} 行"
        for area in _list(row["areas"]):
            if area in owners:
                raise TownDataError(f"{where}：{area} 已归 {owners[area]}，一处只能有一个助跑员。")
            owners[area] = row["name"]
        defaults += row["is_default"] == "1"
        values = {n: row[n] for n in ("code", "name", "phone", "grid", "point", "hours")}
        session.add(
            Runner(**values, areas=_list(row["areas"]), is_default=row["is_default"] == "1")
        )
    if defaults != 1:
        raise TownDataError(
            "runners.csv 里要有且只有一行 is_default 为 1，接没有写明村社区的代办。"
        )


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.exists():
        raise TownDataError(f"缺少文件 {path.name}，请从示例镇复制一份再修改。")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=2)
