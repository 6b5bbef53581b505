"""Messages out to Telegram, and what each refusal means.

In python-telegram-bot ``BadRequest`` and ``TimedOut`` are kinds of ``NetworkError``; treating
them alike repeats permanent refusals for ever and sends timed-out messages twice.
"""

from __future__ import annotations

import logging
import re
import warnings
from datetime import timedelta
from typing import Any

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.warnings import PTBDeprecationWarning

from bot.channel import DeliveryError, Outgoing, Trouble

LOGGER = logging.getLogger(__name__)
#: Telegram counts UTF-16 units.
LONGEST_TEXT = 4096
_LINK = re.compile(r"[A-Za-z0-9-]\.[A-Za-z]{2,}")
#: The request never left, or was never accepted.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: An edit fails like these or not at all.
_EDIT_TROUBLES = frozenset({Trouble.WAIT, Trouble.NOT_SENT, Trouble.UNREACHABLE, Trouble.MOVED})
_GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked")


async def send_message(bot: Bot, message: Outgoing) -> str | None:
    """Send plain text, in parts where it is too long, the buttons under the last part.

    Returns the id of the last part. Raises ``DeliveryError``.
    """
    *first, last = split_text(message.text)
    for part in first:
        await _send_part(bot, message, part, None)
    return await _send_part(bot, message, last, make_keyboard(message))


async def _send_part(
    bot: Bot, message: Outgoing, text: str, keyboard: InlineKeyboardMarkup | None
) -> str | None:
    # Only where there is a link at all: some Bot API servers know the option by no name.
    preview = LinkPreviewOptions(is_disabled=True) if _LINK.search(text) else None
    try:
        sent = await bot.send_message(
            chat_id=int(message.chat_key),
            text=text,
            reply_markup=keyboard,
            link_preview_options=preview,
        )
    except TelegramError as error:
        trouble = explain(error)
        if trouble is None:
            return None
        raise trouble from error
    except (TypeError, KeyError, AttributeError) as error:
        # The server took it and answered with a message we cannot read.
        raise DeliveryError(Trouble.AMBIGUOUS, "unreadable answer") from error
    return str(sent.message_id)


async def edit_message(bot: Bot, message: Outgoing) -> str | None:
    """Give a message sent before its new text and buttons; where it went out in parts, the last.

    Whatever speaks against it (too old, gone, the same already, no such method) is passed over:
    the answer was sent by itself. Raises ``DeliveryError`` only for what passes or concerns the
    chat as a whole.
    """
    chat, edited = int(message.chat_key), int(message.edits or 0)
    keyboard = make_keyboard(message)
    # The library leaves an empty keyboard out, and not every Bot API server takes that for one.
    bare: dict[str, Any] | None = None if keyboard else {"reply_markup": {"inline_keyboard": []}}
    parts = split_text(message.text)
    try:
        if len(parts) == len(split_text(message.was)):
            preview = LinkPreviewOptions(is_disabled=True) if _LINK.search(parts[-1]) else None
            await bot.edit_message_text(
                parts[-1],
                chat_id=chat,
                message_id=edited,
                reply_markup=keyboard,
                link_preview_options=preview,
                api_kwargs=bare,
            )
        else:
            await bot.edit_message_reply_markup(
                chat_id=chat, message_id=edited, reply_markup=keyboard, api_kwargs=bare
            )
    except TelegramError as error:
        trouble = explain(error)
        if trouble is not None and trouble.trouble in _EDIT_TROUBLES:
            raise trouble from error
        LOGGER.info("card not edited: %s", type(error).__name__)
    except (TypeError, KeyError, AttributeError):
        LOGGER.info("card edited with an unreadable answer")
    return message.edits


def explain(error: TelegramError) -> DeliveryError | None:
    """What to do about an error of the Bot API; ``None``: nothing, it is as we want it."""
    name = type(error).__name__
    text = error.message.lower()
    if isinstance(error, RetryAfter):
        return DeliveryError(Trouble.WAIT, name, wait=seconds_of(error))
    if isinstance(error, ChatMigrated):
        return DeliveryError(Trouble.MOVED, name, new_chat_key=str(error.new_chat_id))
    if isinstance(error, Forbidden):
        return DeliveryError(Trouble.UNREACHABLE, name)
    if isinstance(error, BadRequest):
        if "message is not modified" in text:
            return None
        gone = any(words in text for words in _GONE)
        return DeliveryError(Trouble.UNREACHABLE if gone else Trouble.REFUSED, name)
    if isinstance(error, InvalidToken | Conflict):
        return DeliveryError(Trouble.STOPPED, name)
    if isinstance(error, EndPointNotFound):
        return DeliveryError(Trouble.REFUSED, name)
    if isinstance(error.__cause__, _NEVER_LEFT):
        return DeliveryError(Trouble.NOT_SENT, type(error.__cause__).__name__)
    if isinstance(error, TimedOut) or isinstance(error.__cause__, httpx.HTTPError):
        return DeliveryError(Trouble.AMBIGUOUS, name)
    if isinstance(error, NetworkError):
        return DeliveryError(Trouble.NOT_SENT, name)
    return DeliveryError(Trouble.AMBIGUOUS, name)


def make_keyboard(message: Outgoing) -> InlineKeyboardMarkup | None:
    """The buttons as Telegram draws them."""
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.label, callback_data=b.data) for b in row]
            for row in message.buttons
        ]
    )


def split_text(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """Parts of at most ``limit`` UTF-16 units, cut at line breaks where there are any; none of
    them blank, because Telegram takes no blank message."""
    parts = []
    while _units(text) > limit:
        end = limit
        while _units(text[:end]) > limit:
            end -= 1
        cut = text.rfind("\n", 1, end)
        cut = cut if cut > end // 2 else end
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    parts.append(text.strip())
    return [part for part in parts if part] or ["…"]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def seconds_of(error: RetryAfter) -> float:
    """How long the server asks us to wait: a number today, a timedelta in a later release."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBDeprecationWarning)
        wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
