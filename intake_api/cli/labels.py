"""``huying labels``: labelled and unlabelled texts from files, every label into one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cases.errors import InvalidData
from cases.labels.rows import FIELDS, find_label_columns
from intake_api.accounts.keys import utc_now
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, Json, option, settings_from
from intake_api.imports.order_files import open_orders
from intake_api.labelling.file_import import Counts, LabelPreview, export_file, import_file, look_at
from intake_api.settings import Settings
from intake_api.texts import load_texts

commands = typer.Typer(
    help="Labels for training in files: CSV, XLSX or JSONL.", no_args_is_help=True
)
File = Annotated[Path, typer.Argument(metavar="F", help="a file ending in .csv, .xlsx or .jsonl")]
_MOST_SHOWN = 50


@commands.command("import")
def import_(
    file: File,
    text_column: Annotated[str, option("--text-column", help="header of the text")] = "",
    category_column: Annotated[
        str, option("--category-column", help="header of the category; empty cells wait for people")
    ] = "",
    replace: Annotated[
        bool, option("--replace", help="labels of the file take the place of different ones")
    ] = False,
    dry_run: Annotated[bool, option("--dry-run", help="look only, write nothing")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Take texts in, each once; rows that cannot be taken are told and left out."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    columns = _columns(file, text_column, category_column)
    found = run_async(_import(settings, file, columns, replace, dry_run))
    answer = {
        "file": str(file),
        "columns": {field: at + 1 for field, at in columns.items()},
        "rows": found.rows,
        "labelled": found.labelled,
        "unlabelled": found.unlabelled,
        "known": found.known if isinstance(found, Counts) else None,
        "refused": found.refused,
        "troubles": [{"line": line, "sentence": said} for line, said in found.troubles],
    }
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print(file, found)
    if found.refused:
        raise CommandFailed(f"{found.refused} rows were left out, see above.")


def _columns(file: Path, text_column: str, category_column: str) -> dict[str, int]:
    with open_orders(file) as (header, _):
        columns = find_label_columns(header)
        names = [cell.strip() for cell in header]
        for field, wanted in (("text", text_column), ("category", category_column)):
            if wanted and wanted not in names:
                raise typer.BadParameter(f"{file} has no column “{wanted}”: {', '.join(names)}")
            if wanted:
                at = names.index(wanted)
                columns = {own: place for own, place in columns.items() if place != at}
                columns[field] = at
    if "text" not in columns:
        raise InvalidData(
            f"没有认出哪一列是文字，请用 --text-column 说明（现有的列：{'、'.join(names)}）。",
            field="file",
        )
    return {field: columns[field] for field in FIELDS if field in columns}


async def _import(
    settings: Settings, file: Path, columns: dict[str, int], replace: bool, dry_run: bool
) -> Counts | LabelPreview:
    async with opened(settings) as (database, town):
        if dry_run:
            return look_at(file, columns, town=town, now=utc_now())
        by = str(load_texts("pages")["accounts"]["command_line"])
        counts = await import_file(
            file, columns, database=database, town=town, clock=utc_now, by=by, replace=replace
        )
    assert counts is not None  # nobody else can stop it
    return counts


def _print(file: Path, found: Counts | LabelPreview) -> None:
    for line, sentence in found.troubles[:_MOST_SHOWN]:
        print(f"第 {line} 行：{sentence}", file=sys.stderr)
    kinds: list[str] = [f"{found.labelled} 行有标签", f"{found.unlabelled} 行待标注"]
    if isinstance(found, Counts):
        kinds.append(f"{found.known} 行原已有")
    ending = "没有写入。" if isinstance(found, LabelPreview) else ""
    print(f"{file}：{found.rows} 行，{'，'.join(kinds)}，{found.refused} 行要改。{ending}")


@commands.command("export")
def export(file: File, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Write every settled label, without what says who somebody is; `huying train --data` and
    `huying labels import` read it."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    print(f"已导出 {run_async(_export(settings, file))} 条标签到 {file}。")


async def _export(settings: Settings, file: Path) -> int:
    async with opened(settings) as (database, town):
        return await export_file(file, database, town)
