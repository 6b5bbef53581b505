"""Keeps one browser from flooding the inbox; generous to anybody who types."""

from __future__ import annotations

#: Messages at once, and how many come back each minute.
BURST = 20
PER_MINUTE = 20
_MOST_CHATS = 10_000


class FloodGate:
    """A token bucket for each chat, in memory: after a restart everybody starts afresh."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, chat_key: str, now: float) -> bool:
        """Whether one more message may come in; ``now`` in seconds of a monotonic clock."""
        tokens, since = self._buckets.get(chat_key, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - since) * PER_MINUTE / 60.0)
        if len(self._buckets) > _MOST_CHATS:
            # Whoever was quiet longest has a full bucket anyway.
            oldest = sorted(self._buckets, key=lambda key: self._buckets[key][1])
            for key in oldest[: _MOST_CHATS // 2]:
                del self._buckets[key]
        if tokens < 1.0:
            self._buckets[chat_key] = (tokens, now)
            return False
        self._buckets[chat_key] = (tokens - 1.0, now)
        return True
