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
    definition: str = ""
    includes: str = ""
    excludes: str = ""
    neighbours: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    urgency_rule: str = ""
    #: Of a retired one: where its labels go, or what it was split into.
    replaced_by: str | None = None
    may_become: tuple[str, ...] = ()


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
    """Everything the rules ask about the town. ``categories`` are those in use; cases keep the
    ``retired`` ones they were given."""

    policy: Mapping[str, Any]
    calendar: WorkingCalendar
    categories: Mapping[str, CategoryRow]
    units: Mapping[str, UnitRow]
    responsibilities: Mapping[str, ResponsibilityRow]
    answers: AnswerBook = field(default_factory=AnswerBook)
    errands: ErrandBook = field(default_factory=ErrandBook)
    retired: Mapping[str, CategoryRow] = field(default_factory=dict)

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
        category = self.any_category(code)
        return category.name if category else (code or "待分类")

    def any_category(self, code: str | None) -> CategoryRow | None:
        """The category, in use or retired."""
        return self.categories.get(code or "") or self.retired.get(code or "")

    def current_code(self, code: str | None) -> str | None:
        """The category that counts now for one given earlier: itself, its successor, or None
        where nobody can tell without reading the text."""
        for _ in range(len(self.retired) + 1):
            if code in self.categories:
                return code
            row = self.retired.get(code or "")
            code = row.replaced_by if row else None
        return None

    def grouped_categories(
        self, *, dispatchable_only: bool = False
    ) -> dict[str, list[tuple[str, str]]]:
        """Platform name -> (code, name) of its categories, in the taxonomy's order."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for category in self.categories.values():
            if category.dispatchable or not dispatchable_only:
                groups.setdefault(category.platform_name, []).append((category.code, category.name))
        return groups

    def candidates(self, code: str | None) -> tuple[str, ...]:
        """What a category given earlier may be now, likeliest first; one where it is certain."""
        for _ in range(len(self.retired) + 1):
            if code in self.categories:
                return (str(code),)
            row = self.retired.get(code or "")
            if row is None or row.replaced_by is None:
                return tuple(c for c in row.may_become if c in self.categories) if row else ()
            code = row.replaced_by
        return ()

    def plain_name(self, code: str | None, language: str = "zh") -> str:
        """The category in a citizen's words."""
        category = self.any_category(code)
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
    categories, retired = await _load_categories(session)
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
    # The line written last is in force. What a town calls its versions ("2026年版", "v2") has no
    # order of its own.
    written = select(models.Responsibility).order_by(models.Responsibility.id)
    responsibilities = {
        r.category: ResponsibilityRow(
            r.category, r.lead_unit, tuple(r.coop_units), r.basis, r.version
        )
        for r in await session.scalars(written)
    }
    calendar = WorkingCalendar(ZoneInfo(policy["timezone"]), read_hours(policy), days)
    book = await answer_loading.load_book(session, answers)
    errands = await errand_loading.load_book(session)
    return Town(policy, calendar, categories, units, responsibilities, book, errands, retired)


async def _load_categories(
    session: AsyncSession,
) -> tuple[dict[str, CategoryRow], dict[str, CategoryRow]]:
    """Those in use and the retired ones, each in the order of the list."""
    in_use: dict[str, CategoryRow] = {}
    retired: dict[str, CategoryRow] = {}
    query = select(models.Category).order_by(models.Category.position, models.Category.code)
    for c in await session.scalars(query):
        (in_use if c.active else retired)[c.code] = CategoryRow(
            code=c.code,
            platform=c.platform,
            platform_name=c.platform_name,
            name=c.name,
            plain_name=c.plain_name,
            name_en=c.name_en or c.name,
            time_class=c.time_class,
            needs_place=c.needs_place,
            dispatchable=c.dispatchable,
            definition=c.definition,
            includes=c.includes,
            excludes=c.excludes,
            neighbours=tuple(c.neighbours),
            vocabulary=tuple(c.vocabulary),
            examples=tuple(c.examples),
            urgency_rule=c.urgency_rule,
            replaced_by=c.replaced_by,
            may_become=tuple(c.may_become),
        )
    return in_use, retired


def read_policy(path: Path) -> dict[str, Any]:
    """The town's figures from a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_hours(policy: Mapping[str, Any]) -> OfficeHours:
    """Office hours out of the policy."""
    office = {key: time.fromisoformat(value) for key, value in policy["office"].items()}
    return OfficeHours(**office)
