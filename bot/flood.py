"""Keeps one chat from flooding the inbox; generous to anybody who types.

A token bucket for each chat: a burst at once, so many more each minute. In memory: after a restart
everybody starts afresh.
"""

from __future__ import annotations

from enum import StrEnum

#: Messages at once, and how many come back each minute, where the town says nothing else.
PER_MINUTE = 20
_MOST_CHATS = 10_000


class Verdict(StrEnum):
    """What to do with one more message."""

    TAKE = "take"
    WARN = "warn"  # the first one too many
    DROP = "drop"  # one more of the same flood


class FloodGate:
    """``per_minute`` messages may come at once, and come back within a minute."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._most = float(per_minute)
        self._buckets: dict[str, tuple[float, float]] = {}
        self._warned: set[str] = set()
        self._albums: dict[str, str] = {}

    def admit(self, chat_key: str, now: float) -> bool:
        """Whether one more message may come in; ``now`` in seconds of a clock that goes on."""
        tokens, since = self._buckets.get(chat_key, (self._most, now))
        tokens = min(self._most, tokens + max(0.0, now - since) * self._most / 60.0)
        if len(self._buckets) > _MOST_CHATS:
            self._forget()
        if tokens < 1.0:
            self._buckets[chat_key] = (tokens, now)
            return False
        self._buckets[chat_key] = (tokens - 1.0, now)
        return True

    def judge(self, chat_key: str, now: float, album: str | None = None) -> Verdict:
        """Take, warn once, then drop; another warning only after a real pause. All items of an
        album count as one message."""
        if album is not None and self._albums.get(chat_key) == album:
            return Verdict.TAKE
        if self.admit(chat_key, now):
            if self._buckets[chat_key][0] >= self._most / 2:
                self._warned.discard(chat_key)
            if album is not None:
                self._albums[chat_key] = album
            return Verdict.TAKE
        if chat_key in self._warned:
            return Verdict.DROP
        self._warned.add(chat_key)
        return Verdict.WARN

    def _forget(self) -> None:
        # Whoever was quiet longest has a full bucket anyway.
        oldest = sorted(self._buckets, key=lambda key: self._buckets[key][1])
        for key in oldest[: _MOST_CHATS // 2]:
            del self._buckets[key]
            self._warned.discard(key)
            self._albums.pop(key, None)
