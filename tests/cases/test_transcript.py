"""Reading a call: every field an exact piece of it, and nothing invented."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.call_time import read_time
from cases.place import find_place
from cases.transcript import join_turns, read_transcript

CALLED = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Saturday

CALL = """坐席：您好，市民热线，请问有什么可以帮您？
市民：喂，你好。我姓王，电话13800001234。我住在朝晖路翠微苑3栋。昨天晚上八点楼下夜宵摊的油烟特别大。之前也打过两次电话反映，没有人管。希望城管来处理一下。
坐席：请问您的联系电话是？
市民：13800001234。
坐席：还有别的问题吗？
市民：另外还有一件事，振兴小学门口的路灯坏了三盏，晚上漆黑一片。能不能派人修一下？
坐席：好的，已为您登记。"""


def test_a_call_with_two_matters():
    """Caller, place, time, history and demand of each; the agent's words are not the citizen's."""
    call = read_transcript(CALL, received_at=CALLED)
    assert (call.caller_name.text, call.caller_phone.text) == ("王", "13800001234")
    fume, light = call.matters
    assert "油烟" in fume.body and "路灯" not in fume.body and "登记" not in light.body
    assert fume.body.startswith("我住在")
    assert fume.place.text == "朝晖路翠微苑3栋"
    assert fume.time.text == "昨天晚上八点"
    assert fume.time.at.isoformat() == "2026-11-20T20:00:00+08:00"
    assert [h.text for h in fume.history] == ["之前也打过两次电话反映，没有人管。"]
    assert fume.demand.text == "希望城管来处理一下。"
    assert light.place.text == "振兴小学门口"
    assert light.demand.text.startswith("能不能派人修")


def test_an_agents_order_without_speakers_is_one_matter():
    """The way orders are typed."""
    text = "市民来电反映：新塘村村口路灯整条不亮，老人晚上不敢出门，请供电部门核实处理。"
    call = read_transcript(text, received_at=CALLED)
    assert len(call.matters) == 1 and call.caller_phone is None
    assert call.matters[0].demand.text == "请供电部门核实处理。"


def test_a_self_introduction_is_set_aside():
    """Name and phone are the caller's, not the matter's."""
    text = (
        "你好，我姓王，电话13800001234，昨天晚上朝晖路路灯不亮，请尽快修。\n"
        "另外还有一件事，楼下油烟很大。"
    )
    call = read_transcript(text, received_at=CALLED)
    assert [m.body for m in call.matters] == [
        "昨天晚上朝晖路路灯不亮，请尽快修。",
        "楼下油烟很大。",
    ]
    assert call.caller_phone.text == "13800001234"


def test_turns_are_joined_so_that_offsets_fit():
    """The API gives back the text its offsets refer to."""
    text = join_turns(
        [{"speaker": "坐席", "text": "您好"}, {"speaker": "市民", "text": "停水了\n两天"}]
    )
    assert text == "坐席：您好\n市民：停水了 两天"
    assert read_transcript(text, received_at=CALLED).matters[0].body == "停水了 两天"


@pytest.mark.parametrize("text", ["", " \n", "坐席：您好", "市民：喂。你好。", "。。。"])
def test_a_call_in_which_nothing_is_said(text):
    """No matter, no error."""
    assert read_transcript(text, received_at=CALLED).matters == ()


@settings(max_examples=200)
@given(
    st.text(
        alphabet="市民坐席：。，！？另外还有一个问题请希望路小区3栋昨天晚上1380000\n我姓王",
        max_size=120,
    )
)
def test_every_field_is_an_exact_piece_of_the_text(text):
    """Whatever comes in."""
    call = read_transcript(text, received_at=CALLED)
    fields = [call.caller_name, call.caller_phone]
    for matter in call.matters:
        fields += [matter.place, matter.time, matter.demand, *matter.history]
        assert text[matter.start : matter.end]
    for field in filter(None, fields):
        assert text[field.start : field.end] == field.text != ""


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("昨晚十一点半还在放音乐", "2026-11-20T23:30"),
        ("今天早上停水", "2026-11-21T08:00"),
        ("11月3日下午两点", "2026-11-03T14:00"),
        ("12月3日", "2025-12-03T00:00"),  # not yet come this year: last year's
        ("2025年3月5号晚上", "2025-03-05T20:00"),
        ("上周五下午", "2026-11-13T15:00"),
        ("星期三", "2026-11-18T00:00"),
        ("前天二十二点", "2026-11-19T22:00"),
    ],
)
def test_times_are_counted_from_the_call(words, moment):
    """As the caller meant them on that Saturday."""
    assert read_time(words, CALLED).at == datetime.fromisoformat(moment).replace(
        tzinfo=CALLED.tzinfo
    )


@pytest.mark.parametrize("words", ["这几天", "十三月四十号", "一直", ""])
def test_no_time_is_better_than_a_wrong_one(words):
    """Nothing guessed."""
    assert read_time(words, CALLED) is None


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("我住在朝晖路夜宵摊旁边，太吵了", "朝晖路"),
        ("风荷苑6栋302楼上漏水", "风荷苑6栋302"),
        ("其在望湖区海甸岛和平大道55号，路面坑洼", "望湖区海甸岛和平大道55号"),
        ("人民路与解放路交叉口红绿灯坏了", "人民路与解放路交叉口"),
        ("地址：城东镇新塘村12组，路灯不亮", "城东镇新塘村12组"),
        ("昨天晚上朝晖路桥头三盏路灯全灭了", "朝晖路桥头"),
        ("我们村的账两年没有公布了", None),
        ("村里的账没公布，问村委会总说下个月", None),
        ("我们小区停水了", None),
        ("桥头三盏路灯不亮，晚上漆黑一片", None),
        ("学校门口一排流动摊贩占道", None),
        ("社保断缴两个月，医保还能报销吗", None),
    ],
)
def test_places_are_named_not_guessed(words, place):
    """A kind of place is not a place."""
    assert find_place(words) == place


def test_an_order_of_few_words_keeps_its_opening() -> None:
    """Without it nobody could tell what the matter is."""
    text = " 派出所来电反馈：办件处理情况。\n"
    matter = read_transcript(text, received_at=CALLED).matters[0]
    assert matter.body == text.strip() == text[matter.start : matter.end]
