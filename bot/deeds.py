"""Runs what the dialogue decided, as use cases of ``cases``, in the engine's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.facts import Facts
from bot.dialogue.turn import (
    Action,
    ChooseCategory,
    FileCase,
    LeaveToPerson,
    Note,
    Outcome,
    Rate,
    Reopen,
    Supplement,
    Withdraw,
)
from bot.gathering import view_case
from bot.incoming import Incoming, IncomingFile
from cases import lifecycle
from cases.actors import Actor
from cases.classification import Tag
from cases.errors import CaseError
from cases.lifecycle import State
from cases.models import Case, Contact
from cases.town import Town
from cases.use_cases.act import lock_case, perform
from cases.use_cases.citizen import amend_case, ask_for_person, confirm_tag
from cases.use_cases.file_case import AttachmentDraft, CaseDraft, file_case


@dataclass(frozen=True)
class Desk:
    """Where a deed is done: the transaction, whose it is, the town and the moment."""

    session: AsyncSession
    contact: Contact
    town: Town
    now: datetime
    tag: Tag | None

    @property
    def citizen(self) -> Actor:
        """The one who acts."""
        return Actor.citizen(self.contact.id)

    async def perform(self, case: Case, action: lifecycle.Action, data: dict[str, Any]) -> None:
        """A step of the lifecycle; the dialogue tells the citizen, so no notice is queued."""
        await perform(
            self.session,
            case,
            action,
            data,
            actor=self.citizen,
            town=self.town,
            now=self.now,
            notify=False,
        )


async def run_action(desk: Desk, action: Action, incoming: Incoming, facts: Facts) -> Outcome:
    """Do it; a refusal by the rules becomes a sentence and leaves nothing half done."""
    try:
        async with desk.session.begin_nested():
            case = await _DEEDS[type(action)](desk, action, incoming)
    except CaseError as refused:
        return Outcome(refused=refused.sentence)
    return Outcome(case=view_case(case))


async def _file(desk: Desk, action: FileCase, incoming: Incoming) -> Case:
    location = action.location
    draft = CaseDraft(
        text=action.text,
        channel=desk.contact.channel,
        tag=None if action.for_person else desk.tag,
        contact_id=desk.contact.id,
        place_text=action.place,
        latitude=location.latitude if location else None,
        longitude=location.longitude if location else None,
        received_at=incoming.at,
        attachments=_drafts(action.files),
    )
    case = await file_case(desk.session, draft, actor=desk.citizen, town=desk.town, now=desk.now)
    if action.for_person:
        await ask_for_person(desk.session, case, now=desk.now)
    return case


async def _choose(desk: Desk, action: ChooseCategory, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    return await confirm_tag(
        desk.session,
        case,
        action.category,
        actor=desk.citizen,
        town=desk.town,
        now=desk.now,
    )


async def _leave(desk: Desk, action: LeaveToPerson, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    await ask_for_person(desk.session, case, now=desk.now)
    if action.because:
        await desk.perform(case, lifecycle.Action.NOTE, {"text": action.because})
    return case


async def _supplement(desk: Desk, action: Supplement, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    if case.state == State.REJECTED and action.text:
        await desk.perform(case, lifecycle.Action.OBJECT, {"reason": action.text})
        return case
    location = action.location
    place = action.place or (location.title if location else None)
    return await amend_case(
        desk.session,
        case,
        actor=desk.citizen,
        town=desk.town,
        now=desk.now,
        text=action.text or None,
        replaces=action.amends,
        place_text=place,
        latitude=location.latitude if location else None,
        longitude=location.longitude if location else None,
        attachments=_drafts(action.files),
        notify=False,
    )


async def _note(desk: Desk, action: Note, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    await desk.perform(case, lifecycle.Action.NOTE, {"text": action.text})
    return case


async def _withdraw(desk: Desk, action: Withdraw, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    await desk.perform(case, lifecycle.Action.WITHDRAW, {})
    return case


async def _rate(desk: Desk, action: Rate, incoming: Incoming) -> Case:
    """A rating; "no" to an answer given at intake hands the matter to a person."""
    case = await lock_case(desk.session, action.case.number)
    if action.satisfaction is not None:
        data = {"satisfaction": action.satisfaction, "solved": action.solved}
        await desk.perform(case, lifecycle.Action.RATE, data)
    elif action.solved == "no":
        await desk.perform(case, lifecycle.Action.REOPEN, {"reason": "诉求人表示没有解决"})
    else:
        await desk.perform(case, lifecycle.Action.CLOSE, {})
    return case


async def _reopen(desk: Desk, action: Reopen, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    await desk.perform(case, lifecycle.Action.REOPEN, {"reason": "诉求人表示没有解决"})
    return case


def _drafts(files: tuple[IncomingFile, ...]) -> tuple[AttachmentDraft, ...]:
    return tuple(
        AttachmentDraft(
            kind=file.kind.value,
            mime=file.mime,
            name=file.name,
            size=file.size,
            path=file.path,
            external_file_id=file.external_file_id,
        )
        for file in files
    )


_DEEDS: dict[type, Callable[[Desk, Any, Incoming], Awaitable[Case]]] = {
    FileCase: _file,
    ChooseCategory: _choose,
    LeaveToPerson: _leave,
    Supplement: _supplement,
    Note: _note,
    Withdraw: _withdraw,
    Rate: _rate,
    Reopen: _reopen,
}
