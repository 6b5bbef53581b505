"""Which of the two encodings of Chinese office software a text file is in.

    find_encoding(path) -> "utf-8-sig" | "gb18030" | None     None: neither, or no text at all

Reads the file through, a piece at a time.
"""

from __future__ import annotations

from pathlib import Path

_ENCODINGS = ("utf-8-sig", "gb18030")
_PIECE = 65_536


def find_encoding(path: Path) -> str | None:
    """The first encoding in which every byte makes sense."""
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while piece := file.read(_PIECE):
                    if "\0" in piece:
                        return None
        except UnicodeError:
            continue
        return encoding
    return None
