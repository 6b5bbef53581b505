"""Alembic's environment: one connection, a lock against two migrations at once."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from cases.models import Base

#: Any fixed number: two processes that start together take turns on it.
_LOCK = 4812345


def run() -> None:
    """Migrate over a connection of our own."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("no database address")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=not postgresql,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            if postgresql:
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
                connection.commit()
    engine.dispose()


run()
