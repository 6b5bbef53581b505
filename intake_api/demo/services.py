"""What the demo shows beside cases: questions answered at once, errands, chats, places.

    service_writers(town, now) -> one writer for each row, to be called in a transaction of its own

Rows are in ``services.toml``. The people write in the browser chat: a message to an invented chat
of another channel would really be sent. A town without the sample's card or errand goes without
the row.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errands.steps import ErrandStep
from cases.lifecycle import Role
from cases.models import Contact
from cases.town import Town
from cases.use_cases.chats import answer_chat, ask_for_chat, note_said, take_chat
from cases.use_cases.consultations import (
    file_consultation,
    record_consultation,
    settle_consultation,
)
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.errands import request_errand, step_errand
from cases.use_cases.file_case import CaseDraft, file_case
from cases.use_cases.places import PlaceDraft, add_place, set_active
from intake_api.demo.rows import read_rows, read_tag

Row = dict[str, Any]
Writer = Callable[[AsyncSession], Awaitable[None]]
CHANNEL = "web"
_SETTLED_AFTER = timedelta(minutes=2)


def service_writers(town: Town, now: datetime) -> list[Writer]:
    """Everything of ``services.toml`` that this town can show."""
    rows = read_rows("services.toml")
    return [
        _bound(add, row, town, now)
        for kind, add in _KINDS.items()
        for row in rows[kind]
        if _fits(kind, row, town)
    ]


def _bound(add: Callable[..., Awaitable[None]], row: Row, town: Town, now: datetime) -> Writer:
    return lambda session: add(session, row, town, now)


def _fits(kind: str, row: Row, town: Town) -> bool:
    if kind == "consultation":
        return row["card"] in town.answers.cards
    return kind != "errand" or bool(town.errands.pick_items(row["text"]))


async def _add_consultation(session: AsyncSession, row: Row, town: Town, now: datetime) -> None:
    asked = now - timedelta(hours=row["hours_ago"])
    contact = await _add_contact(session, row["name"], asked)
    tag = read_tag(row, town)
    consultation = await record_consultation(
        session,
        contact=contact,
        text=row["text"],
        tag=tag,
        cards=[town.answers.cards[row["card"]]],
        asked_at=asked,
        now=asked,
    )
    later = asked + _SETTLED_AFTER
    if row.get("outcome") == "solved":
        await settle_consultation(session, consultation.id, contact.id, later)
    elif row.get("outcome") == "filed":
        await file_consultation(
            session, consultation.id, contact=contact, more=row["more"], town=town, now=later
        )


async def _add_errand(session: AsyncSession, row: Row, town: Town, now: datetime) -> None:
    asked = now - timedelta(hours=row["hours_ago"])
    contact = await _add_contact(session, row["name"], asked)
    runner, area = town.errands.find_runner(row["text"])
    errand = await request_errand(
        session,
        contact=contact,
        text=row["text"],
        item=town.errands.pick_items(row["text"])[0],
        runner=runner,
        area=area,
        town=town,
        now=asked,
    )
    pause = (now - asked) / (len(row["steps"]) + 1)
    for position, step in enumerate(row["steps"], start=1):
        citizen = step["by"] == "citizen"
        await step_errand(
            session,
            errand.number,
            ErrandStep(step["do"]),
            {name: value for name, value in step.items() if name not in ("by", "do")},
            actor=Actor.citizen(contact.id) if citizen else _person(step["by"]),
            town=town,
            now=asked + pause * position,
        )


async def _add_chat(session: AsyncSession, row: Row, town: Town, now: datetime) -> None:
    began = now - timedelta(minutes=row["minutes_ago"])
    case = row.get("case")
    first = now - timedelta(hours=case["hours_ago"]) if case else began
    contact = await _add_contact(session, row["name"], first)
    if case:
        draft = CaseDraft(
            text=case["text"],
            channel=CHANNEL,
            tag=read_tag(case, town),
            contact_id=contact.id,
            place_text=case["place"],
            received_at=first,
        )
        await file_case(session, draft, actor=Actor.citizen(contact.id), town=town, now=first)
    await ask_for_chat(session, contact, began)
    pause = (now - began) / (len(row["said"]) + 1)
    for position, line in enumerate(row["said"], start=1):
        at = began + pause * position
        if line["by"] == "citizen":
            await note_said(session, contact, line["text"], at)
            continue
        person = _person(line["by"]).name
        await take_chat(session, contact.id, person=person, now=at)
        await answer_chat(session, contact.id, line["text"], person=person, now=at)


async def _add_place(session: AsyncSession, row: Row, town: Town, now: datetime) -> None:
    draft = PlaceDraft(row["name"], row.get("latitude"), row.get("longitude"))
    actor = _person(Role.DISPATCHER)
    place = await add_place(session, draft, actor=actor, now=now - timedelta(days=3))
    if row.get("off"):
        await set_active(session, place.token, active=False, actor=actor, now=now)


async def _add_contact(session: AsyncSession, name: str, now: datetime) -> Contact:
    return await upsert_contact(
        session,
        channel=CHANNEL,
        chat_key=f"demo-{secrets.token_hex(16)}",
        display_name=name,
        now=now,
    )


def _person(role: str) -> Actor:
    return Actor(Role(role), f"demo-{Role(role).value}")


_KINDS: dict[str, Callable[..., Awaitable[None]]] = {
    "consultation": _add_consultation,
    "errand": _add_errand,
    "chat": _add_chat,
    "place": _add_place,
}
