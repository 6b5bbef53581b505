"""How long to wait before the next message: a token bucket overall and one for each chat."""

from __future__ import annotations

from bot.channel import Limits

#: Buckets of chats that were quiet for this long are forgotten.
_FORGET_AFTER = 120.0


class RateLimit:
    """Reserves a moment for each message; times are seconds of one monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._overall = 0.0
        self._chats: dict[str, float] = {}

    def reserve(self, chat_key: str, now: float) -> float:
        """Seconds to wait before this message may go out; the moment is taken.

        Works by "theoretical arrival times": each message moves the chat's time on by its
        spacing, and a chat may run ahead of the clock by its burst.
        """
        limits = self._limits
        wait = 0.0
        if limits.overall:
            self._overall = max(self._overall, now - 1.0) + 1.0 / limits.overall
            wait = max(wait, self._overall - now)
        if limits.per_chat:
            spacing = 1.0 / limits.per_chat
            due = max(self._chats.get(chat_key, 0.0), now) + spacing
            self._chats[chat_key] = due
            wait = max(wait, due - now - spacing * limits.burst)
            if len(self._chats) > 10_000:
                self._forget(now)
        return max(0.0, wait)

    def _forget(self, now: float) -> None:
        self._chats = {k: due for k, due in self._chats.items() if due > now - _FORGET_AFTER}
