"""What a citizen meets, one test for each behaviour, over every channel.

``wire`` runs over our own Bot API server by long polling, over two simulators nobody here wrote
(by webhook and by long polling) and over the browser chat; ``phone`` leaves the browser out,
for what a page cannot send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from bot.channel import Limits
from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from bot.telegram_channel.channel import TelegramChannel
from bot.telegram_channel.settings import WEBHOOK_PATH
from bot.telegram_channel.webhook import add_routes as add_webhook
from bot.web_channel import add_routes as add_chat
from cases.actors import Actor
from cases.models import Case, Contact, Dialogue, HistoryEntry, OutboxMessage, Place
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.chats import answer_chat, hand_back, list_chats, set_blocked, take_chat
from cases.use_cases.timers import run_timers
from tests.bot.desk import DISPATCHER, all_cases, attachments_of
from tests.bot.wires import PNG, BrowserWire, MovableClock, TelegramWire, Wire
from tests.fakes.simulators import free_port, run_lo, run_telemelya
from tests.fakes.telegram_server import TelegramServer, refuse

pytestmark = pytest.mark.timeout(180)
TOKEN = "123456789:TESTtokenTESTtokenTESTtokenTESTtoken"
LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
NOISE = "楼下半夜噪声很大，睡不着，请管一管"
OTHER_LIGHT = "文化路口的路灯也都坏了，请派人来修"
SIMULATORS = [
    "telegram",
    pytest.param("telemelya", marks=pytest.mark.e2e),
    pytest.param("lo", marks=pytest.mark.e2e),
]


class World:
    """The bot over one channel, started, stopped and started again."""

    def __init__(self, kind: str, database: Database, town: Town, folder: Path) -> None:
        self.kind, self.database, self.folder = kind, database, folder
        # What a burst is has a test of its own; the others need not wait for its end.
        notices = {**town.policy["notices"], "hold_seconds": 0}
        self.town = replace(town, policy={**town.policy, "notices": notices})
        self.clock = MovableClock()
        self.stack = AsyncExitStack()
        self.port = free_port()
        self.api: str | None = None
        self.server: TelegramServer | None = None
        self.service: BotService
        self.app_server: TestServer | None = None
        self.wire: Wire

    async def open(self) -> Wire:
        if self.kind == "telegram":
            self.server = await self.stack.enter_async_context(TelegramServer().running())
            self.api = self.server.root
        elif self.kind == "telemelya":
            self.api = self.stack.enter_context(run_telemelya())
        elif self.kind == "lo":
            self.api = self.stack.enter_context(run_lo(self.folder / "journal.jsonl"))
        await self.start()
        self.wire = self._make_wire()
        self.wire.restart = self.restart
        return self.wire

    async def start(self) -> None:
        telegram = None
        webhook = self.kind == "telemelya"
        if self.api is not None:
            telegram = TelegramSettings(
                token=TOKEN,
                api_url=self.api,
                webhook_url=f"http://127.0.0.1:{self.port}{WEBHOOK_PATH}" if webhook else None,
                poll_seconds=1,
                answer_seconds=3.0,
            )
        self.service = BotService(
            database=self.database,
            classifier=KeywordClassifier(),
            town_provider=lambda: self.town,
            data_dir=self.folder,
            telegram=telegram,
            clock=self.clock,
        )
        app = web.Application()
        add_chat(app, self.service)
        add_webhook(app, self.service.telegram)
        self.app_server = TestServer(app, port=self.port)
        await self.app_server.start_server()
        await self.service.start()
        if self.service.telegram is not None and self.kind == "telegram":
            await self._until_named(self.service.telegram)

    async def stop(self) -> None:
        assert self.app_server is not None
        await self.service.stop()
        await self.app_server.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()
        self.wire.service = self.service
        if isinstance(self.wire, BrowserWire):
            await self.wire.forget_client()

    async def close(self) -> None:
        await self.stop()
        await self.stack.aclose()

    async def _until_named(self, channel: TelegramChannel) -> None:
        for _ in range(200):
            if channel.intake.bot_name:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("Telegram was never greeted")

    def _make_wire(self) -> Wire:
        pieces = (self.service, self.database, self.town, self.clock)
        if self.kind == "browser":
            return BrowserWire(*pieces, client=self._browser)
        return TelegramWire(*pieces, deliver=self._deliver)

    async def _browser(self) -> TestClient[Any, Any]:
        assert self.app_server is not None
        client = TestClient(self.app_server)
        self.stack.push_async_callback(client.session.close)
        return client

    async def _deliver(self, update: dict[str, Any]) -> None:
        if self.server is not None:
            self.server.updates.append(update)
            return
        async with httpx.AsyncClient(trust_env=False) as http:
            if self.kind == "lo":
                update = {k: v for k, v in update.items() if k != "update_id"}
                url = f"{self.api}/__fixture/updates"
                answer = await http.post(url, json={"token": TOKEN, "update": update})
            else:
                url = f"http://127.0.0.1:{self.port}{WEBHOOK_PATH}"
                answer = await http.post(url, json=update)
            answer.raise_for_status()


@pytest.fixture
async def open_world(
    sqlite_database: Database, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[str], Awaitable[World]]]:
    """Opens the bot over the channel of that name."""
    # Telegram's own pace is kept and tested elsewhere; here it would only take time.
    monkeypatch.setattr(TelegramChannel, "limits", Limits())
    opened: list[World] = []

    async def open_it(kind: str) -> World:
        world = World(kind, sqlite_database, town, tmp_path)
        opened.append(world)
        await world.open()
        return world

    yield open_it
    for world in opened:
        await world.close()


Opener = Callable[[str], Awaitable[World]]


@pytest.fixture(params=[*SIMULATORS, "browser"])
async def wire(request: pytest.FixtureRequest, open_world: Opener) -> Wire:
    """A citizen on every channel in turn."""
    return (await open_world(request.param)).wire


@pytest.fixture(params=["telegram", pytest.param("telemelya", marks=pytest.mark.e2e)])
async def phone(request: pytest.FixtureRequest, open_world: Opener) -> TelegramWire:
    """A citizen on a phone: everything Telegram can send."""
    found = (await open_world(request.param)).wire
    assert isinstance(found, TelegramWire)
    return found


@pytest.fixture
async def world(open_world: Opener) -> World:
    """Our own Bot API server, which can be told to misbehave."""
    return await open_world("telegram")


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


async def test_09_answer_to_a_receipt_belongs_to_its_case(phone: TelegramWire) -> None:
    await phone.say(LIGHT)
    receipt = phone.message(text="…")
    receipt["message_id"] = int(phone.rows[-1].external_id or 0)
    phone.clock.advance(minutes=30)
    await phone.say("北边那盏也不亮", reply_to_message=receipt)
    (case,) = await all_cases(phone.database)
    assert "北边那盏" in case.text


async def test_09_same_matter_again_is_asked_about_with_two_buttons(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(hours=2)
    (question,) = await wire.say("路灯到现在也没有人来修过")
    assert "是补充编号" in question
    assert len(wire.labels) == 2
    await wire.tap("是，补充进去")
    (case,) = await all_cases(wire.database)
    assert "没有人来修过" in case.text


async def test_09_several_live_cases_in_one_chat(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(minutes=5)
    await wire.say(OTHER_LIGHT)
    wire.clock.advance(minutes=5)
    await wire.say(NOISE)
    cases = await all_cases(wire.database)
    assert len({case.number for case in cases}) == 3
    (listing,) = await wire.say("我的诉求")
    assert all(case.number in listing for case in cases)


async def test_09_after_closing_a_new_matter_gets_a_new_number(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    wire.clock.advance(hours=1)
    await wire.say("朝晖路桥头的路灯又灭了两盏，麻烦再来看看")
    numbers = {case.number for case in await all_cases(wire.database)}
    assert len(numbers) == 2


async def test_10_status_by_command_or_bare_number_for_the_owner_only(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    for typed in (number, f"/status {number}"):
        assert "路灯管理所" in (await wire.say(typed))[0]
    stranger = await wire.another()
    (nothing,) = await stranger.say(number)
    assert "没有查到" in nothing
    assert "路灯" not in nothing


async def test_10_older_cases_are_a_page_further(wire: Wire) -> None:
    for house in range(1, 8):
        await wire.say(f"朝晖路{house * 10}号门口的路灯坏了，请来修一下")
        wire.clock.advance(minutes=3)
    (first,) = await wire.say("/cases")
    (second,) = await wire.tap("更早的")
    cases = await all_cases(wire.database)
    assert cases[-1].number in first
    assert cases[0].number in second
    assert cases[0].number not in first


@pytest.mark.parametrize("how", ["button", "撤销", "/cancel"])
async def test_11_taken_back_within_two_minutes(wire: Wire, how: str) -> None:
    await wire.say(LIGHT)
    await (wire.tap("撤销") if how == "button" else wire.say(how))
    assert (await wire.case()).state == "withdrawn"


async def test_11_not_taken_back_later_but_shown_the_way(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(minutes=3)
    (answer,) = await wire.tap("撤销")
    assert "人工" in answer
    assert (await wire.case()).state == "dispatched"


async def test_11_unknown_command_gets_help_and_unknown_words_are_no_error(wire: Wire) -> None:
    assert "直接说问题就能登记" in (await wire.say("/nonsense"))[0]
    assert "什么事" in (await wire.say("那个东西怎么回事啊"))[0]


async def test_12_conversation_survives_a_restart(wire: Wire) -> None:
    await wire.say(NOISE)
    await wire.restart()
    (answer,) = await wire.say("荷塘小区3幢")
    assert "地点记下了" in answer


async def test_12_stale_button_says_how_things_stand(wire: Wire) -> None:
    await wire.say(NOISE)
    data = wire.buttons()["对"]
    await wire.press(data, "对")
    wire.clock.advance(minutes=1)
    (answer,) = await wire.press(data, "对")
    assert "已经用过" in answer
    assert "已分派" in answer


async def test_12_unanswered_words_are_filed_and_doubtful_ones_let_go_politely(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.say("你们到底管不管")
    wire.clock.advance(minutes=31)
    await wire.service.remind()
    (answer,) = await wire.hear()
    assert answer.startswith("您没有再回复")
    assert len(await all_cases(wire.database)) == 1
    wire.clock.advance(minutes=5)
    monkeypatch.setattr(KeywordClassifier, "table", (("办证", INVALID),))
    await wire.say("低价办证加微信")
    wire.clock.advance(hours=25)
    await wire.service.remind()
    (answer,) = await wire.hear()
    assert "没有登记" in answer
    assert len(await all_cases(wire.database)) == 1


async def test_13_double_tap_acts_once(wire: Wire) -> None:
    await wire.say(NOISE)
    data = wire.buttons()["对"]
    assert len(await wire.press(data, "对")) == 1
    assert await wire.press(data, "对") == []


async def test_13_same_words_within_a_minute_are_one_case(wire: Wire) -> None:
    await wire.say(LIGHT)
    (answer,) = await wire.say(LIGHT)
    assert "刚才已经登记过" in answer
    assert len(await all_cases(wire.database)) == 1


async def test_13_resent_update_is_not_answered_twice(phone: TelegramWire) -> None:
    await phone.say(LIGHT)
    original = phone.message_id
    again = phone.message(text=LIGHT)
    again["message_id"] = original
    assert await phone.send({"message": again}) == []
    assert len(await all_cases(phone.database)) == 1


async def test_14_news_of_one_burst_is_one_message(wire: Wire) -> None:
    await wire.say(NOISE)
    rules = wire.service.town().policy["notices"]
    rules["hold_seconds"] = 1
    number = (await wire.case()).number
    for action, data in (
        ("accept", {"category": "zf.light", "request_type": "help", "urgency": "normal"}),
        ("dispatch", {"unit": wire.town.responsibilities["zf.light"].lead_unit}),
    ):
        async with wire.database.transaction() as session:
            await act(
                session, number, action, data, actor=DISPATCHER, town=wire.town, now=wire.clock()
            )
    await asyncio.sleep(1.1)
    (news,) = await wire.hear()
    assert "已分派给" in news
    assert "已受理" not in news


async def test_14_night_delays_news_and_drops_none(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(hours=13)  # 22:00
    assert await wire.close_case() == []
    (answer,) = await wire.say("我的诉求")
    assert "已办结" in answer, "an answer waits for no morning"
    wire.clock.advance(hours=11)  # 09:00
    (news,) = await wire.hear()
    assert "路灯已修好" in news
    assert "请点一下评价" in news


async def test_14_danger_is_told_at_night(wire: Wire) -> None:
    await wire.say("楼道里着火了，快来人")
    wire.clock.advance(hours=13)
    number = (await wire.case()).number
    async with wire.database.transaction() as session:
        data = {"category": "zz.fire", "request_type": "help", "urgency": "critical"}
        await act(
            session, number, "accept", data, actor=DISPATCHER, town=wire.town, now=wire.clock()
        )
    assert "已受理" in (await wire.hear())[0]


async def test_15_rated_with_one_tap_and_changed_within_a_week(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    buttons = wire.buttons()
    assert list(buttons) == ["满意", "基本满意", "一般", "不满意", "很不满意"]
    assert "谢谢您的评价" in (await wire.tap("满意"))[0]
    wire.clock.advance(days=3)
    assert "评价已更新" in (await wire.press(buttons["一般"], "一般"))[0]
    assert (await wire.case()).satisfaction == 3
    wire.clock.advance(days=5)
    (refused,) = await wire.press(buttons["满意"], "满意")
    assert "7 天内" in refused
    assert (await wire.case()).satisfaction == 3


async def test_15_one_reminder_never_two_and_silence_is_no_praise(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    reminded = []
    for _ in range(6):
        wire.clock.advance(days=1)
        await run_timers(wire.database, wire.town, wire.clock)
        reminded += await wire.hear()
    assert len(reminded) == 1
    assert "不再提醒" in reminded[0]
    assert (await wire.case()).satisfaction is None


async def test_16_unhappy_reopens_the_same_number_once_and_takes_a_reason(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    (news,) = await wire.close_case()
    assert "15个工作日内有效，限1次" in news
    (answer,) = await wire.tap("不满意")
    assert "已重新办理" in answer
    assert "哪里没办好" in answer
    assert "已转给经办人" in (await wire.say("只修好了一盏"))[0]
    case = await wire.case()
    assert (case.state, case.round, case.number) == ("reopened", 2, number)
    (news,) = await wire.close_case(case)
    assert "专人回访" in news
    wire.clock.advance(minutes=1)
    assert "回访" in (await wire.tap("不满意"))[0]
    assert (await wire.case()).state == "evaluated"


async def test_16_not_solved_reopens_from_the_status(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    await wire.say((await wire.case()).number)
    await wire.tap("没解决，重新办理")
    assert (await wire.case()).state == "reopened"


async def test_17_closing_tells_the_result_in_full(wire: Wire) -> None:
    await wire.say(LIGHT)
    (news,) = await wire.close_case()
    assert "路灯管理所" in news
    assert "路灯已修好。" in news
    assert "已办结" in news


async def test_18_person_takes_over_and_hands_back(wire: Wire) -> None:
    await wire.say(LIGHT)
    (answer,) = await wire.say("转人工")
    assert "09:00" in answer
    async with wire.database.transaction() as session:
        (row,) = (await list_chats(session)).waiting
        await take_chat(session, row.contact.id, person="坐席小陈", now=wire.clock())
    assert "坐席小陈" in (await wire.hear())[0]
    assert await wire.say("到底哪天来修") == []
    async with wire.database.transaction() as session:
        await answer_chat(
            session, row.contact.id, "明天下午。", person="坐席小陈", now=wire.clock()
        )
    assert await wire.hear() == ["坐席小陈：明天下午。"]
    async with wire.database.transaction() as session:
        await hand_back(session, row.contact.id, person="坐席小陈", now=wire.clock())
    assert "我接着为您服务" in (await wire.hear())[0]
    assert len(await wire.say("我的诉求")) == 1


async def test_19_language_is_chosen_and_kept(wire: Wire) -> None:
    await wire.say("/lang")
    assert wire.labels == ["中文", "English"]
    assert "English from now on" in (await wire.tap("English"))[0]
    (receipt,) = await wire.say(LIGHT)
    assert receipt.startswith("Filed under number")
    assert "用中文" in (await wire.say("/lang zh"))[0]


@pytest.mark.parametrize("typed", ["1", "１", "①", "对"])
async def test_19_buttons_can_be_typed(wire: Wire, typed: str) -> None:
    await wire.say(NOISE)
    await wire.say(typed)
    assert (await wire.case()).state == "dispatched"


async def test_20_privacy_is_told_at_first_contact(wire: Wire) -> None:
    assert "发“隐私”" in (await wire.say(LIGHT))[0]
    assert "只用来办理和回复" in (await wire.say("/privacy"))[0]


async def test_20_news_stop_and_come_back(wire: Wire) -> None:
    await wire.say(LIGHT)
    assert "不再主动通知" in (await wire.say("/stop"))[0]
    assert await wire.close_case() == []
    assert (await wire.case()).state == "closed", "the case goes on"
    assert "通知已恢复" in (await wire.say("/start"))[0]


async def test_20_my_data_is_told_and_deleted(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    key = await wire.chat_key()
    assert number in (await wire.say("/mydata"))[0]
    (question,) = await wire.say("/delete_my_data")
    assert "留作办理记录" in question
    kept = await wire.tap("不删")
    assert "什么都没有删" in kept[0]
    await wire.say("/delete_my_data")
    await wire.tap("删除")
    case = await wire.case()
    assert (case.contact_id, case.anonymous) == (None, True)
    async with wire.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Dialogue)) == 0
        for row in await session.scalars(select(OutboxMessage)):
            assert row.chat_key != key
            assert LIGHT not in str(row.payload)
        contact = (await session.scalars(select(Contact).order_by(Contact.id))).first()
        assert contact is not None
        assert (contact.display_name, contact.user_key) == (None, None)
        assert contact.chat_key != key


@pytest.mark.parametrize("broken", [False, True], ids=["tagged", "machine silent"])
async def test_21_danger_names_the_numbers_first_and_is_critical(
    wire: Wire, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken:
        monkeypatch.setattr(KeywordClassifier, "classify", _broken)
    (receipt,) = await wire.say("快来人，三楼着火了，有人在里面")
    assert receipt.startswith("如有危险请先拨打110/119/120")
    assert (await wire.case()).urgency == "critical"


async def test_22_flood_is_warned_once_then_ignored(wire: Wire) -> None:
    said = [await wire.say("谢谢") for _ in range(32)]
    answers = [text for texts in said for text in texts]
    if isinstance(wire, BrowserWire):
        assert any("太快" in text for text in answers)
        return
    assert len([text for text in answers if "太快" in text]) == 1
    assert [] in said
    (reply,) = await wire.say("救命，有人落水")
    assert "110" in reply


async def test_22_too_many_cases_in_an_hour(wire: Wire) -> None:
    for house in range(10):
        await wire.say(f"朝晖路{house * 10 + 1}号门口的路灯坏了，请来修一下")
        wire.clock.advance(minutes=3)
    (answer,) = await wire.say("朝晖路200号门口的路灯坏了，请来修一下")
    assert "热线" in answer
    assert len(await all_cases(wire.database)) == 10


async def test_22_blocked_chat_is_answered_in_danger_only(wire: Wire) -> None:
    await wire.say(LIGHT)
    async with wire.database.transaction() as session:
        contact = (await session.scalars(select(Contact))).one()
        await set_blocked(session, contact.id, True)
    assert await wire.say("垃圾广告") == []
    assert "110" in (await wire.say("救命"))[0]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "/report@huying_bot 路灯坏了"},
        {"text": "@huying_bot 路灯坏了"},
        {"text": "路灯坏了", "reply_to_message": {"message_id": 5, "from": {
            "id": 7, "is_bot": True, "username": "huying_bot"}}},
    ],
    ids=["command", "mention", "reply"],
)  # fmt: skip
async def test_23_group_is_answered_when_addressed_and_sent_to_private(
    world: World, message: dict[str, Any]
) -> None:
    wire = world.wire
    assert isinstance(wire, TelegramWire)
    wire.chat = -100123
    group = {"id": wire.chat, "type": "supergroup", "title": "小区群"}
    assert await wire.say("今天天气不错", chat=group, kept=False) == []
    (answer,) = await wire.say(**message, chat=group)
    assert "私聊" in answer
    assert "https://t.me/huying_bot?start=report" in answer
    assert await all_cases(wire.database) == []


async def test_23_group_that_became_a_supergroup_keeps_its_line(world: World) -> None:
    wire = world.wire
    assert isinstance(wire, TelegramWire)
    wire.chat = -500
    group = {"id": -500, "type": "group"}
    await wire.say("/report@huying_bot 路灯坏了", chat=group)
    await wire.say(migrate_to_chat_id=-100500, chat=group)
    async with wire.database.reading() as session:
        keys = set(await session.scalars(select(Contact.chat_key)))
    assert "-100500" in keys


async def test_24_code_on_the_wall_fills_in_the_place(wire: Wire) -> None:
    async with wire.database.reading() as session:
        place = (await session.scalars(select(Place).order_by(Place.name))).first()
    assert place is not None
    if isinstance(wire, BrowserWire):
        assert place.name in await wire.page(f"/chat?start=loc_{place.token}")
        await wire.say("垃圾桶旁边的路灯不亮了", start=f"loc_{place.token}")
    else:
        assert place.name in (await wire.start(f"loc_{place.token}"))[0]
        await wire.say("垃圾桶旁边的路灯不亮了")
    assert (await wire.case()).place_text == place.name


async def test_24_case_link_is_unguessable_and_shows_the_case_elsewhere(wire: Wire) -> None:
    await wire.say(LIGHT)
    case = await wire.case()
    (answer,) = await wire.say("/link")
    payload = f"case_{(await wire.case()).link_token}"
    assert payload in answer
    assert len(payload) <= 64
    assert case.number.replace("-", "") not in payload
    stranger = await wire.another()
    assert case.number in (await stranger.start(payload))[0]
    assert "已经失效" in (await stranger.start("case_" + "x" * 24))[0]


async def test_24_caller_of_the_hotline_follows_the_case_by_link(wire: Wire) -> None:
    from cases.testing import make_draft
    from cases.use_cases.file_case import file_case
    from cases.use_cases.links import case_link

    async with wire.database.transaction() as session:
        case = await file_case(
            session, make_draft(), actor=Actor.bot(), town=wire.town, now=wire.clock()
        )
        payload = await case_link(session, case)
    assert "通知到这里" in (await wire.start(payload))[0]
    assert "已办结" in (await wire.close_case(case))[0]


async def test_25_long_answers_are_split_in_order(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    lines = [f"第{n}行：已到现场查看，情况属实。" for n in range(400)]
    case = await wire.case()
    from tests.bot.desk import settle_case

    await settle_case(
        wire.database, wire.town, case, wire.clock(), text="\n".join(lines)
    )  # fmt: skip
    await wire.hear()
    assert world.server is not None
    parts = [sent["text"] for sent in world.server.sent[1:]]
    assert len(parts) > 1
    assert all(len(part) <= 4096 for part in parts)
    joined = "\n".join(parts)
    assert [line for line in joined.splitlines() if line.startswith("第")] == lines


async def test_26_blocked_bot_is_shown_to_staff_and_forgiven(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    assert world.server is not None
    world.server.faults["sendMessage"] = [refuse(403, "Forbidden: bot was blocked by the user")]
    await wire.close_case()
    async with wire.database.reading() as session:
        (lost,) = (await list_chats(session)).lost or [None]
    if lost is None:
        # The case is closed already: nobody is owed a word, but the contact is marked.
        async with wire.database.reading() as session:
            assert not (await session.scalars(select(Contact))).one().reachable
    await wire.say("我的诉求")
    async with wire.database.reading() as session:
        assert (await session.scalars(select(Contact))).one().reachable


async def test_27_one_event_one_message(wire: Wire) -> None:
    for text in (LIGHT, "我的诉求", "/help", "谢谢", "/privacy"):
        assert len(await wire.say(text)) == 1
    assert len(await wire.close_case()) == 1


async def test_28_says_that_it_is_a_machine_and_promises_only_the_policy(wire: Wire) -> None:
    assert "自动助手" in (await wire.say("/start"))[0]
    (receipt,) = await wire.say(LIGHT)
    case = await wire.case()
    assert case.due_at is not None
    due = case.due_at.astimezone(wire.town.calendar.zone)
    assert f"{due.month}月{due.day}日前" in receipt


async def test_29_nothing_personal_in_logs_buttons_and_links(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    markers = ("李铁柱", "13912345678", "月亮湾", "110101199003078515")
    text = f"我是{markers[0]}，电话{markers[1]}，{markers[2]}12号路灯坏了，身份证{markers[3]}"
    await wire.say(text)
    await wire.say("/link")
    await wire.close_case()
    async with wire.database.reading() as session:
        rows = list(await session.scalars(select(OutboxMessage)))
    case = await wire.case()
    for row in rows:
        for line in row.payload.get("buttons") or ():
            for button in line:
                assert len(button["data"].encode()) <= 64
                assert case.number not in button["data"]
                assert not any(marker in button["data"] for marker in markers)
        links = [word for word in row.payload["text"].split() if "start=" in word]
        assert not any(marker in link for link in links for marker in (*markers, case.number))
    own = [r for r in caplog.records if not r.name.startswith(("aiosqlite", "sqlalchemy"))]
    # A test's HTTP client logs what the test itself posts; everything else is ours.
    logged = "\n".join(r.getMessage() for r in own if not r.name.startswith(("httpx", "httpcore")))
    assert [line for line in logged.splitlines() if any(m in line for m in markers)] == []


def photo_sizes(name: str) -> list[dict[str, Any]]:
    return [{"file_id": name, "file_unique_id": name, "width": 90, "height": 90, "file_size": 900}]


async def history_of(wire: Wire, case: Case) -> list[HistoryEntry]:
    async with wire.database.reading() as session:
        rows = await session.scalars(select(HistoryEntry).where(HistoryEntry.case_id == case.id))
        return list(rows)


async def _broken(_self: KeywordClassifier, _text: str) -> Any:
    raise RuntimeError("no model")


INVALID = {
    "platform": "na",
    "category": "na.invalid",
    "confidence": 0.97,
    "decision": "human",
    "alternatives": (),
}
