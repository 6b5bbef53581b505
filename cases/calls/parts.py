"""Complaint, history, earlier reply and demand told apart.

    read_clauses(text, turns) -> list[Clause]     what was said about a matter, in order
    merge_parts(text, clauses) -> list[Part]      neighbours of one kind joined, for marking

Greetings, fillers, who calls, how an order opens and the request that sends it to a unit are in
none of them. What is not recognised stays complaint: nothing a citizen said is dropped unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cases.calls.bridges import leads_over, skip_bridge
from cases.calls.cues import any_of
from cases.calls.frames import find_frames
from cases.calls.spans import Span, trim
from cases.calls.turns import Turn

Kind = Literal["complaint", "history", "reply", "demand"]
KINDS: tuple[Kind, ...] = ("complaint", "history", "reply", "demand")
_CLAUSE = re.compile(r"[^，,。！？!?；;\n…]*[，,。！？!?；;\n…]*")
_BLANK = re.compile(r"(?<=[\u4e00-\u9fff])[ \t]+(?=[\u4e00-\u9fff])")
_SENTENCE_END = "。！？!?；;\n…"
_ENUMERATOR = re.compile(
    r"[（(]?(?:[一二三四五六七八九十]{1,2}|\d{1,2})(?:[）)、.．]|是[，,：:]?)(?!\d)"
    r"|第[一二三四五六七八九](?:个|件|点|桩)?(?:事情|问题|事)?(?:呢|就是|是)?[，,、：: ]?"
    r"|(?:另外)?一个(?:呢|是)[，,]?|另一个[，,]|再(?:有)?一[个件](?:呢|就是|是)?[，,：:]"
)
_WORD = re.compile(r"\w")
_SAYS_WHO = re.compile(r"\d{3}|姓|名|叫|电话|手机|号")
_SHORT_ANSWER = 12
_SHORT_REMARK = 4  # 弓长张


@dataclass(frozen=True)
class Clause:
    """``text[start:end]`` says something of this kind. It was begun at ``raw`` (with a "第二，" or
    "嗯" set aside, or with who answered and when); its punctuation reaches up to ``stop``."""

    kind: Kind
    start: int
    end: int
    raw: int
    stop: int
    turn: int


@dataclass(frozen=True)
class Part:
    """A run of clauses of one kind; ``text[start:end]`` with its closing mark."""

    kind: Kind
    start: int
    end: int


def read_clauses(text: str, turns: Sequence[Turn]) -> list[Clause]:
    """Every clause about a matter; none where nothing was said."""
    frames = find_frames(text, turns)
    clauses: list[Clause] = []
    for number, turn in enumerate(turns):
        if turn.citizen:
            for start, end, kind in frames.gaps(turn.start, turn.end):
                if kind == "reply":
                    label = frames.labels.get(start, start)
                    clauses += _reply(text, label, start, end, number)
                else:
                    clauses += _read_gap(text, start, end, turn, number)
        else:
            clauses += _quoted_reply(text, turn, number)
    return _without_bridges(text, clauses)


def _without_bridges(text: str, clauses: Sequence[Clause]) -> list[Clause]:
    """Where the caller leads over to another matter, its first clause starts behind the leading
    words; ``raw`` stays before them, so that the cut is found. A clause of nothing else is left
    out, unless a list begins behind it, which is counted from its own first number."""
    kept: list[Clause] = []
    raw: int | None = None
    for index, clause in enumerate(clauses):
        before, raw = raw, None
        if clause.kind == "reply" or not kept:
            kept.append(clause)
            continue
        opens = before is not None or leads_over(text, clause.raw, clause.end)
        start = skip_bridge(text, clause.start, clause.end) if opens else clause.start
        began = clause.raw if before is None else before
        if start < clause.end:
            kept.append(replace(clause, start=start, raw=began))
        elif _goes_on(clauses, index):
            raw = began
        else:
            kept.append(replace(clause, raw=began))
    return kept


def _goes_on(clauses: Sequence[Clause], index: int) -> bool:
    after = clauses[index + 1] if index + 1 < len(clauses) else None
    return after is not None and after.kind != "reply" and after.raw == after.start


def merge_parts(text: str, clauses: Sequence[Clause]) -> list[Part]:
    """Clauses of one kind and turn with nothing but marks between them are one part."""
    parts: list[tuple[Kind, int, int, int]] = []
    for clause in clauses:
        last = parts[-1] if parts else None
        joined = (
            last is not None
            and last[0] == clause.kind
            and last[3] == clause.turn
            and not _WORD.search(text[last[2] : clause.start])
        )
        if joined and last is not None:
            parts[-1] = (clause.kind, last[1], clause.end, clause.turn)
        else:
            parts.append((clause.kind, clause.start, clause.end, clause.turn))
    return [Part(kind, start, _closed(text, end)) for kind, start, end, _ in parts]


def _closed(text: str, end: int) -> int:
    return end + 1 if text[end : end + 1] in tuple("。！？!?") else end


def _reply(text: str, label: int, start: int, end: int, turn: int) -> list[Clause]:
    """An answer as one clause; ``raw`` is where its label (who, and when) begins."""
    first, last = trim(text, start, end)
    if not _WORD.search(text[first:last]):
        return []
    closed = last - 1 if text[last - 1] in "。！？!?" else last
    return [Clause("reply", first, closed, label, end, turn)]


def _quoted_reply(text: str, turn: Turn, number: int) -> list[Clause]:
    """An earlier answer that the desk reads out; its other words are not the citizen's."""
    match = any_of("agent", "quotes_reply").search(text, turn.start, turn.end)
    said = text[match.end() : turn.end].strip() if match else ""
    if match is None or len(said) < 6 or said[-1] in "？?":
        return []
    return _reply(text, turn.start, match.end(), turn.end, number)


def _read_gap(text: str, start: int, end: int, turn: Turn, number: int) -> list[Clause]:
    """The clauses between two frames. A kind lasts to the end of the sentence unless a clause
    says otherwise; an answer is of the kind that was asked for."""
    default: Kind = "complaint"
    if turn.asked in ("demand", "history"):
        default = "demand" if turn.asked == "demand" else "history"
    found: list[Clause] = []
    kind, opens = default, True
    for raw, last, stop in _cut(text, start, end):
        first = _skip_opening(text, raw, last)
        words = text[first:last]
        answers = not _WORD.search(text[turn.start : raw])
        if _WORD.search(words) and not _is_aside(words, turn, answers=answers):
            kind = _kind_of(words, kind, default, opens=opens)
            found.append(Clause(kind, first, last, raw, stop, number))
            opens = False
        if any(mark in text[last:stop] for mark in _SENTENCE_END):
            # "要求：一、…；二、…": what is asked for goes on after a semicolon.
            semicolon = text[last:stop].strip() in ("；", ";")
            goes_on = kind == "reply" or (kind == "demand" and semicolon)
            kind, opens = (kind, False) if goes_on else (default, True)
    return found


def _cut(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """(start, end, stop) of every clause; a blank between two characters cuts as well."""
    pieces = []
    for match in _CLAUSE.finditer(text, start, end):
        if match.start() == match.end():
            continue
        body_end = match.end()
        while body_end > match.start() and text[body_end - 1] in "，,。！？!?；;\n…":
            body_end -= 1
        edges = [match.start()]
        edges += [blank.end() for blank in _BLANK.finditer(text, match.start(), body_end)]
        for i, edge in enumerate(edges):
            cut_end = edges[i + 1] if i + 1 < len(edges) else body_end
            stop = edges[i + 1] if i + 1 < len(edges) else match.end()
            first, last = trim(text, edge, cut_end)
            if first < last:
                pieces.append((first, last, stop))
    return pieces


def _skip_opening(text: str, start: int, end: int) -> int:
    """Where a clause begins once enumerator, greeting and throat-clearing are set aside."""
    while True:
        match = _ENUMERATOR.match(text, start, end) or any_of("asides", "introduction").match(
            text, start, end
        )
        if not match or match.end() == match.start() or end - match.end() < 2:
            return start
        start = trim(text, match.end(), end)[0]


def _is_aside(words: str, turn: Turn, *, answers: bool) -> bool:
    """``answers``: the first words of the turn. What follows a name may be the complaint."""
    plain = words.strip(" 　“”\"'（）()。，,")
    if any_of("asides", "fillers").fullmatch(plain) or any_of("asides", "caller").fullmatch(plain):
        return True
    if turn.asked in ("name", "phone"):
        told = answers or _SAYS_WHO.search(plain)
        longest = _SHORT_ANSWER if told else _SHORT_REMARK
        return len(plain) <= longest and not any_of("kinds", "demand").match(plain)
    return False


def _kind_of(words: str, before: Kind, default: Kind, *, opens: bool) -> Kind:
    """The kind of a clause, from its words and from the clause before it in the sentence."""
    if any_of("kinds", "demand").match(words):
        return "demand"
    if default == "demand":
        return "demand"
    if any_of("reply", "told").search(words):
        return "reply"
    if default != "history" and any_of("kinds", "present").match(words):
        return "complaint"
    if any_of("kinds", "history").search(words):
        return "history"
    if opens or (before == "demand" and any_of("kinds", "resumes").match(words)):
        return default
    return before


def spans_of(clauses: Sequence[Clause], *kinds: Kind) -> list[Span]:
    """The spans of the clauses of these kinds."""
    return [(c.start, c.end) for c in clauses if c.kind in kinds]
