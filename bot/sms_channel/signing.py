"""One signature for both directions: HMAC-SHA256 over time and body.

    sign(secret, timestamp, body) -> "sha256=…"
    is_signed(secret, timestamp, signature, body, now) -> bool

``X-Huying-Timestamp`` is seconds since 1970; what is older or newer than five minutes is refused,
so that a message somebody copied cannot be played again later.
"""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE = "X-Huying-Signature"
TIMESTAMP = "X-Huying-Timestamp"
IDEMPOTENCY = "Idempotency-Key"
FRESH_SECONDS = 300


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether who sent this knows the secret and did so just now."""
    expected = sign(secret, timestamp, body)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        return False
    return timestamp.isdecimal() and abs(now - int(timestamp[:12])) <= FRESH_SECONDS
