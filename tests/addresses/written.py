"""Places as people write them, with the code that was meant, and how many were understood.

read_written() -> [Written]        rows of ``written_places.csv``
await tally_up(rows, resolve) -> Tally

``seen`` rows were looked at while the resolver was made; ``fresh`` ones were written before it was
tried and run at the end.
"""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cases.addresses.matching import PlaceMatches

WRITTEN = Path(__file__).with_name("written_places.csv")


@dataclass(frozen=True)
class Written:
    """A place as somebody writes it; several codes where it can be several, none where it is no
    place of the town. Of kind ``missing``: the code of what lies above a number not there."""

    part: str
    kind: str
    text: str
    codes: frozenset[str]

    @property
    def one(self) -> bool:
        """Whether there is one place to be sure of."""
        return len(self.codes) == 1 and self.kind != "missing"


@dataclass
class Tally:
    """Texts, by what became of them."""

    ones: int = 0
    sure: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wanted: int = 0
    missed: list[str] = field(default_factory=list)
    none: int = 0
    invented: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the sure ones, those that are right."""
        return 1 - len(self.wrong) / max(len(self.sure), 1)

    @property
    def coverage(self) -> float:
        """Of those that mean one place, those that were sure and right."""
        return (len(self.sure) - len(self.wrong)) / max(self.ones, 1)

    @property
    def recall(self) -> float:
        """Of those that mean a place, those with it among the three."""
        return 1 - len(self.missed) / max(self.wanted, 1)

    @property
    def left_alone(self) -> float:
        """Of those that mean none, those that were given none."""
        return 1 - len(self.invented) / max(self.none, 1)


def read_written() -> list[Written]:
    """Every row."""
    with WRITTEN.open(encoding="utf-8", newline="") as file:
        return [
            Written(row["part"], row["kind"], row["text"], frozenset(row["code"].split("|")) - {""})
            for row in csv.DictReader(file)
        ]


async def tally_up(
    rows: Iterable[Written], resolve: Callable[[str], Awaitable[PlaceMatches]]
) -> Tally:
    """Resolve every row and count."""
    tally = Tally()
    for row in rows:
        found = await resolve(row.text)
        codes = [candidate.code for candidate in found.candidates]
        tally.ones += row.one
        if found.verdict == "sure":
            tally.sure.append(row.text)
            if not row.one or codes[0] not in row.codes:
                tally.wrong.append(row.text)
        if row.codes:
            tally.wanted += 1
            if not row.codes & set(codes):
                tally.missed.append(row.text)
        else:
            tally.none += 1
            if found.verdict != "unmatched":
                tally.invented.append(row.text)
    return tally
