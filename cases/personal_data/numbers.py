"""Numbers that belong to one person: telephones, identity cards, bank cards.

    find_numbers(plain, public) -> PersonalSpans        ``plain`` as ``spans.level`` gives it

Read aloud, a number comes in groups and in Chinese digits; what only looks like one (a case
number, an order number, a hotline) is told by its check digit and by the words before it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from stdnum import luhn
from stdnum.cn import ric

from cases.case_number import parse_number
from cases.personal_data.cues import pattern, words
from cases.personal_data.phones import SPOKEN, phone_key
from cases.personal_data.spans import PersonalSpan

_SEP = r"[ .-]{0,2}"
_MOBILE = re.compile(
    rf"(?<!\d)(?:(?:\+ ?|00)?86{_SEP})?1{_SEP}[3-9](?:{_SEP}\d){{9}}(?!\d)"
    r"(?:\s?(?:转|分机|-)\s?\d{2,5}(?!\d))?"
)
_LANDLINE = re.compile(
    r"(?<!\d)(?:(?:\+ ?|00)86[ -]{0,2}0?|\(?0)(?:10|2\d|[3-9]\d{2})[) -]{0,3}"
    r"[2-9]\d{2,3}[ -]?\d{4}(?!\d)(?:[ ,]{0,2}(?:转|分机号?|ext\.?|#|-)[ :]?\d{1,6}(?!\d))?",
    re.IGNORECASE,
)
#: Without an area code seven or eight digits are a telephone only after a word that says so.
_LOCAL = re.compile(r"(?<![\d-])[2-9]\d{2,3}[ -]?\d{4}(?![\d-])(?:[ ,]{0,2}(?:转|分机)\d{1,6})?")
_CARD_18 = re.compile(rf"(?<!\d)[1-9](?:{_SEP}\d){{16}}{_SEP}[\dXx](?![\dXx])")
_CARD_15 = re.compile(rf"(?<!\d)[1-9](?:{_SEP}\d){{14}}(?!\d|-\d)")
_BANK = re.compile(r"(?<!\d)[1-9](?:[ -]?\d){11,18}(?!\d)")
_CASE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?:[ -]?\d{4})?(?!\d)")
_BEFORE = 14
_SPOKEN = "零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_SPOKEN_RUN = re.compile(rf"(?<!\d)[{_SPOKEN}](?:[ -]?[{_SPOKEN}]){{9,30}}")


def find_numbers(plain: str, public: Collection[str] = ()) -> Iterator[PersonalSpan]:
    """Every telephone, identity card and bank card."""
    digits = _digits_of(plain)
    cases = [match.span() for match in _CASE.finditer(digits) if _is_case(match[0])]
    nobody = frozenset(filter(None, map(phone_key, public)))
    for span in _find(digits, nobody):
        if not any(start <= span.start and span.end <= end for start, end in cases):
            yield span


def _find(text: str, nobody: frozenset[str]) -> Iterator[PersonalSpan]:
    for match in _CARD_18.finditer(text):
        if _is_card(match[0]) or _said(text, match.start(), "id_card"):
            yield PersonalSpan(*match.span(), "id_card")
    for match in _CARD_15.finditer(text):
        if _is_old_card(match[0]) and not _said(text, match.start(), "order"):
            yield PersonalSpan(*match.span(), "id_card")
    for match in _BANK.finditer(text):
        if _is_bank_card(text, match):
            yield PersonalSpan(*match.span(), "bank_card")
    for match in _MOBILE.finditer(text):
        if not _said(text, match.start(), "order"):
            yield PersonalSpan(*match.span(), "phone")
    for match in (*_LANDLINE.finditer(text), *_LOCAL.finditer(text)):
        local = match.re is _LOCAL
        if local and not _said(text, match.start(), "phone"):
            continue
        if _is_nobodys(match[0], nobody) or _said(text, match.start(), "order"):
            continue
        yield PersonalSpan(*match.span(), "phone")


def _digits_of(plain: str) -> str:
    """Chinese digits as digits where there are enough of them in a row to be a number."""
    return _SPOKEN_RUN.sub(lambda match: match[0].translate(SPOKEN), plain)


def _said(text: str, at: int, kind: str) -> bool:
    """Whether the words just before say what follows."""
    return pattern(f"before_{kind}").search(text, max(0, at - _BEFORE), at) is not None


def _is_case(written: str) -> bool:
    """A number of ours begins with the day it was given out."""
    number = re.sub(r"\D", "", written)
    try:
        date(2000 + int(number[:2]), int(number[2:4]), int(number[4:6]))
    except ValueError:
        return False
    return 20 <= int(number[:2]) < 40 and parse_number(number) is not None


def _is_card(written: str) -> bool:
    """By birthday and check digit; the list of regions changes from year to year."""
    number = _plain(written)
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return born.year >= 1880 and bool(number[-1] == ric.calc_check_digit(number[:-1]))


def _is_old_card(written: str) -> bool:
    """Fifteen digits had no check digit: region and birthday have to be possible."""
    number = _plain(written)
    try:
        date(1900 + int(number[6:8]), int(number[8:10]), int(number[10:12]))
    except ValueError:
        return False
    return number[:2] in words("provinces")


def _is_bank_card(text: str, match: re.Match[str]) -> bool:
    number = _plain(match[0])
    if _said(text, match.start(), "bank_card"):
        return True
    return (
        16 <= len(number) <= 19
        and number[0] in "34569"
        and bool(luhn.is_valid(number))
        and not _said(text, match.start(), "order")
    )


def _is_nobodys(written: str, nobody: frozenset[str]) -> bool:
    """The town's own number, with its area code or without."""
    number = phone_key(written) or ""
    return any(own.endswith(number) for own in nobody)


def _plain(written: str) -> str:
    return re.sub(r"[ .-]", "", written).upper()
