"""Raw updates, as captured or as somebody hostile would send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.incoming import FileKind, Incoming, Standing
from bot.telegram_channel.updates import MalformedUpdate, open_envelope, read_update

PAYLOADS = Path(__file__).parents[1] / "payloads" / "telegram"
AT = datetime(2026, 11, 23, 1, tzinfo=UTC)


def load(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def read(name: str) -> Incoming:
    envelope = open_envelope(load(name), bot_name="huying_bot")
    assert envelope is not None
    incoming = read_update(load(name), chat_key=envelope.chat_key, received_at=AT)
    assert incoming is not None
    return incoming


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", {"text": "朝晖路桥头三盏路灯不亮", "message_key": "31", "language": "zh"}),
        ("command", {"text": "/status 2611-2312-3456"}),
        ("photo_with_caption", {"text": "井盖没了"}),
        ("album_item", {"album": "13579", "text": ""}),
        ("sticker", {"sticker": True}),
        ("contact", {"phone": "+8613800000000"}),
        ("poll", {"unknown": True}),
        ("reply", {"reply_to": "12"}),
        ("edited_message", {"edited": True, "text": "朝晖路桥头四盏路灯不亮"}),
        ("callback_query", {"tap": "v1:ok:1:1:", "message_key": "40"}),
        ("callback_inaccessible", {"tap": "v1:rate:1:1:5", "chat_key": "4711"}),
        ("callback_without_message", {"tap": "v1:ok:1:1:", "chat_key": "4711"}),
        ("blocked", {"standing": Standing.BLOCKED}),
        ("unblocked", {"standing": Standing.WELCOME}),
        ("english", {"language": "en"}),
        ("english_phone_chinese_words", {"language": "zh"}),
        ("group_report", {"in_group": True, "chat_key": "-100123"}),
        ("hostile_text", {"text": "路灯坏?了"}),  # no NUL, no half surrogate
        ("future_fields", {"text": "路灯坏了"}),
        ("minimal", {"text": "路灯坏了", "user_key": None}),
    ],
)
def test_reads_what_the_citizen_meant(name: str, expected: dict[str, Any]) -> None:
    incoming = read(name)
    assert {key: getattr(incoming, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "kind", "file_id"),
    [
        ("photo_with_caption", FileKind.PHOTO, "large"),  # the largest size
        ("photo_sizes_bare", FileKind.PHOTO, "only"),  # a server that gives no sizes
        ("voice", FileKind.VOICE, "v1"),
        ("video_note", FileKind.VIDEO, "n1"),
        ("animation", FileKind.VIDEO, "g1"),  # comes with a document of the same file
        ("image_as_file", FileKind.PHOTO, "d1"),
        ("document", FileKind.DOCUMENT, "d2"),
    ],
)
def test_reads_one_file(name: str, kind: FileKind, file_id: str) -> None:
    (file,) = read(name).files
    assert (file.kind, file.external_file_id) == (kind, file_id)


def test_reads_a_venue_as_a_named_place() -> None:
    location = read("venue").location
    assert location is not None
    assert location.title == "荷塘菜场 朝晖路12号"
    assert read("location").location is not None


@pytest.mark.parametrize("name", ["group_chatter", "other_bot", "channel_post"])
def test_leaves_alone_what_is_not_said_to_us(name: str) -> None:
    assert open_envelope(load(name), bot_name="huying_bot") is None


def test_report_to_another_bot_is_not_ours() -> None:
    assert open_envelope(load("group_report"), bot_name="another_bot") is None


def test_service_message_says_nothing() -> None:
    assert read_update(load("service_message"), chat_key="4711", received_at=AT) is None


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "text",
        7,
        {},
        {"update_id": "901", "message": {}},
        {"update_id": True, "message": {}},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {"message_id": 1}},
        {"update_id": 1, "message": {"message_id": 1, "chat": {"id": "x"}}},
        {"update_id": 1, "message": {"chat": {"id": 1}}},
        {"update_id": 1, "callback_query": {"data": "x"}},
    ],
)
def test_malformed_updates_are_named_so(raw: Any) -> None:
    with pytest.raises(MalformedUpdate):
        open_envelope(raw)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": 7},
        {"text": ["a"]},
        {"photo": "x"},
        {"photo": [None, 7]},
        {"location": {"latitude": "north", "longitude": 1}},
        {"location": {"latitude": 91.0, "longitude": 1.0}},
        {"voice": {"duration": 3}},
        {"contact": {"phone_number": 12}},
        {"from": 7, "text": "路灯坏了"},
        {"reply_to_message": 3, "text": "路灯坏了"},
        {"venue": {"location": 3}},
    ],
)
def test_wrong_types_inside_a_message_never_raise(fields: dict[str, Any]) -> None:
    raw = {"update_id": 1, "message": {"message_id": 1, "chat": {"id": 5}, **fields}}
    envelope = open_envelope(raw)
    assert envelope is not None
    read_update(raw, chat_key="5", received_at=AT)


def test_resent_update_has_the_same_key_and_a_colliding_one_another() -> None:
    first = open_envelope(load("text"))
    again = open_envelope(load("text"))
    other = load("text")
    other["message"]["message_id"] = 32
    collided = open_envelope(other)
    assert first == again
    assert collided is not None
    assert first is not None
    assert collided.external_id != first.external_id


def test_each_edit_is_an_event_of_its_own() -> None:
    later = load("edited_message")
    later["edited_message"]["edit_date"] += 60
    first, second = open_envelope(load("edited_message")), open_envelope(later)
    assert first is not None
    assert second is not None
    assert first.external_id != second.external_id
