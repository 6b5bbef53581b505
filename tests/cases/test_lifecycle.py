"""The lifecycle table, walked: every edge that is there, and every one that is not."""

from __future__ import annotations

import itertools

import pytest

from cases.errors import PermissionDenied, TransitionForbidden
from cases.lifecycle import (
    FINAL_STATES,
    TRANSITIONS,
    Action,
    Role,
    State,
    find_transition,
    list_actions,
)
from cases.notifications import load_templates
from cases.use_cases.act import EFFECTS

EDGES = {(t.source, t.action): t for t in TRANSITIONS}


@pytest.mark.parametrize("edge", TRANSITIONS, ids=lambda t: f"{t.source}-{t.action}")
def test_each_edge_is_open_to_its_roles_only(edge):
    """Every role of the table passes, every other one is refused by name."""
    for role in Role:
        if role in edge.roles:
            assert find_transition(edge.source, edge.action, role) is edge
        else:
            with pytest.raises(PermissionDenied):
                find_transition(edge.source, edge.action, role)


def test_every_edge_not_in_the_table_is_forbidden():
    """All pairs of state and action that the table does not list, for every role."""
    absent = [pair for pair in itertools.product(State, Action) if pair not in EDGES]
    assert len(absent) + len(EDGES) == len(State) * len(Action)
    for (state, action), role in itertools.product(absent, Role):
        with pytest.raises(TransitionForbidden):
            find_transition(state, action, role)


def test_no_edge_is_listed_twice():
    """The table is a function of state and action."""
    assert len(EDGES) == len(TRANSITIONS)


def test_every_state_is_reached_and_every_open_one_can_be_left():
    """Nobody is stuck: from each state there is a way, except from the final ones."""
    reached = {t.target for t in TRANSITIONS if t.target}
    assert reached | {State.DRAFT} == set(State)
    for state in State:
        leaving = [t for t in TRANSITIONS if t.source is state and t.target]
        assert bool(leaving) == (state not in FINAL_STATES), state


def test_every_state_leads_to_an_end():
    """Wherever a case stands, some path archives or withdraws it."""
    ends = set(FINAL_STATES)
    while True:
        grown = ends | {t.source for t in TRANSITIONS if t.target in ends}
        if grown == ends:
            break
        ends = grown
    assert ends == set(State)


def test_every_action_but_submit_has_an_effect():
    """``submit`` is filing itself."""
    assert set(EFFECTS) == set(Action) - {Action.SUBMIT}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_has_a_name_for_the_citizen(language):
    """No citizen reads an identifier."""
    texts = load_templates(language)
    assert set(texts["states"]) == {s.value for s in State}
    assert set(texts) == set(load_templates("zh"))


def test_a_refusal_names_what_may_be_done():
    """The error carries the way out."""
    with pytest.raises(TransitionForbidden) as refused:
        find_transition(State.SUBMITTED, Action.SIGN, Role.DISPATCHER)
    assert "accept" in refused.value.fields["allowed"]


def test_an_observer_moves_nothing():
    """Read and comment only."""
    assert all(not list_actions(state, Role.OBSERVER) for state in State)
