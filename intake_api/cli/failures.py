"""Errors as one plain sentence.

CommandFailed("…")             a command's own reason
usage_sentence(error)          for wrong usage, else None
failure_sentence(error)        for everything else
"""

from __future__ import annotations

import typer

from cases.errors import CaseError
from classifier.errors import ClassifierError
from intake_api.settings import SettingsError

# typer carries click inside; its own public name for the base is this one's parent.
UsageError = typer.BadParameter.__mro__[1]
_SAID_BY_US = (CaseError, ClassifierError, SettingsError)


class CommandFailed(Exception):
    """The command could not do it; the text says why and what to do."""


def usage_sentence(error: Exception) -> str | None:
    """What is wrong with the words typed."""
    if isinstance(error, SettingsError):
        return str(error)
    if not isinstance(error, UsageError):
        return None
    message = " ".join(error.format_message().split())  # type: ignore[attr-defined]
    return f"{message} See `huying --help`." if message else "See `huying --help`."


def failure_sentence(error: Exception) -> str:
    """Our own errors say it themselves; of others one line is enough."""
    if isinstance(error, (CommandFailed, *_SAID_BY_US)):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"{error.filename}: there is no such file."
    if isinstance(error, PermissionError):
        return f"{error.filename}: permission denied; check who owns the file."
    if isinstance(error, UnicodeDecodeError):
        return "The file is not UTF-8 text; save it as UTF-8 and try again."
    first = next(iter(str(error).splitlines()), "")
    if type(error).__module__.startswith("sqlalchemy"):
        first = next(iter(str(getattr(error, "orig", "") or error).splitlines()), "")
        return f"The database cannot be used: {first}. Check HUYING_DATABASE_URL."
    return f"It failed: {first or type(error).__name__}."
