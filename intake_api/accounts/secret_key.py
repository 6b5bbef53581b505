"""The installation's secret, and short signed tokens for forms of people without a session.

    load_secret(settings) -> bytes                  HUYING_SECRET_KEY, else kept in the data folder
    sign_form(secret, purpose, now) -> str
    form_is_signed(secret, purpose, token, now) -> bool

Losing the key voids login pages that are open right now and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from intake_api.settings import Settings

FILE_NAME = "secret.key"
FORM_LIFETIME = timedelta(hours=12)


def load_secret(settings: Settings) -> bytes:
    """32 bytes; made on first use in a file of mode 0600."""
    if settings.secret_key is not None:
        return hashlib.sha256(settings.secret_key.get_secret_value().encode()).digest()
    return _kept_secret(settings.data_dir / FILE_NAME)


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one writes, the other reads.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    secret = secrets.token_bytes(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret.hex())
    return secret


def sign_form(secret: bytes, purpose: str, now: datetime) -> str:
    """A token for a hidden field, good for ``FORM_LIFETIME``."""
    issued = int(now.timestamp())
    return f"{issued}.{_signature(secret, purpose, issued)}"


def form_is_signed(secret: bytes, purpose: str, token: str, now: datetime) -> bool:
    """Whether we made ``token`` for ``purpose`` not too long ago."""
    issued_text, _, given = token.partition(".")
    if not (issued_text.isascii() and issued_text.isdigit() and len(issued_text) < 16):
        return False
    issued = int(issued_text)
    age = now.timestamp() - issued
    if not -60 <= age <= FORM_LIFETIME.total_seconds():
        return False
    expected = _signature(secret, purpose, issued)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _signature(secret: bytes, purpose: str, issued: int) -> str:
    message = f"form|{purpose}|{issued}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:40]
