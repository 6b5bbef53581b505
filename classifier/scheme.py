"""A town's list of categories as its file has it.

    read_scheme(path) -> Scheme(rows, codes_from_names)      CSV or XLSX; TaxonomyError
    write_scheme(path, rows) -> None                         the full set of columns, codes included

A file needs a name per category and, as a rule, the platform; what its columns may be called is in
``rules/taxonomy_columns.toml``. Without a column of codes the name is the code (``platform.name``
where names repeat), cleaned of what no form and no button carries and cut where it is long: the
same row gives the same code on every machine.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from classifier.errors import BadExamples, TaxonomyError
from classifier.tables import Table, read_table, write_table

COLUMNS = Path(__file__).parent / "rules" / "taxonomy_columns.toml"
# A town may list a category before it has decided who answers for it. Its cases are tagged and
# never dispatched without a person (decision_costs.toml).
UNASSIGNED = ("unassigned", "未定平台")
LONGEST_CODE = 36  # bytes: what is left for it in the data of a Telegram button
_CUT = 8  # characters kept of a longer name, before four digits that tell it from others
_LISTS = {"neighbours": "|", "vocabulary": "|", "examples": "\n"}
_LIST_MARKS = re.compile(r"[,，、；;]")
_EXAMPLES = ("example_chat", "example_phone", "example_formal")
_NO_CODE = re.compile(r"[^A-Za-z0-9一-鿿._-]+")
_ASIDE = re.compile(r"[（(][^（()）]*[)）]")
_SENTENCE = re.compile("[。；;]")
_REQUIRED = ("platform_zh", "name_zh")


@dataclass(frozen=True)
class SchemeRow:
    """One category. ``replaced_by`` is empty unless it is retired; ``row`` counts as a
    spreadsheet does."""

    code: str
    platform: str
    platform_name: str
    name: str
    name_en: str = ""
    definition: str = ""
    includes: str = ""
    excludes: str = ""
    neighbours: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    urgency_rule: str = ""
    lead_hint: str = ""
    time_class: str = ""
    active: bool = True
    replaced_by: str = ""
    row: int = 0

    @property
    def keywords(self) -> tuple[str, ...]:
        """What the list says belongs here, as short phrases; a definition that is itself a list
        is taken apart."""
        found = [part.strip() for part in self.includes.split("；")]
        found += self.vocabulary
        listed = _LIST_MARKS.split(_ASIDE.sub("", self.definition))
        if not any(found) and len(listed) > 1 and not _SENTENCE.search(self.definition):
            found += [part.strip().removesuffix("等") for part in listed]
        return tuple(part for part in found if part)


@dataclass(frozen=True)
class Scheme:
    """The rows in file order; ``codes_from_names``: the file had no codes of its own."""

    path: Path
    rows: tuple[SchemeRow, ...]
    codes_from_names: bool

    @property
    def live(self) -> tuple[SchemeRow, ...]:
        """The categories in use."""
        return tuple(row for row in self.rows if row.active)


def read_scheme(path: str | Path) -> Scheme:
    """:raises TaxonomyError: naming file, row and remedy, when it cannot be used."""
    path = Path(path)
    try:
        table = read_table(path)
    except BadExamples as error:
        raise TaxonomyError(str(error)) from error
    source = _find_columns(table)
    rows = [
        (number, {name: row[column].strip() for name, column in source.items()})
        for number, row in table.rows
    ]
    for number, row in rows:
        _complete(path, number, row)
    if "code" not in source:
        _name_codes([row for _, row in rows])
    return Scheme(path, tuple(_scheme_row(n, row) for n, row in rows), "code" not in source)


def write_scheme(path: str | Path, rows: Iterable[SchemeRow]) -> None:
    """The file with codes in it: from then on they are the town's own."""
    header = ("code", "platform_code", "platform_zh", "name_zh", "name_en", "definition_zh",
              "include_zh", "exclude_zh", "neighbours", "lead_dept", "time_class",
              "urgency_rule_zh", "vocab", "examples")  # fmt: skip
    write_table(
        path,
        header,
        [
            (row.code, row.platform, row.platform_name, row.name, row.name_en, row.definition,
             row.includes, row.excludes, "|".join(row.neighbours), row.lead_hint, row.time_class,
             row.urgency_rule, "|".join(row.vocabulary), "\n".join(row.examples))
            for row in rows
        ],
    )  # fmt: skip


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, tuple[str, ...]]:
    table = tomllib.loads(COLUMNS.read_text(encoding="utf-8"))["columns"]
    return {name: tuple(known) for name, known in table.items()}


def _find_columns(table: Table) -> dict[str, str]:
    """Our name of a column -> what this file calls it."""
    header = {name.strip().lower(): name for name in table.header}
    source = {
        name: next(header[known] for known in aliases if known in header)
        for name, aliases in _aliases().items()
        if any(known in header for known in aliases)
    }
    if "name_zh" not in source and "code" in source:
        source["name_zh"] = source["code"]
    if "platform_zh" not in source and "platform_code" in source:
        source["platform_zh"] = source["platform_code"]
    for name in _REQUIRED:
        if name not in source:
            raise TaxonomyError(
                f"{table.path}, row 1: the column {name} is missing; a list of categories needs a "
                f"column {' or '.join(_aliases()[name][:4])}."
            )
    return source


def _complete(path: Path, number: int, row: dict[str, str]) -> None:
    """Platform and code of a row; what a small list leaves out is filled in."""
    if not row["platform_zh"] and not row.get("platform_code"):
        row["platform_code"], row["platform_zh"] = UNASSIGNED
    row["platform_zh"] = row["platform_zh"] or row["platform_code"]
    row.setdefault("platform_code", row["platform_zh"])
    for name in ("platform_code", "name_zh", *(["code"] if "code" in row else [])):
        if not row[name]:
            raise TaxonomyError(f"{path}, row {number}: {name} is empty; fill it in.")


def _name_codes(rows: list[dict[str, str]]) -> None:
    """Each platform may have its own “其他”: names that repeat take the platform in front."""
    seen = Counter(row["name_zh"] for row in rows)
    for row in rows:
        repeats = seen[row["name_zh"]] > 1
        name = f"{row['platform_code']}.{row['name_zh']}" if repeats else row["name_zh"]
        row["code"] = _short(_NO_CODE.sub("-", name).strip("-._"), name)


def _short(code: str, name: str) -> str:
    if code and len(code.encode()) <= LONGEST_CODE:
        return code
    return f"{code[:_CUT]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}".strip("-")


def _scheme_row(number: int, row: Mapping[str, str]) -> SchemeRow:
    plain = {
        "platform": row["platform_code"],
        "platform_name": row["platform_zh"],
        "name": row["name_zh"],
        "definition": row.get("definition_zh", ""),
        "includes": row.get("include_zh", ""),
        "excludes": row.get("exclude_zh", ""),
        "urgency_rule": row.get("urgency_rule_zh", ""),
        "lead_hint": row.get("lead_dept", ""),
        "vocabulary": row.get("vocab", ""),
    }
    known = {field.name for field in fields(SchemeRow)}
    plain |= {name: value for name, value in row.items() if name in known}
    lists = {name: _parts(plain.pop(name, ""), mark) for name, mark in _LISTS.items()}
    own = tuple(row[name] for name in _EXAMPLES if row.get(name))
    active = plain.pop("active", "") not in ("0", "否", "停用")
    return SchemeRow(
        **plain,
        neighbours=lists["neighbours"],
        vocabulary=lists["vocabulary"],
        examples=own + lists["examples"],
        active=active,
        row=number,
    )


def _parts(text: str, mark: str) -> tuple[str, ...]:
    found = text.split(mark) if mark in text or mark == "\n" else _LIST_MARKS.split(text)
    return tuple(part.strip() for part in found if part.strip())
