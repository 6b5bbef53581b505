"""One form for every way of writing an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.addresses.narrowing import narrow
from cases.addresses.numbers import find_marks, read_details, read_number
from cases.addresses.slips import align
from cases.addresses.sounds import how_far


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("６栋 三〇二", "6栋302"),
        ("二十三幢一百零二室", "23幢102室"),
        ("十二单元", "12单元"),
        ("風荷苑", "风荷苑"),
        ("３－２－５０１", "3-2-501"),
        ("a座", "A座"),
        ("百货大楼", "百货大楼"),
    ],
)
def test_width_script_blanks_and_numerals_are_one(written, plain):
    assert narrow(written).text == plain


@given(st.text(alphabet="风荷苑六栋二十三一百零〇 　６-－號樓abc", max_size=30))
def test_every_character_knows_where_it_came_from(text):
    plain = narrow(text)
    for position in range(len(plain.text)):
        start, end = plain.span(position, position + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("cell", ["六栋", "6幢", "6号楼", "６", "第六幢", "6#"])
def test_one_building_has_one_number(cell):
    assert read_number(cell, "building") == "6"


@pytest.mark.parametrize(
    ("text", "level", "details"),
    [
        ("6-2-501", "estate", (("building", "6"), ("unit", "2"), ("room", "501"))),
        ("6幢2-501", "estate", (("building", "6"), ("unit", "2"), ("room", "501"))),
        ("6-302", "estate", (("building", "6"), ("room", "302"))),
        ("6-2", "estate", (("building", "6"), ("unit", "2"))),
        ("6号302", "estate", (("building", "6"), ("room", "302"))),
        ("40弄6号302室", "road", (("number", "40弄"), ("building", "6"), ("room", "302"))),
        ("3组12号", "community", (("village_group", "3"), ("number", "12"))),
        ("40-2号", "road", (("number", "40-2"),)),
    ],
)
def test_numbers_mean_what_stands_before_them(text, level, details):
    assert read_details(find_marks(text, 0, len(text)), level)[0] == details


@pytest.mark.parametrize("text", ["三天了", "10路公交", "2026年", "5个人", "3期", "号线"])
def test_what_counts_something_else_is_no_number_of_a_door(text):
    plain = narrow(text).text
    assert find_marks(plain, 0, len(plain)) == []


def test_what_sounds_alike_is_near_and_what_is_opposite_is_not():
    assert how_far("枫", "风") < how_far("林", "宁") < how_far("山", "风")
    assert how_far("东", "西") > how_far("山", "风")
    assert how_far("1", "2") > how_far("山", "风")


@pytest.mark.parametrize("written", ["枫荷苑", "风和苑", "荷风苑"])
def test_a_slip_is_nearer_than_another_name(written):
    assert align("风荷苑", written, 0, 3)[0] > align("风荷苑", "桂花苑", 0, 3)[0] + 0.2
