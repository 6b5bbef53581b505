"""People and their ways in, for the command line and the first start.

await add_person(session, name, role, unit, town, now) -> token of the password link
await first_admin_link(database, now) -> token | None        None once an administrator logs in
parse_role(text) -> Role
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData
from cases.lifecycle import Role
from cases.models import User
from cases.storage.database import Database
from cases.town import Town
from intake_api.accounts.password_links import create_link
from intake_api.texts import load_texts
from intake_api.views import UNIT_ROLES

FIRST_ADMIN = "admin"
# A citizen has no desk and the machine logs in nowhere.
STAFF_ROLES = tuple(role for role in Role if role not in (Role.CITIZEN, Role.BOT))
TOKEN_ROLES = tuple(role for role in Role if role is not Role.CITIZEN)


async def add_person(
    session: AsyncSession,
    *,
    name: str,
    role: Role,
    unit_code: str | None,
    town: Town,
    now: datetime,
) -> str:
    """A new person, or a new link for one who lost theirs (role and unit are brought up to date).

    :raises InvalidData: no name, an unknown unit, or a unit missing where the role needs one
    """
    texts = load_texts("pages")["accounts"]
    name = name.strip()
    if not name or len(name) > 64:
        raise InvalidData(texts["bad_name"])
    check_unit(role, unit_code, town)
    user = await session.scalar(select(User).where(User.name == name))
    if user is None:
        user = User(name=name, role=role.value, active=True, created_at=now)
        session.add(user)
    user.role, user.unit_code = role.value, unit_code
    await session.flush()
    return await create_link(session, user.id, now)


def check_unit(role: Role, unit_code: str | None, town: Town) -> None:
    """Handlers belong to a unit of the town's list, others need none."""
    texts = load_texts("pages")["accounts"]
    if unit_code is not None and unit_code not in town.units:
        raise InvalidData(texts["unknown_unit"].format(units="、".join(town.units)))
    if role in UNIT_ROLES and unit_code is None:
        raise InvalidData(texts["unit_needed"])


async def first_admin_link(database: Database, now: datetime) -> str | None:
    """A link for the first administrator while nobody with that role has a password."""
    async with database.transaction() as session:
        admins = list(await session.scalars(select(User).where(User.role == Role.ADMIN.value)))
        if any(user.password_hash for user in admins):
            return None
        if not admins:
            admins = [User(name=FIRST_ADMIN, role=Role.ADMIN.value, active=True, created_at=now)]
            session.add(admins[0])
            await session.flush()
        return await create_link(session, admins[0].id, now)
