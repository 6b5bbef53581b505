"""Who spoke from where to where.

    split_turns(text) -> list[Turn]      in order; never overlapping, labels left out
    join_turns(turns) -> str             ``{"speaker", "text"}`` as one text

A text without speakers is all the citizen's, unless its lines are plainly a desk's questions
and somebody's answers. A recogniser's "说话人1" is the desk where it speaks like one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from cases.calls.cues import any_of, words

#: What a question of the desk may ask for; ``cues.toml`` [questions].
ASKS = ("name", "phone", "demand", "history", "cause", "place", "time", "more", "next")
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_STAMP = rf"(?:[\[（(]?{_CLOCK}(?:\s*(?:-->|-|~)\s*{_CLOCK})?[\]）)]?[ \t]*)?"
_SHORTEST_CALL = 3


@dataclass(frozen=True)
class Turn:
    """``text[start:end]``, said by the citizen or the desk. ``asked`` is what the desk asked just
    before: one of ``ASKS`` or nothing."""

    start: int
    end: int
    citizen: bool
    asked: str = ""


@dataclass(frozen=True)
class _Label:
    line: int
    start: int
    who: str


def join_turns(turns: Sequence[dict[str, Any]]) -> str:
    """Turns ``{"speaker", "text"}`` as one text; the offsets of every field refer to it."""
    lines = []
    for turn in turns:
        speaker = str(turn.get("speaker") or turn.get("role") or "市民").strip() or "市民"
        said = re.sub(r"\s*\n\s*", " ", str(turn.get("text") or "")).strip()
        lines.append(f"{speaker}：{said}")
    return "\n".join(lines)


def split_turns(text: str) -> list[Turn]:
    """The turns of a call; of an order, a letter or a message the whole as one."""
    labels = _find_labels(text)
    if labels:
        return _with_questions(text, _labelled(text, labels))
    lines = [m.span() for m in re.finditer(r"[^\n]+", text) if m[0].strip()]
    agent = [bool(any_of("agent", "lines").match(text[s:e].strip())) for s, e in lines]
    if len(lines) < _SHORTEST_CALL or not any(agent):
        return [Turn(0, len(text), True)] if text.strip() else []
    turns = [Turn(s, e, not desk) for (s, e), desk in zip(lines, agent, strict=True)]
    return _with_questions(text, turns)


@cache
def _label_pattern() -> re.Pattern[str]:
    known = sorted(words("speakers", "agent") | words("speakers", "citizen"), key=len, reverse=True)
    unnamed = "|".join(words("speakers", "unnamed"))
    who = rf"(?P<who>{'|'.join(map(re.escape, known))}|{unnamed})"
    stamped = rf"{_STAMP}{who}(?:[ \t]*[\[（(]?{_CLOCK}[\]）)]?)?[ \t]*(?:[:：]|(?=\n)|$)"
    return re.compile(
        rf"^[ \t]*(?:{stamped}|{_STAMP}【{who.replace('who', 'boxed')}】[:：]?)[ \t]*", re.MULTILINE
    )


def _find_labels(text: str) -> list[_Label]:
    return [
        _Label(m.start(), m.end(), (m["who"] or m["boxed"]).strip())
        for m in _label_pattern().finditer(text)
    ]


def _labelled(text: str, labels: list[_Label]) -> list[Turn]:
    desk = words("speakers", "agent") | _desk_voices(text, labels)
    turns = [Turn(0, labels[0].line, True)] if text[: labels[0].line].strip() else []
    ends = [label.line for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        turns.append(Turn(label.start, end, label.who not in desk))
    return turns


def _desk_voices(text: str, labels: list[_Label]) -> frozenset[str]:
    """Of unnamed voices the one that speaks most like a desk, if any does."""
    known = words("speakers", "agent") | words("speakers", "citizen")
    ends = [label.line for label in labels[1:]] + [len(text)]
    heard: dict[str, int] = {}
    for label, end in zip(labels, ends, strict=True):
        if label.who not in known:
            like = any_of("agent", "lines").match(text[label.start : end].strip())
            heard[label.who] = heard.get(label.who, 0) + (1 if like else 0)
    best = max(heard, key=lambda who: heard[who], default="")
    return frozenset({best}) if len(heard) > 1 and heard[best] else frozenset()


def _with_questions(text: str, turns: list[Turn]) -> list[Turn]:
    """The first thing a citizen says after a question is its answer."""
    answered = turns[:1]
    for before, turn in pairwise(turns):
        is_answer = turn.citizen and not before.citizen
        asked = _asked(text[before.start : before.end]) if is_answer else ""
        answered.append(Turn(turn.start, turn.end, turn.citizen, asked))
    return answered


def _asked(question: str) -> str:
    """The last thing a desk's words ask for."""
    found = [
        (max(m.end() for m in matches), -rank, kind)
        for rank, kind in enumerate(ASKS)
        if (matches := list(any_of("questions", kind).finditer(question)))
    ]
    return max(found)[2] if found else ""
