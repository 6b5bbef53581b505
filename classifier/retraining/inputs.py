"""What one training is given, as a folder that can be read back byte for byte.

    LabelledRow(key, text, category, request_type, urgency, group, at, source)
    labelled_row(text, category, ...) -> LabelledRow        with the key that the text has
    write_inputs(folder, rows, frozen, *, taxonomy, settings) -> Inputs
    read_inputs(folder) -> Inputs                 raises InputsError, one sentence
    read_frozen(folder) -> rows                   the held-out ones alone, in a tenth of the time
    Inputs: folder, rows, frozen, taxonomy: Path, settings, hash

``rows`` are trained on, ``frozen`` never: they are what two models are compared on. Texts have gone
through the masking of personal data before they come here. The folder holds ``inputs.json``
(format, settings, SHA-256 and row count of every other file), ``rows.jsonl``, ``frozen.jsonl`` and
``taxonomy.csv``; a training may add files of its own with :func:`add_file`.

Settings, all with a default: ``strength`` ("lexical", "semantic", "" = what fits), ``tokenizer``
("" = the faster one installed), ``seed`` (of picking and shuffling in the report), ``base`` (id of
the model to compare with, "" = the serving one), ``with_shipped`` (the shipped examples are trained
on too), ``warm`` (take over from the base what it knows; faster, compared on fewer rows).
Light: standard library only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from classifier.errors import InputsError
from classifier.examples import text_key
from classifier.half_written import whole_folder

FORMAT = 1
META, ROWS, FROZEN, TAXONOMY = "inputs.json", "rows.jsonl", "frozen.jsonl", "taxonomy.csv"
SOURCES = ("case", "import", "desk", "shipped")
DEFAULTS: Mapping[str, Any] = {
    "strength": "",
    "tokenizer": "",
    "seed": 0,
    "base": "",
    "with_shipped": True,
    "warm": False,
}


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One text and what a person said of it; empty where nothing was said."""

    key: str  # 16 hex digits, see classifier.examples.text_key
    text: str
    category: str
    request_type: str = ""
    urgency: str = ""
    group: str = ""  # rows of one story
    at: str = ""  # ISO 8601, when the citizen said it
    source: str = ""  # one of SOURCES


@dataclass(frozen=True)
class Inputs:
    """A folder that was written whole and read back with its hashes right."""

    folder: Path
    rows: tuple[LabelledRow, ...]
    frozen: tuple[LabelledRow, ...]
    taxonomy: Path
    settings: Mapping[str, Any]
    hash: str  # of everything that decides what comes out


_FIELDS = tuple(field.name for field in fields(LabelledRow))


def labelled_row(text: str, category: str, **more: str) -> LabelledRow:
    """A row with the key of its text; ``more``: the other fields."""
    return LabelledRow(text_key(text), text, category, **more)


def write_inputs(
    folder: Path,
    rows: Iterable[LabelledRow],
    frozen: Iterable[LabelledRow],
    *,
    taxonomy: Path,
    settings: Mapping[str, Any],
) -> Inputs:
    """Write a folder that does not exist yet; it appears under its name when it is complete.

    :raises InputsError: unknown setting, a row in both sets, a folder that is already there
    """
    unknown = sorted(settings.keys() - DEFAULTS.keys())
    if unknown:
        raise InputsError(f"The setting “{unknown[0]}” is unknown; use {', '.join(DEFAULTS)}.")
    if folder.exists():
        raise InputsError(f"{folder}: is already there; choose a new folder for the inputs.")
    trained, held = list(rows), list(frozen)
    both = {row.key for row in trained} & {row.key for row in held}
    if both:
        raise InputsError(
            f"{len(both)} texts are among the rows to train on and among those held out "
            f"(key {min(both)}); a model must not be tested on what it learnt."
        )
    with whole_folder(folder) as partial:
        _write_rows(partial / ROWS, trained)
        _write_rows(partial / FROZEN, held)
        _copy_taxonomy(taxonomy, partial / TAXONOMY)
        given = {name: value for name, value in settings.items() if value is not None}
        meta = {
            "format": FORMAT,
            "settings": {**DEFAULTS, **given},
            "counts": {"rows": len(trained), "frozen": len(held)},
            "sha256": {name: _sha256(partial / name) for name in (ROWS, FROZEN, TAXONOMY)},
        }
        _write_meta(partial, meta)
    return _as_written(folder, meta, tuple(trained), tuple(held))


def read_inputs(folder: Path) -> Inputs:
    """:raises InputsError: in one sentence, when something is missing or not what was written."""
    meta = read_meta(folder)
    for name, wanted in meta["sha256"].items():
        _check(folder / name, wanted)
    return _as_written(folder, meta, _read_rows(folder / ROWS), _read_rows(folder / FROZEN))


def read_frozen(folder: Path) -> tuple[LabelledRow, ...]:
    """The held-out rows alone.

    :raises InputsError: as :func:`read_inputs`
    """
    _check(folder / FROZEN, read_meta(folder)["sha256"].get(FROZEN, ""))
    return _read_rows(folder / FROZEN)


def read_meta(folder: Path) -> dict[str, Any]:
    """``inputs.json`` alone.

    :raises InputsError: when it is missing or of another format
    """
    try:
        meta: dict[str, Any] = json.loads((folder / META).read_text(encoding="utf-8"))
        known, _ = meta["format"], (meta["sha256"][ROWS], meta["settings"], meta["counts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputsError(
            f"{folder}: holds no readable inputs of a training; collect the rows again."
        ) from error
    if known != FORMAT:
        raise InputsError(
            f"{folder}: the inputs have format {known}, this program reads {FORMAT}; "
            "collect the rows again."
        )
    return meta


def add_file(folder: Path, name: str, content: bytes) -> None:
    """Put one more file beside the inputs and note its hash; the settings stay as they are."""
    meta = read_meta(folder)
    (folder / name).write_bytes(content)
    meta["sha256"][name] = hashlib.sha256(content).hexdigest()
    _write_meta(folder, meta)


def add_notes(folder: Path, **notes: Any) -> None:
    """Note what a training found out: versions, strength taken. Not part of :attr:`Inputs.hash`."""
    meta = read_meta(folder)
    _write_meta(folder, meta | notes)


def encode_rows(rows: Sequence[LabelledRow]) -> bytes:
    """One JSON object a line, keys in order, the same bytes for the same rows."""
    # Not dataclasses.asdict: it copies what is in the fields, and takes longer than the encoding.
    plain = ({name: getattr(row, name) for name in _FIELDS} for row in rows)
    lines = (json.dumps(row, ensure_ascii=False) for row in plain)
    return "".join(f"{line}\n" for line in lines).encode()


def decode_rows(content: bytes) -> tuple[LabelledRow, ...]:
    """The way back from :func:`encode_rows`."""
    return tuple(LabelledRow(**json.loads(line)) for line in content.decode().split("\n") if line)


def _as_written(
    folder: Path,
    meta: Mapping[str, Any],
    rows: tuple[LabelledRow, ...],
    frozen: tuple[LabelledRow, ...],
) -> Inputs:
    return Inputs(
        folder=folder,
        rows=rows,
        frozen=frozen,
        taxonomy=folder / TAXONOMY,
        settings={**DEFAULTS, **meta["settings"]},
        hash=hashlib.sha256(_decisive(meta).encode()).hexdigest()[:16],
    )


def _check(path: Path, wanted: str) -> None:
    try:
        found = _sha256(path)
    except OSError as error:
        raise InputsError(
            f"{path.parent}: {path.name} cannot be read ({error.strerror}); restore the folder."
        ) from error
    if found != wanted:
        raise InputsError(
            f"{path.parent}: {path.name} is not the file that was written; restore the folder."
        )


def _decisive(meta: Mapping[str, Any]) -> str:
    hashes = [meta["sha256"][name] for name in (ROWS, FROZEN, TAXONOMY)]
    return json.dumps([meta["settings"], hashes], sort_keys=True, ensure_ascii=False)


def _write_rows(path: Path, rows: Sequence[LabelledRow]) -> None:
    path.write_bytes(encode_rows(rows))


def _read_rows(path: Path) -> tuple[LabelledRow, ...]:
    return decode_rows(path.read_bytes())


def _copy_taxonomy(source: Path, target: Path) -> None:
    if source.suffix.lower() in ("", ".csv"):
        target.write_bytes(source.read_bytes())
        return
    from classifier.tables import read_table, write_table

    table = read_table(source)
    rows = ([row.get(name, "") for name in table.header] for _, row in table.rows)
    write_table(target, table.header, rows)


def _write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    partial = folder / f".{META}"
    text = json.dumps(meta, ensure_ascii=False, indent=1, sort_keys=True)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder / META)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
