"""Keeps the bot token, and what says who a citizen is, out of the log.

The token is part of every Bot API address, so any library that logs a URL (httpx at INFO) logs
the key to the bot. A filter on a logger does not see what child loggers emit; it has to hang
on the handlers of the root logger.
"""

from __future__ import annotations

import logging
import re

from cases.personal_data import mask_text

#: The shape of a token, for those we were not told about.
_SHAPE = re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}")
_INSTEAD = "<token>"


class TokenRedactingFilter(logging.Filter):
    """Replaces the given secrets, and whatever looks like a bot token, in each record."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record; rewrites it when a secret is in it."""
        message = record.getMessage()
        clean = self.redact(message)
        if clean != message:
            record.msg, record.args = clean, None
        if record.exc_info and not record.exc_text:
            # A handler formats the traceback after us; do it first, so that it is clean.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        return True

    def redact(self, text: str) -> str:
        """The text without secrets and personal data."""
        for secret in self._secrets:
            text = text.replace(secret, _INSTEAD)
        return mask_text(_SHAPE.sub(_INSTEAD, text))


def install_redaction(*secrets: str) -> TokenRedactingFilter:
    """Hang a filter on every handler of the root logger and quieten the URL loggers."""
    redaction = TokenRedactingFilter(*secrets)
    for handler in logging.getLogger().handlers:
        handler.addFilter(redaction)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # At DEBUG the library writes down every update, which is what citizens said.
    logging.getLogger("telegram").setLevel(logging.INFO)
    return redaction


def remove_redaction(redaction: TokenRedactingFilter) -> None:
    """Take the filter off again."""
    for handler in logging.getLogger().handlers:
        handler.removeFilter(redaction)
