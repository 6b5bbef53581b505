"""Files from staff: item 25, from the chat that a person has and with the result of a case."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.testing import JPEG, PDF
from cases.actors import Actor
from cases.attachments import attachment_path
from cases.lifecycle import Action, Role
from cases.models import Case, OutboxMessage
from cases.staff_files import store_upload
from cases.use_cases.act_with_files import act_with_files
from cases.use_cases.chats import answer_chat, list_chats, take_chat
from cases.use_cases.file_case import AttachmentDraft
from tests.bot.channel_suite.world import LIGHT, World
from tests.bot.desk import DISPATCHER, attachments_of
from tests.bot.wires import BrowserWire, TelegramWire, Wire
from tests.fakes.telegram_server import refuse

pytestmark = pytest.mark.timeout(180)
PERSON = "坐席小陈"


async def test_25_person_in_the_chat_sends_a_photo(wire: Wire, tmp_path: Path) -> None:
    contact = await taken_over(wire)
    photo = store_upload(tmp_path, "整改后.jpg", JPEG)
    await answer(wire, contact, "修好了，请看照片。", photo)
    assert await wire.hear() == [f"{PERSON}：修好了，请看照片。", f"{PERSON}发来文件：整改后.jpg"]
    await wire.check_files([("整改后.jpg", JPEG)])
    (kept,) = await attachments_of(wire.database, await wire.case())
    assert kept.name == "整改后.jpg"


async def test_25_person_in_the_chat_sends_a_file_without_words(wire: Wire, tmp_path: Path) -> None:
    contact = await taken_over(wire)
    await answer(wire, contact, "", store_upload(tmp_path, "回执.jpg", JPEG))
    assert await wire.hear() == [f"{PERSON}发来文件：回执.jpg"]
    await wire.check_files([("回执.jpg", JPEG)])


async def test_25_closing_brings_the_photos_of_the_result(wire: Wire, tmp_path: Path) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    drafts = tuple(store_upload(tmp_path, f"整改后{n}.jpg", JPEG + bytes([n])) for n in range(2))
    news, *captions = await settle(wire, *drafts)
    assert "路灯已修好" in news
    assert captions == [f"诉求 {number} 的附件：整改后{n}.jpg" for n in range(2)]
    await wire.check_files([(f"整改后{n}.jpg", JPEG + bytes([n])) for n in range(2)])
    assert len(await attachments_of(wire.database, await wire.case())) == 2


async def test_25_files_of_an_overtaken_notice_follow_the_newer_one(
    wire: Wire, tmp_path: Path
) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(hours=13)  # 22:00: everything waits for the morning
    assert await settle(wire, store_upload(tmp_path, "整改后.jpg", JPEG)) == []
    wire.clock.advance(hours=11)
    news, caption = await wire.hear()
    assert "已办结" in news
    assert "整改后.jpg" in caption
    await wire.check_files([("整改后.jpg", JPEG)])


async def test_25_who_wants_no_news_gets_no_files(wire: Wire, tmp_path: Path) -> None:
    await wire.say(LIGHT)
    await wire.say("/stop")
    assert await settle(wire, store_upload(tmp_path, "整改后.jpg", JPEG)) == []
    assert len(await attachments_of(wire.database, await wire.case())) == 1


async def test_25_rows_of_the_outbox_name_stored_files_only(wire: Wire, tmp_path: Path) -> None:
    contact = await taken_over(wire)
    await answer(wire, contact, "", store_upload(tmp_path, "../../etc/passwd.jpg", JPEG))
    await wire.hear()
    async with wire.database.reading() as session:
        rows = await session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "file"))
        (row,) = list(rows)
    file = row.payload["file"]
    assert file["name"] == "passwd.jpg"
    assert attachment_path(tmp_path, file["path"]).read_bytes() == JPEG


async def test_25_document_goes_as_a_document(world: World, tmp_path: Path) -> None:
    wire = world.wire
    contact = await taken_over(wire)
    await answer(wire, contact, "请看回函。", store_upload(tmp_path, "回函.pdf", PDF))
    await wire.hear()
    assert world.server is not None
    (sent,) = world.server.of("sendDocument")
    assert sent["document"] == ("回函.pdf", PDF)
    assert sent["caption"] == f"{PERSON}发来文件：回函.pdf"
    assert world.server.of("sendPhoto") == []


async def test_25_document_is_a_link_in_the_browser(open_world: object, tmp_path: Path) -> None:
    wire = (await open_world("browser")).wire  # type: ignore[operator]
    contact = await taken_over(wire)
    await answer(wire, contact, "请看回函。", store_upload(tmp_path, "回函.pdf", PDF))
    await wire.hear()
    page = await wire.page()
    assert "打开文件：回函.pdf" in page
    assert "<img" not in page
    await wire.check_files([("回函.pdf", PDF)])


async def test_25_another_chat_cannot_open_the_file(open_world: object, tmp_path: Path) -> None:
    wire = (await open_world("browser")).wire  # type: ignore[operator]
    contact = await taken_over(wire)
    await answer(wire, contact, "", store_upload(tmp_path, "回函.pdf", PDF))
    await wire.hear()
    stranger = await wire.another()
    assert isinstance(stranger, BrowserWire)
    await stranger.say("谢谢")
    line = wire.rows[-1].external_id
    assert (await (await wire.client()).get(f"/chat/files/{line}")).status == 200
    assert (await (await stranger.client()).get(f"/chat/files/{line}")).status == 404


async def test_25_photo_that_telegram_does_not_take_goes_as_a_document(
    world: World, tmp_path: Path
) -> None:
    wire = world.wire
    contact = await taken_over(wire)
    assert world.server is not None
    world.server.faults["sendPhoto"] = [refuse(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")]
    await answer(wire, contact, "", store_upload(tmp_path, "长图.jpg", JPEG))
    assert len(await wire.hear()) == 1
    assert world.server.of("sendDocument")[0]["document"] == ("长图.jpg", JPEG)


async def test_25_file_that_cannot_be_sent_takes_no_words_with_it(
    world: World, tmp_path: Path
) -> None:
    wire = world.wire
    contact = await taken_over(wire)
    assert world.server is not None
    no = refuse(400, "Bad Request: IMAGE_PROCESS_FAILED")
    world.server.faults["sendPhoto"] = [no]
    world.server.faults["sendDocument"] = [no]
    first, second = (store_upload(tmp_path, f"{n}.jpg", JPEG + bytes([n])) for n in (1, 2))
    await answer(wire, contact, "修好了。", first, second)
    assert await wire.hear() == [f"{PERSON}：修好了。", f"{PERSON}发来文件：2.jpg"]
    assert len(await wire.say("谢谢")) == 0, "the person still has the chat"
    async with wire.database.reading() as session:
        dead = select(OutboxMessage.payload).where(OutboxMessage.state == "dead")
        (payload,) = list(await session.scalars(dead))
    assert payload["file"]["name"] == "1.jpg"


async def test_25_file_that_is_gone_is_shown_to_staff(world: World, tmp_path: Path) -> None:
    wire = world.wire
    contact = await taken_over(wire)
    draft = store_upload(tmp_path, "a.jpg", JPEG)
    attachment_path(tmp_path, str(draft.path)).unlink()
    await answer(wire, contact, "修好了。", draft)
    assert await wire.hear() == [f"{PERSON}：修好了。"]
    assert isinstance(wire, TelegramWire)


async def taken_over(wire: Wire) -> int:
    """A case, then a person who has the chat; returns the contact."""
    await wire.say(LIGHT)
    await wire.say("转人工")
    async with wire.database.transaction() as session:
        (row,) = (await list_chats(session)).waiting
        await take_chat(session, row.contact.id, person=PERSON, now=wire.clock())
    await wire.hear()
    return row.contact.id


async def answer(wire: Wire, contact: int, text: str, *files: AttachmentDraft) -> None:
    async with wire.database.transaction() as session:
        await answer_chat(session, contact, text, person=PERSON, now=wire.clock(), files=files)


async def settle(wire: Wire, *files: AttachmentDraft) -> list[str]:
    """From dispatched to closed, the files with the unit's reply; what came of it."""
    case: Case = await wire.case()
    handler = Actor(Role.HANDLER, "承办 李", unit_code=case.lead_unit)
    steps = [
        (Action.SIGN, {}, (), handler),
        (Action.CONTACT, {"method": "phone", "content": "明天去看"}, (), handler),
        (Action.REPLY, {"outcome": "solved", "text": "路灯已修好。"}, files, handler),
        (Action.CLOSE, {}, (), DISPATCHER),
    ]
    for action, data, sent, actor in steps:
        async with wire.database.transaction() as session:
            await act_with_files(
                session, case.number, action, data, sent,
                actor=actor, town=wire.town, now=wire.clock(),
            )  # fmt: skip
    return await wire.hear()
