"""What frames the citizen's words: how an order opens and closes, earlier answers, form labels.

find_frames(text, turns) -> Frames
find_routing(text, start, end, turns) -> Field | None       "请供电部门核实处理。"
Frames.gaps(start, end) -> [(start, end, "" | "reply")]     what is left of a stretch
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cases.calls.cues import any_of
from cases.calls.spans import Field, Span, cut
from cases.calls.turns import Turn

_ORDER_HEAD = 80
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]*")
_AFTER_SENTENCE = '。！？!?）)】”"\n ；;　'
_FAR = sys.maxsize
_WRAPPED = re.compile(r"来电反馈|【?历史工单|回访")


@dataclass(frozen=True)
class Frames:
    """(start, end, "aside" | "reply"): sorted, never overlapping. ``labels`` says where the label
    before an answer begins, by where the answer does."""

    marked: tuple[tuple[int, int, str], ...]
    labels: dict[int, int]

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """What of ``[start, end)`` is not set aside, answers marked as such."""
        at = start
        first = max(0, bisect_right(self.marked, (start, _FAR, "")) - 1)
        for index in range(first, len(self.marked)):
            left, right, kind = self.marked[index]
            if left >= end:
                break
            left, right = max(left, at), min(right, end)
            if right <= left:
                continue
            if at < left:
                yield at, left, ""
            if kind == "reply":
                yield left, right, "reply"
            at = right
        if at < end:
            yield at, end, ""


def find_frames(text: str, turns: Sequence[Turn]) -> Frames:
    """Look once through the whole text."""
    spoken = len(turns) > 1
    order = bool(any_of("frames", "order").search(text[:_ORDER_HEAD]))
    replies, labels = ([], []) if spoken else _find_replies(text)
    aside = list(labels)
    if not spoken:
        aside += [m.span() for m in any_of("frames", "letter").finditer(text)]
    if spoken or not order:
        aside += [m.span() for m in any_of("agent", "formulas").finditer(text)]
    if order:
        aside += [m.span() for m in any_of("frames", "order").finditer(text)]
        routing = [
            m.span() for m in any_of("frames", "routing").finditer(text) if _opens(text, m.start())
        ]
        aside += routing
        replies += _unlabelled_replies(text, aside, replies, routing)
    replies = _disjoint(replies, [])
    marked = [(*span, "reply") for span in replies]
    marked += [(*span, "aside") for span in _disjoint(aside, replies)]
    return Frames(tuple(sorted(marked)), {end: start for start, end in labels})


def find_routing(text: str, start: int, end: int, turns: Sequence[Turn]) -> Field | None:
    """The request that sends an order to a unit, where it follows a matter."""
    if len(turns) > 1:
        return None
    for match in any_of("frames", "routing").finditer(text, start, end):
        if text[match.start()] == "请" and _opens(text, match.start()):
            return cut(text, match.start(), match.end())
    return None


def _opens(text: str, start: int) -> bool:
    """A request to a unit stands for itself; "要求请…核实" is part of something else."""
    before = text[:start].rstrip(" \t")
    return not before or before[-1] in '，,。！!？?；;：:）)\n】.”"' or text[start] in "（("


def _find_replies(text: str) -> tuple[list[Span], list[Span]]:
    """Answers with a label before them, and the labels."""
    replies: list[Span] = []
    labels: list[Span] = []
    at = 0
    for match in any_of("reply", "opens").finditer(text):
        if match.start() < at or match[0].rstrip("：: ").endswith("来电反馈"):
            continue
        end = _reply_end(text, match.end())
        labels.append(match.span())
        replies.append((match.end(), end))
        at = end
    return replies, labels


def _reply_end(text: str, start: int) -> int:
    if text[start : start + 1] in ("“", '"', "「"):
        close = re.compile(r"[”\"」]").search(text, start + 1)
        if close:
            return close.end()
    for match in any_of("reply", "ends").finditer(text, start):
        if match.start() == start or text[match.start() - 1] in _AFTER_SENTENCE:
            return match.start()
    return len(text)


def _unlabelled_replies(
    text: str, aside: Sequence[Span], replies: Sequence[Span], routing: Sequence[Span]
) -> list[Span]:
    """Sentences only a department writes; after a fed-back order's routing request, the rest."""
    wrapped = bool(_WRAPPED.search(text[:_ORDER_HEAD]))
    after = routing[0][1] if wrapped and routing else None
    found: list[Span] = []
    set_aside, answered = _disjoint(aside, []), sorted(replies)
    for match in _SENTENCE.finditer(text):
        start = _past(text, match.start(), set_aside)
        if start >= match.end() or _holds(answered, start):
            continue
        told = any_of("reply", "sentences").match(text, start, match.end())
        # A department's sentence may begin after the first comma: "…一事，经现场勘查，…".
        comma = re.compile(r"[，,](?=经(?:现场)?(?:核|勘|查|调))").search(text, start, match.end())
        if told or (after is not None and start >= after):
            found.append((start, _reply_end(text, start) if told else match.end()))
        elif comma and wrapped:
            found.append((comma.end(), match.end()))
    return found


def _past(text: str, start: int, spans: Sequence[Span]) -> int:
    """The first place from ``start`` on that is neither blank nor in a span."""
    while True:
        while start < len(text) and text[start].isspace():
            start += 1
        inside = _holds(spans, start)
        if inside is None:
            return start
        start = inside[1]


def _holds(spans: Sequence[Span], at: int) -> Span | None:
    """The span of sorted, disjoint ones that holds a place."""
    index = bisect_right(spans, (at, _FAR)) - 1
    return spans[index] if index >= 0 and at < spans[index][1] else None


def _disjoint(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Sorted, overlapping ones joined, and cut where something is taken already."""
    joined: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if _holds(taken, start):
            continue
        after = bisect_right(taken, (start, _FAR))
        stop = min(end, taken[after][0]) if after < len(taken) else end
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined
