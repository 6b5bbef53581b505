"""A telephone number as it was typed or said -> the mobile number a text message goes to.

mobile_of("+86 138-0000-1234") -> "13800001234"       None: a landline, an extension, a mask
"""

from __future__ import annotations

import re
import unicodedata

_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})")


def mobile_of(phone: str | None) -> str | None:
    """Eleven digits, or ``None`` where no text message would arrive."""
    plain = re.sub(r"[\s\-—–.()]", "", unicodedata.normalize("NFKC", phone or ""))
    found = _MOBILE.fullmatch(plain)
    return found[1] if found else None
