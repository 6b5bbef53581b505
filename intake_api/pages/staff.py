"""What every staff page needs: somebody logged in, and the queues beside them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.lifecycle import Role
from cases.use_cases.queues import count_queues
from intake_api.accounts.keys import now_of
from intake_api.accounts.sessions import Staff, load_staff
from intake_api.problem_json import Problem
from intake_api.views import READER_ROLES, UNIT_ROLES

INTAKE_ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
DESK_QUEUES = ("unaccepted", "undispatched", "overdue", "returned", "review", "wants_person", "all")
UNIT_QUEUES = ("mine", "overdue", "all")


async def require_staff(request: web.Request) -> Staff:
    """The person on this page; whoever is not logged in is sent to do so and comes back."""
    staff = await load_staff(request)
    if staff is None:
        back = quote(request.path_qs if request.method == "GET" else "/desk", safe="")
        raise web.HTTPFound(f"/login?next={back}")
    if staff.actor.role not in READER_ROLES:
        raise Problem("permission_denied")
    return staff


async def require_intake(request: web.Request) -> Staff:
    """Somebody who takes calls."""
    staff = await require_staff(request)
    if staff.actor.role not in INTAKE_ROLES:
        raise Problem("permission_denied")
    return staff


def queues_of(actor: Actor) -> tuple[str, ...]:
    """The queues this person works with, in the order of the tabs."""
    return UNIT_QUEUES if actor.role in UNIT_ROLES else DESK_QUEUES


def unit_of(actor: Actor) -> str | None:
    """The unit whose cases this person sees; None sees all."""
    return (actor.unit_code or "-") if actor.role in UNIT_ROLES else None


async def queue_tabs(request: web.Request, session: AsyncSession, actor: Actor) -> dict[str, int]:
    """Queue name -> how many wait, in the order of the tabs."""
    counts: dict[str, Any] = await count_queues(session, now=now_of(request), unit=unit_of(actor))
    return {name: counts[name] for name in queues_of(actor)}
