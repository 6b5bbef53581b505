"""``huying users`` and ``huying tokens``: who may come in. Secrets are printed once, last line."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import ApiToken, User
from intake_api.accounts.auth import create_token
from intake_api.accounts.keys import utc_now
from intake_api.accounts.staff_accounts import STAFF_ROLES, TOKEN_ROLES, add_person, check_unit
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, option, settings_from
from intake_api.settings import Settings

users = typer.Typer(help="People who log in to the desk.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens of other systems.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="name of the person or system")]
Unit = Annotated[str | None, option("--unit", help="code of the unit, for handlers")]


def _role(text: str, allowed: tuple[Role, ...]) -> Role:
    try:
        role = Role(text)
    except ValueError:
        role = None
    if role not in allowed:
        raise typer.BadParameter(f"--role {text}: choose from {', '.join(allowed)}")
    return role


@users.command("add")
def add_user(
    name: Name,
    role: Annotated[str, option("--role", help="role at the desk: " + ", ".join(STAFF_ROLES))],
    unit: Unit = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a person and print their password link."""
    chosen = _role(role, STAFF_ROLES)
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    token = run_async(_add_user(settings, name, chosen, unit))
    print(f"{name}（{chosen.value}）已添加。请用下面的链接设置口令，三天内有效，只能用一次：")
    print(f"{settings.address}/setup?token={token}")


async def _add_user(settings: Settings, name: str, role: Role, unit: str | None) -> str:
    async with opened(settings) as (database, town), database.transaction() as session:
        return await add_person(
            session, name=name, role=role, unit_code=unit, town=town, now=utc_now()
        )


@users.command("list")
def list_users(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Everybody who may log in."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    for user in run_async(_users(settings)):
        ready = "" if user.password_hash else "  （还没有设口令）"
        print(f"{user.name}  {user.role}  {user.unit_code or ''}{ready}")


async def _users(settings: Settings) -> list[User]:
    async with opened(settings) as (database, _), database.reading() as session:
        return list(await session.scalars(select(User).order_by(User.id)))


@tokens.command("create")
def create(
    name: Name,
    role: Annotated[str, option("--role", help="role of the token: " + ", ".join(TOKEN_ROLES))],
    unit: Unit = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a token and print it; it is not shown again."""
    chosen = _role(role, TOKEN_ROLES)
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    token = run_async(_create(settings, name, chosen, unit))
    print(f"{name}（{chosen.value}）的访问令牌，只显示这一次：")
    print(token)


async def _create(settings: Settings, name: str, role: Role, unit: str | None) -> str:
    async with opened(settings) as (database, town), database.transaction() as session:
        check_unit(role, unit, town)
        return await create_token(session, name=name[:64], role=role, unit_code=unit, now=utc_now())


@tokens.command("revoke")
def revoke(name: Name, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Void every token of that name at once."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    print(f"已作废 {run_async(_revoke(settings, name))} 个令牌。")


async def _revoke(settings: Settings, name: str) -> int:
    async with opened(settings) as (database, _), database.transaction() as session:
        wanted = select(ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        rows = list(await session.scalars(wanted))
        for row in rows:
            row.revoked_at = utc_now()
        return len(rows)
