"""One loss at a time, each with the caller's exact words; and nothing where nothing was lost."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.faithfulness import load_pairs, load_retold, measure
from cases.faithfulness import KINDS, FiledText, Finding, compare_with_transcript
from cases.faithfulness.amounts import find_amounts
from cases.faithfulness.words import load_rules
from tests.growth import LINEAR_ENOUGH, growth

CALL = """坐席：您好，这里是热线，您说的是着火了吗？
市民：我要投诉，朝晖路45号楼下烧烤店天天半夜油烟，十几户人家睡不着，我老母亲八十多岁有心脏病。
坐席：还有别的吗？
市民：上个月他店里煤气罐漏气了，收了我1200块押金也不退。
坐席：您的诉求是？
市民：把烟道拆了，把押金退给我。"""
FILED = (
    "投诉朝晖路45号楼下烧烤店每天半夜油烟扰民，影响十几户，诉求人老母亲八十多岁患心脏病。"
    "上月该店煤气罐漏气，收取1200元押金不退。要求拆除烟道、退还押金。"
)


def compare(text: str, **changes: str) -> tuple[Finding, ...]:
    values: dict[str, Any] = {
        "request_type": "complaint",
        "urgency": "urgent",
        "place": "朝晖路45号",
        **changes,
    }
    return compare_with_transcript(CALL, [FiledText(text, **values)])


def test_a_faithful_case_is_left_alone() -> None:
    assert compare(FILED) == ()


@pytest.mark.parametrize(
    ("gone", "kind", "quote"),
    [
        ("、退还押金", "demand", "把押金退给我"),
        ("上月该店煤气罐漏气，", "risk", "上个月他店里煤气罐漏气了"),
        ("，影响十几户", "count", "十几户人家"),
        ("，诉求人老母亲八十多岁患心脏病", "vulnerable", "我老母亲八十多岁有心脏病"),
        ("1200元", "number", "1200块"),
    ],
)
def test_what_is_gone_is_said_with_the_callers_words(gone: str, kind: str, quote: str) -> None:
    assert gone in FILED
    [finding] = compare(FILED.replace(gone, ""))
    assert (finding.kind, finding.quote) == (kind, quote)
    assert CALL[finding.span[0] : finding.span[1]] == quote and quote in finding.sentence


def test_a_number_that_changed() -> None:
    assert [f.kind for f in compare(FILED.replace("1200", "120"))] == ["number"]
    assert [f.kind for f in compare(FILED.replace("十几户", "一户"))] == ["count"]


def test_a_complaint_does_not_become_a_question() -> None:
    [finding] = compare(FILED, request_type="consult")
    assert (finding.kind, finding.value) == ("type", "complaint")
    assert "投诉" in finding.sentence and "咨询" in finding.sentence


def test_danger_is_not_ordinary() -> None:
    [finding] = compare(FILED, urgency="normal")
    assert (finding.kind, finding.value) == ("urgency", "urgent")


def test_the_operators_words_are_not_the_callers() -> None:
    """The desk asked about a fire; nobody said there was one."""
    assert not any("着火" in finding.quote for finding in compare("别的事情"))


def test_a_matter_that_was_not_filed() -> None:
    call = "市民：柳树巷的路灯坏了三盏。还有一个事，我想问一下社保卡丢了怎么补办？"
    light = FiledText("柳树巷路灯坏了三盏", "help")
    [finding] = compare_with_transcript(call, [light])
    assert finding.kind == "matter" and "社保卡" in finding.quote
    card = FiledText("咨询社保卡遗失如何补办", "consult")
    assert compare_with_transcript(call, [light, card]) == ()
    # Both in one case: nothing is lost.
    assert (
        compare_with_transcript(call, [FiledText("柳树巷路灯坏了三盏；社保卡丢了怎么补办")]) == ()
    )


def test_what_is_only_feared_is_no_emergency() -> None:
    call = "市民：消防通道被车堵了，万一着火了消防车进不来。"
    filed = FiledText("消防通道被车堵住，担心着火消防车进不来", "complaint")
    assert compare_with_transcript(call, [filed]) == ()


def test_a_flag_is_enough_for_whom_it_hits() -> None:
    call = "市民：我家老人住十一楼，电梯坏了三天了。"
    text = "十一楼电梯坏了三天"
    [finding] = compare_with_transcript(call, [FiledText(text, "help")])
    assert finding.kind == "vulnerable"
    assert compare_with_transcript(call, [FiledText(text, "help", flags=("vulnerable",))]) == ()


@pytest.mark.parametrize("text", ["", " ", "测试", "Hello", "{", "市民：\n坐席：", "。" * 5000])
def test_what_is_no_call_finds_nothing(text: str) -> None:
    assert compare_with_transcript(text, [FiledText("路灯坏了")]) == ()
    assert compare_with_transcript(CALL, []) == ()


def test_a_finding_survives_being_kept() -> None:
    found = compare("别的事情")
    assert found and tuple(Finding.from_dict(f.to_dict()) for f in found) == found


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("一百三十六块", [("money", "136")]),
        ("136元", [("money", "136")]),
        ("三千八", [("figure", "3800")]),
        ("三千零八块", [("money", "3008")]),
        ("十二万", [("figure", "120000")]),
        ("12万元", [("money", "120000")]),
        ("十几户", [("people", "10~")]),
        ("几十户", [("people", "~10")]),
        ("二十多户", [("people", "20~")]),
        ("二十几户", [("people", "20~")]),
        ("二十八个人", [("people", "28")]),
        ("一个人", []),
        ("两次", []),
        ("12栋401", [("door", "12"), ("figure", "401")]),
        ("11月8日", [("date", "11-8")]),
    ],
)
def test_figures_are_read_either_way(text: str, amounts: list[tuple[str, str]]) -> None:
    assert [(a.kind, a.value) for a in find_amounts(text)] == amounts


def test_every_kind_has_a_sentence() -> None:
    assert set(load_rules().sentences) == set(KINDS)
    assert all("{quote}" in sentence for sentence in load_rules().sentences.values())


#: What must not get worse, with the kinds of loss that the desk is warned of first.
FLOORS = {
    "demand dropped": 0.9,
    "matter dropped": 0.95,
    "danger dropped": 0.9,
    "type softened": 0.93,
    "number changed": 0.93,
    "count changed": 0.85,
    "place dropped": 0.75,
    "weak one dropped": 0.85,
    "urgency lowered": 0.55,
}


def test_the_authored_calls_keep_their_figures() -> None:
    """On all authored calls together: recall for each way of spoiling, and few false alarms."""
    pairs = load_pairs()
    recall, alarms = measure(pairs)
    assert alarms.of >= 300 and alarms.share <= 0.05, alarms.misses
    for name, floor in FLOORS.items():
        assert recall[name].share >= floor, (name, recall[name].share, recall[name].misses)
        assert recall[name].of >= 8, name


def test_other_words_are_no_loss() -> None:
    """Filings that a person wrote in their own words."""
    recall, alarms = measure(load_retold())
    assert alarms.found <= 1, alarms.misses
    for name in ("type softened", "number changed"):
        assert recall[name].share >= 0.9, recall[name].misses


@pytest.mark.parametrize("piece", ["一", "1", "十万", "12345678901", "几户"])
def test_a_long_row_of_figures_is_read_once(piece: str) -> None:
    """The work grows with the text, not with its square: no figure is begun inside another."""
    assert growth(find_amounts, piece * (8000 // len(piece))) < LINEAR_ENOUGH
