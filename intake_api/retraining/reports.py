"""What a training found out about a model, in words for the page (对比).

    read_report(folder) -> Report | None      of a model's folder; None: it was never compared
    Report: passed, reasons, warnings, champion, tests, platforms, worst, best, more, charts, card,
        advice
    Line: title, n, before, after, change, verdict

Figures are read as they are; here they become “每 100 件里对 82 件” and “好一些”. Nothing is judged
anew: what passes was decided by the comparison, with its test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake_api.retraining.card_blocks import Block, read_blocks
from intake_api.texts import load_texts

COMPARISON, CARD, ADVICE, CHARTS = "comparison.json", "card.md", "advice.json", "charts"
#: A loss as large would come about by chance less often than this.
CHANCE = 0.05
_EQUAL = 0.005
_SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One row of a table; shares are 0..1 or None where there was nothing to measure."""

    title: str
    n: int
    before: float | None
    after: float | None
    tone: str  # done, alarm, or empty
    verdict: str

    @property
    def change(self) -> float | None:
        """In points."""
        if self.before is None or self.after is None:
            return None
        return (self.after - self.before) * 100


@dataclass(frozen=True)
class Report:
    """Everything there is to show; absent parts are empty."""

    passed: bool
    champion: str | None
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    tests: tuple[Line, ...]
    platforms: tuple[Line, ...]
    worst: tuple[Line, ...]
    best: tuple[Line, ...]
    more: tuple[Line, ...]
    charts: tuple[str, ...]
    card: tuple[Block, ...]
    advice: tuple[Mapping[str, Any], ...]


def read_report(folder: Path) -> Report | None:
    """Of a model's folder; one that cannot be read counts as none."""
    try:
        found = json.loads((folder / COMPARISON).read_text(encoding="utf-8"))
        return _report(folder, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _report(folder: Path, found: Mapping[str, Any]) -> Report:
    rows = found.get("categories", ())
    # Of fifty categories two or three look this bad by chance alone.
    categories = [_line(row, "category", CHANCE / max(len(rows), 1)) for row in rows]
    moved = sorted(
        (line for line in categories if line.change is not None), key=lambda line: line.change or 0
    )
    return Report(
        passed=bool(found["passed"]),
        champion=found.get("champion"),
        reasons=tuple(found.get("reasons", ())),
        warnings=tuple(found.get("warnings", ())),
        tests=tuple(_line(row, "name") for row in found.get("tests", ())),
        platforms=tuple(_line(row, "platform") for row in found.get("platforms", ())),
        worst=tuple(line for line in moved if (line.change or 0) < 0)[:_SHOWN],
        best=tuple(line for line in reversed(moved) if (line.change or 0) > 0)[:_SHOWN],
        more=tuple(_more(found)),
        charts=tuple(sorted(path.name for path in (folder / CHARTS).glob("*.svg"))),
        card=tuple(read_blocks(_text(folder / CARD))),
        advice=tuple(_advice(folder / ADVICE)),
    )


def _line(row: Mapping[str, Any], name: str, chance: float = CHANCE) -> Line:
    before, after = _share(row.get("champion")), _share(row.get("challenger"))
    tone, verdict = _verdict(before, after, row.get("p"), chance)
    title = row.get("title") or row[name]
    return Line(str(title), int(row.get("n") or 0), before, after, tone, verdict)


def _share(value: Any) -> float | None:
    """A figure, or the accuracy among several."""
    if isinstance(value, Mapping):
        value = value.get("accuracy")
    return float(value) if isinstance(value, int | float) else None


def _verdict(
    before: float | None, after: float | None, p: Any, chance: float = CHANCE
) -> tuple[str, str]:
    words: dict[str, str] = load_texts("retraining")["verdicts"]
    if before is None or after is None:
        return "", words["unknown"]
    if after < before and isinstance(p, int | float) and p < chance:
        return "alarm", words["worse"]
    if abs(after - before) < _EQUAL:
        return "", words["same"]
    return ("done", words["better"]) if after > before else ("", words["slightly_worse"])


def _more(found: Mapping[str, Any]) -> list[Line]:
    """Two figures beside the right answers: do the percentages hold, are emergencies found."""
    titles: dict[str, str] = load_texts("retraining")["more"]
    lines = []
    calibration = found.get("calibration") or {}
    before, after = _share(calibration.get("champion")), _share(calibration.get("challenger"))
    if after is not None:
        # A gap: smaller is better, so the comparison is turned round.
        tone, verdict = _verdict(
            -before if before is not None else None, -after, calibration.get("p")
        )
        n = int(calibration.get("n") or 0)
        lines.append(Line(titles["calibration"], n, before, after, tone, verdict))
    critical = found.get("critical") or {}
    before, after = _share(critical.get("champion")), _share(critical.get("challenger"))
    if after is not None:
        tone, verdict = _verdict(before, after, critical.get("p"))
        n = int(critical.get("n") or 0)
        lines.append(Line(titles["critical"], n, before, after, tone, verdict))
    return lines


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _advice(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else ()
