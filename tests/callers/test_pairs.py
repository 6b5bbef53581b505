"""Number and code in one message, whatever digits the code happens to have."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.callers.pairs import pair_payload, split_pair
from cases.case_number import new_number

codes = st.text("23456789ABCDEFGHJKMNPQRSTUVWXYZ", min_size=8, max_size=8)
half_digits = st.tuples(st.text("23456789", min_size=4, max_size=4), st.text("ABC", min_size=4))
numbers = st.builds(new_number, st.just(date(2026, 11, 23)), long=st.booleans())


@given(numbers, codes | half_digits.map(lambda halves: (halves[0] + halves[1])[:8]))
def test_every_code_is_understood(number: str, code: str) -> None:
    assert pair_payload(f"{number} {code}") == f"pair_{number}_{code}"


@given(numbers, codes | half_digits.map(lambda halves: halves[1][:4] + halves[0]))
def test_a_code_may_come_first(number: str, code: str) -> None:
    assert pair_payload(f"查询码{code}，编号{number}") == f"pair_{number}_{code}"


@given(numbers, codes)
def test_people_type_it_as_they_like(number: str, code: str) -> None:
    typed = f"我的编号是 {number.replace('-', ' ')}，查询码：{code.lower()}"
    assert split_pair(pair_payload(typed) or "") == (number, code)


@pytest.mark.parametrize(
    "text",
    [
        "{number}",
        "{code}",
        "{number} {code} 路灯还是不亮",
        "查询 {number} ABCD",
        "ABCD {number} 2345",
    ],
)
def test_anything_else_is_no_pair(text: str) -> None:
    number = new_number(date(2026, 11, 23))
    assert pair_payload(text.format(number=number, code="ABCD2345")) is None
