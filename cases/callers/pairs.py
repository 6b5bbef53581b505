"""Number and tracking code in one message: whoever types both shows that the case is theirs.

pair_payload("2611-2347-1234 ABCD2345") -> "pair_2611-2347-1234_ABCD2345"     or None
split_pair(payload) -> (number, code) | None

The payload is handled like that of a link (``cases.use_cases.links``). Only a message that consists
of the two counts: a complaint that happens to quote them is a complaint.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

from cases.case_number import parse_number, parse_tracking_code

_FILLER = re.compile(r"(?:我的|诉求|工单|编号|单号|号码|查询码|验证码|码|是|为|和|跟进|绑定|查询)")
# A code may begin or end with four digits, which then look like one more group of the number beside
# it: numbers of three groups and of four are looked for wherever one could begin.
_NUMBERS = tuple(
    re.compile(rf"(?=(?<!\d)(\d{{4}}(?:[\s\-—–.]*\d{{4}}){{{more}}})(?!\d))") for more in (2, 3)
)
_BETWEEN = re.compile(r"[\s,，、。;；:：【】\[\]()（）]+")
_LONGEST = 80


def pair_payload(text: str) -> str | None:
    """The payload, if the text is a case number and something like a tracking code."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > _LONGEST:
        return None
    for found in chain.from_iterable(form.finditer(plain) for form in _NUMBERS):
        number = parse_number(found[1])
        sides = plain[: found.start(1)], plain[found.end(1) :]
        before, after = (_BETWEEN.sub("", _FILLER.sub(" ", side)) for side in sides)
        code = None if before and after else parse_tracking_code(before or after)
        if number and code:
            return f"pair_{number}_{code}"
    return None


def split_pair(payload: str) -> tuple[str, str] | None:
    """Number and code of a payload."""
    kind, _, rest = payload.partition("_")
    number, _, code = rest.partition("_")
    return (number, code) if kind == "pair" and number and code else None
