"""Cards that change and files that go out, over the channel in memory."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.channel import DeliveryError, Trouble
from bot.testing import JPEG, Conversation
from cases.staff_files import store_upload
from cases.testing import FrozenClock
from cases.town import Town
from cases.use_cases.chats import answer_chat, ask_for_chat, list_chats, take_chat
from cases.use_cases.contacts import upsert_contact
from tests.bot.desk import newest_case, outbox_rows, settle_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
NOISE = "楼下半夜噪声很大，睡不着，请管一管"


async def close(chat: Conversation, town: Town, clock: FrozenClock) -> None:
    await settle_case(chat.database, town, await newest_case(chat.database), clock())
    await chat.service.settle()


async def test_rated_card_shows_the_rating(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    await close(chat, town, clock)
    (thanks,) = await chat.tap("满意")
    card = chat.replies[-2]
    assert card.text.endswith("✓ 您的评价：满意")
    assert [b.label for row in card.buttons for b in row] == ["修改评价"]
    assert "谢谢" in thanks.text


async def test_changed_rating_replaces_the_line(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    await close(chat, town, clock)
    card = chat.replies.index(chat.last)
    await chat.tap("满意")
    await chat.tap("修改评价")
    await chat.tap("基本满意")
    assert "您的评价：满意" not in chat.replies[card].text
    assert chat.replies[card].text.endswith("✓ 您的评价：基本满意")


async def test_rating_of_the_next_round_leaves_the_first_card_alone(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    await close(chat, town, clock)
    first = chat.replies.index(chat.last)
    await chat.tap("很不满意")
    await close(chat, town, clock)
    await chat.tap("满意")
    assert chat.replies[first].text.endswith("✓ 您的评价：很不满意")


async def test_marks_of_several_choices_add_up(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.tap("对")
    await chat.tap("撤销")
    (card,) = [message for message in chat.replies if "✓" in message.text]
    tagged, withdrawn = card.text.splitlines()[-2:]
    assert tagged.startswith("✓ 类别：")
    assert withdrawn == "✓ 已撤销"
    assert card.buttons == ()


async def test_edit_is_queued_in_the_same_transaction_behind_its_answer(
    chat: Conversation,
) -> None:
    await chat.say(NOISE)
    await chat.tap("对")
    *_, answer, edit = await outbox_rows(chat.database)
    assert (answer.kind, edit.kind) == ("reply", "edit")
    assert edit.payload["edits"] == "out-1"
    assert edit.external_id == "out-1"


async def test_answer_to_an_edited_card_still_finds_its_case(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.tap("对")
    await chat.tap("跳过")
    await chat.say("是三幢楼下", reply_to="out-1")
    assert "三幢楼下" in (await newest_case(chat.database)).text


async def test_refused_card_keeps_its_buttons(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    """What the rules refuse changes no card."""
    await chat.say(LIGHT)
    clock.advance(minutes=3)
    await chat.tap("撤销")
    assert chat.channel.edited == []


async def test_card_that_never_arrived_is_not_edited(chat: Conversation) -> None:
    chat.channel.trouble = [DeliveryError(Trouble.AMBIGUOUS, "cut")]
    await chat.say(NOISE)
    await chat.say("1")
    assert chat.channel.edited == []


async def test_typing_is_noted(chat: Conversation) -> None:
    await chat.channel.show_typing("1")
    assert chat.channel.typed[-1] == "1"


async def test_files_are_messages_of_their_own_behind_the_words(
    chat: Conversation, clock: FrozenClock, tmp_path: Path
) -> None:
    await _take(chat, clock)
    drafts = tuple(store_upload(tmp_path, f"{n}.jpg", JPEG + bytes([n])) for n in range(3))
    chat.channel.trouble = [None, DeliveryError(Trouble.REFUSED, "no")]
    async with chat.database.transaction() as session:
        await answer_chat(session, 1, "看照片", person="周", now=clock(), files=drafts)
    await chat.service.settle()
    words, *files = chat.replies[-3:]
    assert words.text == "周：看照片"
    assert [m.file.name for m in files if m.file] == ["1.jpg", "2.jpg"]
    rows = [row for row in await outbox_rows(chat.database) if row.kind == "file"]
    assert [row.state for row in rows] == ["dead", "sent", "sent"]
    assert len({row.dedupe_key for row in rows}) == 3


@pytest.mark.parametrize("minutes", [0, 30])
async def test_file_alone_is_an_answer_too(
    chat: Conversation, clock: FrozenClock, tmp_path: Path, minutes: int
) -> None:
    await _take(chat, clock)
    clock.advance(seconds=timedelta(minutes=minutes).total_seconds())
    draft = store_upload(tmp_path, "回执.jpg", JPEG)
    async with chat.database.transaction() as session:
        await answer_chat(session, 1, "", person="周", now=clock(), files=(draft,))
    await chat.service.settle()
    assert chat.last.file is not None
    assert chat.last.text == "周发来文件：回执.jpg"


async def _take(chat: Conversation, clock: FrozenClock) -> None:
    async with chat.database.transaction() as session:
        contact = await upsert_contact(session, channel="memory", chat_key="1", now=clock())
        await ask_for_chat(session, contact, clock())
        (row,) = (await list_chats(session)).waiting
        await take_chat(session, row.contact.id, person="周", now=clock())
    await chat.service.settle()
