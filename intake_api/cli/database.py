"""``huying db``: schema, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cases.storage.schema import check_schema, upgrade_schema
from intake_api.cli.failures import CommandFailed
from intake_api.cli.options import DatabaseUrl, DataDir, settings_from
from intake_api.settings import Settings
from intake_api.sqlite_backup import BackupError, back_up, restore_backup, sqlite_file

commands = typer.Typer(help="The database.", no_args_is_help=True)
Target = Annotated[Path, typer.Argument(metavar="F", help="a file")]


@commands.command("upgrade")
def upgrade(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Create the database or bring it to the newest schema."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade_schema(settings.database)
    print("数据库已是最新。")


@commands.command("check")
def check(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Exit 0 when the schema is the newest, 1 when it is not."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    file = sqlite_file(settings.database)
    if file is not None and not file.exists():
        raise CommandFailed(f"{file}: there is no database yet; run `huying db upgrade`.")
    if not check_schema(settings.database):
        raise CommandFailed("The database is not at the newest schema; run `huying db upgrade`.")
    print("数据库已是最新。")


@commands.command("backup")
def backup(target: Target, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Copy the SQLite database while it may be in use; attachments lie beside it as files."""
    try:
        size = back_up(_file(settings_from(data_dir=data_dir, database_url=database_url)), target)
    except BackupError as error:
        raise CommandFailed(str(error)) from error
    print(f"已备份到 {target}（{size / 1e6:.1f} MB）；附件目录请另行复制。")


@commands.command("restore")
def restore(source: Target, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Put a backup in the database's place; what was there is kept under another name."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    try:
        kept = restore_backup(source, _file(settings))
    except BackupError as error:
        raise CommandFailed(str(error)) from error
    upgrade_schema(settings.database)
    print(f"已从 {source} 恢复。" + (f"原数据库保存在 {kept}。" if kept else ""))


def _file(settings: Settings) -> Path:
    file = sqlite_file(settings.database)
    if file is None:
        raise CommandFailed("The database is PostgreSQL; use pg_dump and pg_restore.")
    return file
