"""Read a hotline call, an order, a letter or a message into draft matters.

    read_transcript(text, *, received_at) -> Transcript      everything the words say
    settle(transcript, tags) -> Transcript                   matters cut where the tags differ
    split_message(text, *, received_at) -> list[str]         a chat message as one or more matters
    join_turns(turns) -> str                                 turns as one text

Everything taken from the call is an exact piece of it, with offsets: ``text[start:end]`` is
the field. What is not there stays ``None``; nothing is guessed. How it is done: ``cases.calls``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cases.calls.caller import find_name, find_phone
from cases.calls.cues import any_of
from cases.calls.elements import find_cause, find_place, find_time
from cases.calls.frames import find_routing
from cases.calls.matters import Cut, find_cuts, group, settle_cuts, without_tags
from cases.calls.parts import Clause, Kind, Part, merge_parts, read_clauses, spans_of
from cases.calls.spans import Field
from cases.calls.turns import Turn, join_turns, split_turns
from cases.classification import Tag

__all__ = [
    "Field",
    "Matter",
    "Part",
    "Transcript",
    "join_turns",
    "read_transcript",
    "settle",
    "split_message",
]

_WORD = re.compile(r"\w")
_MARKS = " \n\t，,、：:；;"
_SHORTEST_GIST = 6
_LONGEST_OPENING = 24


@dataclass(frozen=True)
class Matter:
    """One thing the caller wants settled.

    ``body`` is everything said about it, ``gist`` what it is about: complaint and demand without
    the history and the earlier answers, or ``body`` where too little of it would be left.
    ``tagged`` is what a classifier is given: an earlier answer and the history that goes with it
    mislead it; otherwise it does better with every word, also how an order opens (市民来电咨询).
    ``demand`` is the fullest request of the citizen; an order in which they asked for nothing has
    the operator's ("请城管核实处理").
    """

    start: int
    end: int
    body: str
    gist: str = ""
    tagged: str = ""
    place: Field | None = None
    time: Field | None = None
    cause: Field | None = None
    demand: Field | None = None
    history: tuple[Field, ...] = ()
    reply: tuple[Field, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A call as read: who called, and about what.

    ``matters`` is how it is cut by its words alone; ``segments`` are the pieces between all places
    where it might be cut, for a classifier to tag (see ``settle``).
    """

    text: str
    received_at: datetime
    caller_name: Field | None
    caller_phone: Field | None
    matters: tuple[Matter, ...]
    segments: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    clauses: tuple[Clause, ...] = ()
    cuts: tuple[Cut, ...] = ()


def read_transcript(text: str, *, received_at: datetime) -> Transcript:
    """Read one call. A text in which nothing is said gives no matters.

    ``received_at`` is the aware time of the call: "昨天晚上" is counted from it.
    """
    turns = split_turns(text)
    clauses = read_clauses(text, turns)
    cuts = find_cuts(text, clauses, turns)
    segments = tuple(_gist(text, some) for some in group(clauses, cuts)) if cuts else ()
    return Transcript(
        text=text,
        received_at=received_at,
        caller_name=find_name(text, turns),
        caller_phone=find_phone(text, turns, spans_of(clauses, "reply")),
        matters=_read_matters(text, turns, clauses, without_tags(cuts), received_at),
        segments=segments,
        turns=tuple(turns),
        clauses=tuple(clauses),
        cuts=tuple(cuts),
    )


def settle(transcript: Transcript, tags: Sequence[Tag | None]) -> Transcript:
    """The same call with its matters cut as the tags of ``transcript.segments`` say."""
    kept = settle_cuts(transcript.cuts, tags)
    if kept == without_tags(transcript.cuts):
        return transcript
    read = transcript
    matters = _read_matters(read.text, read.turns, read.clauses, kept, read.received_at)
    return Transcript(**{**vars(read), "matters": matters})


def split_message(text: str, *, received_at: datetime) -> list[str]:
    """One message as the words of its matters; a message about one thing stays as it is."""
    matters = read_transcript(text, received_at=received_at).matters
    return [matter.body for matter in matters] if len(matters) > 1 else [text]


def _read_matters(
    text: str,
    turns: Sequence[Turn],
    clauses: Sequence[Clause],
    cuts: Sequence[Cut],
    received_at: datetime,
) -> tuple[Matter, ...]:
    groups = group(clauses, cuts)
    ends = [*(some[0].start for some in groups[1:]), len(text)]
    matters = []
    for some, end in zip(groups, ends, strict=False):
        # Only the first matter of a text without speakers has its opening before it.
        spoken = len(turns) > 1 or some is not groups[0]
        opening = "" if spoken else text[: some[0].start].strip()
        whole = text.strip() if not spoken and len(groups) == 1 else ""
        matter = _read_matter(text, turns, some, end, received_at)
        if matter is not None:
            if whole and len(_WORD.findall(matter.body)) < _SHORTEST_GIST:
                matter = _keep_whole(text, matter)
            matters.append(replace(matter, tagged=_tagged(matter, opening, whole)))
    return tuple(matters)


def _read_matter(
    text: str,
    turns: Sequence[Turn],
    clauses: Sequence[Clause],
    end: int,
    received_at: datetime,
) -> Matter | None:
    body = _join(text, clauses)
    if len(body) < 2:
        return None
    parts = tuple(merge_parts(text, clauses))
    return Matter(
        start=clauses[0].start,
        end=parts[-1].end,
        body=body,
        gist=_gist(text, clauses),
        place=find_place(text, clauses, turns),
        time=find_time(text, clauses, turns, received_at),
        cause=find_cause(text, clauses, turns),
        demand=_longest(_fields(text, parts, "demand"))
        or find_routing(text, clauses[-1].stop, end, turns),
        history=_fields(text, parts, "history"),
        reply=_fields(text, parts, "reply"),
        parts=parts,
    )


def _keep_whole(text: str, matter: Matter) -> Matter:
    """Of "派出所来电反馈：办件处理情况" two characters would be left: better all than a riddle."""
    whole = text.strip()
    start = text.index(whole)
    return replace(matter, start=start, end=start + len(whole), body=whole, gist=whole)


def _gist(text: str, clauses: Sequence[Clause]) -> str:
    gist = _join(text, [c for c in clauses if c.kind in ("complaint", "demand")])
    if announced := any_of("matters", "opens").match(gist):  # 再一个，另外还有一件事
        rest = gist[announced.end() :].lstrip(_MARKS)
        gist = rest if len(_WORD.findall(rest)) >= _SHORTEST_GIST else gist
    return gist if len(_WORD.findall(gist)) >= _SHORTEST_GIST else _join(text, clauses)


def _tagged(matter: Matter, opening: str, whole: str) -> str:
    if matter.reply:
        return opening + matter.gist if len(opening) <= _LONGEST_OPENING else matter.gist
    return whole or matter.body


def _join(text: str, clauses: Sequence[Clause]) -> str:
    """The clauses as they were said; an answer of a department on a line of its own, with its
    label, so that nobody takes it for the citizen's words."""
    said = (
        f"\n{text[c.raw : c.stop].strip()}\n" if c.kind == "reply" else text[c.start : c.stop]
        for c in clauses
    )
    return re.sub(r"\s*\n\s*", "\n", "".join(said)).strip(_MARKS)


def _fields(text: str, parts: Sequence[Part], kind: Kind) -> tuple[Field, ...]:
    return tuple(Field(text[p.start : p.end], p.start, p.end) for p in parts if p.kind == kind)


def _longest(fields: Sequence[Field]) -> Field | None:
    """The fullest demand; of two alike the later, which usually closes the call."""
    return max(fields, key=lambda f: (f.end - f.start, f.start), default=None)
