"""Case numbers that can be read out over the phone, and tracking codes that cannot be guessed.

A number is ``YYMM-DDNN-NNNC``: the day it was filed, five digits drawn at random and a Damm
check digit, which catches every single wrong digit and every pair of swapped neighbours.
Drawn rather than counted: two desks never wait for one another, and a number does not tell
how many cases came before it.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import date

from stdnum import damm

_LENGTHS = (12, 16)
#: Letters and digits that are not mistaken for one another, aloud or in print.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


def new_number(day: date, *, long: bool = False) -> str:
    """A fresh number for a local day; ``long`` draws nine digits when five are used up."""
    body = day.strftime("%y%m%d") + "".join(
        secrets.choice("0123456789") for _ in range(9 if long else 5)
    )
    return format_number(body + damm.calc_check_digit(body))


def format_number(digits: str) -> str:
    """Groups of four, as people read long numbers."""
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def parse_number(text: str) -> str | None:
    """The case number that ``text`` is, or ``None``.

    Full-width digits, spaces and any dash are forgiven; a wrong check digit is not.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"^(?:编号|单号|工单|诉求编号|诉求)?[:：\s#]*", "", plain)
    digits = re.sub(r"[\s\-‐-―−_.·]", "", plain)
    if len(digits) not in _LENGTHS or not digits.isascii() or not digits.isdigit():
        return None
    return format_number(digits) if damm.is_valid(digits) else None


def looks_like_number(text: str) -> bool:
    """Whether somebody meant to type a case number, even one with a mistake in it."""
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = re.sub(r"[\s\-‐-―−_.·]", "", plain)
    return digits.isascii() and digits.isdigit() and 11 <= len(digits) <= 17


def new_tracking_code() -> str:
    """Eight characters out of 31: forty bits, for the citizen only."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))


def parse_tracking_code(text: str) -> str | None:
    """The code as it is kept, forgiving case, spaces and dashes; ``None`` if it is none."""
    code = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    return code if len(code) == _CODE_LENGTH and set(code) <= set(_CODE_ALPHABET) else None
