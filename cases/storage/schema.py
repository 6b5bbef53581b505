"""Bring a database to the newest schema, or say that it is not there yet."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def sync_url(url: str) -> str:
    """The blocking form of a database address, for migrations."""
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def make_config(url: str) -> Config:
    """Alembic's configuration, built in code: there is no ini file to lose."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    # ConfigParser reads % as interpolation.
    config.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    return config


def upgrade_schema(url: str) -> None:
    """Run every migration that has not run. Blocking; safe to call at each start."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(make_config(url), "head")


def read_revisions(url: str) -> tuple[str | None, str | None]:
    """(revision of the database, newest revision). Blocking."""
    head = ScriptDirectory.from_config(make_config(url)).get_current_head()
    engine = create_engine(sync_url(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda c, _r: c.execute("PRAGMA busy_timeout=30000"))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()


def check_schema(url: str) -> bool:
    """Whether the database is at the newest revision."""
    current, head = read_revisions(url)
    return current is not None and current == head
