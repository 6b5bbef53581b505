"""The town as the rules need it: one immutable snapshot of its lists.

Loaded from the tables (``load_town``), which a first start fills from a folder of files
(``cases.town_files``). Another town edits rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import models
from cases.answers import AnswerBook
from cases.answers import loading as answer_loading
from cases.errands import ErrandBook
from cases.errands import loading as errand_loading
from cases.working_calendar import OfficeHours, WorkingCalendar

SAMPLE_TOWN = Path(__file__).parent / "sample_town"


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

    def grouped_categories(
        self, *, dispatchable_only: bool = False
    ) -> dict[str, list[tuple[str, str]]]:
        """Platform name -> (code, name) of its categories, in the taxonomy's order."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for category in self.categories.values():
            if category.dispatchable or not dispatchable_only:
                groups.setdefault(category.platform_name, []).append((category.code, category.name))
        return groups

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


def read_policy(path: Path) -> dict[str, Any]:
    """The town's figures from a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_hours(policy: Mapping[str, Any]) -> OfficeHours:
    """Office hours out of the policy."""
    office = {key: time.fromisoformat(value) for key, value in policy["office"].items()}
    return OfficeHours(**office)
