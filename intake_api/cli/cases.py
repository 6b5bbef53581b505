"""``huying cases``: out of and into files."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from cases.errors import InvalidData
from cases.use_cases.same_event import renew_index
from intake_api.case_files import BadFile, read_rows, row_writer
from intake_api.case_transfer import export_cases, import_case, link_parents, mask_row
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, option, settings_from
from intake_api.settings import Settings

commands = typer.Typer(help="Cases in files: JSONL, CSV or XLSX.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="F", help="a file ending in .jsonl, .csv or .xlsx")]


@commands.command("export")
def export(
    file: File,
    masked: Annotated[
        bool, option("--masked", help="without what says who somebody is; cannot be imported")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write every case with its history; without --masked, names and phones as they are kept."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    try:
        count = run_async(_export(settings, file, masked))
    except BadFile as error:
        raise CommandFailed(str(error)) from error
    told = "姓名、电话等已隐去" if masked else "文件含个人信息，请妥善保管；要外发请加 --masked"
    print(f"已导出 {count} 件到 {file}；{told}。")


async def _export(settings: Settings, file: Path, masked: bool) -> int:
    async with opened(settings) as (database, _):
        with row_writer(file) as write:
            if masked:
                return await export_cases(database, lambda row: write(mask_row(row)))
            return await export_cases(database, write)


@commands.command("index")
def index(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Renew by what cases of the same event are found; a running server does it by itself."""
    count = run_async(_index(settings_from(data_dir=data_dir, database_url=database_url)))
    print(f"已更新 {count} 件的索引。")


async def _index(settings: Settings) -> int:
    async with opened(settings) as (database, town):
        return await renew_index(database, town, datetime.now(UTC))


@commands.command("import")
def import_(file: File, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Add the cases of an export; a case that is there already is left alone."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    try:
        added, known, bad, alone = run_async(_import(settings, file))
    except BadFile as error:
        raise CommandFailed(str(error)) from error
    print(f"已导入 {added} 件，原已有 {known} 件。")
    if alone:
        print(f"其中 {alone} 件已并入别的诉求，但主件不在本库和文件里，没有关联。", file=sys.stderr)
    if bad:
        raise CommandFailed(f"{bad} rows of {file} could not be imported, see above.")


async def _import(settings: Settings, file: Path) -> tuple[int, int, int, int]:
    added = known = bad = 0
    parents: dict[str, str] = {}
    async with opened(settings) as (database, _):
        for number, row in read_rows(file):
            try:
                async with database.transaction() as session:
                    new = await import_case(session, row)
            except (InvalidData, SQLAlchemyError, TypeError) as error:
                bad += 1
                field = error.fields.get("field") if isinstance(error, InvalidData) else None
                print(f"第 {number} 行无法导入：{field or type(error).__name__}", file=sys.stderr)
                continue
            added, known = added + new, known + (not new)
            if row.get("parent"):
                parents[str(row["number"])] = str(row["parent"])
        async with database.transaction() as session:
            alone = await link_parents(session, parents)
    return added, known, bad, alone
