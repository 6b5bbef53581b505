"""The ledger as a file: CSV or XLSX, personal data masked, nothing that a spreadsheet computes.

    await send_ledger(request, wanted, kind) -> web.StreamResponse      kind: csv | xlsx

Written a batch at a time into a file that goes when it is sent: a hundred thousand lines are never
in memory, and masking them runs in a thread.
"""

from __future__ import annotations

import asyncio
import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from cases.personal_data import mask_part, mask_text
from cases.use_cases.ledger_rows import (
    MOST_LINES,
    LedgerFilter,
    LedgerLine,
    list_lines,
    read_answers,
)
from intake_api.accounts.keys import DATABASE, TOWN
from intake_api.case_files import FORMULA_STARTS

KINDS = ("csv", "xlsx")
COLUMNS = (
    "number", "at", "summary", "model", "decision", "automatic",
    "category", "confidence", "category_2", "confidence_2", "category_3", "confidence_3",
    "final_category", "final_request_type", "final_urgency", "how", "final_by", "final_at",
    "misrouted", "return_count", "returns",
)  # fmt: skip
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Spreadsheets with a Chinese keyboard in mind read the wide signs as well.
_FORMULAS = (*FORMULA_STARTS, "＝", "＋", "－", "＠")
_CHUNK = 64 * 1024
Write = Callable[[Sequence[str]], None]


async def send_ledger(request: web.Request, wanted: LedgerFilter, kind: str) -> web.StreamResponse:
    """Every line of the filter, newest first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"ledger.{kind}"
        await _write_file(request, wanted, path)
        response = web.StreamResponse(
            headers={
                "Content-Type": _TYPES[kind],
                "Content-Disposition": f'attachment; filename="ledger.{kind}"',
                "Content-Length": str(path.stat().st_size),
            }
        )
        await response.prepare(request)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _CHUNK):
                await response.write(piece)
        await response.write_eof()
        return response


async def _write_file(request: web.Request, wanted: LedgerFilter, path: Path) -> None:
    public = request.app[TOWN]().public_numbers
    last: int | None = None
    with _WRITERS[path.suffix](path) as write:
        write(COLUMNS)
        while True:
            async with request.app[DATABASE].reading() as session:
                lines = await list_lines(session, wanted, limit=MOST_LINES, before=last)
            await asyncio.to_thread(_write_lines, write, lines, public)
            if len(lines) < MOST_LINES:
                return
            last = lines[-1].word.id


def _write_lines(write: Write, lines: Sequence[LedgerLine], public: Sequence[str]) -> None:
    for line in lines:
        row = _row(line, public)
        write([_cell(row[name]) for name in COLUMNS])


def _row(line: LedgerLine, public: Sequence[str]) -> dict[str, Any]:
    word = line.word
    row: dict[str, Any] = {name: getattr(word, name, "") for name in COLUMNS}
    for i, (category, score) in enumerate(read_answers(word), start=1):
        place = f"_{i}" if i > 1 else ""
        row |= {f"category{place}": category, f"confidence{place}": f"{score:.4f}"}
    return row | {
        "number": line.number,
        "at": word.at.isoformat(),
        "final_at": word.final_at.isoformat() if word.final_at else "",
        "summary": mask_part(line.summary, line.text, public=public),
        "automatic": int(word.automatic),
        "misrouted": int(word.misrouted),
        "returns": "\n".join(
            json.dumps(_masked(one, public), ensure_ascii=False) for one in word.returns
        ),
    }


def _masked(returned: dict[str, Any], public: Sequence[str]) -> dict[str, Any]:
    """The units' own words may name people."""
    words = {name: mask_text(returned[name], public=public) for name in ("reason", "basis")}
    return returned | words


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULAS) else text


@contextmanager
def _write_csv(path: Path) -> Iterator[Write]:
    # With BOM: office software takes anything else for another encoding.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        yield lambda cells: writer.writerow(cells) and None


@contextmanager
def _write_xlsx(path: Path) -> Iterator[Write]:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("ledger")
        line = -1

        def write(cells: Sequence[str]) -> None:
            nonlocal line
            line += 1
            for place, cell in enumerate(cells):
                sheet.write_string(line, place, cell)

        yield write


_WRITERS = {".csv": _write_csv, ".xlsx": _write_xlsx}
