"""Passwords with argon2, off the event loop.

    passwords = Passwords()
    await passwords.hash(password) -> str
    await passwords.verify(stored, password) -> bool
    passwords.close()
    check_strength(password) -> str | None        key of a sentence in texts/pages.toml

One hash takes about 64 MiB and half a second, so at most two run at a time.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 128
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks; ``PasswordHasher`` with small parameters makes tests quick."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._nobody: str | None = None

    @classmethod
    def cheap(cls) -> Passwords:
        """For tests only."""
        return cls(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

    async def hash(self, password: str) -> str:
        """An argon2 hash with its own salt."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """``stored`` None (no such user, no password yet) costs the same and is False."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, self._verify, stored, password[:MAX_LENGTH]
        )

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        if self._nobody is None:
            # An unknown name must take as long as a known one.
            self._nobody = self._hasher.hash(secrets.token_hex(16))
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def check_strength(password: str) -> str | None:
    """The key of the sentence that says why it will not do."""
    if len(password) < MIN_LENGTH:
        return "password_too_short"
    if len(password) > MAX_LENGTH:
        return "password_too_long"
    return "password_too_simple" if len(set(password)) < 3 else None


def readable_password() -> str:
    """A random one that can be read out: three groups of four, 59 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)
