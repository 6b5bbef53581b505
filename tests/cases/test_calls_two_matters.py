"""Two matters in one call: where the second is, and where its words begin."""

from __future__ import annotations

import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from benchmarks.call_gold import CALLS, load_gold, read_gold
from cases.addresses.matching import PlaceMatches
from cases.calls.references import refer_places
from cases.classification import Tag
from cases.faithfulness.heard import listen
from cases.transcript import read_transcript, settle
from intake_api.calls.call_reading import ReadCall, read_with

CALLED = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FILE = "two_matters"
#: Right of those read: the place with its doubt, and where the second matter begins.
FLOORS = {"": (15, 15), "held_out": (10, 11)}


def read(text: str) -> ReadCall:
    return read_with(lambda texts: [None] * len(texts), text, CALLED)


def second(first: str, words: str) -> tuple[str, bool] | None:
    """The place that a second matter takes over, and whether it is sure."""
    found = refer_places(
        read_transcript(f"市民：{first}。还有一件事，{words}。", received_at=CALLED)
    )
    assert len(found) == 2 and found[0] is None
    return (found[1].text, found[1].sure) if found[1] else None


@pytest.mark.parametrize("side", FLOORS)
def test_the_second_matter_takes_over_the_place_it_points_at(side):
    """Two quotations, each an exact piece; and the words begin with the matter."""
    path = CALLS / side / f"{FILE}.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["call"]
    golds = [g for g in load_gold(held_out=bool(side)) if f"{FILE}#" in g.source]
    places = begins = 0
    for row, gold in zip(rows, golds, strict=True):
        call, _ = read_gold(gold)
        found = refer_places(call)[1] if len(call.matters) > 1 else None
        quotes = [found.of, found.words] if found else []
        assert all(gold.text[q.start : q.end] == q.text != "" for q in quotes)
        right = [q.text for q in quotes] == row.get("refers", [])
        places += right and (found is None or found.sure != row.get("unsure", False))
        # What is not right is empty or says that somebody has to look.
        assert right or not quotes or not found.sure, gold.source
        start = min(m.start for m in gold.marks if (m.kind, m.of) == ("c", 2))
        begins += len(call.matters) == 2 and call.matters[1].start == start
    assert places >= FLOORS[side][0]
    assert begins >= FLOORS[side][1]


@pytest.mark.parametrize(
    ("first", "words", "place"),
    [
        ("听涛苑3幢的垃圾没有人清", "小区东门口的路灯不亮", "听涛苑小区东门口"),
        ("听涛苑3幢的垃圾没有人清", "我们楼下有人半夜唱歌", "听涛苑3幢楼下"),
        ("翠屏路88号的垃圾没有人清", "也是这条路上，窨井盖不见了", "翠屏路这条路上"),
        ("翠屏路菜场门口堵得走不动", "那个路口的红绿灯不亮", "翠屏路菜场门口那个路口"),
        ("鹤鸣村的自来水发黄好久了", "村口的桥栏杆断了半截", "鹤鸣村村口"),
        ("听涛苑的垃圾没有人清", "有人把车停在小区门口挡着路", "听涛苑小区门口"),
        # A place of its own, or somebody else's.
        ("听涛苑的垃圾没有人清", "翠屏路菜场活鸡现杀血水乱流", None),
        ("听涛苑的垃圾没有人清", "我妈家那个小区门口没有路灯", None),
        ("听涛苑的垃圾没有人清", "隔壁小区有人养公鸡打鸣", None),
        ("听涛苑的垃圾没有人清", "我们公司楼下的早餐车乱泼水", None),
        # Not of the kind: no estate, no road, no village was named.
        ("县医院挂号排了两个钟头没挂上", "我们小区门口没有路灯", None),
        ("听涛苑的垃圾没有人清", "昨天村里分的钱对不上账", None),
        ("听涛苑的垃圾没有人清", "这条路上天天有人飙车", None),
        # Where somebody lives is not where the road junction is.
        ("我家住听涛苑3幢，社保卡刷不出来", "就在那边路口有一棵树要倒", None),
    ],
)
def test_only_a_place_of_the_kind_that_is_pointed_at(first, words, place):
    assert second(first, words) == (place and (place, True))


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("从望江花园到银杏公寓都是乱停的单车", "小区门口的公交站牌倒了"),
        ("锦绣园跟翠湖名苑中间的通道被砌了墙", "我们小区门口的道闸抬不起来"),
        # Lived in, but is it that one?
        ("我家住听涛苑3幢，社保卡刷不出来", "小区里的路灯不亮"),
    ],
)
def test_two_places_or_a_home_are_for_a_person_to_confirm(first, words):
    found = second(first, words)
    assert found is not None and not found[1]


@pytest.mark.parametrize(
    ("between", "sure"), [("我的社保卡刷不出来", False), ("小区里的健身器材也断了", True)]
)
def test_a_farther_matter_is_sure_only_if_the_one_between_is_there_too(between, sure):
    text = (
        f"市民：听涛苑的垃圾没有人清。还有一件事，{between}。另外还有一件事，我们小区门口的灯不亮。"
    )
    found = refer_places(read_transcript(text, received_at=CALLED))[2]
    assert (found.text, found.sure) == ("听涛苑小区门口", sure)


SURE = "市民：听涛苑的垃圾没有人清。还有一件事，小区东门口的路灯不亮。"
UNSURE = "市民：从望江花园到银杏公寓单车乱停。还有一件事，小区门口的站牌倒了。"


def test_the_draft_shows_both_quotations():
    """As the page, the API and the record of the case have them."""
    call = read(SURE)
    place = call.drafts[1].to_dict()["place"]
    assert (call.drafts[1].place, call.notices) == ("听涛苑小区东门口", [])
    assert call.drafts[1].flags == ("地点承前一件",)
    for quote in (place, place["of"]):
        assert call.text[slice(*quote["span"])] == quote["text"]
    assert (place["text"], place["of"]["text"], place["unsure"]) == ("小区东门口", "听涛苑", False)
    assert ("place", tuple(place["span"])) in list(call.spans())
    assert [case.place_text for case in call.case_drafts(channel="phone")][1] == "听涛苑小区东门口"


def test_what_is_in_doubt_is_marked_and_never_filed_unseen():
    """The page says so, the registry only offers, an import files the matter's own words."""
    call = read(UNSURE)
    draft = call.drafts[1]
    assert draft.place == "望江花园小区门口" and draft.flags == ("地点待确认",)
    assert len(call.notices) == 1
    assert draft.placed(PlaceMatches(draft.place, "sure")).places.verdict == "choose"
    assert call.case_drafts(channel="phone")[1].place_text == "小区门口"


@pytest.mark.parametrize(
    ("bridge", "begins"),
    [
        ("还有个事情想问一下，", "小区东门口没有灯"),
        ("另外还有一件事，就是", "小区东门口没有灯"),
        ("第二个呢，", "小区东门口没有灯"),
        ("对了顺便再反映一下，", "小区东门口没有灯"),
        ("对了另外还有一件事，", "小区东门口没有灯"),
        ("哦对了还想反映一个问题，", "小区东门口没有灯"),
        ("再一个就是，", "小区东门口没有灯"),
        ("还有件事情也麻烦记一下，", "小区东门口没有灯"),
        # Said of the matter, not on the way to it.
        ("还有一件事，", "那个路口没有红绿灯"),
        ("另外还有一件事，", "就是不让我们小区的人进"),
    ],
)
def test_the_words_of_a_second_matter_begin_with_it(bridge, begins):
    """They begin later, no character is written anew."""
    text = f"市民：听涛苑的垃圾没有人清，{bridge}{begins}。"
    call = read(text)
    assert [draft.text.rstrip("。") for draft in call.drafts] == ["听涛苑的垃圾没有人清", begins]
    assert call.text[slice(*call.drafts[1].span)].startswith(begins)


def test_a_joint_that_only_tags_believe_is_left_out_too():
    """ "另外，" stays where nothing is cut, and goes where the matter begins behind it."""
    text = "听涛苑的垃圾没有人清，另外，我妈的养老金九月份没有发"
    one = read_transcript(text, received_at=CALLED)
    assert [matter.body for matter in one.matters] == [text]
    tags = [Tag(c.partition(".")[0], "", c, "", 0.9, "auto") for c in ("zf.light", "bm.social_ins")]
    two = settle(one, tags)
    assert [m.body for m in two.matters] == ["听涛苑的垃圾没有人清", "我妈的养老金九月份没有发"]


@pytest.mark.parametrize(("bridge", "matters"), [("第二件事是，", 2), ("第二个呢，", 1)])
def test_a_counted_affair_is_another_whatever_the_tags_say(bridge, matters):
    """ "第二件事" says as much as "还有一件事"; "第二个呢" may count anything."""
    text = f"市民：双溪佳苑楼上装修吵得头疼。{bridge}校门口两边全是接送的车。"
    one = [Tag("zf", "", "zf.noise", "", 0.9, "auto")] * 2
    assert len(settle(read_transcript(text, received_at=CALLED), one).matters) == matters


def test_the_check_of_a_filed_case_hears_the_same_matters():
    """Every clause belongs to the matter it was said about."""
    first, last = listen(SURE)
    assert [SURE[c.start : c.end] for c in first.clauses] == ["听涛苑的垃圾没有人清"]
    assert [SURE[c.start : c.end] for c in last.clauses] == ["小区东门口的路灯不亮"]
