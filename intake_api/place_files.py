"""Places as CSV: what ``/desk/places`` gives out and takes back.

    write_places(rows) -> bytes          (place, address) pairs; opens in a spreadsheet
    read_places(raw) -> list[PlaceRow]   raises InvalidData, BadRows: one sentence for each row

The columns are named in ``texts/places.toml``, in Chinese or as in a town's ``places.csv``. A text
that a spreadsheet would take for a formula gets an apostrophe in front, taken off again on the way
in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from cases.errors import InvalidData
from cases.models import Place
from cases.use_cases.place_import import BadRows, PlaceRow
from cases.use_cases.places import PlaceDraft
from intake_api.case_files import FORMULA_STARTS
from intake_api.texts import load_texts

MOST_ROWS = 1000
#: Spreadsheets with a Chinese keyboard in mind read the wide signs as well.
_FORMULAS = (*FORMULA_STARTS, "＝", "＋", "－", "＠")
_ZIP = b"PK\x03\x04"


def write_places(rows: Iterable[tuple[Place, str]]) -> bytes:
    """Every place with the address its code stands for."""
    texts = load_texts("places")
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([names[0] for names in texts["columns"].values()])
    for place, address in rows:
        cells = {
            "token": _cell(place.token),
            "name": _cell(place.name),
            "latitude": "" if place.latitude is None else repr(place.latitude),
            "longitude": "" if place.longitude is None else repr(place.longitude),
            "active": texts["active"]["on" if place.active else "off"][0],
            "address": _cell(address),
        }
        writer.writerow([cells[name] for name in texts["columns"]])
    return file.getvalue().encode("utf-8-sig")


def read_places(raw: bytes) -> list[PlaceRow]:
    """The rows of a file that staff wrote, or that we gave out."""
    texts = load_texts("places")
    said = texts["file"]
    if raw.startswith(_ZIP):
        raise InvalidData(said["excel"], field="file")
    try:
        lines = list(csv.reader(io.StringIO(_decode(raw), newline="")))
    except csv.Error as error:
        raise InvalidData(said["broken"], field="file") from error
    header = [_find_column(cell) for cell in lines[0]] if lines else []
    if "name" not in header:
        raise InvalidData(said["no_name"], field="file")
    rows, bad = [], []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        values = {name: _uncell(cell) for name, cell in zip(header, cells, strict=False) if name}
        try:
            rows.append(_read_row(number, values))
        except InvalidData as error:
            bad.append(f"第 {number} 行：{error.sentence}")
    if bad:
        raise BadRows(bad)
    if not rows:
        raise InvalidData(said["empty"], field="file")
    if len(rows) > MOST_ROWS:
        raise InvalidData(said["too_many"].format(most=MOST_ROWS), field="file")
    return rows


def read_number(text: str) -> float | None:
    """A coordinate as typed; nothing where nothing stands. Raises ``InvalidData``."""
    text = text.strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidData(load_texts("places")["file"]["number"], field="latitude") from error


def _read_row(number: int, values: dict[str, str]) -> PlaceRow:
    draft = PlaceDraft(
        values.get("name", ""),
        read_number(values.get("latitude", "")),
        read_number(values.get("longitude", "")),
    )
    return PlaceRow(number, draft, values.get("token", ""), _read_active(values.get("active", "")))


def _read_active(text: str) -> bool | None:
    texts = load_texts("places")
    if not text:
        return None
    for state, words in texts["active"].items():
        if text.lower() in words:
            return bool(state == "on")
    raise InvalidData(texts["file"]["active"], field="active")


def _find_column(cell: str) -> str:
    """Our name for a column; empty for one that does not matter to us."""
    wanted = cell.strip().lower()
    for name, names in load_texts("places")["columns"].items():
        if wanted in names:
            return str(name)
    return ""


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise InvalidData(load_texts("places")["file"]["broken"], field="file")


def _cell(text: str) -> str:
    return "'" + text if text.startswith(_FORMULAS) else text


def _uncell(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULAS) else text
