"""Authored pairs of reports, with what they are, and how well they were told apart.

read_pairs(*parts) -> [Pair]          rows of ``pairs.csv`` of these parts, or all
tally_up(pairs) -> Tally              the verdicts on them

The figures and lists of ``cases/same_event`` were chosen on ``TUNED`` and on half of the planted
pairs; ``BLIND`` is counted only, and what of it goes wrong is not to be looked at.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cases.same_event import Answer, Report, judge

#: ``report``, ``fresh2`` and ``fresh4`` were blind when they were written, and looked at later.
TUNED = ("tune", "report", "tune2", "fresh2", "fresh4")
#: Of ``fresh3`` the totals were seen between; ``fresh5`` was run at the end only.
BLIND = ("fresh3", "fresh5")
PAIRS = Path(__file__).with_name("pairs.csv")
_SOMEBODY = frozenset({"phone:13800001111"})


@dataclass(frozen=True)
class Pair:
    """``truth``: same, different, or unclear where no person could say either."""

    part: str
    kind: str
    truth: str
    a: Report
    b: Report


@dataclass
class Tally:
    """Pairs by what was said of them; ``wrong`` are those called the same that are not."""

    same: int = 0
    found: int = 0
    said_same: int = 0
    wrong: list[Pair] = field(default_factory=list)
    missed: list[Pair] = field(default_factory=list)
    torn: list[Pair] = field(default_factory=list)
    unsure: int = 0
    total: int = 0

    @property
    def precision(self) -> float:
        """Of those called the same, those that are."""
        return 1 - len(self.wrong) / max(self.said_same, 1)

    @property
    def recall(self) -> float:
        """Of those that are the same, those called so."""
        return self.found / max(self.same, 1)


def read_pairs(*parts: str) -> list[Pair]:
    """In the order of the file."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not parts or row["part"] in parts]
    found = []
    for row in rows:
        people = _SOMEBODY if row["same_caller"] else frozenset[str]()
        found.append(
            Pair(
                row["part"],
                row["kind"],
                row["truth"],
                Report(row["a"], category=row["a_category"] or None, people=people),
                Report(row["b"], category=row["b_category"] or None, people=people),
            )
        )
    return found


def tally_up(pairs: Iterable[Pair]) -> Tally:
    """Count; ``torn`` are pairs of one event that were called different."""
    tally = Tally()
    for pair in pairs:
        answer = judge(pair.a, pair.b).answer
        tally.total += 1
        tally.unsure += answer is Answer.UNSURE
        if pair.truth == "same":
            tally.same += 1
            tally.found += answer is Answer.SAME
            if answer is not Answer.SAME:
                tally.missed.append(pair)
            if answer is Answer.DIFFERENT:
                tally.torn.append(pair)
        if answer is Answer.SAME:
            tally.said_same += 1
            if pair.truth != "same":
                tally.wrong.append(pair)
    return tally
