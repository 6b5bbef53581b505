"""The body of ``POST /api/v1/cases/{number}/{action}``, one model for each action.

    ACTION_BODIES[action] -> type[BaseModel]
    required_fields(action) -> tuple[str, ...]      needed whatever the state

Drawn from the lifecycle's table: what every edge of an action requires is required here, the
rest may come. So a new requirement in the table appears in the document by itself.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from cases.lifecycle import TRANSITIONS, Action
from intake_api.schemas.common import Body, Code, Line, Text
from intake_api.schemas.tags import RequestType, Urgency

# Steps that the machine takes on its own; a person or another system has no use for them.
INTERNAL_ACTIONS = frozenset({Action.SUBMIT, Action.LAPSE_INFO, Action.ARCHIVE})
OUTCOMES = ("solved", "partial", "explained", "unsolved")
MODES = ("lead", "joint", "supervised")

UnitList = Annotated[list[Code], Field(min_length=1, max_length=20)]
Reason = Annotated[str, Field(max_length=1000)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]

FIELD_TYPES: dict[str, Any] = {
    "text": Text,
    "category": Code,
    "request_type": RequestType,
    "urgency": Urgency,
    "missing": Line,
    "reason": Reason,
    "channel": Line,
    "source": Line,
    "parent": Annotated[str, Field(min_length=1, max_length=40)],
    "unit": Code,
    "coop_units": UnitList,
    "released_units": UnitList,
    "basis": Line,
    "proposed_unit": Code,
    "method": Line,
    "content": Text,
    "units": UnitList,
    "minutes": Text,
    "done_so_far": Text,
    "new_due": Day,
    "review_on": Day,
    "interim_reply": Text,
    "outcome": Literal[OUTCOMES],
    "satisfaction": Annotated[int, Field(ge=1, le=5)],
    "solved": Literal["yes", "partly", "no"],
    "place_text": Line,
    "place_code": Annotated[str, Field(min_length=1, max_length=40)],
    "latitude": Annotated[float, Field(ge=-90, le=90)],
    "longitude": Annotated[float, Field(ge=-180, le=180)],
    "replaces": bool,
    "mode": Literal[MODES],
    "comment": Reason,
}
# What may come beside the required data.
OPTIONAL_FIELDS: dict[Action, tuple[str, ...]] = {
    Action.DISPATCH: ("coop_units", "mode", "basis"),
    Action.REPLY: ("released_units",),
    Action.CLOSE: ("comment",),
    Action.REOPEN: ("reason",),
    Action.RATE: ("solved", "comment"),
    Action.WITHDRAW: ("reason",),
    Action.RELABEL: ("request_type", "urgency"),
    Action.SUPPLEMENT: (
        "text",
        "place_text",
        "place_code",
        "latitude",
        "longitude",
        "replaces",
    ),
    Action.URGE: ("text",),
    Action.FOLLOW_UP: ("solved",),
}


def required_fields(action: Action) -> tuple[str, ...]:
    """The data that every edge of ``action`` requires, in table order."""
    edges = [t.requires for t in TRANSITIONS if t.action is action]
    return tuple(name for name in edges[0] if all(name in requires for requires in edges))


def allowed_fields(action: Action) -> tuple[str, ...]:
    """Every datum that ``action`` understands, required ones first."""
    wanted = [name for t in TRANSITIONS if t.action is action for name in t.requires]
    return tuple(dict.fromkeys([*wanted, *OPTIONAL_FIELDS.get(action, ())]))


def _body_of(action: Action) -> type[BaseModel]:
    required = required_fields(action)
    fields: dict[str, Any] = {
        name: (FIELD_TYPES[name], ...) if name in required else (FIELD_TYPES[name] | None, None)
        for name in allowed_fields(action)
    }
    title = "".join(part.capitalize() for part in action.value.split("_")) + "Body"
    return create_model(title, __base__=Body, **fields)


API_ACTIONS: tuple[Action, ...] = tuple(a for a in Action if a not in INTERNAL_ACTIONS)
ACTION_BODIES: dict[Action, type[BaseModel]] = {action: _body_of(action) for action in API_ACTIONS}
