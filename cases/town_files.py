"""The lists of a town from a folder of files into empty tables.

    await load_town_files(session, folder)          units, categories, responsibilities, calendar,
                                                    places, addresses
    await load_service_files(session, now, folder)  answer cards, errands, runners, macros

Tables with rows are left alone. Both raise ``TownDataError`` naming file, row and remedy when the
lists contradict each other. The sample town lies in ``cases/sample_town``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import models
from cases.addresses.loading import load_sample
from cases.answers import loading as answer_loading
from cases.errands import loading as errand_loading
from cases.errors import TownDataError
from cases.town import SAMPLE_TOWN

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,48}")
#: The shipped taxonomy: rows, read by path, beside the packages.
TAXONOMY = Path(__file__).resolve().parents[1] / "training_data" / "taxonomy.csv"
EXAMPLE_COLUMNS = ("example_chat", "example_phone", "example_formal")


async def load_service_files(
    session: AsyncSession, now: datetime, folder: Path = SAMPLE_TOWN
) -> None:
    """Fill empty tables of answer cards, errands and runners; raises ``TownDataError``."""
    units = frozenset(await session.scalars(select(models.Unit.code)))
    categories = frozenset(await session.scalars(select(models.Category.code)))
    await answer_loading.load_card_file(
        session, folder / "answer_cards.toml", units=units, categories=categories, now=now
    )
    await errand_loading.load_errand_files(session, folder, units)
    await _load_macros(session, folder / "reply_macros.csv", units, now)


async def load_town_files(
    session: AsyncSession, folder: Path = SAMPLE_TOWN, taxonomy: Path = TAXONOMY
) -> None:
    """Fill empty town tables; a town that has units is left alone."""
    if await session.scalar(select(models.Unit.code).limit(1)) is not None:
        return
    units = _load_units(session, folder)
    categories = _load_categories(session, folder, taxonomy)
    _load_responsibilities(session, folder, units, categories)
    if (folder / "places.csv").exists():
        _load_places(session, folder / "places.csv")
    if (folder / "addresses.csv").exists():
        await load_sample(session, folder / "addresses.csv", datetime.now(UTC))
    _load_calendar(session, folder)


def _load_units(session: AsyncSession, folder: Path) -> set[str]:
    codes = set()
    for _, row in _rows(folder / "units.csv"):
        codes.add(row["code"])
        session.add(
            models.Unit(
                code=row["code"],
                name=row["name"],
                parent_department=row["parent_department"] or None,
                level=row["level"] or "town",
                stationed=row["stationed"] == "1",
                platform=row["platform"] or None,
                phone=row["phone"] or None,
            )
        )
    return codes


def _load_categories(session: AsyncSession, folder: Path, taxonomy: Path) -> set[str]:
    manners = {row["code"]: row for _, row in _rows(folder / "categories.csv")}
    codes = set()
    for position, (_, row) in enumerate(_rows(taxonomy)):
        code = row["code"]
        codes.add(code)
        manner = manners.get(code, {})
        session.add(
            models.Category(
                code=code,
                platform=row["platform_code"],
                platform_name=row["platform_zh"],
                name=row["name_zh"],
                plain_name=manner.get("plain_name") or row["name_zh"],
                name_en=row.get("name_en") or None,
                time_class=row.get("time_class") or "G3",
                needs_place=manner.get("needs_place", "1") == "1",
                dispatchable=row["platform_code"] != "na",
                position=position,
                definition=row.get("definition_zh") or "",
                includes=row.get("include_zh") or "",
                excludes=row.get("exclude_zh") or "",
                neighbours=_parts(row.get("neighbours")),
                vocabulary=_parts(row.get("vocab")),
                examples=[text for name in EXAMPLE_COLUMNS if (text := row.get(name))],
                urgency_rule=row.get("urgency_rule_zh") or "",
                lead_hint=row.get("lead_dept") or "",
            )
        )
    return codes


def _load_responsibilities(
    session: AsyncSession, folder: Path, units: Container[str], categories: Container[str]
) -> None:
    leads: dict[str, int] = {}
    for line, row in _rows(folder / "responsibilities.csv"):
        coop = [code for code in row["coop_units"].split("|") if code]
        where = f"responsibilities.csv 第 {line} 行"
        for unit in (row["lead_unit"], *coop):
            if unit not in units:
                raise TownDataError(f"{where}：单位 {unit} 不在 units.csv 中，请先补上这个单位。")
        if row["category"] not in categories:
            raise TownDataError(f"{where}：类别 {row['category']} 不在分类表中，请核对代码。")
        if row["category"] in leads:
            raise TownDataError(
                f"{where}：类别 {row['category']} 在第 {leads[row['category']]} 行"
                "已有主体责任单位，一个类别只能有一个。"
            )
        leads[row["category"]] = line
        session.add(
            models.Responsibility(
                category=row["category"],
                version=row["version"],
                lead_unit=row["lead_unit"],
                coop_units=coop,
                basis=row["basis"],
            )
        )


def _load_calendar(session: AsyncSession, folder: Path) -> None:
    for _, row in _rows(folder / "calendar_days.csv"):
        session.add(
            models.CalendarDay(
                day=date.fromisoformat(row["day"]),
                working=row["working"] == "1",
                name=row["name"],
                provisional=row["provisional"] == "1",
            )
        )


async def _load_macros(
    session: AsyncSession, path: Path, units: Container[str], now: datetime
) -> None:
    if await session.scalar(select(models.ReplyMacro.id).limit(1)) is not None:
        return
    for line, row in _rows(path):
        if row["unit"] and row["unit"] not in units:
            where = f"{path.name} 第 {line} 行"
            raise TownDataError(f"{where}：单位 {row['unit']} 不在 units.csv 中，请先补上它。")
        session.add(
            models.ReplyMacro(
                title=row["title"],
                text=row["text"],
                unit_code=row["unit"] or None,
                active=True,
                position=line,
                updated_by="示例镇",
                updated_at=now,
            )
        )


def _load_places(session: AsyncSession, path: Path) -> None:
    for line, row in _rows(path):
        where = f"places.csv 第 {line} 行"
        if not _TOKEN.fullmatch(row["token"]):
            raise TownDataError(f"{where}：口令应为 8 到 48 位字母、数字、- 或 _，且不重复。")
        session.add(
            models.Place(
                token=row["token"],
                name=row["name"],
                latitude=float(row["latitude"]) if row["latitude"] else None,
                longitude=float(row["longitude"]) if row["longitude"] else None,
            )
        )


def _parts(text: str | None) -> list[str]:
    return [part for part in (text or "").split("|") if part]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.exists():
        raise TownDataError(f"缺少文件 {path.name}，请从示例镇复制一份再修改。")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=2)
