"""The port through which a text is tagged. ``classifier`` stands behind it, unknown to us."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

Decision = Literal["auto", "suggest", "human"]


@dataclass(frozen=True)
class Alternative:
    """Another possible category; ``confidence`` in 0…1."""

    platform: str
    category: str
    confidence: float


@dataclass(frozen=True)
class Reason:
    """A term of the text and how much it spoke for the category."""

    term: str
    weight: float


@dataclass(frozen=True)
class Tag:
    """What the machine understood. ``decision``: ``auto`` may be dispatched without a person,
    ``suggest`` wants one to confirm, ``human`` wants one to decide."""

    platform: str
    platform_name: str
    category: str
    category_name: str
    confidence: float
    decision: Decision
    alternatives: tuple[Alternative, ...] = ()
    request_type: str = "complaint"
    urgency: str = "normal"
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    model: str = ""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Tag:
        """Read the shape that ``huying classify --json`` prints."""
        return cls(
            platform=data["platform"],
            platform_name=data["platform_name"],
            category=data["category"],
            category_name=data["category_name"],
            confidence=float(data["confidence"]),
            decision=data["decision"],
            alternatives=tuple(
                Alternative(a["platform"], a["category"], float(a["confidence"]))
                for a in data.get("alternatives", ())
            ),
            request_type=data["request_type"],
            urgency=data["urgency"],
            flags=tuple(data.get("flags", ())),
            reasons=tuple(Reason(r["term"], float(r["weight"])) for r in data.get("reasons", ())),
            model=data.get("model", ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """The same shape back, ready for JSON."""
        data = asdict(self)
        for key in ("alternatives", "reasons", "flags"):
            data[key] = list(data[key])
        return data


class Classifier(Protocol):
    """Anything that tags a text without blocking the event loop."""

    async def classify(self, text: str) -> Tag:
        """Tag one text. May raise; the caller then leaves the text to a person."""
        ...
