"""The port to whoever sends text messages for the town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sms:
    """One text message. ``key`` is the same again when it is sent again."""

    key: str
    phone: str
    text: str


class SmsGateway(Protocol):
    """Takes a message. What it answers is the gateway's own id of it, if it gives one."""

    async def send(self, sms: Sms) -> str | None:
        """Raises ``bot.channel.DeliveryError``."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


def key_of(outbox_id: int) -> str:
    """The idempotency key of a row of the outbox."""
    return f"huying-{outbox_id}"


def outbox_id_of(key: str) -> int | None:
    """The row again, or ``None`` where the key is none of ours."""
    number = key.removeprefix("huying-")
    return int(number) if key != number and number.isdecimal() and len(number) < 16 else None
