"""When it happened, where, and why, as far as the words say.

    find_time(text, clauses, received_at) -> Field | None
    find_place(text, clauses, turns) -> Field | None
    find_cause(text, clauses, turns) -> Field | None

The story is read before what was asked for, that before what was tried earlier; a department's
answer is not the citizen's word for anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cases.call_time import read_when
from cases.calls.cues import any_of
from cases.calls.parts import Clause
from cases.calls.spans import Field, Span, cut
from cases.calls.turns import Turn
from cases.place import iter_place_spans

_ORDER = {"complaint": 0, "demand": 1, "history": 2}
#: A later place has to say this much more than an earlier one.
_MORE = 2
#: Of a longer story the head is read: who has not said where and when by then will not.
_READ, _MOST_RUNS = 2_000, 40


def find_time(
    text: str, clauses: Sequence[Clause], turns: Sequence[Turn], received_at: datetime
) -> Field | None:
    """The first moment, span or habit of the story ("昨晚", "三个月了", "每天晚上").

    ``at`` is set where it is a moment, counted from ``received_at``.
    """
    runs = [*_answers(clauses, turns, "time"), *_runs(clauses)]
    for start, end in runs[:_MOST_RUNS]:
        found = read_when(text[start : min(end, start + _READ)], received_at)
        if found is not None:
            first, last = start + found.start, start + found.end
            return Field(text[first:last], first, last, found.at)
    return None


def find_place(text: str, clauses: Sequence[Clause], turns: Sequence[Turn]) -> Field | None:
    """The place named on being asked, else the fullest name of the story."""
    best: Span | None = None
    runs = [*_answers(clauses, turns, "place"), *_runs(clauses)]
    for start, end in runs[:_MOST_RUNS]:
        for left, right in iter_place_spans(text[start : min(end, start + _READ)]):
            span = (start + left, start + right)
            if best is None or span[1] - span[0] > best[1] - best[0] + _MORE:
                best = span
    return Field(text[best[0] : best[1]], *best) if best else None


def find_cause(text: str, clauses: Sequence[Clause], turns: Sequence[Turn]) -> Field | None:
    """The reason somebody gives, if one is given in so many words."""
    for clause in clauses:
        if clause.kind not in ("complaint", "history"):
            continue
        if turns[clause.turn].asked == "cause":
            return cut(text, clause.start, clause.end)
        match = any_of("cause", "cues").search(text, clause.start, clause.end)
        if match and clause.end - match.end() >= 2:
            return cut(text, match.start(), clause.end)
    return None


def _answers(clauses: Sequence[Clause], turns: Sequence[Turn], asked: str) -> Iterator[Span]:
    for clause in clauses:
        if clause.kind != "reply" and turns[clause.turn].asked == asked:
            yield clause.start, clause.end


def _runs(clauses: Sequence[Clause]) -> list[Span]:
    """Neighbouring clauses of one kind as one stretch, the story first."""
    runs: list[tuple[int, int, int, int]] = []
    for clause in clauses:
        if clause.kind == "reply":
            continue
        rank = _ORDER[clause.kind]
        if runs and runs[-1][0] == rank and runs[-1][3] == clause.turn:
            runs[-1] = (rank, runs[-1][1], clause.end, clause.turn)
        else:
            runs.append((rank, clause.start, clause.end, clause.turn))
    return [(start, end) for _, start, end, _ in sorted(runs, key=lambda run: run[:2])]
