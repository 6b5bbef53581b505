"""The provider's gateway over real HTTP, the files in the box, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot.channel import DeliveryError, Trouble
from bot.sms_channel.file_drop import FileDrop
from bot.sms_channel.gateway import Sms, key_of, outbox_id_of
from bot.sms_channel.hooks import INCOMING_PATH, STATUS_PATH, SmsHooks, add_routes
from bot.sms_channel.webhook import SignedWebhook
from cases.lifecycle import State
from cases.models import Contact, InboxMessage, OutboxMessage, SmsReport
from intake_api.settings import Settings, SettingsError
from tests.callers.conftest import MOBILE, Phone
from tests.fakes.sms_gateway import HANG, SECRET, FakeGateway, run_gateway

ONE = Sms("huying-7", MOBILE, "【风荷镇】您的诉求已登记。")


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with run_gateway() as running:
        yield running


async def test_a_message_is_signed_and_named(gateway: FakeGateway) -> None:
    hook = SignedWebhook(gateway.address, SECRET)
    assert await hook.send(ONE) == "gw-1"
    await hook.send(ONE)
    await hook.close()
    assert gateway.seen == [{"key": "huying-7", "phone": MOBILE, "text": ONE.text}] * 2
    assert len(gateway.delivered) == 1, "the same key is one message"


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (400, Trouble.REFUSED),
        (422, Trouble.REFUSED),
        (410, Trouble.UNREACHABLE),
        (401, Trouble.STOPPED),
        (403, Trouble.STOPPED),
        (302, Trouble.STOPPED),
        ((429, {"Retry-After": "7"}), Trouble.WAIT),
        ((503, {"Retry-After": "7"}), Trouble.WAIT),
        (500, Trouble.NOT_SENT),
        (503, Trouble.NOT_SENT),
        (504, Trouble.AMBIGUOUS),
        (HANG, Trouble.AMBIGUOUS),
    ],
)
async def test_what_an_answer_means(gateway: FakeGateway, answer: object, trouble: Trouble) -> None:
    gateway.answers = [answer]
    hook = SignedWebhook(gateway.address, SECRET, within=0.3 if answer == HANG else 10.0)
    with pytest.raises(DeliveryError) as caught:
        await hook.send(ONE)
    await hook.close()
    assert caught.value.trouble is trouble
    assert MOBILE not in caught.value.reason
    if trouble is Trouble.WAIT:
        assert caught.value.wait == 7.0


async def test_a_wrong_secret_stops_instead_of_losing(gateway: FakeGateway) -> None:
    hook = SignedWebhook(gateway.address, "something else")
    with pytest.raises(DeliveryError) as caught:
        await hook.send(ONE)
    await hook.close()
    assert caught.value.trouble is Trouble.STOPPED and gateway.delivered == {}


async def test_nobody_at_home_is_certainly_not_sent() -> None:
    hook = SignedWebhook("http://127.0.0.1:9/send", SECRET)
    with pytest.raises(DeliveryError) as caught:
        await hook.send(ONE)
    await hook.close()
    assert caught.value.trouble is Trouble.NOT_SENT


def noon() -> datetime:
    return datetime(2026, 11, 23, 4, tzinfo=UTC)


async def test_the_file_has_each_message_once(tmp_path: Path) -> None:
    drop = FileDrop(tmp_path / "sms", clock=noon)
    others = [Sms(f"huying-{n}", MOBILE, "短信\n两行") for n in range(20)]
    await asyncio.gather(*(drop.send(sms) for sms in [*others, *others]))
    assert await FileDrop(tmp_path / "sms", clock=noon).send(others[3]) == "huying-3"
    path = tmp_path / "sms" / "2026-11-23.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {row["key"] for row in rows} == {sms.key for sms in others} and len(rows) == 20
    assert rows[0]["text"] == "短信\n两行" and rows[0]["phone"] == MOBILE
    assert path.stat().st_mode & 0o077 == 0, "numbers of people: for the owner only"


async def test_half_a_line_stays_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-23.jsonl"
    path.write_bytes(b'{"key": "huying-1", "at"')
    await FileDrop(tmp_path, clock=noon).send(ONE)
    broken, whole = path.read_text(encoding="utf-8").splitlines()
    assert broken.startswith("{") and json.loads(whole)["key"] == ONE.key


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("a file where the folder should be")
    with pytest.raises(DeliveryError) as caught:
        await FileDrop(tmp_path / "sms", clock=noon).send(ONE)
    assert caught.value.trouble is Trouble.NOT_SENT


def test_a_key_leads_back_to_its_row() -> None:
    assert outbox_id_of(key_of(41)) == 41
    for foreign in ("41", "huying-", "huying-x", "huying--3", "huying-" + "9" * 30):
        assert outbox_id_of(foreign) is None


@pytest.fixture
async def door(phone: Phone) -> AsyncIterator[str]:
    """Our own hooks on a real server."""
    app = web.Application()
    add_routes(
        app,
        SmsHooks(SECRET, phone.database, lambda: phone.town, phone.clock, phone.service.wake),
    )
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def messages(phone: Phone) -> list[OutboxMessage]:
    async with phone.database.reading() as session:
        return list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


async def test_only_the_gateway_is_let_in(phone: Phone, door: str) -> None:
    outsider = FakeGateway()
    body = {"id": "1", "phone": MOBILE, "text": "退订"}
    for path in (STATUS_PATH, INCOMING_PATH):
        assert await outsider.post(door + path, body, secret="guessed") == 403
        assert await outsider.post(door + path, body, age=900) == 403
        assert await outsider.post(door + path, ["no", "object"]) == 422
        assert await outsider.post(door + path, {"id": "x" * 70_000}) == 413
    async with phone.database.reading() as session:
        assert (await session.scalars(select(InboxMessage))).all() == []


async def test_a_report_of_delivery(phone: Phone, door: str) -> None:
    await phone.file()
    await phone.service.settle()
    [row] = await messages(phone)
    outsider = FakeGateway()
    report = {"key": key_of(row.id), "status": "delivered"}
    assert await outsider.post(door + STATUS_PATH, report) == 200
    assert await outsider.post(door + STATUS_PATH, {**report, "key": "huying-999"}) == 422
    assert await outsider.post(door + STATUS_PATH, {**report, "status": "eaten"}) == 422
    async with phone.database.reading() as session:
        [kept] = (await session.scalars(select(SmsReport))).all()
    assert (kept.outbox_id, kept.status) == (row.id, "delivered")
    assert (await messages(phone))[0].state == "sent"


async def test_a_message_that_failed_later_is_dead(phone: Phone, door: str) -> None:
    await phone.file()
    await phone.service.settle()
    [row] = await messages(phone)
    report = {"key": key_of(row.id), "status": "failed", "reason": "空号"}
    assert await FakeGateway().post(door + STATUS_PATH, report) == 200
    [row] = await messages(phone)
    assert row.state == "dead" and "空号" in (row.error or "")


async def say(phone: Phone, door: str, text: str, name: str = "") -> str:
    """A citizen's text message; what we answered."""
    body = {"id": name or f"mo-{text}", "phone": f"+86{MOBILE}", "text": text}
    assert await FakeGateway().post(door + INCOMING_PATH, body) == 200
    before = len(phone.sent())
    await phone.service.settle()
    answers = [row["text"] for row in phone.sent()[before:]]
    return answers[0] if answers else ""


async def test_a_digit_rates(phone: Phone, door: str) -> None:
    phone.with_rules(sms_answers=True)
    number = await phone.file()
    await phone.settle_case(number)
    assert "满意回5" in phone.sent()[-1]["text"]
    assert "谢谢您的评价" in await say(phone, door, "5", "mo-1")
    case = await phone.case(number)
    assert (case.satisfaction, case.state) == (5, State.EVALUATED)
    assert await say(phone, door, "5", "mo-1") == "", "the same message again changes nothing"


@pytest.mark.parametrize("words", ["1", "没解决"])
async def test_unhappy_reopens_once(phone: Phone, door: str, words: str) -> None:
    number = await phone.file()
    await phone.settle_case(number)
    assert "已重新办理" in await say(phone, door, words)
    case = await phone.case(number)
    assert (case.state, case.round) == (State.REOPENED, 2)
    await phone.settle_case_again(number)
    assert "工作人员" in await say(phone, door, words, "again")
    assert (await phone.case(number)).wants_person is True


async def test_other_words_wait_for_a_person(phone: Phone, door: str) -> None:
    number = await phone.file()
    await phone.service.settle()
    assert number in await say(phone, door, "桥头第二盏又不亮了")
    assert "短信回复：桥头第二盏又不亮了" in (await phone.case(number)).text


async def test_danger_is_answered_at_once(phone: Phone, door: str) -> None:
    await phone.file()
    await phone.service.settle()
    assert "110" in await say(phone, door, "着火了快来人")


async def test_unsubscribing_and_coming_back(phone: Phone, door: str) -> None:
    number = await phone.file()
    await phone.service.settle()
    assert "已退订" in await say(phone, door, "退订")
    before = len(phone.sent())
    await phone.settle_case(number)
    assert len(phone.sent()) == before
    assert "已恢复" in await say(phone, door, "恢复")
    async with phone.database.reading() as session:
        assert not (await session.scalars(select(Contact.muted))).one()


async def test_a_stranger_is_told_the_hotline(phone: Phone, door: str) -> None:
    assert phone.town.policy["hotline"] in await say(phone, door, "在吗")


def test_an_address_needs_a_secret() -> None:
    """Unsigned messages would be anybody's."""
    with pytest.raises(SettingsError, match="HUYING_SMS_SECRET"):
        Settings.from_env({"HUYING_SMS_URL": "https://gw.example/send"})
    both = {"HUYING_SMS_URL": "https://gw.example/send/", "HUYING_SMS_SECRET": "s"}
    assert Settings.from_env(both).sms_url == "https://gw.example/send"
