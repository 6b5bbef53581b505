"""The lifecycle of a case, as one table.

States, roles and transitions are those of the field's own vocabulary (受理 accept, 分派
dispatch, 签收 sign, 办结 close …). ``TRANSITIONS`` is the single place that says which role
may take a case from where to where, and which data it has to bring. The engine in
``cases.use_cases.act`` consults it; the tests walk every allowed and every forbidden edge.

Overlays (relabel, note, supervise, urge …) leave the state as it is: their target is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.errors import PermissionDenied, TransitionForbidden


class State(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NEED_INFO = "need_info"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MERGED = "merged"
    ANSWERED = "answered"
    DISPATCHED = "dispatched"
    RETURN_REQUESTED = "return_requested"
    SIGNED = "signed"
    IN_PROGRESS = "in_progress"
    CONSULTING = "consulting"
    EXTENSION_REQUESTED = "extension_requested"
    ESCALATED = "escalated"
    SUSPENDED = "suspended"
    REPLIED = "replied"
    CLOSED = "closed"
    EVALUATED = "evaluated"
    REOPENED = "reopened"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """Who acts. ``ADMIN`` administers the installation and may stand in for a dispatcher."""

    CITIZEN = "citizen"
    BOT = "bot"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    HANDLER_HEAD = "handler_head"
    GRID = "grid"
    COMMANDER = "commander"
    COUNTY = "county"
    INSPECTOR = "inspector"
    OBSERVER = "observer"
    ADMIN = "admin"


class Action(StrEnum):
    """What may be done to a case; also the last part of the API's action routes."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    REQUEST_INFO = "request_info"
    SUPPLY_INFO = "supply_info"
    LAPSE_INFO = "lapse_info"
    REJECT = "reject"
    OBJECT = "object"
    ANSWER = "answer"
    MERGE = "merge"
    UNMERGE = "unmerge"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    REFUSE_RETURN = "refuse_return"
    REASSIGN = "reassign"
    CONTACT = "contact"
    CONSULT = "consult"
    CONCLUDE = "conclude"
    ESCALATE = "escalate"
    COUNTY_REPLY = "county_reply"
    EXTEND = "extend"
    APPROVE_EXTENSION = "approve_extension"
    REFUSE_EXTENSION = "refuse_extension"
    REQUEST_SUSPENSION = "request_suspension"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPLY = "reply"
    COOP_REPLY = "coop_reply"
    SEND_BACK = "send_back"
    CLOSE = "close"
    RATE = "rate"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    WITHDRAW = "withdraw"
    RELABEL = "relabel"
    NOTE = "note"
    SUPPLEMENT = "supplement"
    URGE = "urge"
    SUPERVISE = "supervise"
    CIRCULATE = "circulate"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True)
class Transition:
    """One edge: ``action`` takes a case from ``source`` to ``target`` (None: it stays).

    ``requires`` names the data that must come with it; an empty value counts as missing.
    """

    action: Action
    source: State
    target: State | None
    roles: frozenset[Role]
    requires: tuple[str, ...] = ()


FINAL_STATES = frozenset({State.ARCHIVED, State.WITHDRAWN})
#: Open: somebody still owes the citizen something.
OPEN_STATES = (
    frozenset(State)
    - FINAL_STATES
    - {
        State.DRAFT,
        State.REJECTED,
        State.MERGED,
        State.ANSWERED,
        State.CLOSED,
        State.EVALUATED,
    }
)
#: With a unit, its clock running or paused.
HANDLING_STATES = frozenset(
    {
        State.DISPATCHED,
        State.RETURN_REQUESTED,
        State.SIGNED,
        State.IN_PROGRESS,
        State.CONSULTING,
        State.EXTENSION_REQUESTED,
        State.ESCALATED,
        State.SUSPENDED,
        State.REOPENED,
    }
)

_DESK = frozenset({Role.DISPATCHER, Role.AGENT, Role.ADMIN})
_DISPATCH = frozenset({Role.DISPATCHER, Role.ADMIN})
_DISPATCH_BOT = _DISPATCH | {Role.BOT}
_HANDLERS = frozenset({Role.HANDLER, Role.HANDLER_HEAD})
_HEADS = frozenset({Role.HANDLER_HEAD})
_CITIZEN = frozenset({Role.CITIZEN})
_STAFF = frozenset(Role) - {Role.CITIZEN, Role.BOT, Role.OBSERVER}


def _edges(
    action: Action,
    sources: State | tuple[State, ...] | frozenset[State],
    target: State | None,
    roles: frozenset[Role],
    *requires: str,
) -> tuple[Transition, ...]:
    if isinstance(sources, State):
        sources = (sources,)
    return tuple(
        Transition(action, source, target, roles, requires)
        for source in sorted(sources, key=list(State).index)
    )


S, A = State, Action

TRANSITIONS: tuple[Transition, ...] = (
    # 登记: everything that is said is registered.
    *_edges(A.SUBMIT, S.DRAFT, S.SUBMITTED, _CITIZEN | _DESK | {Role.BOT, Role.GRID}, "text"),
    # 受理: the bot may accept what triage lets through; the engine checks that it did.
    *_edges(
        A.ACCEPT,
        S.SUBMITTED,
        S.ACCEPTED,
        _DESK | {Role.BOT},
        "category",
        "request_type",
        "urgency",
    ),
    *_edges(A.REQUEST_INFO, S.SUBMITTED, S.NEED_INFO, _DESK | {Role.BOT}, "missing"),
    *_edges(A.SUPPLY_INFO, S.NEED_INFO, S.SUBMITTED, _DESK | _CITIZEN | {Role.BOT}, "text"),
    # Nothing is dropped because a citizen was silent: a person decides.
    *_edges(A.LAPSE_INFO, S.NEED_INFO, S.SUBMITTED, frozenset({Role.BOT})),
    *_edges(A.REJECT, S.SUBMITTED, S.REJECTED, _DESK, "reason", "channel"),
    *_edges(A.OBJECT, S.REJECTED, S.SUBMITTED, _CITIZEN | {Role.AGENT}, "reason"),
    *_edges(A.ANSWER, S.SUBMITTED, S.ANSWERED, _DESK | {Role.BOT}, "text", "source"),
    *_edges(A.CLOSE, S.ANSWERED, S.CLOSED, _DESK | _CITIZEN | {Role.BOT}),
    *_edges(A.REOPEN, S.ANSWERED, S.SUBMITTED, _DESK | _CITIZEN | {Role.BOT}),
    # 并案: also what a unit has already, since the same event is often seen only then. The bot
    # joins what the citizen says is the same and the machine is sure of; the engine checks it.
    *_edges(
        A.MERGE,
        (
            S.SUBMITTED,
            S.NEED_INFO,
            S.ACCEPTED,
            S.DISPATCHED,
            S.SIGNED,
            S.IN_PROGRESS,
            S.REOPENED,
        ),
        S.MERGED,
        _DISPATCH_BOT,
        "parent",
    ),
    # Back to the state it was merged from, which the engine reads from the case.
    *_edges(A.UNMERGE, S.MERGED, S.SUBMITTED, _DISPATCH, "reason"),
    # 分派: the list decides the unit, a dispatcher may decide otherwise with a reason.
    *_edges(A.DISPATCH, S.ACCEPTED, S.DISPATCHED, _DISPATCH_BOT, "unit"),
    *_edges(A.SIGN, S.DISPATCHED, S.SIGNED, _HANDLERS),
    # 退单: before signing only, once for each unit.
    *_edges(
        A.RETURN,
        S.DISPATCHED,
        S.RETURN_REQUESTED,
        _HEADS,
        "reason",
        "basis",
        "proposed_unit",
    ),
    *_edges(A.REFUSE_RETURN, S.RETURN_REQUESTED, S.SIGNED, _DISPATCH, "reason"),
    # 改派
    *_edges(
        A.REASSIGN,
        (
            S.DISPATCHED,
            S.RETURN_REQUESTED,
            S.SIGNED,
            S.IN_PROGRESS,
            S.CONSULTING,
            S.REOPENED,
        ),
        S.DISPATCHED,
        _DISPATCH,
        "unit",
        "reason",
    ),
    # 先行联系: a second contact while handling changes no state.
    *_edges(A.CONTACT, (S.SIGNED, S.REOPENED), S.IN_PROGRESS, _HANDLERS, "method", "content"),
    *_edges(A.CONTACT, S.IN_PROGRESS, None, _HANDLERS, "method", "content"),
    # 会商
    *_edges(
        A.CONSULT,
        (S.IN_PROGRESS, S.RETURN_REQUESTED),
        S.CONSULTING,
        _DISPATCH | _HEADS | {Role.COMMANDER},
        "units",
        "reason",
    ),
    *_edges(
        A.CONCLUDE,
        S.CONSULTING,
        S.IN_PROGRESS,
        _DISPATCH | {Role.COMMANDER},
        "unit",
        "minutes",
    ),
    # 乡呼县应
    *_edges(A.ESCALATE, S.IN_PROGRESS, S.ESCALATED, _DISPATCH, "reason", "done_so_far"),
    *_edges(A.COUNTY_REPLY, S.ESCALATED, S.IN_PROGRESS, frozenset({Role.COUNTY}), "text"),
    # 延期: asked before the deadline; the engine lets only a commander approve the second.
    *_edges(
        A.EXTEND,
        S.IN_PROGRESS,
        S.EXTENSION_REQUESTED,
        _HEADS,
        "reason",
        "new_due",
        "interim_reply",
    ),
    *_edges(
        A.APPROVE_EXTENSION,
        S.EXTENSION_REQUESTED,
        S.IN_PROGRESS,
        _DISPATCH | {Role.COMMANDER},
    ),
    *_edges(
        A.REFUSE_EXTENSION,
        S.EXTENSION_REQUESTED,
        S.IN_PROGRESS,
        _DISPATCH | {Role.COMMANDER},
        "reason",
    ),
    # 挂起
    *_edges(
        A.REQUEST_SUSPENSION,
        S.IN_PROGRESS,
        None,
        _HEADS,
        "reason",
        "interim_reply",
        "review_on",
    ),
    *_edges(
        A.SUSPEND,
        S.IN_PROGRESS,
        S.SUSPENDED,
        _DISPATCH,
        "reason",
        "interim_reply",
        "review_on",
    ),
    *_edges(A.RESUME, S.SUSPENDED, S.IN_PROGRESS, _DISPATCH | _HEADS),
    # 反馈、审核、办结: whoever replied never closes.
    *_edges(A.REPLY, S.IN_PROGRESS, S.REPLIED, _HANDLERS, "outcome", "text"),
    # 联办: what a cooperating unit did goes to the lead unit, which answers for all.
    *_edges(
        A.COOP_REPLY,
        HANDLING_STATES - {S.RETURN_REQUESTED},
        None,
        _HANDLERS,
        "text",
    ),
    *_edges(A.SEND_BACK, S.REPLIED, S.IN_PROGRESS, _DISPATCH, "reason"),
    *_edges(A.CLOSE, S.REPLIED, S.CLOSED, _DISPATCH),
    # 评价、回访
    *_edges(A.RATE, S.CLOSED, S.EVALUATED, _CITIZEN | {Role.AGENT}, "satisfaction"),
    *_edges(A.RATE, S.EVALUATED, None, _CITIZEN | {Role.AGENT}, "satisfaction"),
    *_edges(
        A.FOLLOW_UP,
        (S.CLOSED, S.EVALUATED),
        None,
        frozenset({Role.AGENT, Role.ADMIN}),
        "content",
    ),
    # 重办
    *_edges(
        A.REOPEN,
        (S.CLOSED, S.EVALUATED),
        S.REOPENED,
        _DESK | _CITIZEN | {Role.BOT},
        "reason",
    ),
    *_edges(
        A.ARCHIVE,
        (S.CLOSED, S.EVALUATED, S.REJECTED),
        S.ARCHIVED,
        frozenset({Role.BOT}),
    ),
    # 撤回: not while somebody is in danger; the engine checks.
    *_edges(A.WITHDRAW, OPEN_STATES, S.WITHDRAWN, _CITIZEN | {Role.AGENT}),
    # Overlays: the state stays.
    *_edges(A.RELABEL, OPEN_STATES, None, _DESK | _CITIZEN, "category"),
    *_edges(A.NOTE, frozenset(S) - {S.DRAFT}, None, _STAFF | _CITIZEN | {Role.BOT}, "text"),
    *_edges(
        A.SUPPLEMENT,
        OPEN_STATES - {S.NEED_INFO},
        None,
        _DESK | _CITIZEN | {Role.BOT, Role.GRID},
    ),
    *_edges(A.URGE, HANDLING_STATES, None, _DISPATCH_BOT | {Role.COMMANDER}),
    *_edges(
        A.SUPERVISE,
        OPEN_STATES,
        None,
        _DISPATCH | {Role.COMMANDER, Role.COUNTY, Role.INSPECTOR},
        "reason",
    ),
    *_edges(A.CIRCULATE, OPEN_STATES, None, frozenset({Role.INSPECTOR}), "reason"),
)

_TABLE: dict[tuple[State, Action], Transition] = {(t.source, t.action): t for t in TRANSITIONS}


def find_transition(state: State, action: Action, role: Role) -> Transition:
    """The edge that ``action`` takes from ``state`` for ``role``.

    Raises ``TransitionForbidden`` when no such edge leaves the state, ``PermissionDenied``
    when it does but not for this role.
    """
    transition = _TABLE.get((state, action))
    if transition is None:
        raise TransitionForbidden(
            action=action,
            state=state,
            allowed=[t.action.value for t in list_actions(state, role)],
        )
    if role not in transition.roles:
        raise PermissionDenied(action=action, role=role)
    return transition


def list_actions(state: State, role: Role) -> list[Transition]:
    """Every edge that ``role`` may take from ``state``, in the order of the table."""
    return [t for t in TRANSITIONS if t.source is state and role in t.roles]
