"""Text messages as a channel beside the chats: only sending.

What a citizen answers by text message comes through ``hooks`` and never to the conversation, so
nothing here is read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.channel import Limits, Outgoing
from bot.incoming import Incoming, IncomingFile
from bot.sms_channel.gateway import Sms, SmsGateway, key_of
from cases.callers.lines import SMS
from cases.callers.texts import fill_link


class SmsChannel:
    """``public_url`` is the address of the town for the short link; ``None``: no link."""

    name = SMS
    limits = Limits(overall=20.0)

    def __init__(self, gateway: SmsGateway, *, public_url: str | None = None) -> None:
        self._gateway = gateway
        self._public_url = public_url

    def read(
        self, payload: dict[str, Any], *, chat_key: str, received_at: datetime
    ) -> Incoming | None:
        """Nothing is left to the conversation."""
        return None

    async def fetch(self, file: IncomingFile) -> IncomingFile:
        """A text message has no files."""
        return file

    async def send(self, message: Outgoing) -> str | None:
        """See ``bot.channel.Channel``."""
        text = fill_link(message.text, self._public_url)
        return await self._gateway.send(Sms(key_of(message.outbox_id), message.chat_key, text))

    async def show_typing(self, chat_key: str) -> None:
        """Nobody watches."""

    def link_to(self, payload: str) -> str | None:
        """No link leads into a text message."""
        return None

    async def close(self) -> None:
        """Close the gateway."""
        await self._gateway.close()
