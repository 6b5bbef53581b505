"""Names of the registry in a narrowed text, as written or nearly so.

    find_hits(index, text, looked_at) -> [Hit]      by their place in the text

Exact names first; only what they leave over is searched for slips, and for names cut short where
a number follows or the text says nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from cases.addresses.names import Name, NameIndex
from cases.addresses.slips import align
from cases.addresses.words import figure, one_of, word_list

_RANKS = {"district": 0, "street": 1, "community": 2, "road": 3}
_HAN = re.compile(r"[0-9\u4e00-\u9fff]{2,}")
_SHORTEST_SLIP = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """``text[start:end]`` names a place; ``stop`` is after 小区 and the like behind it."""

    name: Name
    start: int
    end: int
    stop: int
    score: float
    kind: str

    @property
    def rank(self) -> int:
        """How closely it says where: district 0 … road 3, estate and alias 4."""
        return 4 if self.kind == "alias" else _RANKS.get(self.name.level, 4)


def find_hits(index: NameIndex, text: str, looked_at: Sequence[tuple[int, int]]) -> list[Hit]:
    """Every name; ``looked_at`` are the pieces where slips are searched for."""
    if not index.names:
        return []
    exact = list(_exact(index, text))
    hits = [hit for hit in exact if hit.kind != "short"]
    if all(hit.rank < 3 for hit in hits):
        free = [span for piece in looked_at for span in _left_over(text, piece, hits)]
        slips = [hit for start, end in free for hit in _slips(index, text, start, end)]
        hits += slips
        if all(hit.score < figure("sure") for hit in slips):
            hits += [hit for hit in exact if hit.kind == "short" and _counts(text, hit)]
    return sorted(hits, key=lambda hit: (hit.start, -hit.end, -hit.score))


def _exact(index: NameIndex, text: str) -> Iterator[Hit]:
    """From left to right the longest name that stands there."""
    position = 0
    while position < len(text):
        for length in range(min(index.longest, len(text) - position), 1, -1):
            found = index.forms.get(text[position : position + length])
            if found is not None:
                end = position + length
                stop = _after_tail(text, end)
                for number, kind in found:
                    name = index.names[number]
                    score = figure({"alias": "full"}.get(kind, kind))
                    yield Hit(name, position, end, stop, score, kind)
                if any(kind != "short" for _, kind in found):
                    position = end - 1
                break
        position += 1


def _after_tail(text: str, end: int) -> int:
    found = _tail().match(text, end)
    return found.end() if found else end


@cache
def _tail() -> re.Pattern[str]:
    return re.compile(one_of("tails", "weak"))


@cache
def _cues() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    between, relation = one_of("cues", "between"), one_of("relations", "after")
    return (
        re.compile(rf"(?:{one_of('cues', 'before')})$|^$"),
        re.compile(rf"(?:{between})?[0-9A-Z]|(?:的)?{relation}|[,。!?]|$"),
        re.compile(one_of("tails", "strong")),
    )


def _counts(text: str, hit: Hit) -> bool:
    """A name cut short is one where a number or a relation follows, or nothing else stands
    there; 荷塘花园 is not short for 荷塘小区."""
    _, after, tail = _cues()
    if tail.match(text, hit.stop) and hit.stop == hit.end:
        return False
    if hit.end - hit.start > 2:
        return True
    return bool(after.match(text, hit.stop))


def _left_over(text: str, piece: tuple[int, int], hits: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    """What of a piece no name covers, where there are characters enough for one."""
    start = piece[0]
    for hit in [*sorted(hits, key=lambda h: h.start), None]:
        end = min(hit.start, piece[1]) if hit else piece[1]
        if end > start and any(len(m.group()) > 1 for m in _HAN.finditer(text, start, end)):
            yield start, end
        if hit:
            start = max(start, hit.stop)


def _slips(index: NameIndex, text: str, start: int, end: int) -> Iterator[Hit]:
    least = figure("slip_found")
    for form in index.near(text[start:end]):
        if len(form) < _SHORTEST_SLIP:
            continue
        similar, first, last = align(form, text, start, end)
        if similar < least or last - first < 2 or _wrong_tail(form, text, last):
            continue
        for number, kind in index.forms[form]:
            if kind != "short":
                name = index.names[number]
                score = similar * figure({"alias": "full"}.get(kind, kind))
                yield Hit(name, first, last, _after_tail(text, last), score, "slip")


def _wrong_tail(form: str, text: str, end: int) -> bool:
    """香樟 of 香樟路 is near 香樟苑, but 路 stands behind it."""
    tails = word_list("tails", "strong")
    own = next((tail for tail in tails if form.endswith(tail)), None)
    behind = next((tail for tail in tails if text.startswith(tail, end)), None)
    return own is not None and behind is not None and own != behind
