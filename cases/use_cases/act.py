"""The engine: one step of one case, in one transaction.

The table in ``cases.lifecycle`` says whether the step is there and who may take it; the effect
says what it does; this module locks the case, writes the history line and queues the notice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import (
    CaseNotFound,
    InvalidData,
    MissingData,
    PermissionDenied,
    VersionConflict,
)
from cases.history import append_history
from cases.lifecycle import Action, Role, State, find_transition
from cases.models import Case, CaseUnit, Contact
from cases.notifications import (
    format_moment,
    load_templates,
    notify_contact,
    render_notice,
)
from cases.town import Town
from cases.use_cases import closing_effects as closing
from cases.use_cases import handling_effects as handling
from cases.use_cases import intake_effects as intake
from cases.use_cases import joint, merging
from cases.use_cases.same_event import write_keys
from cases.use_cases.step import Step, label
from cases.use_cases.tell_reporters import tell_reporters

_UNIT_ROLES = frozenset({Role.HANDLER, Role.HANDLER_HEAD})

#: After these the case says something else, and is found by that.
_REWORDING = frozenset({Action.SUPPLY_INFO, Action.SUPPLEMENT, Action.RELABEL})

EFFECTS: dict[Action, Callable[[Step], Awaitable[None]]] = {
    Action.ACCEPT: intake.accept,
    Action.REQUEST_INFO: intake.request_info,
    Action.SUPPLY_INFO: intake.supply_info,
    Action.LAPSE_INFO: intake.lapse_info,
    Action.REJECT: intake.reject,
    Action.OBJECT: intake.object_to_rejection,
    Action.ANSWER: intake.answer,
    Action.MERGE: merging.merge,
    Action.UNMERGE: merging.unmerge,
    Action.WITHDRAW: intake.withdraw,
    Action.RELABEL: intake.relabel,
    Action.DISPATCH: handling.dispatch,
    Action.SIGN: handling.sign,
    Action.RETURN: handling.request_return,
    Action.REFUSE_RETURN: handling.refuse_return,
    Action.REASSIGN: handling.reassign,
    Action.CONTACT: handling.contact,
    Action.CONSULT: handling.consult,
    Action.CONCLUDE: handling.conclude,
    Action.ESCALATE: handling.escalate,
    Action.COUNTY_REPLY: handling.county_reply,
    Action.EXTEND: handling.extend,
    Action.APPROVE_EXTENSION: handling.approve_extension,
    Action.REFUSE_EXTENSION: handling.refuse_extension,
    Action.REQUEST_SUSPENSION: handling.request_suspension,
    Action.SUSPEND: handling.suspend,
    Action.RESUME: handling.resume,
    Action.REPLY: closing.reply,
    Action.COOP_REPLY: joint.coop_reply,
    Action.SEND_BACK: closing.send_back,
    Action.CLOSE: closing.close,
    Action.RATE: closing.rate,
    Action.REOPEN: closing.reopen,
    Action.ARCHIVE: closing.archive,
    Action.NOTE: closing.note,
    Action.SUPPLEMENT: closing.supplement,
    Action.URGE: closing.urge,
    Action.SUPERVISE: closing.supervise,
    Action.CIRCULATE: closing.circulate,
    Action.FOLLOW_UP: closing.follow_up,
}


async def lock_case(session: AsyncSession, number: str) -> Case:
    """The case, locked for this transaction. Raises ``CaseNotFound``.

    Nobody else locks or changes it meanwhile; rows that point at it may still be written.
    """
    case = await session.scalar(
        select(Case)
        .where(Case.number == number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise CaseNotFound()
    return case


async def act(
    session: AsyncSession,
    number: str,
    action: str,
    data: dict[str, Any],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
    expected_version: int | None = None,
    notify: bool = True,
) -> Case:
    """Take one step of a case and tell whoever has to be told.

    ``data`` are JSON values; which are required stands in the lifecycle table. Raises
    ``CaseNotFound``, ``TransitionForbidden``, ``PermissionDenied``, ``MissingData``,
    ``InvalidData``, ``RuleBroken`` or, with ``expected_version``, ``VersionConflict``.
    ``notify=False`` keeps the words in the history and queues no message.
    """
    if action == Action.MERGE:
        await merging.hold_both(session, number, data.get("parent", ""))
    if action == Action.UNMERGE:
        await merging.hold_parent(session, number)
    case = await lock_case(session, number)
    if expected_version is not None and case.version != expected_version:
        raise VersionConflict(version=case.version)
    await perform(session, case, action, data, actor=actor, town=town, now=now, notify=notify)
    return case


async def perform(
    session: AsyncSession,
    case: Case,
    action: str,
    data: dict[str, Any],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
    notify: bool = True,
    source: str | None = None,
) -> None:
    """Like ``act``, on a case this transaction already holds. ``notify=False`` queues no
    message (the receipt of a filing says it all) but keeps the words in the history. ``source``
    names the report that this step came from, and is kept with it."""
    try:
        wanted = Action(action)
    except ValueError:
        raise InvalidData("没有这个操作。", field="action") from None
    await _check_own(session, case, actor, wanted)
    transition = find_transition(State(case.state), wanted, actor.role)
    missing = [name for name in transition.requires if data.get(name) in (None, "", [], {})]
    if missing:
        names = "、".join(label(name) for name in missing)
        raise MissingData(f"还缺少：{names}。请补充后再提交。", missing=missing)
    step = Step(session, case, transition, data, actor, town, now)
    await EFFECTS[wanted](step)
    if step.silent:
        return
    if source:
        step.record["report_source"] = source
    if wanted in _REWORDING:
        await write_keys(session, case)
    from_state = case.state
    case.state = step.target or transition.target or State(case.state)
    case.version += 1
    case.updated_at = now
    text = await _word_notice(session, step, wanted)
    entry = await append_history(
        session,
        case,
        action=wanted.value,
        from_state=from_state,
        actor=actor,
        data=step.record,
        citizen_text=text or None,
        now=now,
    )
    if notify and text:
        await notify_contact(
            session,
            case,
            kind=f"notice.{wanted.value}",
            text=text,
            dedupe_key=f"case:{case.id}:{entry.seq}",
            now=now,
            town=town,
            buttons=step.buttons,
            wording=step.notice or "",
        )
    if notify:
        await tell_reporters(session, step, wanted, entry.seq)
    for action_next, data_next in step.follow_ups:
        await perform(
            session,
            case,
            action_next,
            data_next,
            actor=Actor.bot(),
            town=town,
            now=now,
            notify=notify,
        )


async def _check_own(session: AsyncSession, case: Case, actor: Actor, action: Action) -> None:
    """A citizen acts on their own cases, a unit on those it leads; one that cooperates replies."""
    if actor.role is Role.CITIZEN:
        owns = actor.contact_id is not None and actor.contact_id == case.contact_id
        if not owns and actor.proven_number != case.number:
            raise CaseNotFound()
    if actor.role in _UNIT_ROLES and actor.unit_code != case.lead_unit:
        coop = await session.scalar(
            select(CaseUnit.id).where(
                CaseUnit.case_id == case.id, CaseUnit.unit_code == actor.unit_code
            )
        )
        if coop is None:
            raise CaseNotFound()
        if action is not Action.COOP_REPLY:
            raise PermissionDenied("这一步由主办单位来做，本单位是配合单位。")


async def _word_notice(session: AsyncSession, step: Step, action: Action) -> str:
    key = action.value if step.notice is None else step.notice
    if not key or key not in load_templates("zh"):
        return ""
    language = "zh"
    if step.case.contact_id is not None:
        contact = await session.get(Contact, step.case.contact_id)
        language = contact.language if contact else "zh"
    values: dict[str, Any] = {
        name: format_moment(step.town, value, language) if isinstance(value, datetime) else value
        for name, value in step.values.items()
    }
    return render_notice(language, key, number=step.case.number, **values)
