"""``huying cases``: out of and into files."""

from __future__ import annotations

import typer

commands = typer.Typer(help="Cases in files.", no_args_is_help=True)


@commands.command("export")
def export() -> None:
    """Write every case to a file."""


@commands.command("import")
def import_() -> None:
    """Read cases from a file."""
