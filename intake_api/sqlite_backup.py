"""Backup and restore of the SQLite file.

sqlite_file(url) -> Path | None
back_up(database, target) -> bytes written        consistent while others write
restore_backup(source, database) -> Path | None   where the old one was put
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url


class BackupError(Exception):
    """It cannot be done; the text says why in one sentence."""


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address; None for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def back_up(database: Path, target: Path) -> int:
    """Through SQLite's own backup interface: a plain copy would miss what lies in the WAL."""
    if not database.exists():
        raise BackupError(f"{database}: there is no database yet.")
    if target.exists():
        raise BackupError(f"{target}: exists already; choose another name.")
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with (
            closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)
        partial.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"{target}: the backup could not be written ({error}).") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore_backup(source: Path, database: Path) -> Path | None:
    """Check the backup, make sure nobody uses the database, then swap."""
    _check_backup(source)
    _check_unused(database)
    kept: Path | None = None
    if database.exists():
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        kept = database.with_name(f"{database.name}.before-restore-{stamp}")
        database.replace(kept)
    for leftover in ("-wal", "-shm"):
        database.with_name(database.name + leftover).unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as backup, closing(sqlite3.connect(database)) as copy:
        backup.backup(copy)
    return kept


def _check_backup(source: Path) -> None:
    if not source.is_file():
        raise BackupError(f"{source}: there is no such file.")
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as backup:
            sound = backup.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            backup.execute("SELECT version_num FROM alembic_version").fetchone()
            backup.execute("SELECT count(*) FROM cases").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{source}: is not a backup of Huying ({error}).") from error
    if not sound:
        raise BackupError(f"{source}: the backup is damaged.")


def _check_unused(database: Path) -> None:
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=0.5, isolation_level=None)) as connection:
            # In exclusive mode the lock is refused while any other connection is open.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise BackupError(f"{database}: is in use; stop `huying serve` first.") from error
