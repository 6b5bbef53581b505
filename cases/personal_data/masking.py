"""What is shown instead.

mask_text(text, *, keep=frozenset(), public=()) -> str
mask_part(part, whole, …) -> str          what was cut out of a text: its cues may not be in it
training_text(text) -> str
mask_name(name), mask_phone(phone)        of one field that is known to be one

A reader still sees that there was a number and can tell two apart: 138****8000,
3301**********1234, 浙A·***12, 张**. Masking twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from cases.personal_data.finding import find_personal_data
from cases.personal_data.phones import phone_key
from cases.personal_data.spans import level

_KNOWN = 4  # characters left at the end of a long number
#: What stays at the beginning: an area code, or the three digits that name the carrier.
_AREA = re.compile(r"0[3-9]\d\d|\d{3}")
#: The words that ``classifier.normalization`` reads as one number each.
_PLACEHOLDERS = {
    "id_card": "[身份证]",
    "email": "[邮箱]",
    "bank_card": "[电话]",
    "phone": "[手机]",
    "plate": "[车牌]",
    "passport": "[身份证]",
    "account": "[电话]",
    "name": "[姓名]",
    "door": "[地址]",
}


def mask_text(
    text: str, *, keep: Collection[str] = frozenset(), public: Collection[str] = ()
) -> str:
    """The text with every find in its masked form, but for the kinds of ``keep``."""
    return _replace(text, lambda kind, found: _MASKS[kind](found), keep, public)


def mask_part(
    part: str,
    whole: str,
    *,
    keep: Collection[str] = frozenset(),
    public: Collection[str] = (),
) -> str:
    """A summary ends in the middle of a number, a place was taken from behind "我住在": what is
    personal in the whole is so in a part of it."""
    flat = " ".join(whole.split()) if part != whole else whole
    cut = part.removesuffix("…").strip()
    at = flat.find(cut) if cut else -1
    if at < 0:
        return mask_text(part, keep=keep, public=public)
    spans = [
        (max(start, at), min(end, at + len(cut)), kind)
        for start, end, kind in find_personal_data(flat, public=public)
        if start < at + len(cut) and end > at and kind not in keep
    ]
    shown: list[str] = []
    last = at
    for start, end, kind in spans:
        shown += flat[last:start], _MASKS[kind](flat[start:end])
        last = end
    return "".join([*shown, flat[last : at + len(cut)], "…" if part.endswith("…") else ""])


def training_text(text: str) -> str:
    """The text with a placeholder for every find: nothing of a person reaches a model."""
    return _replace(text, lambda kind, _: _PLACEHOLDERS[kind], frozenset(), ())


def _replace(
    text: str,
    instead: Callable[[str, str], str],
    keep: Collection[str],
    public: Collection[str],
) -> str:
    parts: list[str] = []
    last = 0
    for start, end, kind in find_personal_data(text, public=public):
        if kind not in keep:
            parts += text[last:start], instead(kind, text[start:end])
            last = end
    return "".join([*parts, text[last:]])


def mask_name(name: str | None) -> str | None:
    """王女士 stays recognisable as a surname only: 王**."""
    return name and name[0] + "*" * min(2, max(1, len(name) - 1))


def mask_phone(phone: str | None) -> str | None:
    """13800001234 -> 138****1234, 0571-88881234 -> 0571****1234; a short one is covered wholly."""
    if not phone or "*" in phone:
        return phone  # nothing, or masked where it came from
    digits = phone_key(phone) or ""
    head = _AREA.match(digits)
    return f"{head[0]}****{digits[-_KNOWN:]}" if head and len(digits) >= 9 else "****"


def _mask_card(found: str) -> str:
    digits = re.sub(r"[^0-9Xx]", "", level(found))
    if len(digits) < 3 * _KNOWN:
        return "****"  # what a summary left of one
    return digits[:_KNOWN] + "*" * (len(digits) - 2 * _KNOWN) + digits[-_KNOWN:]


def _mask_plate(found: str) -> str:
    plain = re.sub(r"[ .·•・-]", "", level(found))
    if plain[0] == "使" or plain[0].isascii():
        return plain[0] + "*" * (len(plain) - 3) + plain[-2:]
    return f"{plain[:2]}·{'*' * (len(plain) - 4)}{plain[-2:]}"


def _mask_email(found: str) -> str:
    _, sign, domain = found.partition("@")
    return f"{found[0]}***@{domain.strip()}" if sign else f"{found[0]}***"


def _mask_ends(found: str) -> str:
    return found[0] + "*" * max(3, len(found) - 3) + found[-2:]


def _mask_account(found: str) -> str:
    return found[0] + "***"


def _mask_door(found: str) -> str:
    return re.sub(r"[\dA-Za-z零〇一二三四五六七八九十百甲乙丙丁东西中南北]", "*", level(found))


_MASKS: dict[str, Callable[[str], str]] = {
    "id_card": _mask_card,
    "email": _mask_email,
    "bank_card": _mask_card,
    "phone": lambda found: mask_phone(found) or "",
    "plate": _mask_plate,
    "passport": _mask_ends,
    "account": _mask_account,
    "name": lambda found: mask_name(found) or "",
    "door": _mask_door,
}
