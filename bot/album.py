"""An album arrives as single messages; what of it lies in the inbox already is read as one."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channel import Channel
from bot.incoming import Incoming
from cases import inbox
from cases.models import InboxMessage


async def join_album(
    session: AsyncSession, channel: Channel, message: InboxMessage, first: Incoming
) -> tuple[Incoming, list[int]]:
    """(the album as one message, the inbox ids of the items joined to ``first``)."""
    joined: list[int] = []
    if first.album is None:
        return first, joined
    whole = first
    for row in await inbox.waiting_behind(session, message):
        item = channel.read(row.payload, chat_key=row.chat_key, received_at=row.received_at)
        if item is None or item.album != first.album or item.edited:
            break
        joined.append(row.id)
        texts = [text for text in (whole.text, item.text) if text]
        whole = replace(
            whole,
            text="\n".join(texts),
            files=(*whole.files, *item.files),
            # An edit names the item that carries the words.
            message_key=item.message_key if item.text and not whole.text else whole.message_key,
            reply_to=whole.reply_to or item.reply_to,
        )
    return whole, joined
