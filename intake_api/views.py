"""A case as data, for the API and for pages: what this reader may see of it.

    case_view(case, coop_units, *, actor, now, shown="open") -> dict     the shape of ``CaseAnswer``
    found_words(case, *, actor, public=()) -> (str, …)      in what a search finds the case
    history_view(entry, *, opened, public=()) -> dict
    may_see(actor, case, coop_units) -> bool
    is_theirs(action, actor, case, coop_units) -> bool      which unit takes which step
    may_reveal(actor, case) -> bool          whoever reported it and is not anonymous
    sees_identity(actor, case) -> bool       the case's own citizen
    mask_name(name); mask_phone(phone)                      of ``cases.personal_data``

Identity: the hotline's own staff see who called. Handlers see a name and number of the cases they
handle unless the citizen asked to stay anonymous; everybody else sees a mask, in the words of the
citizen as well. A list (``shown="list"``) is masked for everybody; so is a page (``"page"``) until
its reader has asked, but for the doors, without which nobody finds the place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from cases.actors import Actor
from cases.lifecycle import OPEN_STATES, Action, Role, State
from cases.models import Case, HistoryEntry
from cases.personal_data import mask_name as mask_name
from cases.personal_data import mask_part, mask_text
from cases.personal_data import mask_phone as mask_phone
from intake_api.texts import load_texts

CENTRE_ROLES = frozenset(
    {Role.AGENT, Role.DISPATCHER, Role.COMMANDER, Role.COUNTY, Role.INSPECTOR, Role.ADMIN}
)
READER_ROLES = CENTRE_ROLES | {Role.HANDLER, Role.HANDLER_HEAD, Role.OBSERVER, Role.GRID}
UNIT_ROLES = frozenset({Role.HANDLER, Role.HANDLER_HEAD})
IDENTITY_ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})


def may_see(actor: Actor, case: Case, coop_units: Sequence[str]) -> bool:
    """Handlers see what their unit leads, cooperates in or once answered for; the rest all."""
    if actor.role in UNIT_ROLES:
        mine = {case.lead_unit, case.answerable_unit, *coop_units, *case.returned_by}
        return actor.unit_code is not None and actor.unit_code in mine
    return actor.role in READER_ROLES


def is_theirs(action: Action, actor: Actor, case: Case, coop_units: Sequence[str]) -> bool:
    """A cooperating unit replies to the lead unit, which does all the rest."""
    if actor.role not in UNIT_ROLES:
        return True
    if action is Action.COOP_REPLY:
        return actor.unit_code != case.lead_unit and actor.unit_code in coop_units
    return actor.unit_code == case.lead_unit


def may_reveal(actor: Actor, case: Case) -> bool:
    """Whether this person works with those who reported the case; whoever of them asked to stay
    anonymous stays so."""
    if actor.role in UNIT_ROLES:
        return actor.unit_code is not None and actor.unit_code == case.lead_unit
    return actor.role in IDENTITY_ROLES


def sees_identity(actor: Actor, case: Case) -> bool:
    """Whether name and phone of the case's own citizen are shown in full."""
    return not case.anonymous and may_reveal(actor, case)


def is_overdue(case: Case, now: datetime) -> bool:
    """The rule of ``cases.use_cases.queues.is_overdue``, for a case already in hand."""
    if State(case.state) not in OPEN_STATES - {State.SUSPENDED, State.NEED_INFO}:
        return False
    due = running_deadline(case)
    return due is not None and due < now


def running_deadline(case: Case) -> datetime | None:
    """The earlier of the step's and the handling's deadline."""
    if State(case.state) not in OPEN_STATES:
        return None
    known = [due for due in (case.step_due_at, case.due_at) if due is not None]
    return min(known) if known else None


def case_view(
    case: Case,
    coop_units: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    shown: Literal["open", "page", "list"] = "open",
    public: Collection[str] = (),
) -> dict[str, Any]:
    """The case as this reader may see it; ``public`` are numbers that are nobody's."""
    open_identity = shown == "open" and sees_identity(actor, case)
    hidden = case.anonymous
    handles = actor.unit_code is not None and actor.unit_code in (case.lead_unit, *coop_units)
    works = actor.role in IDENTITY_ROLES or handles
    keep = frozenset({"door"}) if works and shown != "list" else frozenset[str]()

    def words(text: str | None) -> str | None:
        return text if open_identity or not text else _masked(text, "", keep, frozenset(public))

    def part(text: str | None) -> str | None:
        if open_identity or not text:
            return text
        return _masked(text, case.text, keep, frozenset(public))

    name = case.caller_name if open_identity else mask_name(case.caller_name)
    phone = case.caller_phone if open_identity else mask_phone(case.caller_phone)
    return {
        "number": case.number,
        "version": case.version,
        "state": State(case.state).value,
        "state_name": load_texts("labels")["states"][State(case.state).value],
        "channel": case.channel,
        "text": words(case.text),
        "summary": part(case.summary),
        "place": part(case.place_text),
        "place_code": case.place_code,
        "grid": case.place_grid,
        "latitude": case.latitude,
        "longitude": case.longitude,
        "platform": case.platform,
        "category": case.category,
        "request_type": case.request_type,
        "urgency": case.urgency,
        "flags": list(case.flags),
        "decision": case.decision,
        "confidence": case.confidence,
        "tagged_by": case.tagged_by,
        "lead_unit": case.lead_unit,
        "coop_units": list(coop_units),
        "overdue": is_overdue(case, now),
        "due_at": _iso(running_deadline(case)),
        "submitted_at": _iso(case.submitted_at),
        "updated_at": _iso(case.updated_at),
        "outcome": case.outcome,
        "reply": words(case.reply_text),
        "satisfaction": case.satisfaction,
        "solved": case.solved,
        "round": case.round,
        "supervised_level": case.supervised_level,
        "caller_name": None if hidden else name,
        "caller_phone": None if hidden else phone,
        "anonymous": case.anonymous,
        "source_system": case.source_system,
        "source_id": case.source_id,
    }


def found_words(case: Case, *, actor: Actor, public: Collection[str] = ()) -> tuple[str, ...]:
    """The citizen's words in which this reader may find the case: as they are for whoever works
    with all cases, as a page shows them before anybody asks for everybody else."""
    if actor.role in IDENTITY_ROLES and not case.anonymous:
        return case.text, case.place_text or ""
    works = actor.role in IDENTITY_ROLES | UNIT_ROLES
    keep = frozenset({"door"}) if works else frozenset[str]()
    return (
        _masked(case.text, "", keep, frozenset(public)),
        _masked(case.place_text or "", case.text, keep, frozenset(public)),
    )


def history_view(
    entry: HistoryEntry, *, opened: bool, public: Collection[str] = ()
) -> dict[str, Any]:
    """One line of the history; masked unless ``opened``: its words are often the citizen's."""

    def words(value: Any) -> Any:
        if isinstance(value, str):
            return mask_text(value, public=public)
        if isinstance(value, dict):
            return {name: words(item) for name, item in value.items()}
        return [words(item) for item in value] if isinstance(value, list) else value

    return {
        "seq": entry.seq,
        "at": _iso(entry.at),
        "action": entry.action,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "actor_role": entry.actor_role,
        "actor_name": entry.actor_name,
        "unit": entry.unit_code,
        "data": entry.data if opened else words(entry.data),
        "citizen_text": entry.citizen_text if opened else words(entry.citizen_text),
    }


@lru_cache(maxsize=2_048)
def _masked(text: str, whole: str, keep: frozenset[str], public: frozenset[str]) -> str:
    """Lists are asked for again and again."""
    return mask_part(text, whole or text, keep=keep, public=public)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
