"""What the Bot API's refusals mean, and messages longer than it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
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

from bot.channel import DeliveryError, Outgoing, OutgoingButton, Trouble
from bot.telegram_channel.sending import explain, make_keyboard, send_message, split_text


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (RetryAfter(17), Trouble.WAIT),
        (RetryAfter(timedelta(seconds=17)), Trouble.WAIT),
        (ChatMigrated(-100999), Trouble.MOVED),
        (Forbidden("Forbidden: bot was blocked by the user"), Trouble.UNREACHABLE),
        (Forbidden("Forbidden: user is deactivated"), Trouble.UNREACHABLE),
        (BadRequest("Bad Request: chat not found"), Trouble.UNREACHABLE),
        (BadRequest("Bad Request: message text is empty"), Trouble.REFUSED),
        (BadRequest("Bad Request: BUTTON_DATA_INVALID"), Trouble.REFUSED),
        (InvalidToken(), Trouble.STOPPED),
        (Conflict("Conflict"), Trouble.STOPPED),
        (EndPointNotFound("no such method"), Trouble.REFUSED),
        # After the request left, nobody knows: it may well have been delivered.
        (caused(TimedOut(), httpx.ReadTimeout("")), Trouble.AMBIGUOUS),
        (caused(TimedOut(), httpx.WriteTimeout("")), Trouble.AMBIGUOUS),
        (caused(NetworkError("x"), httpx.RemoteProtocolError("")), Trouble.AMBIGUOUS),
        (caused(NetworkError("x"), httpx.ReadError("")), Trouble.AMBIGUOUS),
        # It never left.
        (caused(TimedOut(), httpx.ConnectTimeout("")), Trouble.NOT_SENT),
        (caused(TimedOut(), httpx.PoolTimeout("")), Trouble.NOT_SENT),
        (caused(NetworkError("x"), httpx.ConnectError("")), Trouble.NOT_SENT),
        # The server itself said no, for now.
        (NetworkError("Bad Gateway"), Trouble.NOT_SENT),
        (NetworkError("Internal Server Error (500)"), Trouble.NOT_SENT),
        (TelegramError("Invalid server response"), Trouble.AMBIGUOUS),
    ],
)
def test_every_error_has_its_consequence(error: TelegramError, trouble: Trouble) -> None:
    explained = explain(error)
    assert explained is not None
    assert explained.trouble is trouble


def test_retry_after_keeps_its_seconds() -> None:
    for wait in (17, timedelta(seconds=17)):
        explained = explain(RetryAfter(wait))
        assert explained is not None
        assert explained.wait == 17


def test_not_modified_is_what_we_wanted() -> None:
    assert explain(BadRequest("Bad Request: message is not modified: …")) is None


def test_reasons_name_no_text() -> None:
    explained = explain(BadRequest("Bad Request: can't parse 王女士 13800000000"))
    assert explained is not None
    assert "王" not in str(explained)


class FakeBot:
    """Records what would be sent."""

    def __init__(self, answer: Any = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answer = answer

    async def send_message(self, **fields: Any) -> Any:
        self.calls.append(fields)
        if isinstance(self.answer, Exception):
            raise self.answer

        class Sent:
            message_id = len(self.calls)

        return Sent()


def outgoing(text: str = "已登记", **fields: Any) -> Outgoing:
    return Outgoing(outbox_id=1, chat_key="4711", text=text, **fields)


async def test_sends_plain_text_and_returns_the_id() -> None:
    bot = FakeBot()
    assert await send_message(bot, outgoing("<b>_*`路灯")) == "1"  # type: ignore[arg-type]
    (call,) = bot.calls
    assert call["text"] == "<b>_*`路灯"
    assert call["chat_id"] == 4711
    assert "parse_mode" not in call
    # Some servers know no preview option; without a link there is nothing to switch off.
    assert call["link_preview_options"] is None


async def test_links_have_no_preview() -> None:
    bot = FakeBot()
    await send_message(bot, outgoing("见 https://example.cn/track"))  # type: ignore[arg-type]
    assert bot.calls[0]["link_preview_options"].is_disabled


async def test_long_text_goes_out_in_order_with_buttons_last() -> None:
    bot = FakeBot()
    text = "\n".join(f"第{n}行" + "字" * 90 for n in range(120))
    buttons = ((OutgoingButton("对", "v1:ok:1:1:"),),)
    await send_message(bot, outgoing(text, buttons=buttons))  # type: ignore[arg-type]
    texts = [call["text"] for call in bot.calls]
    assert "\n".join(texts) == text
    assert [bool(call["reply_markup"]) for call in bot.calls] == [False] * (len(texts) - 1) + [True]


async def test_unreadable_answer_is_ambiguous() -> None:
    with pytest.raises(DeliveryError) as raised:
        await send_message(FakeBot(TypeError("bad")), outgoing())  # type: ignore[arg-type]
    assert raised.value.trouble is Trouble.AMBIGUOUS


@pytest.mark.parametrize(
    "text", ["", "a" * 4096, "a" * 4097, "😀" * 3000, "\n" * 5000, "行\n" * 9000]
)
def test_parts_are_never_too_long(text: str) -> None:
    parts = split_text(text)
    assert all(0 < len(part.encode("utf-16-le")) // 2 <= 4096 for part in parts)


def test_no_buttons_is_no_keyboard() -> None:
    assert make_keyboard(outgoing()) is None
