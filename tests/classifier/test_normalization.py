"""One spelling for one thing; agents' stock phrases out."""

from __future__ import annotations

import pytest

from classifier.normalization import (
    MAX_CHARS,
    narrow,
    normalize,
    quote,
    shorten,
    strip_formulas,
)
from classifier.tokenizer import make_tokenizer
from tests.growth import LINEAR_ENOUGH, growth


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("路燈壞了，請處理", "路灯坏了,请处理"),  # traditional characters, full-width comma
        ("ＡＢＣ１２３", "abc0"),  # full-width letters and digits
        ("30㎡的房间", "0㎡的房间"),  # ㎡ stays one sign, as NFKC would not have it
        ("我的电话13800138000", "我的电话0"),
        ("身份证33010219900101123X", "身份证0"),
        ("邮箱 someone@example.com 谢谢", "邮箱 谢谢"),
        ("太吵了！！！！！啊啊啊啊", "太吵了!啊"),  # tone carries no topic
        ("市民来电反映：路灯不亮", "路灯不亮"),  # how an agent begins
        ("APP网格员反映：井盖破损", "井盖破损"),
        ("市民微信咨询: 医保怎么办", "医保怎么办"),
        ("垃圾没人收。请城管局核实处理，谢谢！", "垃圾没人收。 城管局"),  # the unit stays
        (
            "垃圾没人收。请城管局核实处理！（请职能局按规定在30分钟内联系市民，响应处置。）",
            "垃圾没人收。 城管局",
        ),
        ("请问医保怎么办", "请问医保怎么办"),  # a citizen's own 请 is no routing phrase
        (  # an order that quotes an earlier one: its title and its matter stay
            "市民来电咨询: 工单编号[编号]《关于路灯不亮的问题》处理结果。 工单内容： "
            "市民来电反映: 桥头路灯不亮",
            "《关于路灯不亮的问题》 桥头路灯不亮",
        ),
        (  # what a department answered last time goes, what the citizen says now stays
            "市民来电反映: 桥头路灯不亮。 2019-03-05 09:12:30市路灯所答复：已派人更换灯泡，"
            "费用由我所承担。 市民再次来电反映：换过又坏了",
            "桥头路灯不亮。 换过又坏了",
        ),
        (
            "市民来电反映: 路灯不亮！ 路灯所反馈：缺材料。 市民再次来电反映：还是不亮",
            "路灯不亮!还是不亮",
        ),
        ("我对12345的答复不满意，电话里说会修", "我对0的答复不满意,电话里说会修"),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected


def test_encoder_reads_the_matter_and_nothing_else() -> None:
    order = "市民来电反映：路灯不亮。（请职能局按规定在30分钟内联系市民，响应处置）"
    assert strip_formulas(order) == "路灯不亮。"
    assert strip_formulas("路燈不亮，請修 30 號桿！") == "路燈不亮，請修 30 號桿！"  # as written


def test_answers_are_taken_out_or_kept() -> None:
    order = "路灯不亮。2024-03-05 14:20 某街道办答复：已经换了灯泡。市民再次来电反映：还是不亮。"
    assert normalize(order) == "路灯不亮。还是不亮。"
    kept = normalize(order, keep_answers=True)
    assert "某街道办答复:已经换了灯泡。" in kept
    assert "再次来电" not in kept  # how an order goes on is a formula either way


def test_narrow_keeps_positions() -> None:
    text = "樓上漏水，（很嚴重）"
    assert len(narrow(text)) == len(text)


def test_quote_gives_the_words_as_written() -> None:
    assert quote("楼上漏水", "我家樓上漏水了") == "樓上漏水"
    assert quote("路灯", "我家樓上漏水了") is None


def test_shorten_keeps_head_and_tail() -> None:
    short = shorten("头" + "中" * 50_000 + "尾")
    assert len(short) == MAX_CHARS
    assert short[0] == "头"
    assert short[-1] == "尾"


@pytest.mark.parametrize(
    "filler",
    [
        "(",
        "1",
        "请",
        "a",
        "没有",
        "市民来电",
        "请城管局核实",
        "1 户",
        "2019-01-01 局答复:",
        "工单内容:",
    ],
)
def test_endless_text_is_read_quickly(filler: str) -> None:
    """No pattern tries every start of a long run against every end."""
    normalize(filler)  # the patterns are compiled once
    assert growth(normalize, filler * (MAX_CHARS // len(filler))) < LINEAR_ENOUGH


def test_jieba_keeps_its_cache_in_a_private_folder() -> None:
    tokenizer = make_tokenizer("jieba")
    folder = tokenizer._jieba.tmp_dir  # type: ignore[attr-defined]
    import os

    assert os.stat(folder).st_mode & 0o077 == 0
    assert tokenizer.identity.startswith("jieba-0.42")


def test_rjieba_cuts_chinese_like_jieba() -> None:
    pytest.importorskip("rjieba")
    text = normalize(
        "市民来电反映：小区3栋楼下烧烤店油烟扰民，多次投诉物业无果，请城管局核实处理。"
    )
    assert make_tokenizer("rjieba").cut(text) == make_tokenizer("jieba").cut(text)
