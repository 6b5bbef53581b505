"""A stored file out to Telegram, with its caption.

A picture goes as a photo; where Telegram does not take it as one (too large a side, a format it
does not know) it goes as a document. What it takes in neither shape is refused: the words went
before it in a message of their own, so only the file is missing, and staff see that.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from telegram import Bot, InputFile, Message
from telegram.error import BadRequest, EndPointNotFound, InvalidToken, TelegramError

from bot.channel import DeliveryError, Outgoing, OutgoingFile, Trouble
from bot.telegram_channel.sending import explain, make_keyboard
from cases.attachments import LARGEST_PHOTO, attachment_path

LONGEST_CAPTION = 1024
_PHOTOS = ("image/jpeg", "image/png", "image/webp")
#: Says no to this shape of the file, not to the chat or to us.
_NOT_LIKE_THIS = (BadRequest, EndPointNotFound, InvalidToken)


async def send_file(bot: Bot, message: Outgoing, *, data_dir: Path) -> str | None:
    """Send ``message.file`` and return the id. Raises ``DeliveryError``."""
    file = message.file
    if file is None:
        raise ValueError("no file to send")
    try:
        content = await asyncio.to_thread(attachment_path(data_dir, file.path).read_bytes)
    except (OSError, ValueError) as error:
        raise DeliveryError(Trouble.REFUSED, "the file is not there") from error
    try:
        sent = await _send(bot, message, file, content)
    except TelegramError as error:
        trouble = explain(error)
        if isinstance(error, EndPointNotFound | InvalidToken) or trouble is None:
            # Were it our key, the words before would have said so.
            trouble = DeliveryError(Trouble.REFUSED, type(error).__name__)
        raise trouble from error
    except (TypeError, KeyError, AttributeError) as error:
        raise DeliveryError(Trouble.AMBIGUOUS, "unreadable answer") from error
    return str(sent.message_id)


async def _send(bot: Bot, message: Outgoing, file: OutgoingFile, content: bytes) -> Message:
    chat, caption = int(message.chat_key), message.text[:LONGEST_CAPTION] or None
    name = file.name or Path(file.path).name
    keyboard = make_keyboard(message)
    if file.mime in _PHOTOS and len(content) <= LARGEST_PHOTO:
        try:
            photo = InputFile(content, filename=name)
            return await bot.send_photo(chat, photo, caption=caption, reply_markup=keyboard)
        except _NOT_LIKE_THIS as error:
            if explain_chat(error) is not None:
                raise
    document = InputFile(content, filename=name)
    return await bot.send_document(chat, document, caption=caption, reply_markup=keyboard)


def explain_chat(error: TelegramError) -> DeliveryError | None:
    """What an error says about the chat; ``None`` where it is about the file."""
    trouble = explain(error)
    return trouble if trouble is not None and trouble.trouble is Trouble.UNREACHABLE else None
