"""The town as the rules need it: one immutable snapshot of its lists.

Loaded from the tables (``load_town``), which a first start fills from a folder of files
(``load_town_files``); the sample town lies in ``cases/sample_town``. Another town edits rows.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import models
from cases.addresses.loading import load_sample
from cases.answers import AnswerBook
from cases.answers import loading as answer_loading
from cases.errands import ErrandBook
from cases.errands import loading as errand_loading
from cases.errors import TownDataError
from cases.working_calendar import OfficeHours, WorkingCalendar

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,48}")
SAMPLE_TOWN = Path(__file__).parent / "sample_town"
#: The shipped taxonomy: rows, read by path, beside the packages.
TAXONOMY = Path(__file__).resolve().parents[1] / "training_data" / "taxonomy.csv"


@dataclass(frozen=True)
class CategoryRow:
    """A label as the desk needs it."""

    code: str
    platform: str
    platform_name: str
    name: str
    plain_name: str
    name_en: str
    time_class: str
    needs_place: bool
    dispatchable: bool


@dataclass(frozen=True)
class UnitRow:
    """A unit of the town or the county."""

    code: str
    name: str
    parent_department: str | None
    level: str
    stationed: bool
    platform: str | None
    phone: str | None


@dataclass(frozen=True)
class ResponsibilityRow:
    """Who leads and who cooperates for a category, and by which list."""

    category: str
    lead_unit: str
    coop_units: tuple[str, ...]
    basis: str
    version: str


@dataclass(frozen=True)
class Town:
    """Everything the rules ask about the town."""

    policy: Mapping[str, Any]
    calendar: WorkingCalendar
    categories: Mapping[str, CategoryRow]
    units: Mapping[str, UnitRow]
    responsibilities: Mapping[str, ResponsibilityRow]
    answers: AnswerBook = field(default_factory=AnswerBook)
    errands: ErrandBook = field(default_factory=ErrandBook)

    @property
    def name(self) -> str:
        """The town's name."""
        return str(self.policy["town"])

    @property
    def public_numbers(self) -> tuple[str, ...]:
        """Telephone numbers that are no person's."""
        return (str(self.policy.get("hotline", "")),)

    def unit_name(self, code: str | None) -> str:
        """The unit's name, or its code where the list no longer has it."""
        if code is None:
            return ""
        unit = self.units.get(code)
        return unit.name if unit else code

    def category_name(self, code: str | None) -> str:
        """The category's name in the words of the taxonomy."""
        category = self.categories.get(code or "")
        return category.name if category else (code or "待分类")

    def plain_name(self, code: str | None, language: str = "zh") -> str:
        """The category in a citizen's words."""
        category = self.categories.get(code or "")
        if category is None:
            return "to be decided" if language == "en" else "待分类"
        return category.name_en if language == "en" else category.plain_name


async def load_town(
    session: AsyncSession,
    policy: Mapping[str, Any] | None = None,
    *,
    answers: AnswerBook | None = None,
) -> Town:
    """The snapshot of the lists in the database. ``policy`` defaults to the sample town's;
    ``answers`` is the last snapshot's book, kept while no card changed."""
    policy = policy or read_policy(SAMPLE_TOWN / "policy.toml")
    days = {d.day: d.working for d in await session.scalars(select(models.CalendarDay))}
    categories = {
        c.code: CategoryRow(
            c.code,
            c.platform,
            c.platform_name,
            c.name,
            c.plain_name,
            c.name_en or c.name,
            c.time_class,
            c.needs_place,
            c.dispatchable,
        )
        for c in await session.scalars(select(models.Category).order_by(models.Category.position))
    }
    units = {
        u.code: UnitRow(
            u.code,
            u.name,
            u.parent_department,
            u.level,
            u.stationed,
            u.platform,
            u.phone,
        )
        for u in await session.scalars(select(models.Unit).where(models.Unit.active))
    }
    newest = select(models.Responsibility).order_by(
        models.Responsibility.version, models.Responsibility.id
    )
    responsibilities = {
        r.category: ResponsibilityRow(
            r.category, r.lead_unit, tuple(r.coop_units), r.basis, r.version
        )
        for r in await session.scalars(newest)
    }
    calendar = WorkingCalendar(ZoneInfo(policy["timezone"]), read_hours(policy), days)
    book = await answer_loading.load_book(session, answers)
    errands = await errand_loading.load_book(session)
    return Town(policy, calendar, categories, units, responsibilities, book, errands)


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
    """Fill empty town tables from a folder of CSV files; tables with rows are left alone.

    Raises ``TownDataError`` naming file, row and remedy when the lists contradict each other.
    """
    if await session.scalar(select(models.Unit.code).limit(1)) is not None:
        return
    units = [row for _, row in _rows(folder / "units.csv")]
    known = {row["code"] for row in units}
    for row in units:
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
            )
        )
    leads: dict[str, int] = {}
    for line, row in _rows(folder / "responsibilities.csv"):
        coop = [code for code in row["coop_units"].split("|") if code]
        where = f"responsibilities.csv 第 {line} 行"
        for unit in (row["lead_unit"], *coop):
            if unit not in known:
                raise TownDataError(f"{where}：单位 {unit} 不在 units.csv 中，请先补上这个单位。")
        if row["category"] not in codes:
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
    if (folder / "places.csv").exists():
        await _load_places(session, folder / "places.csv")
    if (folder / "addresses.csv").exists():
        await load_sample(session, folder / "addresses.csv", datetime.now(UTC))
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


async def _load_places(session: AsyncSession, path: Path) -> None:
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


def read_policy(path: Path) -> dict[str, Any]:
    """The town's figures from a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_hours(policy: Mapping[str, Any]) -> OfficeHours:
    """Office hours out of the policy."""
    office = {key: time.fromisoformat(value) for key, value in policy["office"].items()}
    return OfficeHours(**office)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.exists():
        raise TownDataError(f"缺少文件 {path.name}，请从示例镇复制一份再修改。")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=2)
