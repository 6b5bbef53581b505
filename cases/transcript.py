"""Read a hotline call, pasted as text or given as turns, into draft matters.

Everything taken from the call is an exact piece of it, with offsets: ``text[start:end]`` is
the field. What is not there stays ``None``; nothing is guessed.

Cue words lie in ``transcript_cues.toml``: another hotline's manner of speaking is data.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from cases.call_time import read_time
from cases.place import find_place_span

_CUES = Path(__file__).parent / "transcript_cues.toml"
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d[\d*]{8}|0\d{2,3}-?\d{7,8})(?!\d)")
_TURN = re.compile(r"^[ \t]*(?P<who>[^:：\n]{1,8})[:：][ \t]*", re.MULTILINE)
_SENTENCE = re.compile(r"[^。！？!?\n；;]+[。！？!?；;]?")
_SHORTEST_MATTER = 6
_SURNAME = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕"
    "丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴"
    "严莫孔向常汤符"
)


@dataclass(frozen=True)
class Field:
    """An exact piece of the call. ``at`` is set where it is a time made absolute."""

    text: str
    start: int
    end: int
    at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """``{"text", "span"}`` and, for a time, ``at``."""
        data: dict[str, Any] = {"text": self.text, "span": [self.start, self.end]}
        if self.at is not None:
            data["at"] = self.at.isoformat(timespec="minutes")
        return data


@dataclass(frozen=True)
class Matter:
    """One thing the caller wants settled; ``body`` is the citizen's words about it."""

    start: int
    end: int
    body: str
    place: Field | None
    time: Field | None
    demand: Field | None
    history: tuple[Field, ...]


@dataclass(frozen=True)
class Transcript:
    """A call as read: who called, and about what."""

    text: str
    caller_name: Field | None
    caller_phone: Field | None
    matters: tuple[Matter, ...]


@dataclass(frozen=True)
class _Turn:
    start: int
    end: int
    citizen: bool


def join_turns(turns: Sequence[dict[str, Any]]) -> str:
    """Turns ``{"speaker", "text"}`` as one text; the offsets of every field refer to it."""
    lines = []
    for turn in turns:
        speaker = str(turn.get("speaker") or turn.get("role") or "市民").strip() or "市民"
        words = re.sub(r"\s*\n\s*", " ", str(turn.get("text") or "")).strip()
        lines.append(f"{speaker}：{words}")
    return "\n".join(lines)


def read_transcript(text: str, *, received_at: datetime) -> Transcript:
    """Read one call. A text in which nothing is said gives no matters.

    ``received_at`` is the aware time of the call: "昨天晚上" is counted from it.
    """
    turns = _split_turns(text)
    phone = _first(_PHONE, text)
    matters = tuple(
        matter
        for start, end in _split_matters(text, turns)
        if (matter := _read_matter(text, start, end, turns, received_at)) is not None
    )
    return Transcript(text, _find_name(text), phone, matters)


@cache
def _cues() -> dict[str, Any]:
    return tomllib.loads(_CUES.read_text(encoding="utf-8"))


@cache
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile("|".join(_cues()[key]))


def _split_turns(text: str) -> list[_Turn]:
    """Who spoke from where to where; a text without speakers is all the citizen's."""
    agent, citizen = set(_cues()["agent_speakers"]), set(_cues()["citizen_speakers"])
    marks = [
        (m.start(), m.end(), m["who"].strip() in citizen)
        for m in _TURN.finditer(text)
        if m["who"].strip() in agent | citizen
    ]
    if not marks:
        return [_Turn(0, len(text), True)]
    turns = [_Turn(0, marks[0][0], True)] if text[: marks[0][0]].strip() else []
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    turns += [_Turn(m[1], end, m[2]) for m, end in zip(marks, ends, strict=True)]
    return turns


def _sentences(text: str, turns: list[_Turn]) -> list[tuple[int, int]]:
    """The citizen's sentences, without greetings and fillers."""
    filler = _pattern("fillers")
    found = []
    for turn in turns:
        if not turn.citizen:
            continue
        for match in _SENTENCE.finditer(text, turn.start, turn.end):
            start, end = _strip(text, match.start(), match.end())
            start = _skip_introduction(text, start, end)
            words = text[start:end].strip("，,。！!？?；; ")
            if words and not filler.fullmatch(words):
                found.append((start, end))
    return found


def _skip_introduction(text: str, start: int, end: int) -> int:
    """Where a sentence begins once greeting and self-introduction are set aside.

    What would be too short to be a matter is left as it was said.
    """
    begin = start
    while (match := _pattern("introduction").match(text, begin, end)) and match.end() < end:
        begin = match.end()
    return begin if end - begin >= _SHORTEST_MATTER else start


def _split_matters(text: str, turns: list[_Turn]) -> list[tuple[int, int]]:
    """Where each matter lies. A new one begins only where the caller says so in so many
    words ("另外还有一件事"): one case too few is mended more easily than two that are one."""
    sentences = _sentences(text, turns)
    if not sentences:
        return []
    opens = _pattern("new_matter")
    starts = [sentences[0][0]]
    starts += [start for start, end in sentences[1:] if opens.match(text, start, end)]
    bounds = [*starts, sentences[-1][1] + 1]
    spans = []
    for first, last in pairwise(bounds):
        inside = [(s, e) for s, e in sentences if first <= s < last]
        spans.append((inside[0][0], inside[-1][1]))
    return spans


def _read_matter(
    text: str, start: int, end: int, turns: list[_Turn], received_at: datetime
) -> Matter | None:
    sentences = [(s, e) for s, e in _sentences(text, turns) if start <= s and e <= end]
    body = "".join(text[s:e] for s, e in sentences).strip()
    if len(body) < 2:
        return None
    place = find_place_span(text[start:end])
    history = tuple(
        Field(text[s:e], s, e)
        for s, e in sentences
        if _pattern("history").search(text, s, e) and not _pattern("demand").match(text, s, e)
    )
    return Matter(
        start=start,
        end=end,
        body=body,
        place=_field(text, start + place[0], start + place[1]) if place else None,
        time=_find_time(text, start, end, received_at),
        demand=_find_demand(text, sentences),
        history=history,
    )


def _find_demand(text: str, sentences: list[tuple[int, int]]) -> Field | None:
    """The last clause that asks for something: the demand usually closes the call."""
    for start, end in reversed(sentences):
        matches = list(_pattern("demand").finditer(text, start, end))
        if matches:
            return _field(text, *_strip(text, matches[0].start(), end))
    return None


def _find_time(text: str, start: int, end: int, received_at: datetime) -> Field | None:
    found = read_time(text[start:end], received_at)
    if found is None:
        return None
    first, last = start + found.start, start + found.end
    return Field(text[first:last], first, last, found.at)


def _find_name(text: str) -> Field | None:
    match = re.search(
        rf"(?:我(?:姓|叫|是)|免贵姓|姓名[:：]?|来电人[:：]?|联系人[:：]?|市民|我是)\s*"
        rf"(?P<name>[{_SURNAME}](?:女士|先生|小姐|师傅|老师|大爷|阿姨|[\u4e00-\u9fff*＊某]{{1,2}})?)"
        r"(?=[，,。；;：:\s（(]|的|来电|反映|，|$)",
        text,
    )
    return _field(text, *match.span("name")) if match else None


def _first(pattern: re.Pattern[str], text: str) -> Field | None:
    match = pattern.search(text)
    return _field(text, *match.span()) if match else None


def _field(text: str, start: int, end: int) -> Field:
    return Field(text[start:end], start, end)


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
