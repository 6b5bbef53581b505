"""Plates, passports, mail addresses and the names people have in a messenger.

find_codes(plain) -> PersonalSpans        ``plain`` as ``spans.level`` gives it
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cases.personal_data.cues import pattern
from cases.personal_data.spans import PersonalSpan

_HERE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_L = "A-HJ-NP-Za-hj-np-z"
#: 普通, 挂/学/警/港/澳/领, 新能源; the last five or six characters hold a digit.
_TAIL = (
    rf"(?=[{_L}0-9 ·.-]{{0,7}}\d)[{_L}0-9](?:[ ·.-]?[{_L}0-9]){{3}}"
    rf"[ ·.-]?(?:[挂学警港澳领]|[{_L}0-9](?:[ ·.-]?[{_L}0-9])?)"
)
_PLATE = re.compile(
    rf"[{_HERE}] ?[A-HJ-NP-Za-hj-np-z][ ·•・.-]{{0,2}}{_TAIL}(?![A-Za-z0-9])"
    r"|(?<![即促致迫假行大])使[ ·]?\d{6}(?!\d)"
    r"|WJ ?[" + _HERE + r"]?[ ·]?\d{4,5}[\dA-Z]?(?![A-Za-z0-9])"
)
_BARE_PLATE = re.compile(
    rf"(?:车牌号?码?|牌照|号牌)(?:是|为|：|:|\s){{0,3}}(?P<plate>[{_L}][ ·]?{_TAIL})(?![A-Za-z0-9])"
)
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+-]{1,64} ?(?:@|\[at\]|\(at\)) ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,20}){1,4}"
)
_PASSPORT = re.compile(
    rf"(?<![A-Za-z0-9])(?:[EGeg] ?\d{{8}}|[Ee][{_L}]\d{{7}}|[DSPdsp][Ee]?\d{{7,8}})"
    r"(?![A-Za-z0-9])"
)
_TRAVEL = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,2} ?\d{6,10}|\d{8})(?![A-Za-z0-9])")
_WECHAT = re.compile(
    r"(?:微信号?码?|微信id|威信|薇信|v信|weixin|wechat|vx|wx)(?:号|是|为|：|:|\(|\s|加我|联系|同号)*"
    r"(?P<id>[A-Za-z][A-Za-z0-9_-]{5,19})",
    re.IGNORECASE,
)
_QQ = re.compile(
    r"(?:qq|扣扣|企鹅)(?!群)(?:号码|号|是|为|：|:|\(|\s|加我|联系){0,4}(?P<id>[1-9]\d{4,11})(?!\d)",
    re.IGNORECASE,
)


def find_codes(plain: str) -> Iterator[PersonalSpan]:
    """In no order; finds may overlap."""
    for match in _PLATE.finditer(plain):
        yield PersonalSpan(*match.span(), "plate")
    for match in _BARE_PLATE.finditer(plain):
        yield PersonalSpan(*match.span("plate"), "plate")
    for match in _EMAIL.finditer(plain):
        yield PersonalSpan(*match.span(), "email")
    for match in (*_PASSPORT.finditer(plain), *_TRAVEL.finditer(plain)):
        before = max(0, match.start() - 10)
        cued = pattern("before_passport").search(plain, before, match.start())
        order = pattern("before_order").search(plain, before, match.start())
        if cued or (match.re is _PASSPORT and not order):
            yield PersonalSpan(*match.span(), "passport")
    for match in (*_WECHAT.finditer(plain), *_QQ.finditer(plain)):
        yield PersonalSpan(*match.span("id"), "account")
