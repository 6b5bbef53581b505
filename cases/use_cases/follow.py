"""让当事人在聊天里跟进: a caller's case gets a link that binds it to the caller's own chat.

may_show_link(actor, case) -> bool
await show_link(session, number, actor=…, now=…) -> str     the payload; writes who asked for it
showed_link(history, actor, now) -> bool                    whether this person did so just now

Whoever opens the link first speaks for the citizen from then on: it is shown to those who are shown
the tracking code, and every time leaves a line in the history.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import PermissionDenied, RuleBroken
from cases.history import append_history
from cases.lifecycle import Role
from cases.models import Case, HistoryEntry
from cases.use_cases.act import lock_case
from cases.use_cases.links import case_link

#: The line in the history; no step of the lifecycle, and nothing the citizen is told.
SHOWN = "show_link"
ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
#: How long the link stays on the page of whoever asked for it.
STAYS = timedelta(minutes=30)


def may_show_link(actor: Actor, case: Case) -> bool:
    """An anonymous case is bound to no chat, one that has its chat to no other."""
    return actor.role in ROLES and case.contact_id is None and not case.anonymous


async def show_link(session: AsyncSession, number: str, *, actor: Actor, now: datetime) -> str:
    """``case_<token>``. Raises ``CaseNotFound``, ``PermissionDenied``, ``RuleBroken``."""
    case = await lock_case(session, number)
    if actor.role not in ROLES:
        raise PermissionDenied("只有坐席、派单员和管理员能调出跟进链接。")
    if case.anonymous:
        raise RuleBroken("匿名诉求不绑定聊天，请告诉诉求人凭编号和查询码在网页查询。")
    if case.contact_id is not None:
        raise RuleBroken("这件诉求已经绑定聊天，不用再发链接。")
    payload = await case_link(session, case)
    await append_history(
        session,
        case,
        action=SHOWN,
        from_state=case.state,
        actor=actor,
        data={},
        citizen_text=None,
        now=now,
    )
    return payload


def showed_link(history: Iterable[HistoryEntry], actor: Actor, now: datetime) -> bool:
    """Whether this person asked for the link a short while ago."""
    return any(
        entry.action == SHOWN and entry.actor_name == actor.name and now - entry.at <= STAYS
        for entry in history
    )
