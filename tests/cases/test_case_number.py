"""Numbers for the phone: forgiving in form, strict in digits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case_number import new_number, new_tracking_code, parse_number, parse_tracking_code

DAY = date(2026, 11, 23)


def test_a_number_is_grouped_and_begins_with_its_day():
    """Four, four, four."""
    assert new_number(DAY).startswith("2611-23")
    assert len(new_number(DAY)) == 14
    assert len(new_number(DAY, long=True)) == 19


@pytest.mark.parametrize("form", ["{}", " {} ", "编号：{}", "单号 {}", "#{}"])
def test_other_ways_to_type_it(form):
    """People paste it with what stood around it."""
    number = new_number(DAY)
    assert parse_number(form.format(number)) == number
    assert parse_number(form.format(number.replace("-", " "))) == number
    assert (
        parse_number(number.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
        == number
    )


@given(st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_caught(position, shift):
    """The check digit notices every single mistake."""
    digits = new_number(DAY).replace("-", "")
    wrong = str((int(digits[position]) + shift) % 10)
    assert parse_number(digits[:position] + wrong + digits[position + 1 :]) is None


@given(st.integers(0, 10))
def test_two_swapped_neighbours_are_caught(position):
    """The mistake of a tired ear."""
    digits = list(new_number(DAY).replace("-", ""))
    if digits[position] == digits[position + 1]:
        return
    digits[position], digits[position + 1] = digits[position + 1], digits[position]
    assert parse_number("".join(digits)) is None


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Never an exception."""
    assert parse_number(text) is None or len(parse_number(text)) in (14, 19)
    parse_tracking_code(text)


def test_tracking_codes_forgive_case_and_spaces():
    """Read off a slip of paper."""
    code = new_tracking_code()
    assert parse_tracking_code(f" {code[:4].lower()} {code[4:]}") == code
    assert parse_tracking_code(code[:-1]) is None
