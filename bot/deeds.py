"""Runs what the dialogue decided, as use cases of ``cases``, in the engine's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.case_joins import count_joins, join_case
from bot.dialogue.facts import Facts
from bot.dialogue.service_actions import FileConsultation
from bot.dialogue.turn import (
    Action,
    ChooseCategory,
    FileCase,
    FileSeveral,
    JoinCase,
    LeaveToPerson,
    Note,
    Outcome,
    Rate,
    Reopen,
    SayWord,
    Supplement,
    Withdraw,
)
from bot.favours import FAVOURS
from bot.gathering import view_case
from bot.incoming import Incoming, IncomingFile
from bot.service_deeds import SERVICE_FAVOURS, file_question
from cases import lifecycle
from cases.actors import Actor
from cases.classification import Tag
from cases.errors import CaseError
from cases.lifecycle import State
from cases.models import Case, Contact
from cases.town import Town
from cases.use_cases.act import lock_case, perform
from cases.use_cases.amendments import amend_case, ask_for_person, confirm_tag
from cases.use_cases.chats import ask_for_chat
from cases.use_cases.completion import complete_case
from cases.use_cases.file_case import AttachmentDraft, CaseDraft, file_case
from cases.use_cases.intake_effects import has_objected
from cases.use_cases.merging import answering_case
from cases.use_cases.reporters import record_own_word


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
            if type(action) in _FAVOURS:
                return Outcome(details=await _FAVOURS[type(action)](desk, action))
            if isinstance(action, FileSeveral):
                return await _file_several(desk, action, incoming)
            case = await _DEEDS[type(action)](desk, action, incoming)
    except CaseError as refused:
        return Outcome(refused=refused.sentence)
    joins = await count_joins(desk, case) if isinstance(action, FileCase) else 0
    return Outcome(case=replace(view_case(case), joins=joins))


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
        await ask_for_chat(desk.session, desk.contact, desk.now)
    return case


async def _file_several(desk: Desk, action: FileSeveral, incoming: Incoming) -> Outcome:
    pairs = zip(action.parts, action.tags, strict=True)
    first, *others = [await _file(replace(desk, tag=tag), part, incoming) for part, tag in pairs]
    return Outcome(case=view_case(first), others=tuple(map(view_case, others)))


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
    else:
        await ask_for_chat(desk.session, desk.contact, desk.now)
    return case


async def _supplement(desk: Desk, action: Supplement, incoming: Incoming) -> Case:
    for other in action.also:
        await amend_case(
            desk.session,
            await lock_case(desk.session, other.number),
            actor=desk.citizen,
            town=desk.town,
            now=desk.now,
            place_text=action.place,
            notify=False,
        )
    merged = await desk.session.get(Case, action.case.id)
    if merged is not None and merged.state == State.MERGED:
        await _pass_on(desk, merged, action)
        return merged
    case = await lock_case(desk.session, action.case.number)
    location, text = action.location, action.text or None
    if action.completes:
        return await complete_case(
            desk.session,
            case,
            action.text,
            tag=desk.tag,
            actor=desk.citizen,
            town=desk.town,
            now=desk.now,
            place_text=location.title if location else None,
            latitude=location.latitude if location else None,
            longitude=location.longitude if location else None,
            attachments=_drafts(action.files),
        )
    if case.state == State.REJECTED:
        if text is None or has_objected(case):
            # Looked at again once already, or no words at all: kept, and a person explains.
            await ask_for_person(desk.session, case, now=desk.now)
        else:
            await desk.perform(case, lifecycle.Action.OBJECT, {"reason": text})
            if not (action.files or location):
                return case
            text = None
    place = action.place or (location.title if location else None)
    return await amend_case(
        desk.session,
        case,
        actor=desk.citizen,
        town=desk.town,
        now=desk.now,
        text=text,
        replaces=action.amends,
        place_text=place,
        latitude=location.latitude if location else None,
        longitude=location.longitude if location else None,
        attachments=_drafts(action.files),
        notify=False,
    )


async def _pass_on(desk: Desk, merged: Case, action: Supplement) -> None:
    """More about a matter that another case answers for: whoever handles that one reads it."""
    answering = await lock_case(desk.session, (await answering_case(desk.session, merged)).number)
    place = action.place or (action.location.title if action.location else None)
    said = "，".join(part for part in (action.text, place) if part) or "（补充了图片或位置）"
    await amend_case(
        desk.session,
        answering,
        actor=Actor.bot(),
        town=desk.town,
        now=desk.now,
        text=f"编号 {merged.number} 的诉求人补充：{said}",
        attachments=_drafts(action.files),
        notify=False,
    )
    if answering.state in (State.CLOSED, State.EVALUATED):
        await ask_for_person(desk.session, answering, now=desk.now)


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


async def _say_word(desk: Desk, action: SayWord, incoming: Incoming) -> Case:
    """Kept beside the first reporter's rating; who is not content is called."""
    case = await desk.session.get_one(
        Case, action.case.id, with_for_update={"key_share": True}, populate_existing=True
    )
    await record_own_word(
        desk.session, case, desk.contact.id, action.solved, actor=Actor.bot(), now=desk.now
    )
    return case


async def _reopen(desk: Desk, action: Reopen, incoming: Incoming) -> Case:
    case = await lock_case(desk.session, action.case.number)
    await desk.perform(case, lifecycle.Action.REOPEN, {"reason": "诉求人表示没有解决"})
    return case


def _drafts(files: tuple[IncomingFile, ...]) -> tuple[AttachmentDraft, ...]:
    return tuple(file.to_draft() for file in files)


#: What is done for the citizen and touches no case's course.
_FAVOURS = {**FAVOURS, **SERVICE_FAVOURS}
_DEEDS: dict[type, Callable[[Desk, Any, Incoming], Awaitable[Case]]] = {
    FileCase: _file,
    ChooseCategory: _choose,
    LeaveToPerson: _leave,
    Supplement: _supplement,
    Note: _note,
    Withdraw: _withdraw,
    Rate: _rate,
    SayWord: _say_word,
    Reopen: _reopen,
    JoinCase: join_case,
    FileConsultation: file_question,
}
