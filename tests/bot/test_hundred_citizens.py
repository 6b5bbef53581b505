"""A hundred citizens at once: 429s, time-outs, a few who blocked us, rubbish, two restarts.

Every message is answered, every case filed once, every chat worked off in the order it was
written. Prints how long answers took; what that is worth is said in ``benchmarks/conversation.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channel import Limits
from bot.telegram_channel.channel import TelegramChannel
from cases.models import Case, Contact, InboxMessage, OutboxMessage
from cases.storage.database import Database
from cases.town import Town
from tests.bot.crowd import MORE, Crowd, TimingServer, read_texts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
CITIZENS = 100


async def test_a_hundred_citizens_on_a_bad_day(
    sqlite_database: Database,
    town: Town,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TelegramChannel, "limits", Limits(overall=0.0, per_chat=0.0))
    source, texts = read_texts(CITIZENS)
    assert len(texts) == CITIZENS
    async with TimingServer().running() as server:
        assert isinstance(server, TimingServer)
        crowd = Crowd(sqlite_database, town, tmp_path, server, restarts=2)
        run = await crowd.play(texts, faults=True)
    with capsys.disabled():
        print(f"\n{CITIZENS} citizens, {source}: {run.describe()}")
    async with sqlite_database.reading() as session:
        contacts = {c.id: int(c.chat_key) for c in await session.scalars(select(Contact))}
        cases = list(await session.scalars(select(Case).order_by(Case.id)))
        inbox = list(await session.scalars(select(InboxMessage).order_by(InboxMessage.id)))
        outbox = list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
    check_every_case_is_filed_once(crowd, contacts, cases)
    check_every_message_is_answered(inbox, outbox)
    check_order(crowd, contacts, cases, inbox)


def check_every_case_is_filed_once(
    crowd: Crowd, contacts: dict[int, int], cases: list[Case]
) -> None:
    filed = [contacts[case.contact_id or 0] for case in cases]
    assert sorted(filed) == sorted(crowd.chats)
    for case in cases:
        assert case.text.startswith(crowd.chats[contacts[case.contact_id or 0]])


def check_every_message_is_answered(inbox: list[InboxMessage], outbox: list[OutboxMessage]) -> None:
    answers = {row.dedupe_key.split(":")[1]: row for row in outbox if row.kind == "reply"}
    malformed = 0
    for message in inbox:
        if message.state == "dead":
            malformed += 1
            assert message.error
            assert not message.chat_key, "only what cannot be read at all"
            continue
        assert message.state == "done"
        answer = answers[str(message.id)]
        refused = answer.state == "dead" and answer.error in ("Forbidden", "unreachable")
        assert answer.state in ("sent", "uncertain") or refused, (answer.state, answer.error)
    assert malformed > 0, "no rubbish was sent: the run proves less than it says"


def check_order(
    crowd: Crowd, contacts: dict[int, int], cases: list[Case], inbox: list[InboxMessage]
) -> None:
    numbers = re.compile(re.escape(MORE).replace(r"\{number\}", r"(\d)"))
    ordered = 0
    for case in cases:
        if contacts[case.contact_id or 0] in crowd.run.lost:
            continue
        assert numbers.findall(case.text) == ["1", "2"]
        ordered += 1
    assert ordered >= 90
    handled: dict[str, list[object]] = {}
    for message in inbox:
        handled.setdefault(message.chat_key, []).append(message.done_at)
    for moments in handled.values():
        known = [at for at in moments if at is not None]
        assert known == sorted(known)  # type: ignore[type-var]
