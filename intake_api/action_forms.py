"""What a person may do to a case now, as small forms.

    action_forms(case, coop_units, actor, town, given=None) -> list[ActionForm]
    form_data(action, form) -> dict            the posted strings as the data of ``act``

Which actions there are is the lifecycle's table, which fields the table's requirements plus the
optional ones of the API's bodies. Nothing here decides whether a step is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.actors import Actor
from cases.lifecycle import TRANSITIONS, Action, State, Transition, list_actions
from cases.models import Case
from cases.town import Town
from cases.use_cases.act_with_files import FILE_ACTIONS
from cases.use_cases.joint import JOINT
from intake_api.accounts.csrf import Form
from intake_api.schemas.actions import INTERNAL_ACTIONS, OPTIONAL_FIELDS
from intake_api.texts import load_texts
from intake_api.views import is_theirs

# How a field is asked for; what is not here is one line of text.
KINDS = {
    "text": "area",
    "content": "area",
    "minutes": "area",
    "done_so_far": "area",
    "interim_reply": "area",
    "new_due": "date",
    "review_on": "date",
    "category": "category",
    "unit": "unit",
    "proposed_unit": "unit",
    "units": "units",
    "coop_units": "units",
    "released_units": "units",
}
# Fields of the API that a page has no use for.
UNASKED = frozenset({"latitude", "longitude", "replaces"})
# Asked by a form of its own, beside what it is about.
ELSEWHERE = frozenset({"place_code"})


@dataclass(frozen=True, slots=True)
class FormField:
    """One question. ``options`` are (value, label) pairs, grouped where ``kind`` is category."""

    name: str
    label: str
    kind: str
    required: bool
    value: Any = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ActionForm:
    """One action with its key and its fields; ``primary`` for the step that usually follows,
    ``takes_files`` where files go to the citizen with it."""

    action: str
    label: str
    key: str
    primary: bool
    fields: tuple[FormField, ...]
    takes_files: bool = False


def action_forms(
    case: Case,
    coop_units: Sequence[str],
    actor: Actor,
    town: Town,
    given: tuple[str, Form] | None = None,
) -> list[ActionForm]:
    """The forms for this actor, the usual next step first. ``given``: a refused post, to refill."""
    labels = load_texts("labels")
    usual = labels["primary_actions"].get(State(case.state).value, "")
    forms = []
    for transition in list_actions(State(case.state), actor.role):
        if transition.action in INTERNAL_ACTIONS:
            continue
        if not is_theirs(transition.action, actor, case, coop_units):
            continue
        name = transition.action.value
        refill = given[1] if given and given[0] == name else None
        forms.append(
            ActionForm(
                action=name,
                label=labels["actions"][name],
                key=labels["action_keys"].get(name, ""),
                primary=name == usual,
                fields=_fields_of(transition, case, coop_units, town, refill),
                takes_files=transition.action in FILE_ACTIONS,
            )
        )
    return sorted(forms, key=lambda form: not form.primary)


def _fields_of(
    transition: Transition,
    case: Case,
    coop_units: Sequence[str],
    town: Town,
    refill: Form | None,
) -> tuple[FormField, ...]:
    unasked = UNASKED | ELSEWHERE
    if case.mode != JOINT or not coop_units:
        unasked |= {"released_units"}
    optional = [name for name in OPTIONAL_FIELDS.get(transition.action, ()) if name not in unasked]
    labels = load_texts("labels")
    fields = []
    for name in dict.fromkeys([*transition.requires, *optional]):
        known = _known_values(transition.action, case, town)
        value = known.get(name, "")
        if refill is not None:
            value = refill.getall(name, []) if KINDS.get(name) == "units" else refill.get(name, "")
        fields.append(
            FormField(
                name=name,
                label=labels["fields"][name],
                kind="choice" if name in labels["field_choices"] else KINDS.get(name, "line"),
                required=name in transition.requires,
                value=value,
                options=_options(name, coop_units, town),
            )
        )
    return tuple(fields)


def _options(name: str, coop_units: Sequence[str], town: Town) -> tuple[tuple[str, str], ...]:
    labels = load_texts("labels")
    if name == "released_units":
        return tuple((code, town.unit_name(code)) for code in coop_units)
    if name in labels["field_choices"]:
        return tuple(labels[labels["field_choices"][name]].items())
    if KINDS.get(name) in ("unit", "units"):
        return tuple((unit.code, unit.name) for unit in town.units.values())
    return ()


def _known_values(action: Action, case: Case, town: Town) -> Mapping[str, Any]:
    """What the page can fill in so that a person only confirms."""
    if action in (Action.ACCEPT, Action.RELABEL):
        return {
            "category": town.current_code(case.category) or "",
            "request_type": case.request_type or "",
            "urgency": case.urgency,
        }
    if action is Action.DISPATCH:
        listed = town.responsibilities.get(case.category or "")
        coop = list(listed.coop_units) if listed else []
        return {"unit": listed.lead_unit if listed else "", "coop_units": coop, "mode": "lead"}
    if action is Action.CONCLUDE:
        return {"unit": case.lead_unit or ""}
    if action is Action.CONTACT:
        return {"method": "phone"}
    return {}


def form_data(action: Action, form: Form) -> dict[str, Any]:
    """Only the fields that the action knows, empty ones left out."""
    wanted = {name for t in TRANSITIONS if t.action is action for name in t.requires}
    wanted |= set(OPTIONAL_FIELDS.get(action, ())) - UNASKED
    data: dict[str, Any] = {}
    for name in sorted(wanted):
        if KINDS.get(name) == "units":
            codes = [code for code in form.getall(name, []) if code]
            if codes:
                data[name] = codes
        elif form.get(name, "").strip():
            data[name] = form[name].strip()
    return data
