"""Another scheme of categories in the place of the town's own, in one transaction.

    await adopt_scheme(session, rows, targets, town=…, actor=…, now=…, leads=…) -> Adoption

``targets``: old code -> what it became; one new code: its labels go there; several: a person
decides about each text. Old categories are retired, never deleted, and cases keep them. Lead
units are carried over where everything that became a category was led by one unit; the rest is
listed. Raises ``InvalidData`` in one sentence when open cases would be left without a category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.models import Category, Responsibility
from cases.scheme_checks import (
    SchemeCategory,
    Targets,
    check_leads,
    check_nobody_lost,
    check_rows,
)
from cases.town import CategoryRow, ResponsibilityRow, Town
from cases.use_cases.categories import note_category, require_keeper
from cases.use_cases.category_rows import count_open_cases


@dataclass(frozen=True)
class OpenLead:
    """A category nobody leads yet, and which units led what became it (name, categories)."""

    code: str
    name: str
    leads: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Adoption:
    """What was done; ``split``: retired categories whose texts a person has to label anew."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    retired: tuple[str, ...]
    split: tuple[str, ...]
    carried: tuple[str, ...]
    undecided: tuple[OpenLead, ...]
    open_cases: int


async def adopt_scheme(
    session: AsyncSession,
    rows: Sequence[SchemeCategory],
    targets: Targets,
    *,
    town: Town,
    actor: Actor,
    now: datetime,
    leads: Mapping[str, str] | None = None,
) -> Adoption:
    """Put the scheme into the tables. ``leads``: category -> unit, as somebody decided."""
    require_keeper(actor)
    codes = {row.draft.code for row in rows}
    check_rows(rows, targets, town)
    check_leads(leads or {}, codes, town)
    gone = [row for row in town.categories.values() if row.code not in codes]
    open_cases = await count_open_cases(session)
    check_nobody_lost(gone, targets, codes, open_cases, town)
    platforms = {row.platform_name: row.platform for row in town.categories.values()}
    kept = []
    for position, row in enumerate(rows):
        known = await session.get(Category, row.draft.code)
        if known is not None:
            kept.append(known.code)
        category = known or Category(code=row.draft.code)
        sources = _sources(row.draft.code, targets, town)
        _write(category, row, sources, platforms, position, fresh=known is None)
        session.add(category)
        await note_category(session, category.code, "adopt", {"name": category.name}, actor, now)
    split = await _retire(session, gone, targets, len(rows), actor, now)
    carried, undecided = _carry_leads(session, rows, targets, town, now, leads or {})
    await session.flush()
    return Adoption(
        added=tuple(row.draft.code for row in rows if row.draft.code not in kept),
        kept=tuple(kept),
        retired=tuple(row.code for row in gone),
        split=tuple(split),
        carried=tuple(carried),
        undecided=tuple(undecided),
        open_cases=sum(open_cases.get(row.code, 0) for row in gone),
    )


def _sources(code: str, targets: Targets, town: Town) -> list[CategoryRow]:
    """The old categories that became this one and nothing else."""
    return [row for row in town.categories.values() if targets.get(row.code) == (code,)]


def _write(
    category: Category,
    row: SchemeCategory,
    sources: Sequence[CategoryRow],
    platforms: Mapping[str, str],
    position: int,
    *,
    fresh: bool,
) -> None:
    """``fresh``: it was not there before; what a list leaves open stays as it was otherwise."""
    draft = row.draft
    clocks = Counter(source.time_class for source in sources).most_common(1)
    category.platform = platforms.get(row.platform_name, draft.platform)
    category.platform_name = row.platform_name
    category.name, category.plain_name = draft.name, draft.plain_name or draft.name
    category.name_en = draft.name_en or None
    if draft.time_class or sources or fresh:
        category.time_class = draft.time_class or (clocks[0][0] if clocks else "G3")
    if sources or fresh:
        category.needs_place = 2 * sum(row.needs_place for row in sources) >= len(sources)
    category.dispatchable = category.platform != "na"
    category.position = position
    category.definition, category.urgency_rule = draft.definition, draft.urgency_rule
    category.includes, category.excludes = draft.includes, draft.excludes
    category.neighbours, category.vocabulary = list(draft.neighbours), list(draft.vocabulary)
    category.examples, category.lead_hint = draft.masked_examples, row.lead_hint
    category.active, category.replaced_by, category.may_become = True, None, []


async def _retire(
    session: AsyncSession,
    gone: Sequence[CategoryRow],
    targets: Targets,
    position: int,
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Retire what the scheme has not; returns those that split."""
    split = []
    for offset, old in enumerate(gone):
        category = await session.get_one(Category, old.code)
        became = targets.get(old.code, ())
        category.active, category.position = False, position + offset
        category.replaced_by = became[0] if len(became) == 1 else None
        category.may_become = list(became) if len(became) > 1 else []
        if category.replaced_by is None:
            split.append(old.code)
        await note_category(session, old.code, "retire", {"may_become": list(became)}, actor, now)
    return split


def _carry_leads(
    session: AsyncSession,
    rows: Sequence[SchemeCategory],
    targets: Targets,
    town: Town,
    now: datetime,
    leads: Mapping[str, str],
) -> tuple[list[str], list[OpenLead]]:
    carried, undecided = [], []
    for row in rows:
        code = row.draft.code
        lines = [
            town.responsibilities[source.code]
            for source in _sources(code, targets, town)
            if source.code in town.responsibilities
        ]
        counts = Counter(line.lead_unit for line in lines)
        unit = leads.get(code) or (lines[0].lead_unit if len(counts) == 1 else None)
        if unit is None and code in town.responsibilities and not lines:
            unit = town.responsibilities[code].lead_unit
        if unit is None:
            named = tuple((town.unit_name(u), n) for u, n in counts.most_common())
            undecided.append(OpenLead(code, row.draft.name, named))
            continue
        carried.append(code)
        known = town.responsibilities.get(code)
        if known is None or known.lead_unit != unit:
            session.add(_line(code, row.draft.name, unit, lines, town, now))
    return carried, undecided


def _line(
    code: str,
    name: str,
    unit: str,
    lines: Sequence[ResponsibilityRow],
    town: Town,
    now: datetime,
) -> Responsibility:
    coop = dict.fromkeys(
        other for line in lines for other in (line.lead_unit, *line.coop_units) if other != unit
    )
    return Responsibility(
        category=code,
        version=f"{now.astimezone(town.calendar.zone):%Y-%m}",
        lead_unit=unit,
        coop_units=list(coop),
        basis=f"{town.name}主体/配合责任清单 {name}",
    )
