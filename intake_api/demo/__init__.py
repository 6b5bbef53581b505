"""``huying serve --demo``: one person for each role, and something to look at on every page.

    await add_demo(database, town, now) -> lines to print

Runs once: where the first demo person exists nothing happens again. Everything goes through the
same use cases as what is real, at times in the past, so histories and deadlines are genuine. Cases
are added here, what the other pages show in ``services``; both are rows in the ``.toml`` files.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Case, User
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.file_case import CaseDraft, file_case
from intake_api.accounts.passwords import Passwords, readable_password
from intake_api.accounts.staff_accounts import STAFF_ROLES
from intake_api.demo.rows import read_rows, read_tag
from intake_api.demo.services import service_writers
from intake_api.texts import load_texts
from intake_api.views import UNIT_ROLES

DEMO_UNIT = "lighting_office"


async def add_demo(
    database: Database, town: Town, now: datetime, passwords: Passwords | None = None
) -> list[str]:
    """Add people and cases; the lines tell who can log in and how."""
    texts = load_texts("pages")["demo"]
    # Invented callers have numbers that may be somebody's: they wait to be called instead.
    callers = {**town.policy.get("callers", {}), "sms": False}
    town = replace(town, policy={**town.policy, "callers": callers})
    roles = [role for role in STAFF_ROLES if role is not Role.ADMIN]
    async with database.reading() as session:
        known = await session.scalar(select(User).where(User.name == f"demo-{roles[0].value}"))
    if known is not None:
        return [texts["there"]]
    hasher = passwords or Passwords()
    password = readable_password()
    password_hash = await hasher.hash(password)
    hasher.close()
    async with database.transaction() as session:
        for role in roles:
            session.add(_person(role, password_hash, now))
    for row in read_rows("cases.toml")["case"]:
        # One transaction each: a reader of the young server never waits for all of them.
        async with database.transaction() as session:
            await _add_case(session, row, town, now)
    for write in service_writers(town, now):
        async with database.transaction() as session:
            await write(session)
    names = "  ".join(f"demo-{role.value}" for role in roles)
    return [texts["people"].format(names=names), texts["password"].format(password=password)]


def _person(role: Role, password_hash: str, now: datetime) -> User:
    return User(
        name=f"demo-{role.value}",
        role=role.value,
        unit_code=DEMO_UNIT if role in UNIT_ROLES else None,
        password_hash=password_hash,
        active=True,
        created_at=now,
    )


async def _add_case(session: AsyncSession, row: dict[str, Any], town: Town, now: datetime) -> None:
    """File one case and walk it along its path."""
    started = now - timedelta(hours=row["hours_ago"])
    steps = [*read_rows("cases.toml")["paths"].get(row.get("path", ""), []), *row.get("steps", [])]
    draft = CaseDraft(
        text=row["text"],
        channel=row.get("channel", "web"),
        tag=read_tag(row, town),
        caller_name=row.get("caller_name"),
        caller_phone=row.get("caller_phone"),
        place_text=row.get("place"),
        anonymous=row.get("anonymous", False),
        received_at=started,
    )
    actor = Actor(Role.AGENT, "demo-agent") if draft.channel == "phone" else Actor.citizen(None)
    case = await file_case(session, draft, actor=actor, town=town, now=started)
    pause = timedelta(hours=row["hours_ago"]) / (len(steps) + 1)
    for position, step in enumerate(steps, start=1):
        when = started + pause * position
        await _take(session, case, step, town, when)


async def _take(
    session: AsyncSession, case: Case, step: dict[str, Any], town: Town, when: datetime
) -> None:
    role = Role(step["by"])
    unit = case.lead_unit if role in UNIT_ROLES else None
    data = {
        name: _filled(value, case, when) for name, value in step.items() if name not in ("by", "do")
    }
    actor = Actor(role, f"demo-{role.value}", unit_code=unit)
    await act(session, case.number, step["do"], data, actor=actor, town=town, now=when)


def _filled(value: Any, case: Case, when: datetime) -> Any:
    """``{+3}`` is the day three days on, ``{due+3}`` three days after the deadline."""
    if isinstance(value, str) and value.startswith("{"):
        base = (case.due_at or when) if "due" in value else when
        days = int(value.partition("+")[2].rstrip("}"))
        return (base + timedelta(days=days)).date().isoformat()
    return value
