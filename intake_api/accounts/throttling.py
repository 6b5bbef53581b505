"""How often one address may try something.

    limiter = Throttle("10/minute")
    await limiter.allow(key) -> bool

Sliding windows in this process's memory: behind several API processes each counts for itself.
Only a hash of the address is kept, and only while its window lasts.
"""

from __future__ import annotations

import hashlib

from aiohttp import web
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from intake_api.accounts.keys import SECRET, SETTINGS


class Throttle:
    """One rate, any number of keys."""

    def __init__(self, rate: str) -> None:
        self.rate = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def allow(self, key: str) -> bool:
        """Count one attempt; False when the window is full."""
        return await self._limiter.hit(self.rate, key)


def caller_key(request: web.Request) -> str:
    """A keyed hash of the caller's address.

    X-Forwarded-For is believed only where the operator says a proxy of theirs writes it; its last
    entry is the one that proxy saw.
    """
    address = request.remote or ""
    if request.app[SETTINGS].trust_proxy:
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    return hashlib.blake2b(address.encode(), key=request.app[SECRET], digest_size=16).hexdigest()
