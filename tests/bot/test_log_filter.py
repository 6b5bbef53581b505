"""Tokens never reach a log, whoever writes it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from bot.log_filter import install_redaction, remove_redaction

TOKEN = "123456789:AAabcdefghijklmnopqrstuvwxyz0123456"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    redaction = install_redaction("short-secret")
    yield stream
    remove_redaction(redaction)
    root.removeHandler(handler)


def test_token_in_an_address_is_redacted(log: io.StringIO) -> None:
    logging.getLogger("some.package").warning("POST https://api/bot%s/getMe", TOKEN)
    assert TOKEN not in log.getvalue()
    assert "/getMe" in log.getvalue()


def test_known_secret_is_redacted_whatever_its_shape(log: io.StringIO) -> None:
    logging.getLogger("x").error("key short-secret refused")
    assert "short-secret" not in log.getvalue()


def test_token_in_a_traceback_is_redacted(log: io.StringIO) -> None:
    try:
        raise ValueError(f"https://api/bot{TOKEN}/x")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert TOKEN not in log.getvalue()
    assert "ValueError" in log.getvalue()


def test_other_records_are_left_alone(log: io.StringIO) -> None:
    logging.getLogger("x").warning("inbox message %s failed", 12)
    assert "inbox message 12 failed" in log.getvalue()
