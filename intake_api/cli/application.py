"""The tree of commands; one module for each family."""

from __future__ import annotations

from importlib import import_module

import typer

#: Command or family of commands → where it is: module of this package, name in it.
COMMANDS = {
    "serve": ("serve", "serve"),
    "classify": ("classify", "classify"),
    "transcript": ("transcript", "transcript"),
    "train": ("train", "train"),
    "evaluate": ("train", "evaluate"),
    "models": ("models", "commands"),
    "labels": ("labels", "commands"),
    "taxonomy": ("taxonomy", "commands"),
    "cases": ("cases", "commands"),
    "addresses": ("addresses", "commands"),
    "import": ("imports", "import_"),
    "users": ("access", "users"),
    "tokens": ("access", "tokens"),
    "db": ("database", "commands"),
    "audit": ("audit", "commands"),
}


def build_application(wanted: str | None = None) -> typer.Typer:
    """A fresh application with all commands, or with the one that is ``wanted``.

    Importing the others as well would make the server's process for the classifier wait a second
    before it is even started.
    """
    application = typer.Typer(
        name="huying",
        help="呼应 Huying: complaint intake for a town.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    application.callback()(_keep_names)
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        module_name, member_name = COMMANDS[name]
        module = import_module(f"intake_api.cli.{module_name}")
        member = getattr(module, member_name)
        if isinstance(member, typer.Typer):
            application.add_typer(member, name=name)
        else:
            epilog = getattr(module, "EPILOG", None)
            application.command(name, epilog=epilog)(member)
    return application


def _keep_names() -> None:
    """An application of one command would otherwise lose the command's name."""
