"""From numbers to a decision and to sentences.

    judge(comparison, *, problems=()) -> Verdict(passed, reasons, warnings)

A difference refuses a model only when it is larger than its margin and larger than chance
explains, counted over all tests of its kind together (``bounds.toml``). Reasons and warnings are
Chinese sentences for somebody who knows no statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.retraining.comparison import Comparison
from classifier.retraining.figures import FROZEN, load_bounds
from classifier.retraining.significance import correct_for_many
from classifier.retraining.texts import in_percent, likelihood, say

_FEW_CRITICAL = 10  # with fewer, recall is an anecdote
_MOST_NAMED = 5  # categories that a warning names one by one
_A_LITTLE = 0.05  # share of a category's answers whose loss is worth a line
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """``reasons``: why not, empty when passed; ``warnings``: what to know all the same."""

    passed: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


def judge(
    comparison: Comparison, *, problems: Sequence[str] = (), warnings: Sequence[str] = ()
) -> Verdict:
    """Whether the challenger may serve.

    :param problems: sentences that refuse it whatever the numbers say, from the row checks
    """
    reasons = [
        *problems,
        *_critical_reasons(comparison.critical),
        *_test_reasons(comparison.tests),
        *_part_reasons(comparison.platforms, "platform"),
        *_part_reasons(comparison.categories, "category"),
        *_calibration_reasons(comparison.calibration),
    ]
    notes = [*warnings, *_notes(comparison)]
    return Verdict(not reasons, tuple(reasons), tuple(notes))


def _test_reasons(tests: Sequence[Row]) -> Iterator[str]:
    for test, p in zip(tests, correct_for_many([test["p"] for test in tests]), strict=True):
        bound = load_bounds()[test["name"]]
        lost = test["worse"] - test["better"]
        margin = bound["margin"] + load_bounds()["handicap"] * test["handicap"]
        if p < bound["chance"] and lost > margin * test["n"]:
            new = round(test["challenger"]["accuracy"] * test["n"])
            yield say(
                "reasons",
                test["name"],
                title=test["title"],
                n=test["n"],
                old=new + lost,
                new=new,
                lost=lost,
                p=likelihood(p),
            )


def _part_reasons(parts: Sequence[Row], kind: str) -> Iterator[str]:
    bound = load_bounds()[kind]
    enough = [part for part in parts if part["n"] >= bound["least"]]
    for part, p in zip(enough, correct_for_many([part["p"] for part in enough]), strict=True):
        if p < bound["chance"] and _lost(part) > bound["margin"] * part["n"]:
            old, new = _counts(part)
            yield say(
                "reasons",
                kind,
                title=part["title"],
                n=part["n"],
                old=old,
                new=new,
                p=likelihood(p),
            )


def _calibration_reasons(calibration: Row) -> Iterator[str]:
    bound = load_bounds()["calibration"]
    old, new = calibration["champion"], calibration["challenger"]
    if old is None or new is None or new <= bound["good"]:
        return
    if new - old > bound["margin"] and calibration["p"] < bound["chance"]:
        yield say("reasons", "calibration", old=in_percent(old), new=in_percent(new))


def _critical_reasons(critical: Row) -> Iterator[str]:
    frozen = critical["frozen"]
    if frozen["champion"] is not None and frozen["challenger"] < frozen["champion"]:
        old, new = _counts(frozen)
        yield say("reasons", "critical_frozen", n=frozen["n"], old=old, new=new)
    if critical["champion"] is not None and critical["p"] < load_bounds()["critical"]["chance"]:
        old, new = _counts(critical)
        yield say("reasons", "critical", n=critical["n"], old=old, new=new)


def _notes(comparison: Comparison) -> Iterator[str]:
    frozen = next((test["n"] for test in comparison.tests if test["name"] == FROZEN), 0)
    if not frozen:
        yield say("warnings", "no_frozen")
    elif frozen < load_bounds()["calibration"]["least"]:
        yield say("warnings", "few_frozen", n=frozen)
    critical = comparison.critical
    if critical["n"] < _FEW_CRITICAL:
        yield say("warnings", "critical_few", n=critical["n"])
    alarms = critical["false_alarms"]
    if alarms["champion"] is not None and alarms["challenger"] is not None:
        growth = alarms["challenger"] - alarms["champion"]
        if growth > load_bounds()["critical"]["alarms"]:
            yield say(
                "warnings",
                "alarms",
                old=f"{100 * alarms['champion']:.1f}",
                new=f"{100 * alarms['challenger']:.1f}",
            )
    down = [
        part
        for part in comparison.categories
        if part["champion"] is not None
        and _lost(part) >= 2
        and _lost(part) > _A_LITTLE * part["n"]
        and part["p"] < 0.2
    ]
    for part in sorted(down, key=_lost, reverse=True)[:_MOST_NAMED]:
        old, new = _counts(part)
        yield say("warnings", "category_down", title=part["title"], n=part["n"], old=old, new=new)


def _lost(part: Row) -> int:
    return int(part["worse"] - part["better"])


def _counts(part: Row) -> tuple[int, int]:
    """Rows the old and the new model got right, from their shares."""
    return round(part["champion"] * part["n"]), round(part["challenger"] * part["n"])
