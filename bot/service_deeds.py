"""Runs what answers and errands ask for, in the engine's transaction; beside ``bot.deeds``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.dialogue.service_actions import (
    CancelErrand,
    FileConsultation,
    GiveAnswer,
    PlaceErrand,
    RequestErrand,
    SettleAnswer,
    ShowAnswer,
    SignErrand,
)
from bot.incoming import Incoming
from cases.errands.steps import ErrandState, ErrandStep
from cases.errors import CaseNotFound
from cases.models import Case, Consultation, Errand
from cases.use_cases.consultations import (
    choose_card,
    file_consultation,
    find_consultation,
    record_consultation,
    settle_consultation,
)
from cases.use_cases.errands import request_errand, step_errand

if TYPE_CHECKING:
    from bot.deeds import Desk

_SAME_WITHIN = timedelta(seconds=60)


async def _give(desk: Desk, action: GiveAnswer) -> dict[str, Any]:
    """The same question within a minute is one consultation."""
    latest = await desk.session.scalar(
        select(Consultation)
        .where(
            Consultation.contact_id == desk.contact.id,
            Consultation.at >= action.asked_at - _SAME_WITHIN,
        )
        .order_by(Consultation.id.desc())
        .limit(1)
    )
    if latest is not None and latest.text == action.text and latest.case_id is None:
        return {"id": latest.id}
    consultation = await record_consultation(
        desk.session,
        contact=desk.contact,
        text=action.text,
        tag=desk.tag,
        cards=[desk.town.answers.cards[code] for code in action.codes],
        asked_at=action.asked_at,
        now=desk.now,
    )
    return {"id": consultation.id}


async def _show(desk: Desk, action: ShowAnswer) -> dict[str, Any]:
    row = await find_consultation(desk.session, action.consultation_id, desk.contact.id)
    choose_card(row, desk.town.answers.cards[action.code], desk.now)
    return {"id": row.id}


async def _settle(desk: Desk, action: SettleAnswer) -> dict[str, Any]:
    row = await settle_consultation(desk.session, action.consultation_id, desk.contact.id, desk.now)
    return {"id": row.id}


async def file_question(desk: Desk, action: FileConsultation, incoming: Incoming) -> Case:
    """The consultation's words as a case of this citizen."""
    return await file_consultation(
        desk.session,
        action.consultation_id,
        contact=desk.contact,
        more=action.more,
        town=desk.town,
        now=desk.now,
    )


async def _request(desk: Desk, action: RequestErrand) -> dict[str, Any]:
    """The same item asked for again while it waits for a runner is the same errand."""
    book = desk.town.errands
    waiting = await desk.session.scalar(
        select(Errand)
        .where(
            Errand.contact_id == desk.contact.id,
            Errand.item_code == action.item,
            Errand.state == ErrandState.REQUESTED,
        )
        .order_by(Errand.id.desc())
        .limit(1)
    )
    if waiting is not None and action.area is not None and waiting.area is None:
        place = {"runner": action.runner, "area": action.area}
        return await _step(desk, waiting.id, ErrandStep.CHANGE, place)
    if waiting is not None:
        return _view(waiting)
    errand = await request_errand(
        desk.session,
        contact=desk.contact,
        text=action.text,
        item=book.items[action.item],
        runner=book.runners[action.runner],
        area=action.area,
        town=desk.town,
        now=desk.now,
    )
    return _view(errand)


async def _place(desk: Desk, action: PlaceErrand) -> dict[str, Any]:
    data = {"runner": action.runner, "area": action.area}
    return await _step(desk, action.errand_id, ErrandStep.CHANGE, data)


async def _sign(desk: Desk, action: SignErrand) -> dict[str, Any]:
    step = ErrandStep.CONFIRM if action.received else ErrandStep.OBJECT
    return await _step(desk, action.errand_id, step, {})


async def _cancel(desk: Desk, action: CancelErrand) -> dict[str, Any]:
    return await _step(desk, action.errand_id, ErrandStep.CANCEL, {})


async def _step(
    desk: Desk, errand_id: int, step: ErrandStep, data: dict[str, Any]
) -> dict[str, Any]:
    found = await desk.session.get(Errand, errand_id)
    if found is None:
        raise CaseNotFound
    errand = await step_errand(
        desk.session,
        found.number,
        step,
        data,
        actor=desk.citizen,
        town=desk.town,
        now=desk.now,
    )
    return _view(errand)


def _view(errand: Errand) -> dict[str, Any]:
    return {
        "id": errand.id,
        "number": errand.number,
        "take_due": errand.take_due_at,
        "due": errand.due_at,
    }


SERVICE_FAVOURS: dict[type, Callable[[Desk, Any], Awaitable[dict[str, Any]]]] = {
    GiveAnswer: _give,
    ShowAnswer: _show,
    SettleAnswer: _settle,
    RequestErrand: _request,
    PlaceErrand: _place,
    SignErrand: _sign,
    CancelErrand: _cancel,
}
