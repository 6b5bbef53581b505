"""One spelling for one thing; agents' stock phrases out."""

from __future__ import annotations

import time

import pytest

from classifier.normalization import MAX_CHARS, narrow, normalize, quote, shorten
from classifier.tokenizer import make_tokenizer


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
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected


def test_unit_can_be_left_out() -> None:
    assert normalize("垃圾没人收。请城管局核实处理！", keep_unit=False) == "垃圾没人收。"


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
    "filler", ["(", "1", "请", "a", "没有", "市民来电", "请城管局核实", "1 户"]
)
def test_endless_text_is_read_quickly(filler: str) -> None:
    """No pattern tries every start of a long run against every end."""
    text = filler * (MAX_CHARS // len(filler))
    started = time.perf_counter()
    normalize(text)
    assert time.perf_counter() - started < 1.0


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
