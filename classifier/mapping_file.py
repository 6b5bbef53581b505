"""map.csv: which old category goes where, as a person confirms it.

    write_mapping(path, rows) -> None
    read_mapping(path, *, new=None) -> dict[str, tuple[str, ...]]   old code -> new codes
    read_rows(path) -> Table                            a labelled file, or every one in a folder
    apply_mapping(table, targets, …) -> Applied(rows, undecided)

``new_code`` decides and nothing else: one code, several with | between them (the category splits
and each text is decided by a person), or nothing yet. The other columns help whoever fills it in.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import BadExamples
from classifier.tables import Table, read_table, write_table

HEADER = ("old_code", "old_name", "new_code", "new_name", "how", "score", "candidates")
ONE, SEVERAL, CHECK = "一对一", "一对多", "请核对"
_MARK = "|"
Targets = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class MapRow:
    """``targets``: what is suggested; ``candidates``: (new code, share), best first."""

    old_code: str
    old_name: str
    targets: tuple[str, ...]
    target_names: tuple[str, ...]
    how: str
    score: float
    candidates: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Undecided:
    """A row whose old category splits; ``number`` as a reader counts the rows of the file."""

    number: int
    row: Mapping[str, str]
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Applied:
    """``rows``: with the new label, the other columns as they were."""

    rows: tuple[Mapping[str, str], ...]
    undecided: tuple[Undecided, ...]


def write_mapping(path: str | Path, rows: Sequence[MapRow]) -> None:
    """One line per old category."""
    write_table(
        path,
        HEADER,
        [
            (
                row.old_code,
                row.old_name,
                _MARK.join(row.targets),
                _MARK.join(row.target_names),
                row.how,
                f"{row.score:.2f}",
                _MARK.join(f"{code}={share:.2f}" for code, share in row.candidates),
            )
            for row in rows
        ],
    )


def read_mapping(path: str | Path, *, new: Container[str] | None = None) -> Targets:
    """Old code -> new codes, none where nobody has decided yet.

    :param new: the codes of the new scheme, to find typing mistakes
    :raises BadExamples: naming file, row and remedy
    """
    table = read_table(path)
    table.require("old_code", "new_code")
    targets: dict[str, tuple[str, ...]] = {}
    for number, row in table.rows:
        old = row["old_code"].strip()
        where = f"{table.path}, row {number}"
        if not old:
            raise BadExamples(f"{where}: old_code is empty; fill it in or remove the row.")
        if old in targets:
            raise BadExamples(f"{where}: “{old}” stands here twice; keep one of the two rows.")
        codes = tuple(code.strip() for code in row["new_code"].split(_MARK) if code.strip())
        for code in codes:
            if new is not None and code not in new:
                raise BadExamples(
                    f"{where}: the new scheme has no category “{code}”; "
                    "take a code that `huying taxonomy check` lists."
                )
        targets[old] = tuple(dict.fromkeys(codes))
    return targets


def read_rows(path: str | Path) -> Table:
    """One table; the files of a folder must have the same columns. Raises ``BadExamples``."""
    path = Path(path)
    if not path.is_dir():
        return read_table(path)
    tables = [read_table(file) for file in sorted(path.glob("*.csv"))]
    if not tables:
        raise BadExamples(f"{path}: holds no CSV file; put labelled rows there.")
    for table in tables:
        if table.header != tables[0].header:
            raise BadExamples(
                f"{table.path}, row 1: has other columns than {tables[0].path.name}; "
                "give the files one by one."
            )
    return Table(path, tables[0].header, tuple(row for table in tables for row in table.rows))


def apply_mapping(table: Table, targets: Targets, *, category_column: str) -> Applied:
    """Give every row its new label; a second label (``…_alt``) is mapped where that is certain.

    :raises BadExamples: for a label the mapping does not know
    """
    table.require(category_column)
    rows: list[Mapping[str, str]] = []
    undecided: list[Undecided] = []
    second = f"{category_column}_alt"
    for number, row in table.rows:
        old = row[category_column].strip()
        if old not in targets:
            raise BadExamples(
                f"{table.path}, row {number}: the mapping says nothing of “{old}”; add a row."
            )
        if len(targets[old]) != 1:
            undecided.append(Undecided(number, row, targets[old]))
            continue
        changed = dict(row) | {category_column: targets[old][0]}
        if row.get(second):
            also = targets.get(row[second].strip(), ())
            certain = len(also) == 1 and also != targets[old]
            changed[second] = also[0] if certain else ""
        rows.append(changed)
    return Applied(tuple(rows), tuple(undecided))
