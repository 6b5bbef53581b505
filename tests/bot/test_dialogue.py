"""The dialogue alone: a state, a message, what is known – and what is decided. No database.

Each row reads as a sentence: *asked for the place*, the citizen says *荷塘小区3幢*, so the bot
will *note the place*.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import CaseView, DialogueState, Facts, Option, Outcome, Step, advance, conclude
from bot.dialogue.rules import text_to_tag
from bot.dialogue.turn import (
    ChooseCategory,
    FileCase,
    LeaveToPerson,
    Note,
    Rate,
    Reopen,
    Supplement,
    Turn,
    Withdraw,
)
from bot.incoming import FileKind, Incoming, IncomingFile, Location
from bot.texts import load_texts
from cases.callbacks import encode
from cases.classification import Tag
from cases.lifecycle import State
from cases.testing import make_tag
from cases.town import Town

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
PHOTO = IncomingFile(FileKind.PHOTO, path="aa/a.jpg")
VOICE = IncomingFile(FileKind.VOICE, path="aa/v.ogg")
LIGHT = make_tag()
NOISE = make_tag(category="zf.noise", decision="suggest")
UNCLEAR = make_tag(platform="na", category="na.unclear", confidence=0.4, decision="human")
INVALID = make_tag(platform="na", category="na.invalid", confidence=0.95, decision="human")
SCOPE = make_tag(platform="na", category="na.scope", confidence=0.9, decision="human")
DANGER = make_tag(category="zz.fire", urgency="critical")

CASE = CaseView(
    id=1,
    number="2611-2300-0018",
    tracking_code="ABCD2345",
    state=State.SUBMITTED,
    filed_at=NOW - timedelta(seconds=30),
    category="zf.noise",
    decision="suggest",
)
CLOSED = replace(CASE, state=State.CLOSED, filed_at=NOW - timedelta(days=3), category="zf.light")
OLD = replace(CASE, filed_at=NOW - timedelta(hours=3))
WAITING = replace(OLD, state=State.NEED_INFO)

RESTING = DialogueState(stamp=1)
ASKED_PLACE = replace(RESTING, step=Step.ASKING_PLACE, case_id=1, asked_at=NOW)
ASKED_WHAT = replace(RESTING, step=Step.ASKING_WHAT, asked_at=NOW, kept="你们管不管")
HOLDS_PHOTO = replace(RESTING, step=Step.ASKING_WHAT, asked_at=NOW, kept_files=(PHOTO,))
ASKED_FILE = replace(RESTING, step=Step.ASKING_FILE, asked_at=NOW, kept="低价办证")
ASKED_WHOSE = replace(RESTING, step=Step.ASKING_WHOSE, asked_at=NOW, kept="没人来", case_id=1)
ASKED_REASON = replace(RESTING, step=Step.ASKING_REASON, asked_at=NOW, case_id=1)


def said(text: str = "", **fields: Any) -> Incoming:
    return Incoming(channel="memory", chat_key="1", at=NOW, text=text, message_key="m9", **fields)


def pressed(verb: str, case_id: int = 1, stamp: int = 1, value: str = "") -> Incoming:
    return Incoming(channel="memory", chat_key="1", at=NOW, tap=encode(verb, case_id, stamp, value))


@pytest.fixture
def known(town: Town) -> Facts:
    """Nothing but the town."""
    return Facts(town=town, texts=load_texts("zh"), now=NOW)


Row = tuple[str, DialogueState, Incoming, dict[str, Any], type | None]

WITH_CASE: dict[str, Any] = {"cases": (CASE,), "tapped": CASE}
DECISIONS: list[Row] = [
    ("a first sentence is filed", RESTING, said("路灯坏了好几天了"), {"tag": LIGHT}, FileCase),
    ("so it is when the machine is silent", RESTING, said("路灯坏了"), {"tag": None}, FileCase),
    ("what may not be ours is filed too", RESTING, said("法院判错了"), {"tag": SCOPE}, FileCase),
    ("unclear words are asked about", RESTING, said("管不管"), {"tag": UNCLEAR}, None),
    ("unclear words with a photo are filed", RESTING, said("看这个", files=(PHOTO,)),
     {"tag": UNCLEAR}, FileCase),
    ("invalid words are not filed", RESTING, said("低价办证"), {"tag": INVALID}, None),
    ("danger is never asked about", RESTING, said("救命"),
     {"tag": replace(UNCLEAR, urgency="critical")}, FileCase),
    ("the second sentence is filed whatever it says", ASKED_WHAT, said("就那个"),
     {"tag": UNCLEAR}, FileCase),
    ("a photo then files the kept words", ASKED_WHAT, said(files=(PHOTO,)), {}, FileCase),
    ("a sentence files the kept photo", HOLDS_PHOTO, said("井盖没了"), {"tag": LIGHT}, FileCase),
    ("a second photo is kept as well", HOLDS_PHOTO, said(files=(PHOTO,)), {}, None),
    ("the next words are the place", ASKED_PLACE, said("荷塘小区3幢"),
     {**WITH_CASE, "tag": UNCLEAR}, Supplement),
    ("a pin is the place", ASKED_PLACE, said(location=Location(30, 120)), WITH_CASE, Supplement),
    ("no place is fine", ASKED_PLACE, said("跳过"), WITH_CASE, None),
    ("a long text is no place", ASKED_PLACE, said("还有一件事情要说" * 8),
     {**WITH_CASE, "tag": LIGHT}, FileCase),
    ("danger is no place", ASKED_PLACE, said("着火了"), {**WITH_CASE, "tag": DANGER}, FileCase),
    ("a sure other problem is no place", ASKED_PLACE, said("路灯也坏了"),
     {**WITH_CASE, "tag": LIGHT}, FileCase),
    ("yesterday's question is forgotten", replace(ASKED_PLACE, asked_at=NOW - timedelta(days=2)),
     said("东边那条路上路灯不亮"), {"cases": (OLD,), "tag": LIGHT}, FileCase),
    ("a few words right after belong to the case", RESTING, said("已经三天了"),
     {**WITH_CASE, "tag": UNCLEAR}, Supplement),
    ("later they are asked about", RESTING, said("怎么还没人来"),
     {"cases": (OLD,), "tag": UNCLEAR}, None),
    ("what staff asked is answered", RESTING, said("三幢二单元的棋牌室"),
     {"cases": (WAITING,), "tag": UNCLEAR}, Supplement),
    ("another problem does not answer it", RESTING, said("路灯坏了好几天"),
     {"cases": (WAITING,), "tag": LIGHT}, FileCase),
    ("an answer to a receipt belongs to its case", RESTING, said("另外路灯也坏了"),
     {"cases": (OLD,), "replied_to": OLD, "tag": LIGHT}, Supplement),
    ("a photo joins the case just filed", RESTING, said(files=(PHOTO,)), WITH_CASE, Supplement),
    ("a photo long after is kept", RESTING, said(files=(PHOTO,)), {"cases": (OLD,)}, None),
    ("a voice message alone is filed", RESTING, said(files=(VOICE,)), {}, FileCase),
    ("a sticker changes nothing", RESTING, said(sticker=True), WITH_CASE, None),
    ("a phone card goes to the case", RESTING, said(phone="138"), WITH_CASE, Supplement),
    ("an edited message amends its case", RESTING, said("改过的话", edited=True),
     {"edited": CASE}, Supplement),
    ("an edited stranger does nothing", RESTING, said("改过的话", edited=True), {}, None),
    ("对 confirms", RESTING, pressed("ok"), WITH_CASE, ChooseCategory),
    ("对 on a dispatched case is stale", RESTING, pressed("ok"),
     {"tapped": replace(CASE, state=State.DISPATCHED)}, None),
    ("a category is chosen", RESTING, pressed("cat", value="zf.light"), WITH_CASE, ChooseCategory),
    ("an unknown category is not", RESTING, pressed("cat", value="zf.nope"), WITH_CASE, None),
    ("其他 goes to a person", RESTING, pressed("other", value="none"), WITH_CASE, LeaveToPerson),
    ("改类别 only asks", RESTING, pressed("other", value="list"), WITH_CASE, None),
    ("撤销 withdraws", RESTING, pressed("undo"), WITH_CASE, Withdraw),
    ("撤销 comes too late", RESTING, pressed("undo"), {"tapped": OLD}, None),
    ("取消 withdraws what was just filed", ASKED_PLACE, said("取消"), WITH_CASE, Withdraw),
    ("取消 leaves a draft", ASKED_WHAT, said("取消"), WITH_CASE, None),
    ("five stars", RESTING, pressed("rate", value="5"), {"tapped": CLOSED}, Rate),
    ("six stars are none", RESTING, pressed("rate", value="6"), {"tapped": CLOSED}, None),
    ("stars of an earlier round", RESTING, pressed("rate", value="5", stamp=2),
     {"tapped": CLOSED}, None),
    ("stars for an open case", RESTING, pressed("rate", value="5"), WITH_CASE, None),
    ("a reason after a bad rating", ASKED_REASON, said("还是不亮"),
     {"cases": (CLOSED,), "tag": LIGHT}, Note),
    ("no reason is fine", ASKED_REASON, said("不说"), {"cases": (CLOSED,), "tag": UNCLEAR}, Note),
    ("没解决 reopens", RESTING, pressed("reopen"), {"tapped": CLOSED}, Reopen),
    ("这是诉求 files the kept words", ASKED_FILE, pressed("file", 0), {"tag": INVALID}, FileCase),
    ("not twice", RESTING, pressed("file", 0), {}, None),
    ("是，补充进去 adds the kept words", ASKED_WHOSE, pressed("supp"), WITH_CASE, Supplement),
    ("不是 files them", ASKED_WHOSE, pressed("new", 0), WITH_CASE, FileCase),
    ("人工 flags the newest case", RESTING, said("人工"), WITH_CASE, LeaveToPerson),
    ("人工 without a case files one", RESTING, said("人工"), {}, FileCase),
    ("a foreign button is nothing", RESTING, pressed("ok"), {"tapped": None}, None),
    ("help is help in every step", ASKED_PLACE, said("帮助"), WITH_CASE, None),
    ("thanks are not the place", ASKED_PLACE, said("谢谢"), WITH_CASE, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "incoming", "facts", "action"),
    [r[1:] for r in DECISIONS],
    ids=[r[0] for r in DECISIONS],
)
def test_decides(
    known: Facts,
    state: DialogueState,
    incoming: Incoming,
    facts: dict[str, Any],
    action: type | None,
) -> None:
    turn = advance(state, incoming, replace(known, **facts))
    assert type(turn.action) is (action or type(None))
    assert turn.action is not None or turn.replies, "silence"


@pytest.mark.parametrize("refused", [None, "规则不允许。"])
@pytest.mark.parametrize("row", [r for r in DECISIONS if r[4]], ids=lambda r: r[0])
def test_every_action_ends_in_words(known: Facts, row: Row, refused: str | None) -> None:
    _, state, incoming, extra, _ = row
    facts = replace(known, **extra)
    turn = advance(state, incoming, facts)
    outcome = Outcome(refused=refused) if refused else Outcome(case=CASE)
    done = conclude(turn, outcome, incoming, facts)
    assert done.action is None
    assert len(done.replies) == 1
    assert "{" not in done.replies[0].text


def test_two_taps_within_seconds_are_one(known: Facts) -> None:
    facts = replace(known, **WITH_CASE)
    first = advance(RESTING, pressed("ok"), facts)
    second = advance(first.state, pressed("ok"), facts)
    assert second == Turn(second.state)


@pytest.mark.parametrize(("typed", "points"), [("5", 5), ("1", 1), ("２", 2), ("满意", 5)])
def test_a_digit_typed_at_a_rating_means_points(known: Facts, typed: str, points: int) -> None:
    """Not the place of the button: 5 is the first one."""
    labels = {5: "满意", 4: "基本满意", 3: "一般", 2: "不满意", 1: "很不满意"}
    options = tuple(Option(label, encode("rate", 1, 1, str(v))) for v, label in labels.items())
    turn = advance(RESTING, said(typed), replace(known, tapped=CLOSED, options=options))
    assert isinstance(turn.action, Rate)
    assert turn.action.satisfaction == points


TEXTS = st.text(max_size=80) | st.sampled_from(["取消", "1", "/start", "2611-2300-0018", "谢谢"])
TAGS = st.sampled_from([None, LIGHT, NOISE, UNCLEAR, INVALID, DANGER, SCOPE])
STATES = st.sampled_from(
    [RESTING, ASKED_PLACE, ASKED_WHAT, HOLDS_PHOTO, ASKED_FILE, ASKED_WHOSE, ASKED_REASON]
)
CASES = st.sampled_from([(), (CASE,), (OLD,), (CLOSED,), (WAITING, OLD)])


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, tag=TAGS, state=STATES, cases=CASES)
def test_nothing_said_is_met_with_silence(
    town: Town, text: str, tag: Tag | None, state: DialogueState, cases: tuple[CaseView, ...]
) -> None:
    facts = Facts(town=town, texts=load_texts("zh"), now=NOW, cases=cases, tag=tag)
    incoming = said(text)
    text_to_tag(state, incoming)
    turn = advance(state, incoming, facts)
    if turn.action is not None:
        turn = conclude(turn, Outcome(case=CASE), incoming, facts)
    assert turn.replies
    again = DialogueState.from_json(json.loads(json.dumps(turn.state.to_json())))
    assert again == turn.state


def test_state_of_a_newer_version_is_read() -> None:
    state = DialogueState.from_json({"step": "dancing", "stamp": 3, "new_field": [1]})
    assert (state.step, state.stamp) == (Step.IDLE, 3)
