"""A later matter that says where only by pointing at an earlier one ("小区东门口", "也是这条路上").

    refer_places(transcript) -> [Reference | None]     one for each matter, in order

Reference(of, words, sure): ``of`` is the place the earlier matter names, ``words`` what the later
one says of it, each an exact piece of the call. ``sure`` is False where a person has to look:
several places would do, or the one that does is farther back than the last matter.

Nothing is referred where a matter names a place of its own, where the words may point at another
one (隔壁小区, 我娘家那个村子), or where no earlier place is of the kind they ask for: "这条路上"
wants a road, "小区里" an estate. Where the caller lives is the place of 小区 and 楼下 and of
nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from cases.calls.cues import any_of, row, rows
from cases.calls.spans import Field, Span
from cases.place import iter_place_spans
from cases.transcript import Matter, Transcript

_KINDS = ("estate", "village", "road", "shop", "home", "spot")
#: Kinds that mean where the caller lives, if that was said.
_HOMES = ("estate", "village", "home")
_CLAUSE = re.compile(r"[^，,。！？!?；;：:\n…]+")
_OWN = re.compile("我|咱")
_BEFORE = 8
_JOINTS = "[到和与跟、]"
#: So many matters are looked back over, and so much of each is read.
_FARTHEST, _READ, _MOST_PARTS = 5, 2_000, 40


@dataclass(frozen=True, slots=True)
class Reference:
    """The place of a matter in two quotations."""

    of: Field
    words: Field
    sure: bool = True

    @property
    def text(self) -> str:
        """Both together: 听涛苑小区东门口."""
        return self.of.text + self.words.text


@dataclass(frozen=True, slots=True)
class _Pointer:
    kind: str
    words: Field
    own: bool


@dataclass(frozen=True, slots=True)
class _Named:
    """A place of an earlier matter; ``home``: where the caller lives."""

    start: int
    end: int
    home: bool


def refer_places(transcript: Transcript) -> list[Reference | None]:
    """Never for the first matter."""
    found: list[Reference | None] = []
    for number in range(len(transcript.matters)):
        found.append(_refer(transcript, number, found))
    return found


def _refer(
    transcript: Transcript, number: int, earlier: Sequence[Reference | None]
) -> Reference | None:
    matter = transcript.matters[number]
    for pointer in _pointers(transcript.text, matter) if number else ():
        own = matter.place
        if own is not None and (own.end <= pointer.words.start or own.start >= pointer.words.end):
            return None
        if own is not None:
            pointer = _with_own(transcript.text, pointer, own)
        found = _look_back(transcript, number, pointer, earlier)
        if found is not None:
            return found
    return None


def _with_own(text: str, pointer: _Pointer, own: Field) -> _Pointer:
    """ "小区3号楼" was read as a name: what points and what was read together."""
    end = max(own.end, pointer.words.end)
    start = pointer.words.start
    return _Pointer(pointer.kind, Field(text[start:end], start, end), pointer.own)


def _pointers(text: str, matter: Matter) -> Iterator[_Pointer]:
    """What points somewhere, in order; at the beginning of a clause, a few words apart."""
    for part in matter.parts[:_MOST_PARTS]:
        if part.kind not in ("complaint", "demand"):
            continue
        for clause in _CLAUSE.finditer(text, part.start, min(part.end, part.start + _READ)):
            match = _pointing().match(text, *clause.span())
            if match is None or _apart().search(text, clause.start(), match.end()):
                continue
            kind = next(kind for kind in _KINDS if match[kind])
            start, end = match.span(kind)
            end -= text[end - 1] == "的"
            own = bool(_OWN.search(match["lead"]))
            yield _Pointer(kind, Field(text[start:end], start, end), own)


def _look_back(
    transcript: Transcript,
    number: int,
    pointer: _Pointer,
    earlier: Sequence[Reference | None],
) -> Reference | None:
    """The nearest earlier matter that names a place of the kind. Matters in between that surely
    point at the same one keep it near."""
    for before in range(number - 1, max(-1, number - 1 - _FARTHEST), -1):
        fitting: dict[str, tuple[_Named, Field]] = {}
        several = False
        for named in _named(transcript, before):
            pieces = list(_pieces(transcript.text, pointer, named))
            several |= len(pieces) > 1 or _is_joined(transcript.text, named)
            for start, end in pieces:
                base = _base(transcript.text, pointer, replace(named, start=start, end=end))
                if base is not None:
                    fitting.setdefault(base.text, (named, base))
        if not fitting:
            continue
        named, base = next(iter(fitting.values()))
        near = all(r is not None and r.sure and r.of == base for r in earlier[before + 1 :])
        sure = len(fitting) == 1 and not several and near and _lives_there(pointer, named, base)
        return Reference(base, pointer.words, sure)
    return None


def _lives_there(pointer: _Pointer, named: _Named, base: Field) -> bool:
    """Whether "楼下" must be below that place: one says so of home, and a lamp at number 28 is not
    yet where the caller lives."""
    if named.home:
        return pointer.own
    return pointer.kind != "home" or not _at_a_door().match(base.text)


def _named(transcript: Transcript, number: int) -> Iterator[_Named]:
    """The places of a matter in the story and in what is asked for."""
    text, matter = transcript.text, transcript.matters[number]
    for part in matter.parts[:_MOST_PARTS]:
        if part.kind not in ("complaint", "demand"):
            continue
        for left, right in iter_place_spans(text[part.start : min(part.end, part.start + _READ)]):
            start, end = part.start + left, part.start + right
            lives = any_of("references", "lives").search(text[max(0, start - _BEFORE) : start])
            yield _Named(start, end, bool(lives) or _asked_home(transcript, start))


def _asked_home(transcript: Transcript, at: int) -> bool:
    """Whether the place answers a question of the desk for where the caller lives."""
    turns = transcript.turns
    number = bisect_right(turns, at, key=lambda turn: turn.start) - 1
    if number < 1 or turns[number - 1].citizen:
        return False
    question = transcript.text[turns[number - 1].start : turns[number - 1].end]
    return bool(any_of("references", "asks_home").search(question))


def _pieces(text: str, pointer: _Pointer, named: _Named) -> Iterator[Span]:
    """ "望江花园到银杏公寓" are two estates; a crossing is one spot."""
    start = named.start
    for joint in re.finditer(_JOINTS, text[named.start : named.end]):
        at = named.start + joint.start()
        left = _details().sub("", text[start:at])
        whole = any(_shape(key).fullmatch(left) for key in ("is_estate", "is_road", "is_village"))
        if whole and len(left) > 2 and pointer.kind != "spot":
            yield start, at
            start = at + 1
    yield start, named.end


def _is_joined(text: str, named: _Named) -> bool:
    """Another place, which was not read, may stand beside this one: "锦绣园跟翠湖名苑"."""
    around = text[max(0, named.start - 1) : named.start] + text[named.end : named.end + 1]
    return bool(re.search(_JOINTS, around))


def _base(text: str, pointer: _Pointer, named: _Named) -> Field | None:
    """The piece of a named place that the words point at, if it is of their kind."""
    if named.home and pointer.kind not in _HOMES:
        return None
    words = text[named.start : named.end]
    core = _details().sub("", words)
    length = 0
    if pointer.kind == "estate" and _shape("is_estate").fullmatch(core):
        length = len(core)
    elif pointer.kind == "village" and (match := _shape("is_village").match(words)):
        length = match.end()
    elif pointer.kind == "road" and (match := _shape("is_road").match(words)):
        same = ("巷" in pointer.words.text) == (match[0][-1] == "巷")
        same |= not re.search("[巷弄]", pointer.words.text + match[0])
        length = match.end() if same else 0
    elif pointer.kind == "shop" and _shape("is_shop").fullmatch(core):
        length = len(core)
    elif pointer.kind == "home":
        length = _home_length(words, core)
    elif pointer.kind == "spot":
        length = len(words)
    return Field(words[:length], named.start, named.start + length) if length else None


def _home_length(words: str, core: str) -> int:
    """An estate with its building, a road with its number; no room, no gate."""
    if not _shape("is_estate").fullmatch(core):
        match = _at_a_door().match(words)
        return match.end() if match else 0
    building = _shape("building").match(words, len(core))
    return building.end() if building else len(core)


@cache
def _at_a_door() -> re.Pattern[str]:
    return re.compile(row("references", "is_road") + row("references", "door"))


@cache
def _pointing() -> re.Pattern[str]:
    lead = "|".join(f"(?:{cue})" for cue in rows("references", "lead"))
    kinds = "|".join(f"(?P<{kind}>{'|'.join(rows('references', kind))})" for kind in _KINDS)
    placed = row("references", "placed")
    return re.compile(rf"\s*(?P<lead>(?:{lead}){{0,5}}?(?:{placed})?(?:{lead}){{0,3}}?)(?:{kinds})")


@cache
def _apart() -> re.Pattern[str]:
    return any_of("references", "apart")


@cache
def _details() -> re.Pattern[str]:
    return re.compile(f"{row('references', 'details')}$")


@cache
def _shape(key: str) -> re.Pattern[str]:
    return re.compile(row("references", key))
