"""A tag: everything the classifier says about one text.

    Tag(platform, platform_name, category, category_name, confidence, decision, alternatives,
        request_type, urgency, flags, reasons, model)
    Tag.to_dict() -> dict     the JSON of ``huying classify --json`` and POST /api/v1/classify
    Tag.from_dict(d) -> Tag   the way back, for stored predictions

Light: standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

AUTO = "auto"  # dispatch without a person
SUGGEST = "suggest"  # a person confirms
HUMAN = "human"  # a person decides

REQUEST_TYPES = ("praise", "suggest", "consult", "report", "help", "complaint")
URGENCIES = ("normal", "urgent", "critical")
FLAGS = ("repeat", "group", "anonymous", "vulnerable", "errand", "cross_dept", "minor")


@dataclass(frozen=True, slots=True)
class Alternative:
    """A label that came second or third; ``confidence`` is a probability in 0..1."""

    platform: str
    category: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reason:
    """A term of the text that spoke for the label; ``weight`` is its share, 0..1."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Tag:
    """The answer for one text. ``platform`` is always the platform of ``category``."""

    platform: str
    platform_name: str
    category: str
    category_name: str
    confidence: float
    decision: str
    alternatives: tuple[Alternative, ...]
    request_type: str
    urgency: str
    flags: tuple[str, ...]
    reasons: tuple[Reason, ...]
    model: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-ready data; the key order is the published one."""
        plain = asdict(self)
        for name in ("alternatives", "flags", "reasons"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Tag:
        """Rebuild a tag from :meth:`to_dict`; unknown keys are ignored."""
        known = {name: plain[name] for name in cls.__dataclass_fields__}
        known["alternatives"] = tuple(Alternative(**a) for a in plain["alternatives"])
        known["reasons"] = tuple(Reason(**r) for r in plain["reasons"])
        known["flags"] = tuple(plain["flags"])
        return cls(**known)
