"""What the citizen said, matter by matter: the desk's words and earlier answers set aside.

listen(text) -> list[HeardMatter]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cases.calls.formats import read_export
from cases.calls.parts import Clause
from cases.calls.spans import Field, Span
from cases.transcript import Matter, read_transcript

#: Times that were said relative to the call are compared as words; any day will do.
_SOME_DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class HeardMatter:
    """One matter of the call. ``words`` are the spans of everything the citizen said about it,
    openings such as "我要投诉" included; clauses refer to ``text`` as well."""

    text: str
    clauses: tuple[Clause, ...]
    words: tuple[Span, ...]
    place: Field | None
    time: Field | None
    caller: tuple[Span, ...]

    def of_kind(self, *kinds: str) -> list[Clause]:
        """The clauses of these kinds, in order."""
        return [clause for clause in self.clauses if clause.kind in kinds]


def listen(text: str) -> list[HeardMatter]:
    """The matters of a call by its words alone; none where nothing was said."""
    read = read_transcript(read_export(text).text, received_at=_SOME_DAY)
    caller = tuple(
        (field.start, field.end) for field in (read.caller_name, read.caller_phone) if field
    )
    spoken = [(turn.start, turn.end) for turn in read.turns if turn.citizen]
    heard = []
    # A matter starts behind what leads over to it; "我想问一下" there still says that it asks.
    begin = [_behind(read.clauses, m.start) if n else 0 for n, m in enumerate(read.matters)]
    ends = [*begin, len(read.text)][1:]
    for matter, begins, until in zip(read.matters, begin, ends, strict=True):
        heard.append(
            HeardMatter(
                text=read.text,
                clauses=tuple(c for c in read.clauses if matter.start <= c.start < until),
                words=tuple(_without_replies(read.clauses, _within(spoken, begins, until))),
                place=_own(matter.place, matter),
                time=_own(matter.time, matter),
                caller=caller,
            )
        )
    return heard


def _behind(clauses: Sequence[Clause], start: int) -> int:
    """Where the last clause before ``start`` ends."""
    return max((clause.stop for clause in clauses if clause.start < start), default=start)


def _own(field: Field | None, matter: Matter) -> Field | None:
    """Not what only a department's answer says."""
    replies = [part for part in matter.parts if part.kind == "reply"]
    if field is None or any(p.start <= field.start < p.end for p in replies):
        return None
    return field


def _without_replies(clauses: Sequence[Clause], spans: list[Span]) -> Iterator[Span]:
    replies = [(c.raw, c.stop) for c in clauses if c.kind == "reply"]
    for start, end in spans:
        for first, last in replies:
            if start <= first < end:
                yield start, first
                start = min(last, end)
        if start < end:
            yield start, end


def _within(spans: list[Span], start: int, end: int) -> list[Span]:
    cut = [(max(a, start), min(b, end)) for a, b in spans]
    return [(a, b) for a, b in cut if a < b]
