"""What of a text is stored, and the name of it.

clean_text(text) -> str     without personal data and what no database or spreadsheet keeps
text_key(text) -> str       16 hex digits, the same however it is spaced

``classifier.examples.text_key`` makes the same name; a test compares the two.
"""

from __future__ import annotations

import hashlib
import re

from cases.personal_data import training_text

#: Longer ones are cut: nothing that far back decides a category.
LONGEST_TEXT = 6_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
#: A placeholder may make what stands beside it recognisable; twice has always been enough.
_MOST_TIMES = 4


def clean_text(text: str) -> str:
    """Cleaning twice changes nothing."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for _ in range(_MOST_TIMES):
        # Masked before it is cut: half a number is not recognised as one.
        masked = training_text(plain).strip()[:LONGEST_TEXT].strip()
        if masked == plain:
            break
        plain = masked
    return plain


def text_key(text: str) -> str:
    """Name of a text."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]
