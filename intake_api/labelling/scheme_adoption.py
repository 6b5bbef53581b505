"""Between the file of a scheme and the town's tables.

await adopt_file(database, scheme, targets, leads) -> Adoption
read_leads(path) -> {category: unit}          CSV with category and lead_unit
write_open_leads(path, rows)                  the same file to fill in, the commonest unit first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cases.actors import Actor
from cases.categories import CategoryDraft
from cases.lifecycle import Role
from cases.scheme_checks import SchemeCategory
from cases.storage.database import Database
from cases.town import load_town
from cases.use_cases.adopt_scheme import Adoption, OpenLead, adopt_scheme
from classifier.mapping_file import Targets
from classifier.scheme import Scheme, SchemeRow
from classifier.tables import read_table, write_table
from intake_api.accounts.keys import utc_now

_OPERATOR = Actor(Role.ADMIN, "命令行")


async def adopt_file(
    database: Database, scheme: Scheme, targets: Targets, leads: Mapping[str, str]
) -> Adoption:
    """All of it or nothing; raises ``InvalidData``."""
    async with database.transaction() as session:
        return await adopt_scheme(
            session,
            [_category(row) for row in scheme.live],
            targets,
            town=await load_town(session),
            actor=_OPERATOR,
            now=utc_now(),
            leads=leads,
        )


def read_leads(path: Path) -> dict[str, str]:
    """Category -> unit; lines without a unit are passed over. Raises ``BadExamples``."""
    table = read_table(path)
    table.require("category", "lead_unit")
    return {
        row["category"].strip(): row["lead_unit"].strip()
        for _, row in table.rows
        if row["lead_unit"].strip()
    }


def write_open_leads(path: Path, rows: Sequence[OpenLead]) -> None:
    """One line per category nobody leads, to be filled in and given back."""
    write_table(
        path,
        ("category", "name", "lead_unit", "units_so_far"),
        [
            (row.code, row.name, "", "、".join(f"{name}({n})" for name, n in row.leads))
            for row in rows
        ],
    )


def _category(row: SchemeRow) -> SchemeCategory:
    draft = CategoryDraft(
        code=row.code,
        platform=row.platform,
        name=row.name,
        name_en=row.name_en,
        definition=row.definition,
        includes=row.includes,
        excludes=row.excludes,
        neighbours=row.neighbours,
        vocabulary=row.vocabulary,
        examples=row.examples,
        urgency_rule=row.urgency_rule,
        time_class=row.time_class,
    )
    return SchemeCategory(draft, row.platform_name, row.lead_hint)
