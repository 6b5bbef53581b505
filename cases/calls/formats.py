"""What a recogniser or a subtitle editor exports, as one text with turns and times.

    read_export(source) -> Export     Export(text, segments, notices)

Understood: Whisper JSON (``segments`` with ``start``, ``end``, ``text``), FunASR JSON
(``sentence_info`` in milliseconds, with ``spk``), JSON turns (``speaker`` or ``role``, ``text``),
SRT, WebVTT (with ``<v speaker>``); anything else is text as it stands. One segment is one line.

Never raises: what is broken is read as far as it goes, and ``notices`` names what to check (a key
of ``notices.toml``); no word of the source is lost.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cases.calls.cues import words as cue_words

_NOTICES = Path(__file__).parent / "notices.toml"
_ARROW = re.compile(r"^[ \t]*(?P<from>[^\n]*?)[ \t]*-->[ \t]*(?P<to>[^\n]*)$", re.MULTILINE)
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+(?P<who>[^>]{1,24})>")
_TAG = re.compile(r"</?[a-zA-Z][^>\n]{0,40}>|<\d[\d:.]*>")
_NUMBER_LINE = re.compile(r"^\s*\d{1,6}\s*$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_DEEPEST = 5
#: Where exports keep their segments, and how many seconds one of their units is.
_LISTS = (("segments", 1.0), ("sentence_info", 0.001), ("turns", 1.0), ("result", 1.0))
#: Below this share of Chinese letters a text is taken for another language.
_CHINESE = 0.2


@dataclass(frozen=True)
class Segment:
    """``text[start:end]`` was said from ``begins`` to ``ends``, seconds into the call."""

    start: int
    end: int
    begins: float | None
    ends: float | None


@dataclass(frozen=True)
class Export:
    """The text that every offset refers to, its segments, and what to check."""

    text: str
    segments: tuple[Segment, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Said:
    words: str
    who: str = ""
    begins: float | None = None
    ends: float | None = None


def read_export(source: str) -> Export:
    """Read whatever was pasted or uploaded. Text that is no export stays as it is, character for
    character: offsets refer to it."""
    plain = source.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if plain.lstrip()[:1] in ("{", "["):
        return _read_json(plain, source)
    if "-->" in plain and _ARROW.search(plain):
        said, notices = _read_subtitles(plain)
        if said:
            return _assemble(said, notices)
    return Export(source, (), _language(source))


def notice_sentences(notices: tuple[str, ...]) -> list[str]:
    """What to tell the person who pasted it."""
    return [_sentences()[key] for key in notices]


@cache
def _sentences() -> dict[str, str]:
    return dict(tomllib.loads(_NOTICES.read_text(encoding="utf-8")))


def _assemble(said: list[_Said], notices: tuple[str, ...]) -> Export:
    lines: list[str] = []
    segments: list[Segment] = []
    at = 0
    for item in said:
        label = f"{item.who}：" if item.who else ""
        line = label + item.words
        segments.append(Segment(at + len(label), at + len(line), item.begins, item.ends))
        lines.append(line)
        at += len(line) + 1
    text = "\n".join(lines)
    return Export(text, tuple(segments), (*notices, *_language(text)))


def _language(text: str) -> tuple[str, ...]:
    letters = _LETTER.findall(text[:20_000])
    han = sum(1 for letter in letters if _HAN.match(letter))
    return ("other_language",) if len(letters) >= 10 and han < _CHINESE * len(letters) else ()


def _read_json(plain: str, source: str) -> Export:
    try:
        data = json.loads(plain)
    except (ValueError, RecursionError):
        if not re.match(r'\s*[\[{]\s*["{\[]', plain):
            return Export(source, (), _language(source))  # "[00:12] …" or "【…" is plain text
        return Export(source, (), ("broken_json", *_language(source)))
    said = list(_said_in(data, 0))
    if not said:
        return Export(source, (), ("unknown_json", *_language(source)))
    return _assemble(said, ())


def _said_in(data: Any, depth: int) -> Iterator[_Said]:
    """The segments of any of the known shapes, wherever they lie in the export."""
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for item in data:
            yield from _said_in(item, depth + 1)
        return
    if not isinstance(data, Mapping):
        return
    for key, scale in _LISTS:
        inner = data.get(key)
        if isinstance(inner, list) and inner:
            found = [item for row in inner for item in _said_row(row, scale)]
            found = found or list(_said_in(inner, depth + 1))
            if found:
                yield from found
                return
    yield from _said_row(data, 1.0)


def _said_row(row: Any, scale: float) -> Iterator[_Said]:
    if not isinstance(row, Mapping):
        return
    text = row.get("text", row.get("sentence"))
    if isinstance(text, str) and text.strip():
        begins, ends = _seconds(row, "start", scale), _seconds(row, "end", scale)
        yield _Said(" ".join(text.split()), _who(row), begins, ends)


def _who(row: Mapping[str, Any]) -> str:
    who = row.get("speaker", row.get("role"))
    if isinstance(who, str) and who.strip():
        return who.strip()[:24]
    voice = row.get("spk")
    if isinstance(voice, int | str) and str(voice).strip():
        return f"说话人{int(voice) + 1}" if str(voice).isdigit() else str(voice).strip()[:24]
    return ""


def _seconds(row: Mapping[str, Any], key: str, scale: float) -> float | None:
    value = row.get(key)
    return value * scale if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_subtitles(source: str) -> tuple[list[_Said], tuple[str, ...]]:
    """The words between the time lines; a time that makes no sense costs only itself."""
    arrows = list(_ARROW.finditer(source))
    said, broken = [], False
    for i, arrow in enumerate(arrows):
        until = arrows[i + 1].start() if i + 1 < len(arrows) else len(source)
        begins, ends = _clock(arrow["from"]), _clock(arrow["to"])
        if begins is None or ends is None or ends < begins:
            broken, begins, ends = True, None, None
        # The line before the next time line is its number.
        lines = source[arrow.end() : until].split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        if i + 1 < len(arrows) and lines and _NUMBER_LINE.match(lines[-1]):
            lines.pop()
        said += _said_lines(lines, begins, ends)
    before = [
        line
        for line in source[: arrows[0].start()].split("\n")
        if line.strip() and not _NUMBER_LINE.match(line) and not line.startswith(("WEBVTT", "NOTE"))
    ]
    return _said_lines(before, None, None) + said, ("broken_times",) if broken else ()


def _said_lines(lines: list[str], begins: float | None, ends: float | None) -> list[_Said]:
    text = " ".join(line.strip() for line in lines if line.strip())
    voice = _VOICE.search(text)
    words = _TAG.sub("", _VOICE.sub("", text)).strip()
    who = voice["who"].strip() if voice else ""
    label = re.match(r"([^:：\s]{1,12})[:：]\s*(?=\S)", words)
    if not who and label and label[1] in _speakers():
        who, words = label[1], words[label.end() :]
    return [_Said(words, who, begins, ends)] if words else []


@cache
def _speakers() -> frozenset[str]:
    return cue_words("speakers", "agent") | cue_words("speakers", "citizen")


def _clock(words: str) -> float | None:
    match = _CLOCK.match(words.strip())
    if not match or int(match[2]) > 59 or int(match[3]) > 59:
        return None
    milliseconds = (match[4] or "0").ljust(3, "0")
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]) + int(milliseconds) / 1000
