"""The tree of commands; one module for each family."""

from __future__ import annotations

import typer


def build_application() -> typer.Typer:
    """A fresh application; the modules are imported here, not with the package."""
    from intake_api.cli import (
        access,
        addresses,
        audit,
        cases,
        classify,
        database,
        models,
        serve,
        train,
        transcript,
    )

    application = typer.Typer(
        name="huying",
        help="呼应 Huying: complaint intake for a town.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    application.command("serve", epilog=serve.EPILOG)(serve.serve)
    application.command("classify")(classify.classify)
    application.command("transcript")(transcript.transcript)
    application.command("train")(train.train)
    application.command("evaluate")(train.evaluate)
    application.add_typer(models.commands, name="models")
    application.add_typer(cases.commands, name="cases")
    application.add_typer(addresses.commands, name="addresses")
    application.add_typer(access.users, name="users")
    application.add_typer(access.tokens, name="tokens")
    application.add_typer(database.commands, name="db")
    application.add_typer(audit.commands, name="audit")
    return application
