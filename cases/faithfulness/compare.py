"""What of a call its cases no longer say.

    compare_with_transcript(transcript_text, filed) -> tuple[Finding, ...]

``filed`` are the cases that came of the call, each as it stands. A finding is one sentence for the
person at the desk with the caller's exact words: ``Finding.quote`` is
``text[span[0]:span[1]]`` of the call as it is read (an export of recognised speech as one text).
Nothing is found where nothing was said, and a text that is no call is not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cases.calls.spans import Span
from cases.faithfulness.checks import CHECKS
from cases.faithfulness.filed import FiledText, FiledWords
from cases.faithfulness.heard import HeardMatter, listen
from cases.faithfulness.words import load_rules

KINDS = (
    "matter",
    "demand",
    "risk",
    "urgency",
    "type",
    "place",
    "number",
    "count",
    "time",
    "vulnerable",
)
_MOST = 12
_LONGEST_QUOTE = 80
#: A call of half an hour; what somebody pastes beyond it is compared no further.
_LONGEST_CALL = 20_000


@dataclass(frozen=True)
class Finding:
    """One thing that was said and is gone. ``draft`` is the case it belongs to, by position;
    ``value`` what would put a wrong type or urgency right."""

    kind: str
    quote: str
    span: Span
    sentence: str
    draft: int = 0
    value: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as they are kept."""
        return {**vars(self), "span": list(self.span)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(**{**data, "span": tuple(data["span"])})


def compare_with_transcript(
    transcript_text: str, filed: Sequence[FiledText]
) -> tuple[Finding, ...]:
    """Every loss in the order of ``KINDS``, at most a dozen; none where nothing was filed."""
    if not filed:
        return ()
    everything = FiledWords.of(filed)
    matters = listen(transcript_text[:_LONGEST_CALL])
    found: list[Finding] = []
    for heard in matters:
        found += _compare(heard, everything, several=len(matters) > 1)
    found.sort(key=lambda f: (KINDS.index(f.kind), f.span))
    return tuple(_distinct(found))[:_MOST]


def _compare(heard: HeardMatter, filed: FiledWords, *, several: bool) -> Iterator[Finding]:
    rules = load_rules()
    own = filed.nearest(heard)
    for kind, check in CHECKS.items():
        for lost in check(heard, filed, own, several):
            quote = heard.text[lost.start : lost.end]
            if len(quote) > _LONGEST_QUOTE:
                quote = quote[:_LONGEST_QUOTE]
            end = lost.start + len(quote)
            sentence = rules.sentences[kind].format(quote=quote, **lost.words)
            yield Finding(kind, quote, (lost.start, end), sentence, own, lost.value)
            if kind == "matter":
                return  # all of it is gone: one sentence says so


def _distinct(found: Sequence[Finding]) -> Iterator[Finding]:
    """The same words are complained of once: a demand that names a figure is a lost demand."""
    seen: list[Span] = []
    for finding in found:
        start, end = finding.span
        inside = any(a <= start and end <= b for a, b in seen)
        if not inside or finding.kind in ("urgency", "type"):
            yield finding
        if finding.kind not in ("urgency", "type"):
            seen.append(finding.span)
