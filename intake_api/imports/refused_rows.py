"""Refused rows as a CSV that can be mended and read in again.

write_refused(header, rows) -> bytes

Row number and reason stand behind the file's own columns. A cell that a spreadsheet would take for
a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from cases.models import RefusedRow
from intake_api.case_files import FORMULA_STARTS

#: Spreadsheets with a Chinese keyboard in mind read the wide signs as well.
_FORMULAS = (*FORMULA_STARTS, "＝", "＋", "－", "＠")
_ADDED = ("原行号", "原因")


def write_refused(header: Sequence[str], rows: Iterable[RefusedRow]) -> bytes:
    """UTF-8 with BOM, which office software needs."""
    file = io.StringIO()
    writer = csv.writer(file)
    own = [name for name in header if name not in _ADDED]
    writer.writerow([*map(_cell, own), *_ADDED])
    for row in rows:
        named = dict(zip(header, row.cells, strict=False))
        beyond = row.cells[len(header) :]
        cells = [named.get(name, "") for name in own]
        writer.writerow([*map(_cell, cells), row.line, _cell(row.sentence), *map(_cell, beyond)])
    return file.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    return "'" + text if text.startswith(_FORMULAS) else text
