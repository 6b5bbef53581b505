"""Telephone numbers: one spelling for one number.

phone_key("+86 138-0013 8000") -> "13800138000"      None: no number that could be looked up
"""

from __future__ import annotations

import re

from cases.personal_data.spans import level

#: How digits are said over the phone.
SPOKEN = str.maketrans("零〇一幺壹二两贰三叁四肆五伍六陆七柒八捌九玖", "0011122233445566778899")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#).*$", re.IGNORECASE | re.DOTALL)
_SHORTEST, _LONGEST = 5, 15


def phone_key(text: str | None) -> str | None:
    """Digits only, without country code and extension."""
    plain = _EXTENSION.sub("", level(text or "")).translate(SPOKEN)
    if not plain or "*" in plain:
        return None
    digits = re.sub(r"\D", "", plain)
    if len(digits) > 11:
        digits = re.sub(r"^(?:00)?86", "", digits)
    if len(digits) > 11 and digits[0] == "1":
        digits = digits[:11]  # what follows a mobile is an extension
    return digits if _SHORTEST <= len(digits) <= _LONGEST else None
