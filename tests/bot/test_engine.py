"""The inbox is worked off once, in order, whatever breaks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.service import BotService
from bot.testing import MemoryChannel, talk
from cases import inbox
from cases.classification import Tag
from cases.models import InboxMessage
from cases.storage.database import Database
from cases.testing import FrozenClock, KeywordClassifier, make_tag
from cases.town import Town
from tests.bot.desk import all_cases, outbox_rows

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def test_files_on_either_database(database: Database, town: Town, clock: FrozenClock) -> None:
    async with talk(database, town, clock=clock) as chat:
        await chat.say(LIGHT)
        clock.advance(minutes=1)
        await chat.tap("撤销")
        (case,) = await all_cases(database)
        assert case.state == "withdrawn"


async def test_failing_message_is_tried_three_times_and_then_answered(
    sqlite_database: Database, town: Town, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talk(sqlite_database, town, clock=clock) as chat:
        monkeypatch.setattr("bot.engine.advance", _explode)
        await chat.say(LIGHT)
        for _ in range(3):
            clock.advance(minutes=2)
            await chat.service.settle()
        assert [m.text for m in chat.replies] == ["已记录，人工处理。"]
        async with sqlite_database.reading() as session:
            row = (await session.scalars(select(InboxMessage))).one()
        assert (row.state, row.attempts, row.error) == ("dead", 3, "RuntimeError")
        assert row.payload["text"] == LIGHT


async def test_dead_message_does_not_block_the_chat(
    sqlite_database: Database, town: Town, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talk(sqlite_database, town, clock=clock) as chat:
        with monkeypatch.context() as broken:
            broken.setattr("bot.engine.advance", _explode)
            await chat.say("坏掉的那一条消息")
            for _ in range(3):
                clock.advance(minutes=2)
                await chat.service.settle()
        await chat.say(LIGHT)
        assert len(await all_cases(sqlite_database)) == 1


async def test_failure_leaves_nothing_half_done(
    sqlite_database: Database, town: Town, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talk(sqlite_database, town, clock=clock) as chat:
        with monkeypatch.context() as broken:
            broken.setattr("bot.engine.conclude", _explode)
            await chat.say(LIGHT)
        assert await all_cases(sqlite_database) == []
        assert await outbox_rows(sqlite_database) == []
        clock.advance(minutes=2)
        await chat.service.settle()
        assert len(await all_cases(sqlite_database)) == 1


async def test_one_chat_in_order_many_chats_at_once(
    database: Database, town: Town, tmp_path: Path
) -> None:
    classifier = SlowKeywords(0.2)
    service, channel = make_service(database, town, tmp_path, classifier)
    async with database.transaction() as session:
        for number in range(3):
            for chat in range(6):
                await inbox.receive(
                    session,
                    channel="memory",
                    external_id=f"{chat}:{number}",
                    chat_key=str(chat),
                    payload={"text": f"朝晖路{number}号路灯坏了，第{number}次说"},
                    now=service.engine._clock(),
                )
    await service.start()
    await _until(lambda: len(channel.sent) == 18)
    await service.stop()
    assert classifier.most > 1, "chats wait for each other"
    for chat in range(6):
        own = [c.text for c in await all_cases(database) if _chat_of(c, channel) == str(chat)]
        assert own == sorted(own)
    assert len(await all_cases(database)) == 18


async def test_stop_lets_the_message_in_flight_finish(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> None:
    service, _ = make_service(sqlite_database, town, tmp_path, SlowKeywords(0.5))
    await service.start()
    await receive(service, sqlite_database, "1", LIGHT)
    service.wake()
    await asyncio.sleep(0.2)
    await service.stop()
    assert len(await all_cases(sqlite_database)) == 1


async def test_killed_in_the_middle_is_done_after_the_restart(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> None:
    service, _ = make_service(sqlite_database, town, tmp_path, SlowKeywords(30))
    await service.start()
    await receive(service, sqlite_database, "1", LIGHT)
    service.wake()
    await asyncio.sleep(0.2)
    await service.stop(within=0.01)
    assert await all_cases(sqlite_database) == []
    again, channel = make_service(sqlite_database, town, tmp_path, KeywordClassifier())
    await again.start()
    await _until(lambda: len(channel.sent) == 1)
    await again.stop()
    assert len(await all_cases(sqlite_database)) == 1


async def test_two_engines_file_once(database: Database, town: Town, tmp_path: Path) -> None:
    first, sent_first = make_service(database, town, tmp_path, SlowKeywords(0.05))
    second, sent_second = make_service(database, town, tmp_path, SlowKeywords(0.05))
    for number in range(12):
        await receive(first, database, str(number % 4), f"朝晖路{number}号路灯坏了，请来修一下")
    await asyncio.gather(first.start(), second.start())
    await _until(lambda: len(sent_first.sent) + len(sent_second.sent) >= 12)
    await asyncio.gather(first.stop(), second.stop())
    assert len(await all_cases(database)) == 12
    assert len(sent_first.sent) + len(sent_second.sent) == 12


async def test_a_foreign_tag_class_is_understood(sqlite_database: Database, town: Town) -> None:
    class ForeignTag:
        def to_dict(self) -> dict[str, object]:
            return make_tag().to_dict()

    class Foreign(KeywordClassifier):
        async def classify(self, text: str) -> Tag:
            return ForeignTag()  # type: ignore[return-value]

    async with talk(sqlite_database, town, classifier=Foreign()) as chat:
        await chat.say(LIGHT)
        assert "路灯管理所" in chat.last.text


class SlowKeywords(KeywordClassifier):
    """Takes its time, and counts how many texts it had at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 0
        self.most = 0

    async def classify(self, text: str) -> Tag:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return await super().classify(text)


def make_service(
    database: Database, town: Town, folder: Path, classifier: KeywordClassifier
) -> tuple[BotService, MemoryChannel]:
    channel = MemoryChannel()
    service = BotService(
        database=database,
        classifier=classifier,
        town_provider=lambda: town,
        data_dir=folder,
        channels=(channel,),
    )
    return service, channel


async def receive(service: BotService, database: Database, chat: str, text: str) -> None:
    async with database.transaction() as session:
        await inbox.receive(
            session,
            channel="memory",
            external_id=f"{chat}:{text}",
            chat_key=chat,
            payload={"text": text, "message_key": text},
            now=service.engine._clock(),
        )


def _chat_of(case: object, channel: MemoryChannel) -> str:
    number = getattr(case, "number", "")
    return next(m.chat_key for m in channel.sent if number in m.text)


def _explode(*_: object) -> None:
    raise RuntimeError("a defect")


async def _until(met: object, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        # What is waited for knows no event.
        while not met():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class SlowClassifier(KeywordClassifier):
    """Takes as long as it is told to."""

    seconds = 0.0

    async def classify(self, text: str) -> Tag:
        await asyncio.sleep(self.seconds)
        return await super().classify(text)


async def test_typing_is_shown_only_while_an_answer_takes_long(
    sqlite_database: Database, town: Town, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = SlowClassifier()
    async with talk(sqlite_database, town, clock=clock, classifier=classifier) as chat:
        monkeypatch.setattr("bot.engine.TYPING_AFTER", 60)
        await chat.say(LIGHT)
        assert chat.channel.typed == []
        monkeypatch.setattr("bot.engine.TYPING_AFTER", 0.01)
        classifier.seconds = 0.5
        clock.advance(minutes=30)
        await chat.say("小区门口的井盖不见了，晚上走路很危险")
        assert len(chat.channel.typed) == 1
