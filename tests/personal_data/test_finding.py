"""Every kind, in every spelling: nothing can be read out of what is shown; look-alikes stay."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.personal_data import KINDS, find_personal_data, mask_text, phone_key, training_text
from tests.growth import LINEAR_ENOUGH, growth
from tests.personal_data.corpus import LOOKALIKES, PUBLIC, leaked, make_items

ITEMS = make_items(2700)


def test_the_corpus_holds_every_kind() -> None:
    assert set(Counter(item.kind for item in ITEMS)) == set(KINDS)
    assert len({item.text for item in ITEMS}) > 2000
    assert all(item.secret in item.text and leaked(item, item.text) for item in ITEMS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaks(kind: str) -> None:
    shown = [(i, mask_text(i.text), training_text(i.text)) for i in ITEMS if i.kind == kind]
    left = [(i.text, m) for i, m, t in shown if leaked(i, m) or leaked(i, t)]
    assert left == []


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_secret_goes(kind: str) -> None:
    """What stands before and behind the secret is untouched, so that a reader sees the matter."""
    for item in ITEMS:
        if item.kind != kind:
            continue
        spans = find_personal_data(item.text)
        begin = item.text.index(item.secret)
        end = begin + len(item.secret)
        assert all(begin <= s.start and s.end <= end for s in spans), (item.text, spans)


@pytest.mark.parametrize("text", LOOKALIKES)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert mask_text(text, public=PUBLIC) == text


def test_masking_twice_changes_nothing() -> None:
    for item in ITEMS:
        once = mask_text(item.text)
        assert mask_text(once) == once
        assert training_text(training_text(item.text)) == training_text(item.text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="王建国我叫是住电话身份证13807-+ 室幢单元@.浙A号：，a１３", max_size=120))
def test_spans_are_in_order_and_apart(text: str) -> None:
    spans = find_personal_data(text)
    assert all(0 <= s.start < s.end <= len(text) and s.kind in KINDS for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("手机13800138000", "手机138****8000"),
        ("电话0571-88881234", "电话0571****1234"),
        ("身份证33010619900307221X", "身份证3301**********221X"),
        ("车牌浙A·12345", "车牌浙A·***45"),
        ("我叫王建国，住风荷苑3幢2单元502室", "我叫王**，住风荷苑3幢*单元***室"),
        ("联系人：张伟", "联系人：张*"),
        ("邮箱zhang@example.com", "邮箱z***@example.com"),
    ],
)
def test_a_masked_form_keeps_its_sense(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_a_name_given_once_goes_everywhere() -> None:
    assert "建国" not in mask_text("我叫王建国。物业说王建国没有交费，王建国很生气")


def test_kinds_can_be_kept() -> None:
    text = "王建国 13800138000 住风荷苑3幢502室"
    assert mask_text(text, keep={"door"}) == "王** 138****8000 住风荷苑3幢502室"
    assert mask_text(text, keep=KINDS) == text


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("13800138000转12", "13800138000"),
        ("0571-88881234", "057188881234"),
        ("（0571）8888 1234 转 801", "057188881234"),
        ("12345", "12345"),
        ("138****8000", None),
        ("没有", None),
        ("", None),
        (None, None),
    ],
)
def test_one_spelling_for_one_number(written: str | None, key: str | None) -> None:
    assert phone_key(written) == key


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "王", "我叫", "浙A", "a@", "3-", "一", "住在1", "3幢", "市民王女士"]
)
def test_long_repetitions_do_not_run_away(piece: str) -> None:
    assert growth(find_personal_data, piece * (20_000 // len(piece))) < LINEAR_ENOUGH
