"""Number and tracking code in one message: whoever types both shows that the case is theirs.

pair_payload("2611-2347-1234 ABCD2345") -> "pair_2611-2347-1234_ABCD2345"     or None
split_pair(payload) -> (number, code) | None

The payload is handled like that of a link (``cases.use_cases.links``). Only a message that consists
of the two counts: a complaint that happens to quote them is a complaint.
"""

from __future__ import annotations

import re
import unicodedata

from cases.case_number import parse_number, parse_tracking_code

_FILLER = re.compile(r"(?:我的|诉求|工单|编号|单号|号码|查询码|验证码|码|是|为|和|跟进|绑定|查询)")
_NUMBER = re.compile(r"(?<!\d)\d{4}[\s\-—–.]*\d{4}[\s\-—–.]*\d{4}(?:[\s\-—–.]*\d{4})?(?!\d)")
_BETWEEN = re.compile(r"[\s,，、。;；:：【】\[\]()（）]+")
_LONGEST = 80


def pair_payload(text: str) -> str | None:
    """The payload, if the text is a case number and something like a tracking code."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > _LONGEST:
        return None
    for found in _NUMBER.finditer(plain):
        number = parse_number(found[0])
        rest = _FILLER.sub(" ", plain[: found.start()] + " " + plain[found.end() :])
        code = parse_tracking_code(_BETWEEN.sub("", rest))
        if number and code:
            return f"pair_{number}_{code}"
    return None


def split_pair(payload: str) -> tuple[str, str] | None:
    """Number and code of a payload."""
    kind, _, rest = payload.partition("_")
    number, _, code = rest.partition("_")
    return (number, code) if kind == "pair" and number and code else None
