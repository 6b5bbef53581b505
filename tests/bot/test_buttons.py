"""Buttons: tapped twice, late, by somebody else, or typed."""

from __future__ import annotations

import pytest

from bot.testing import Conversation, talk
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from tests.bot.desk import newest_case

NOISE = "楼下半夜噪声很大，睡不着，请管一管"


async def test_double_tap_acts_once(chat: Conversation) -> None:
    await chat.say(NOISE)
    receipt = chat.last
    assert len(await chat.tap("对", receipt)) == 1
    assert await chat.tap("对", receipt) == []


async def test_stale_button_tells_how_things_stand(chat: Conversation, clock: FrozenClock) -> None:
    await chat.say(NOISE)
    receipt = chat.last
    await chat.tap("对", receipt)
    clock.advance(minutes=1)
    await chat.tap("对", receipt)
    assert "已经用过" in chat.last.text
    assert "已分派" in chat.last.text


@pytest.mark.parametrize("data", ["garbage", "v1:ok:ffff:1:", "v1:nope:1:1:", "v0:ok:1:1:", "🙈"])
async def test_unknown_button_is_answered_politely(chat: Conversation, data: str) -> None:
    await chat.send({"tap": data})
    assert "已经失效" in chat.last.text


async def test_foreign_button_does_nothing(
    chat: Conversation, sqlite_database: Database, town: Town
) -> None:
    await chat.say(NOISE)
    data = chat.last.buttons[0][0].data
    async with talk(sqlite_database, town, chat_key="2") as other:
        await other.send({"tap": data})
        assert "已经失效" in other.last.text
    assert (await newest_case(sqlite_database)).state == "submitted"


@pytest.mark.parametrize("typed", ["1", "１", "①", "对"])
async def test_buttons_can_be_typed(chat: Conversation, typed: str) -> None:
    await chat.say(NOISE)
    await chat.say(typed)
    assert (await newest_case(chat.database)).state == "dispatched"
