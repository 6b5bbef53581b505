"""Every state, role, action and field has its word; marks cut a text without changing it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cases.lifecycle import TRANSITIONS, Action, Role, State
from intake_api.action_forms import KINDS
from intake_api.calls.highlights import Mark, cut_text, find_terms
from intake_api.problem_json import Problem
from intake_api.schemas.actions import FIELD_TYPES, OPTIONAL_FIELDS
from intake_api.texts import load_texts
from intake_api.views import mask_name, mask_phone

LABELS = load_texts("labels")


def test_every_state_role_and_action_has_a_word() -> None:
    for state in State:
        assert LABELS["states"][state.value]
        assert LABELS["state_tones"][state.value] in ("wait", "work", "done", "alarm", "stop")
    for role in Role:
        assert LABELS["roles"][role.value]
    for action in Action:
        assert LABELS["actions"][action.value]


def test_every_datum_has_a_type_and_a_word() -> None:
    names = {name for t in TRANSITIONS for name in t.requires}
    names |= {name for optional in OPTIONAL_FIELDS.values() for name in optional}
    assert names <= set(FIELD_TYPES)
    assert names - {"latitude", "longitude", "replaces"} <= set(LABELS["fields"])
    assert set(KINDS) <= names
    for choices in LABELS["field_choices"].values():
        assert LABELS[choices]


def test_keys_of_one_page_do_not_collide() -> None:
    """In no state has one role two actions on one key."""
    keys = LABELS["action_keys"]
    for state in State:
        for role in Role:
            here = [t.action for t in TRANSITIONS if t.source is state and role in t.roles]
            used = [keys[action.value] for action in here if action.value in keys]
            assert len(used) == len(set(used)), (state, role, here)


def test_every_problem_is_complete() -> None:
    for code in load_texts("problems"):
        problem = Problem(code).to_dict()
        assert problem["status"] >= 400
        assert problem["title"].isascii()
        assert any("\u4e00" <= c <= "\u9fff" for c in problem["detail"])


@given(
    text=st.text(max_size=60),
    marks=st.lists(
        st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.sampled_from("abc")), max_size=8
    ),
)
def test_pieces_are_the_text(text: str, marks: list[tuple[int, int, str]]) -> None:
    pieces = cut_text(text, [Mark(*mark) for mark in marks])
    assert "".join(piece.text for piece in pieces) == text


def test_terms_are_found_everywhere() -> None:
    marks = find_terms("路灯坏了，路灯", ["路灯", "没有", ""])
    assert [(mark.start, mark.end) for mark in marks] == [(0, 2), (5, 7)]


def test_masks() -> None:
    assert mask_phone("13800001234") == "138****1234"
    assert mask_phone("12345") == "****"
    assert mask_phone(None) is None
    assert mask_name("王") == "王*"
    assert mask_name("欧阳女士") == "欧**"
    assert mask_name("") == ""
