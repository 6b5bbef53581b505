"""What a button says when it is pressed: at most 64 bytes, no word about anybody.

``v1:<verb>:<case id>:<stamp>:<value>``. The stamp binds a button to the prompt or the round
it was shown in, so that an old button cannot act on a newer question. Whose case it is, is
never read from here: the chat that pressed it has to own the case.
"""

from __future__ import annotations

from dataclasses import dataclass

_VERSION = "v1"
_LIMIT = 64


@dataclass(frozen=True)
class Callback:
    """A pressed button. ``case_id`` 0 means no case; ``stamp`` is a prompt or a round."""

    verb: str
    case_id: int
    stamp: int
    value: str = ""


def encode(verb: str, case_id: int, stamp: int, value: str = "") -> str:
    """The button's data. Raises ``ValueError`` when it would not fit."""
    data = f"{_VERSION}:{verb}:{case_id:x}:{stamp:x}:{value}"
    if len(data.encode()) > _LIMIT:
        raise ValueError(f"callback data of {len(data.encode())} bytes; {_LIMIT} is the limit")
    return data


def decode(data: str) -> Callback | None:
    """What was pressed, or ``None`` for anything this version did not make."""
    parts = data.split(":", 4)
    if len(parts) != 5 or parts[0] != _VERSION or len(data.encode()) > _LIMIT:
        return None
    try:
        return Callback(parts[1], int(parts[2], 16), int(parts[3], 16), parts[4])
    except ValueError:
        return None
