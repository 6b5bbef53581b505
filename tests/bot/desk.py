"""What the staff do in a test of the bot: short names for the steps of the lifecycle."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Attachment, Case, OutboxMessage
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.act import act

DISPATCHER = Actor(Role.DISPATCHER, "指挥室 周")


async def all_cases(database: Database) -> list[Case]:
    async with database.reading() as session:
        return list(await session.scalars(select(Case).order_by(Case.id)))


async def newest_case(database: Database) -> Case:
    return (await all_cases(database))[-1]


async def attachments_of(database: Database, case: Case) -> list[Attachment]:
    async with database.reading() as session:
        found = await session.scalars(
            select(Attachment).where(Attachment.case_id == case.id).order_by(Attachment.id)
        )
        return list(found)


async def outbox_rows(database: Database) -> list[OutboxMessage]:
    async with database.reading() as session:
        return list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


async def settle_case(
    database: Database, town: Town, case: Case, now: datetime, *, text: str = "路灯已修好。"
) -> None:
    """From dispatched to closed: the unit signs, calls, replies; the dispatcher closes."""
    handler = Actor(Role.HANDLER, "承办 李", unit_code=case.lead_unit)
    steps = [
        ("sign", {}, handler),
        ("contact", {"method": "phone", "content": "明天去看"}, handler),
        ("reply", {"outcome": "solved", "text": text}, handler),
        ("close", {}, DISPATCHER),
    ]
    current = (await all_cases(database))[[c.id for c in await all_cases(database)].index(case.id)]
    if current.state == "reopened":
        steps = steps[1:]
    for action, data, actor in steps:
        async with database.transaction() as session:
            await act(session, case.number, action, data, actor=actor, town=town, now=now)


async def dispatch_case(database: Database, town: Town, case: Case, now: datetime) -> None:
    """A dispatcher takes over what the machine left to a person."""
    async with database.transaction() as session:
        await act(
            session,
            case.number,
            "accept",
            {"category": "zf.light", "request_type": "help", "urgency": "normal"},
            actor=DISPATCHER,
            town=town,
            now=now,
        )
        await act(
            session, case.number, "dispatch", {"unit": "lamp"}, actor=DISPATCHER, town=town, now=now
        )
