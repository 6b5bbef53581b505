"""Filing a report: items 1 to 8."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cases.testing import KeywordClassifier
from tests.bot.channel_suite.world import LIGHT, NOISE, history_of, photo_sizes
from tests.bot.desk import attachments_of
from tests.bot.wires import PNG, BrowserWire, TelegramWire, Wire

pytestmark = pytest.mark.timeout(180)


async def test_01_first_words_without_start_are_a_report(wire: Wire) -> None:
    (receipt,) = await wire.say(LIGHT)
    case = await wire.case()
    assert case.number in receipt
    assert case.tracking_code in receipt
    (greeting,) = await wire.say("/start")
    assert len(greeting.splitlines()) <= 3
    assert "隐私" in greeting


async def test_02_one_message_is_enough_and_the_receipt_does_not_wait(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_self: KeywordClassifier, _text: str) -> Any:
        await asyncio.sleep(30)

    monkeypatch.setattr(KeywordClassifier, "classify", slow)
    monkeypatch.setattr("bot.engine.TAG_WITHIN", 0.1)
    (receipt,) = await wire.say(LIGHT)
    assert "已登记" in receipt
    assert "工作人员会看" in receipt


async def test_03_tag_is_confirmed_or_corrected_by_button(wire: Wire) -> None:
    (receipt,) = await wire.say(NOISE)
    assert "我理解为" in receipt
    await wire.tap("改类别")
    assert wire.labels[-1] == "其他"
    assert 2 <= len(wire.labels) <= 4
    await wire.tap(wire.labels[0])
    assert (await wire.case()).tagged_by == "citizen"


async def test_04_at_most_one_question_and_it_can_be_skipped(wire: Wire) -> None:
    (receipt,) = await wire.say(NOISE)
    assert receipt.count("请问") == 1
    (answer,) = await wire.say("荷塘小区3幢")
    assert "荷塘小区3幢" in answer
    assert (await wire.case()).place_text == "荷塘小区3幢"


async def test_04_place_is_skipped(wire: Wire) -> None:
    await wire.say(NOISE)
    (answer,) = await wire.tap("跳过")
    assert "照常办理" in answer


async def test_05_picture_alone_waits_for_a_sentence(wire: Wire) -> None:
    sent = {"photo": PNG} if isinstance(wire, BrowserWire) else {"photo": photo_sizes("p1")}
    (answer,) = await wire.say(**sent)
    assert "请用一句话说明问题" in answer
    await wire.say(LIGHT)
    assert len(await attachments_of(wire.database, await wire.case())) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"video": {"file_id": "v1"}}, "视频收到了"),
        ({"document": {"file_id": "d1", "file_name": "a.pdf"}}, "文件收到了"),
        ({"document": {"file_id": "d2", "file_size": 30_000_000}}, "超过20MB"),
        ({"sticker": {"file_id": "s1"}}, "表情收到了"),
        ({"contact": {"phone_number": "13800000000", "first_name": "王"}}, "电话收到了"),
        ({"location": {"latitude": 30.1, "longitude": 120.2}}, "位置收到了"),
        ({"venue": {"location": {"latitude": 30.1, "longitude": 120.2}, "title": "东门",
                    "address": "风荷路"}}, "位置收到了"),
        ({"poll": {"id": "1"}}, "看不懂"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)  # fmt: skip
async def test_05_whatever_is_sent_gets_a_sensible_reply(
    phone: TelegramWire, fields: dict[str, Any], words: str
) -> None:
    (answer,) = await phone.say(**fields)
    assert words in answer


async def test_06_album_is_one_report_with_one_answer(phone: TelegramWire) -> None:
    """Also where the words stand under the last picture."""
    for name in ("a1", "a2"):
        item = phone.message(photo=photo_sizes(name), media_group_id="g1")
        await phone.deliver({"update_id": phone.message_id, "message": item})
    last = phone.message(photo=photo_sizes("a3"), media_group_id="g1", caption=LIGHT)
    (receipt,) = await phone.send({"message": last})
    case = await phone.case()
    assert case.number in receipt
    assert len(await attachments_of(phone.database, case)) == 3
    late = phone.message(photo=photo_sizes("a4"), media_group_id="g1")
    assert await phone.send({"message": late}) == []
    assert len(await attachments_of(phone.database, case)) == 4


async def test_07_voice_is_kept_for_a_person_and_typing_is_offered(phone: TelegramWire) -> None:
    (receipt,) = await phone.say(voice={"file_id": "v1", "duration": 5})
    assert "待转写" in (await phone.case()).text
    assert "打字" in receipt


async def test_08_edited_message_amends_and_later_supplements(phone: TelegramWire) -> None:
    await phone.say(NOISE)
    original = phone.message_id
    edited = phone.message(text="三幢楼下半夜噪声很大，请管一管", edit_date=1)
    edited["message_id"] = original
    (answer,) = await phone.send({"edited_message": edited})
    assert "按您修改后的话更新" in answer
    case = await phone.case()
    assert case.text.startswith("三幢")
    kept = [entry.data.get("previous_text") for entry in await history_of(phone, case)]
    assert NOISE in kept
    await phone.tap("对")
    phone.clock.advance(minutes=3)
    (answer,) = await phone.send({"edited_message": {**edited, "text": "是五幢", "edit_date": 2}})
    assert "承办单位会看到" in answer
    assert (await phone.case()).text.endswith("补充：是五幢")
