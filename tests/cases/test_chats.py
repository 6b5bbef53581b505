"""Chats with a person, links and forgetting, on either database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cases import inbox
from cases.actors import Actor
from cases.errors import InvalidData, RuleBroken
from cases.models import Case, Contact, InboxMessage, OutboxMessage
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.chats import (
    answer_chat,
    ask_for_chat,
    count_ahead,
    hand_back,
    is_served,
    list_chats,
    note_said,
    read_chat,
    take_chat,
)
from cases.use_cases.citizen import mark_unreachable, upsert_contact
from cases.use_cases.file_case import file_case
from cases.use_cases.links import case_link, find_linked_case, find_linked_place
from cases.use_cases.privacy import forget_contact, list_holdings


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
        for number in (1, 2):
            await inbox.receive(
                session, channel="test", external_id=f"77:c1:{number}", chat_key="c1",
                payload={"text": "路灯坏了"}, now=now,
            )  # fmt: skip
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
        for row in await session.scalars(select(InboxMessage)):
            assert row.payload == {}
            assert row.external_id.startswith("forgotten:"), "no number of the channel's"
            assert row.chat_key == contact.chat_key, "the shell's key, not the person's"


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
