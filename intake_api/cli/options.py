"""Options that several commands share; each names its ``HUYING_`` variable in ``--help``.

option("--port", help="…")         an option with the variable HUYING_PORT
settings_from(data_dir=…, …)       the environment and the options that were given
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from intake_api.settings import BY_NAME, PREFIX, Settings


def option(*names: str, help: str = "", **more: Any) -> Any:
    """``typer.Option`` with the variable of the first name."""
    stem = names[0].lstrip("-").replace("-", "_")
    row = BY_NAME.get(stem)
    text = help or (row.help if row else "")
    return typer.Option(*names, help=text, envvar=PREFIX + stem.upper(), **more)


DataDir = Annotated[Path | None, option("--data-dir")]
DatabaseUrl = Annotated[str | None, option("--database-url")]
Json = Annotated[bool, option("--json", help="print JSON")]
Engine = Annotated[str, option("--engine", help="local or dask")]
Scheduler = Annotated[
    str | None,
    option("--scheduler", help="address of a Dask scheduler; without: processes of this machine"),
]


def settings_from(**given: Any) -> Settings:
    """Settings of this process; raises ``SettingsError``."""
    return Settings.from_env(os.environ, **given)
