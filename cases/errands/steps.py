"""The steps of an errand as one table: from where, to where, by whose hand.

    STEPS[step].sources / .target / .by_citizen
    check_step(step, state)                     raises TransitionForbidden

requested → taken → collected → handed_over → delivered → confirmed; what a village may do itself
goes from collected to delivered. Nothing leads out of confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.errors import TransitionForbidden


class ErrandState(StrEnum):
    """Where an errand stands."""

    REQUESTED = "requested"
    TAKEN = "taken"
    COLLECTED = "collected"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class ErrandStep(StrEnum):
    """What may be done."""

    REQUEST = "request"
    CHANGE = "change"
    TAKE = "take"
    RECEIVE = "receive"
    HAND_OVER = "hand_over"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    OBJECT = "object"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Edge:
    """``target`` is ``None`` where the state stays or depends on what is done."""

    sources: frozenset[ErrandState]
    target: ErrandState | None
    by_citizen: bool = False


_S = ErrandState
OPEN = frozenset({_S.REQUESTED, _S.TAKEN, _S.COLLECTED, _S.HANDED_OVER})
STEPS: dict[ErrandStep, Edge] = {
    ErrandStep.REQUEST: Edge(frozenset(), _S.REQUESTED, by_citizen=True),
    # 村社区、申请人类型 and the like, as long as the record is not signed; the citizen may say
    # where they live.
    ErrandStep.CHANGE: Edge(OPEN, None, by_citizen=True),
    ErrandStep.TAKE: Edge(frozenset({_S.REQUESTED}), _S.TAKEN),
    # The last paper makes it collected.
    ErrandStep.RECEIVE: Edge(frozenset({_S.TAKEN}), None),
    ErrandStep.HAND_OVER: Edge(frozenset({_S.COLLECTED}), _S.HANDED_OVER),
    ErrandStep.DELIVER: Edge(frozenset({_S.COLLECTED, _S.HANDED_OVER}), _S.DELIVERED),
    ErrandStep.CONFIRM: Edge(frozenset({_S.DELIVERED}), _S.CONFIRMED, by_citizen=True),
    # "没收到": back to whoever delivered it.
    ErrandStep.OBJECT: Edge(frozenset({_S.DELIVERED}), _S.HANDED_OVER, by_citizen=True),
    ErrandStep.CANCEL: Edge(
        frozenset({_S.REQUESTED, _S.TAKEN, _S.COLLECTED}), _S.CANCELLED, by_citizen=True
    ),
}


def check_step(step: ErrandStep, state: ErrandState) -> Edge:
    """The edge, if it is there. Raises ``TransitionForbidden``."""
    edge = STEPS[step]
    if state not in edge.sources:
        raise TransitionForbidden("代办到了这一步，不能再这样操作，请刷新后看最新进展。")
    return edge


def steps_from(state: ErrandState) -> list[ErrandStep]:
    """What may be done next, in the order of the work."""
    return [step for step, edge in STEPS.items() if state in edge.sources]
