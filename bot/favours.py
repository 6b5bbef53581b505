"""What is done for the citizen besides cases: language, news, their data, links, their person;
in the engine's transaction, beside ``bot.deeds``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.dialogue.turn import (
    EndTalk,
    Follow,
    Forget,
    MakeLink,
    Mute,
    SetLanguage,
    TellHoldings,
)
from cases.callers.lines import leave_line
from cases.use_cases.act import lock_case
from cases.use_cases.chats import hand_back
from cases.use_cases.links import case_link
from cases.use_cases.privacy import forget_contact, list_holdings

if TYPE_CHECKING:
    from bot.deeds import Desk


async def _set_language(desk: Desk, action: SetLanguage) -> dict[str, Any]:
    desk.contact.language, desk.contact.language_chosen = action.language, True
    return {}


async def _mute(desk: Desk, action: Mute) -> dict[str, Any]:
    desk.contact.muted = action.muted
    return {}


async def _tell_holdings(desk: Desk, action: TellHoldings) -> dict[str, Any]:
    return asdict(await list_holdings(desk.session, desk.contact))


async def _forget(desk: Desk, action: Forget) -> dict[str, Any]:
    return {"cases": await forget_contact(desk.session, desk.contact, desk.now)}


async def _make_link(desk: Desk, action: MakeLink) -> dict[str, Any]:
    case = await lock_case(desk.session, action.case.number)
    return {"payload": await case_link(desk.session, case)}


async def _follow(desk: Desk, action: Follow) -> dict[str, Any]:
    case = await lock_case(desk.session, action.case.number)
    if case.contact_id is None and not case.anonymous:
        case.contact_id = desk.contact.id
        await leave_line(desk.session, case, desk.now)
    return {}


async def _end_talk(desk: Desk, action: EndTalk) -> dict[str, Any]:
    served = desk.contact.served_by is not None
    await hand_back(desk.session, desk.contact.id, person=None, now=desk.now)
    return {"served": served}


#: What is done for the citizen and touches no case's course.
FAVOURS: dict[type, Callable[[Desk, Any], Awaitable[dict[str, Any]]]] = {
    SetLanguage: _set_language,
    Mute: _mute,
    TellHoldings: _tell_holdings,
    Forget: _forget,
    MakeLink: _make_link,
    Follow: _follow,
    EndTalk: _end_talk,
}
