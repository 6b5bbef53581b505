"""A place as somebody wrote it → at most three places of the registry, or a flag that it has none.

    await resolve_place(session, index, text, hint=None) -> PlaceMatches

``sure``: one place, nothing near it. ``choose``: some that may be meant; a person picks.
``unmatched``: the words stay what they are. Two that are near are never decided between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.doors import Door, fetch_doors, pick_doors
from cases.addresses.hits import Hit, find_hits
from cases.addresses.names import NameIndex
from cases.addresses.narrowing import Narrow, narrow
from cases.addresses.numbers import Details, Mark, find_marks, read_details
from cases.addresses.words import figure, one_of
from cases.place import iter_place_spans

Verdict = Literal["sure", "choose", "unmatched"]
MOST = 3
#: Of a long text the places in it are looked at, of a short one every word.
_SHORT, _LONGEST = 40, 600
_MOST_READ = 8
_SLACK = 2


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A place that may be meant. ``text[span[0]:span[1]]`` names it; ``relation`` is where from
    there (旁边, 对面); ``missing`` are numbers the registry does not have below it."""

    code: str
    full_name: str
    level: str
    grid: str | None
    score: float
    span: tuple[int, int]
    relation: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceMatches:
    """What the registry says to a written place."""

    text: str
    verdict: Verdict
    candidates: tuple[PlaceCandidate, ...] = ()

    @property
    def sure(self) -> PlaceCandidate | None:
        """The one place, where nothing is near it."""
        return self.candidates[0] if self.verdict == "sure" else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A hit with the numbers behind it and what they may mean."""

    hit: Hit
    score: float
    ways: tuple[Details, ...]
    start: int
    end: int
    relation: str | None


async def resolve_place(
    session: AsyncSession, index: NameIndex, text: str, *, hint: str | None = None
) -> PlaceMatches:
    """Look a written place up. ``hint``: an area or grid the writer is known to mean."""
    plain = narrow(text[:_LONGEST])
    hits = find_hits(index, plain.text, _looked_at(text, plain))
    near = _Surroundings.of(index, hits, hint)
    readings = sorted(_read(plain, hits, near), key=lambda r: -r.score)[:_MOST_READ]
    doors = await fetch_doors(session, [(r.hit.name, r.ways) for r in readings if r.ways[0]])
    found: dict[str, PlaceCandidate] = {}
    for reading in readings:
        for candidate in _candidates(plain, text, reading, doors, near):
            known = found.get(candidate.code)
            if known is None or candidate.score > known.score:
                found[candidate.code] = candidate
    ranked = sorted(found.values(), key=lambda c: (-c.score, len(c.missing), c.full_name))
    ranked = [c for c in ranked if c.score >= figure("choose")]
    return PlaceMatches(text, _verdict(ranked), tuple(map(_shown, ranked[:MOST])))


def _verdict(ranked: Sequence[PlaceCandidate]) -> Verdict:
    if not ranked:
        return "unmatched"
    first = ranked[0]
    behind = ranked[1].score if len(ranked) > 1 else 0.0
    clear = first.score >= figure("sure") and first.score - behind >= figure("apart") - 1e-9
    return "sure" if clear and not first.missing else "choose"


def _shown(candidate: PlaceCandidate) -> PlaceCandidate:
    return replace(candidate, score=round(min(candidate.score, 1.0), 3))


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The areas and roads that are named beside the place, and the hint."""

    hits: tuple[Hit, ...]
    hinted: frozenset[int]
    grid: str | None

    @classmethod
    def of(cls, index: NameIndex, hits: Sequence[Hit], hint: str | None) -> _Surroundings:
        plain = narrow(hint or "").text
        named = find_hits(index, plain, ()) if plain else []
        return cls(
            tuple(h for h in hits if h.rank <= 3), frozenset(h.name.key for h in named), hint
        )

    def weigh(self, hit: Hit) -> float:
        """What the other names say about this one."""
        name, total = hit.name, 0.0
        above = {name.street_key, name.community_key, name.road_key} - {None}
        for level, own in (
            ("street", name.street_key),
            ("community", name.community_key),
            ("road", name.road_key),
        ):
            said = {
                h.name.key
                for h in self.hits
                if h.name.level == level and h.score >= figure("weak")
                if h.end <= hit.start or h.start >= hit.end
            }
            if said and own is not None and name.level != level:
                total += figure("inside") if own in said else figure("outside")
        if self.hinted & above or (self.grid and self.grid == name.grid):
            total += figure("hinted")
        return total


def _looked_at(text: str, plain: Narrow) -> list[tuple[int, int]]:
    if len(plain.text) <= _SHORT:
        return [(0, len(plain.text))]
    spans = []
    for start, end in iter_place_spans(text[:_LONGEST]):
        inside = [i for i, s in enumerate(plain.starts) if start <= s < end]
        if inside:
            spans.append((max(0, inside[0] - 1), inside[-1] + 1))
    return spans[:4]


def _read(plain: Narrow, hits: Sequence[Hit], near: _Surroundings) -> Iterable[_Reading]:
    """The hits that may be the place itself; the others only say in which area it is."""
    readings = []
    for hit in hits:
        marks = _marks_behind(plain.text, hit, hits)
        level = "community" if hit.name.level in ("community", "group") else hit.name.level
        ways = tuple(read_details(marks, level)) if marks else ((),)
        start = min([hit.start, *(m.start for m in marks)])
        end = max([hit.stop, *(m.end for m in marks)])
        relation = _relation_at(plain, start, end)
        readings.append(_Reading(hit, hit.score + near.weigh(hit), ways, start, end, relation))
    best = max((_closeness(r) for r in readings), default=0)
    kept = [r for r in readings if _closeness(r) == best]
    # 风荷苑旁边的风荷路12号: the first only says where the second is.
    last = max((r.start for r in kept), default=0)
    return [
        replace(r, score=r.score + figure("beside")) if r.relation and r.start < last else r
        for r in kept
        if not _swallowed(r, kept)
    ]


def _closeness(reading: _Reading) -> int:
    """Estates and roads with a number say where; a bare road does where nothing else is."""
    hit, numbered = reading.hit, any(reading.ways)
    if hit.kind == "short":
        return 4
    if hit.kind == "slip" and hit.score < figure("slip"):
        return 4 if numbered else hit.rank
    if hit.rank >= 4:
        return 4
    return 4 if numbered and hit.rank in (2, 3) else hit.rank


def _swallowed(reading: _Reading, others: Sequence[_Reading]) -> bool:
    """朝晖路40号 before 和平里 is where that estate stands; 朝晖社区6幢 with an estate between."""
    if reading.hit.rank >= 4:
        return False
    return any(
        other.hit.rank >= 4
        and other.hit.score >= figure("slip")
        and reading.end <= other.start <= reading.end + 2
        for other in others
    )


def _marks_behind(text: str, hit: Hit, hits: Sequence[Hit]) -> list[Mark]:
    limit = min((h.start for h in hits if h.start >= hit.stop), default=len(text))
    found: list[Mark] = []
    position = hit.stop
    for mark in find_marks(text, hit.stop, limit):
        gap = text[position : mark.start]
        # The end of a misspelt name may be anything.
        slack = not found and len(gap) <= (_SLACK if hit.kind == "slip" else 1)
        if not (slack or _between().fullmatch(gap)):
            break
        found.append(mark)
        position = mark.end
    if found or limit < len(text):
        return found
    # 6栋302, 风荷苑: the numbers may stand in front.
    first = max((h.stop for h in hits if h.stop <= hit.start), default=0)
    ahead = find_marks(text, first, hit.start)
    close = bool(ahead) and hit.start - ahead[-1].end <= 1
    return ahead if close and any(mark.kind != "bare" for mark in ahead) else []


@cache
def _between() -> re.Pattern[str]:
    return re.compile(rf"(?:{one_of('cues', 'between')}){{0,2}}")


def _relation_at(plain: Narrow, start: int, end: int) -> str | None:
    after = re.compile(rf"的?({one_of('relations', 'after')})").match(plain.text, end)
    if after:
        return _written(plain, *after.span(1))
    before = re.compile(rf"({one_of('relations', 'before')})$").search(plain.text[:start])
    return _written(plain, *before.span(1)) if before else None


def _written(plain: Narrow, start: int, end: int) -> str:
    return plain.text[start:end]


def _candidates(
    plain: Narrow,
    text: str,
    reading: _Reading,
    doors: Mapping[int | None, Sequence[Door]],
    near: _Surroundings,
) -> Iterable[PlaceCandidate]:
    name, score = reading.hit.name, reading.score
    picked, missing = pick_doors(name, reading.ways, doors)
    span = plain.span(reading.start, reading.end)
    if any(reading.ways):
        score += figure("exists") if not missing else figure("missing") * len(missing)
    if reading.hit.score < figure("slip") and (missing or not any(reading.ways)):
        return
    for door in picked or (Door.of(name),):
        yield PlaceCandidate(
            door.code,
            door.full_name,
            door.level,
            door.grid,
            score,
            span,
            reading.relation,
            missing,
        )
