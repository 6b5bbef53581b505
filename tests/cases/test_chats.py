"""Chats with a person, links and forgetting, on either database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import inbox
from cases.actors import Actor
from cases.errors import InvalidData, RuleBroken
from cases.lifecycle import Role
from cases.models import Case, Contact, InboxMessage, OutboxMessage
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases import act as engine
from cases.use_cases import chats
from cases.use_cases.chats import (
    answer_chat,
    ask_for_chat,
    count_ahead,
    hand_back,
    is_served,
    list_chats,
    note_said,
    read_chat,
    set_blocked,
    take_chat,
)
from cases.use_cases.contacts import mark_unreachable, upsert_contact
from cases.use_cases.file_case import AttachmentDraft, file_case
from cases.use_cases.links import case_link, find_linked_case, find_linked_place
from cases.use_cases.privacy import forget_contact, list_holdings

DISPATCHER = Actor(Role.DISPATCHER, "王派单")


async def make_contact(database: Database, now: datetime, key: str = "c1") -> int:
    async with database.transaction() as session:
        contact = await upsert_contact(
            session, channel="test", chat_key=key, display_name="王女士", user_key="u1", now=now
        )
        return contact.id


async def make_case(database: Database, town: Town, contact_id: int, now: datetime) -> int:
    async with database.transaction() as session:
        case = await file_case(
            session, make_draft(contact_id=contact_id), actor=Actor.bot(), town=town, now=now
        )
        return case.id


async def test_longest_wait_comes_first(database: Database, now: datetime) -> None:
    first, second = await make_contact(database, now, "c1"), await make_contact(database, now, "c2")
    for number, contact_id in enumerate((first, second, first)):
        async with database.transaction() as session:
            contact = await session.get_one(Contact, contact_id)
            await ask_for_chat(session, contact, now + timedelta(minutes=number))
            ahead = await count_ahead(session, contact)
            assert ahead == (1 if contact_id == second else 0)
    async with database.reading() as session:
        waiting = (await list_chats(session)).waiting
    assert [row.contact.id for row in waiting] == [first, second]


async def test_who_is_blocked_or_served_takes_no_place_from_who_waits(
    database: Database, town: Town, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "_MOST_CHATS", 2)
    for number in range(9):
        contact_id = await make_contact(database, now, f"c{number}")
        await make_case(database, town, contact_id, now)
        async with database.transaction() as session:
            contact = await session.get_one(Contact, contact_id)
            if number < 3:
                await set_blocked(session, contact_id, True)
            elif number < 6:
                await take_chat(session, contact_id, person="陈", now=now)
            else:
                await ask_for_chat(session, contact, now - timedelta(minutes=number))
                await note_said(session, contact, "有人吗", now)
                await note_said(session, contact, "到底哪天来", now)
    async with database.reading() as session:
        shown = await list_chats(session)
    assert [row.contact.chat_key for row in shown.waiting] == ["c8", "c7"]
    assert all(row.last and row.last.text == "到底哪天来" and row.number for row in shown.waiting)
    assert [row.contact.chat_key for row in shown.served] == ["c3", "c4"]
    assert [row.contact.chat_key for row in shown.blocked] == ["c2", "c1"]


async def test_a_file_for_a_citizen_whose_case_takes_a_step(
    database: Database, town: Town, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file points at the case, the step's notice at the citizen: neither is broken off."""
    chat = await make_contact(database, now)
    case_id = await make_case(database, town, chat, now)
    held, lock = asyncio.Event(), engine.lock_case
    async with database.transaction() as session:
        await take_chat(session, chat, person="陈", now=now)
        number = (await session.get_one(Case, case_id)).number

    async def lock_and_linger(session: AsyncSession, number: str) -> Case:
        case = await lock(session, number)
        held.set()
        await asyncio.sleep(0.4)
        return case

    async def step() -> None:
        unit = next(code for code in sorted(town.units) if code != "lighting_office")
        data = {"unit": unit, "reason": "不归我们"}
        async with database.transaction() as session:
            await engine.act(
                session, number, "reassign", data, actor=DISPATCHER, town=town, now=now
            )

    async def send_file() -> None:
        await held.wait()
        file = AttachmentDraft("photo", "image/jpeg", "a.jpg", 3, "aa/a.jpg")
        async with database.transaction() as session:
            await answer_chat(session, chat, "请看", person="陈", now=now, files=(file,))

    monkeypatch.setattr(engine, "lock_case", lock_and_linger)
    await asyncio.wait_for(asyncio.gather(step(), send_file()), 30)
    async with database.reading() as session:
        rows = await session.scalars(select(OutboxMessage.kind))
        assert {"notice.reassign", "person"} <= set(rows)


async def test_one_person_at_a_time_and_only_with_the_chat(
    database: Database, town: Town, now: datetime
) -> None:
    chat = await make_contact(database, now)
    async with database.transaction() as session:
        with pytest.raises(RuleBroken, match="先接入"):
            await answer_chat(session, chat, "您好", person="陈", now=now)
        contact = await take_chat(session, chat, person="陈", now=now)
        assert is_served(contact, town, now)
        assert not is_served(contact, town, now + timedelta(hours=2))
        await note_said(session, contact, "到底哪天来", now)
        with pytest.raises(RuleBroken, match="陈正在接待"):
            await take_chat(session, chat, person="李", now=now)
        with pytest.raises(InvalidData):
            await answer_chat(session, chat, " ", person="陈", now=now)
        await answer_chat(session, chat, "明天。", person="陈", now=now)
        with pytest.raises(RuleBroken):
            await hand_back(session, chat, person="李", now=now)
        await hand_back(session, chat, person="陈", now=now)
    async with database.reading() as session:
        _, said, _ = await read_chat(session, chat)
        rows = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        sent = [row.payload["text"] for row in rows]
    assert [line.text for line in said][1:3] == ["到底哪天来", "明天。"]
    assert len(sent) == 3
    assert sent[1] == "陈：明天。"


async def test_unreachable_with_an_open_case_is_listed(
    database: Database, town: Town, now: datetime
) -> None:
    chat = await make_contact(database, now)
    await make_case(database, town, chat, now)
    await make_case(database, town, chat, now)
    async with database.transaction() as session:
        await mark_unreachable(session, "test", "c1")
    async with database.reading() as session:
        (lost,) = (await list_chats(session)).lost
    assert lost.contact.id == chat


async def test_forgetting_leaves_the_matter_and_no_person(
    database: Database, town: Town, now: datetime
) -> None:
    chat = await make_contact(database, now)
    case_id = await make_case(database, town, chat, now)
    async with database.transaction() as session:
        for name in ("77:c1:1", "77:c1:2", f"timeout:{chat}:1", "77:c1:3"):
            await inbox.receive(
                session, channel="test", external_id=name, chat_key="c1",
                payload={"text": "路灯坏了"}, now=now,
            )  # fmt: skip
        (read,) = await inbox.claim(session, now=now)
        await inbox.finish(session, read.id, now)
        await inbox.claim(session, now=now)  # the request: being read while it is carried out
        contact = await session.get_one(Contact, chat)
        await note_said(session, contact, "我是王女士", now)
        held = await list_holdings(session, contact)
        assert (held.cases, held.has_name, len(held.numbers)) == (1, True, 1)
        assert await forget_contact(session, contact, now) == 1
    async with database.reading() as session:
        case = await session.get_one(Case, case_id)
        assert (case.contact_id, case.anonymous) == (None, True)
        assert "路灯" in case.text, "what was reported stays"
        contact = await session.get_one(Contact, chat)
        assert (contact.display_name, contact.user_key) == (None, None)
        assert contact.chat_key.startswith("forgotten:")
        _, said, cases = await read_chat(session, chat)
        assert (said, cases) == ([], [])
        *read_before, unread = await session.scalars(select(InboxMessage).order_by(InboxMessage.id))
        assert len(read_before) == 2, "our own reminder is gone"
        for row in read_before:
            assert row.payload == {}
            assert row.external_id.startswith("forgotten:"), "no number of the channel's"
            assert row.chat_key == contact.chat_key, "the shell's key, not the person's"
        assert (unread.payload, unread.chat_key) == ({"text": "路灯坏了"}, "c1"), "sent afterwards"


async def test_links_are_random_and_lead_to_one_case(
    database: Database, town: Town, now: datetime
) -> None:
    chat = await make_contact(database, now)
    payloads = []
    for _ in range(2):
        case_id = await make_case(database, town, chat, now)
        async with database.transaction() as session:
            case = await session.get_one(Case, case_id)
            payloads.append(await case_link(session, case))
            assert await case_link(session, case) == payloads[-1], "the same each time"
    assert len(set(payloads)) == 2
    async with database.reading() as session:
        found = await find_linked_case(session, payloads[1])
        assert found is not None
        assert found.id == case_id
        for wrong in ("case_", "case_short", payloads[0] + "x", "loc_" + payloads[0][5:], "' or 1"):
            assert await find_linked_case(session, wrong) is None
            assert await find_linked_place(session, wrong) is None
