"""What is not words: photos, albums, voice, and every other kind of message."""

from __future__ import annotations

from typing import Any

import pytest

from bot.incoming import FileKind
from bot.testing import Conversation
from cases.testing import FrozenClock
from tests.bot.desk import attachments_of, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
PHOTO: dict[str, Any] = {"kind": FileKind.PHOTO.value, "path": "aa/a.jpg", "mime": "image/jpeg"}


async def test_photo_with_words_is_attached(chat: Conversation) -> None:
    await chat.send({"text": LIGHT, "files": [PHOTO]})
    case = await newest_case(chat.database)
    assert [a.path for a in await attachments_of(chat.database, case)] == ["aa/a.jpg"]
    assert "照片已附上" in chat.last.text


async def test_photo_alone_waits_for_a_sentence(chat: Conversation) -> None:
    await chat.send({"files": [PHOTO]})
    assert "请用一句话说明问题" in chat.last.text
    await chat.say(LIGHT)
    case = await newest_case(chat.database)
    assert len(await attachments_of(chat.database, case)) == 1


async def test_photo_alone_joins_the_case_just_filed(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    clock.advance(minutes=8)
    await chat.send({"files": [PHOTO]})
    case = await newest_case(chat.database)
    assert len(await attachments_of(chat.database, case)) == 1
    assert case.number in chat.last.text


async def test_album_is_one_case_and_one_answer(chat: Conversation) -> None:
    replies = await chat.send({"text": LIGHT, "files": [PHOTO], "album": "g1"})
    for name in ("b", "c"):
        replies += await chat.send({"files": [{**PHOTO, "path": f"aa/{name}.jpg"}], "album": "g1"})
    case = await newest_case(chat.database)
    assert len(replies) == 1
    assert len(await attachments_of(chat.database, case)) == 3


async def test_album_without_words_is_asked_about_once(chat: Conversation) -> None:
    replies = []
    for name in ("b", "c", "d"):
        replies += await chat.send({"files": [{**PHOTO, "path": f"aa/{name}.jpg"}], "album": "g1"})
    assert len(replies) == 1
    await chat.say(LIGHT)
    assert len(await attachments_of(chat.database, await newest_case(chat.database))) == 3


async def test_voice_is_kept_for_a_person(chat: Conversation) -> None:
    await chat.send({"files": [{**PHOTO, "kind": "voice", "path": "aa/v.ogg"}]})
    case = await newest_case(chat.database)
    assert "待转写" in case.text
    assert "语音" in chat.last.text


@pytest.mark.parametrize(
    "payload",
    [
        {"sticker": True},
        {"phone": "13800000000"},
        {"unknown": True},
        {"location": {"latitude": 30.0, "longitude": 120.0}},
        {"files": [{**PHOTO, "kind": "video"}]},
        {"files": [{**PHOTO, "kind": "document"}]},
    ],
)
async def test_every_kind_of_message_is_answered(
    chat: Conversation, payload: dict[str, Any]
) -> None:
    assert len(await chat.send(payload)) == 1
