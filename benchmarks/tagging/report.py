"""The tables of docs/tagging_results.md.

    describe_scores(scored) -> str; describe_speed(speed) -> str; describe_growth(steps) -> str
    write_report(path, sections)      replaces the sections given, keeps the others

Markdown, one section per part of the benchmark.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.tagging.corpora import TITLES
from benchmarks.tagging.growth import Step
from benchmarks.tagging.scores import Scored

_TITLE = "# Tagging, measured"
_FOOT = """\
Brackets hold 95 % bootstrap intervals. “95 %” is the share of texts that can be answered by
confidence alone with 95 % of the answers right{platform}. texts/s: one thread, the probabilities
of the category alone. Ready: from importing the libraries to the first answer. Peaks are of whole
processes; those of the semantic strength have the training rows' vectors at hand."""


def describe_scores(scored: Iterable[Scored]) -> str:
    """A table per corpus, the best macro-F1 of peers and of ours below it."""
    by_corpus: dict[str, list[Scored]] = {}
    for line in scored:
        by_corpus.setdefault(line.corpus, []).append(line)
    return "\n\n".join(_describe_corpus(name, lines) for name, lines in by_corpus.items())


def _describe_corpus(name: str, lines: Sequence[Scored]) -> str:
    header = ["model", "accuracy", "macro-F1", "top-3", "ECE", "95 %"]
    header += ["fit s", "texts/s", "MB", "ready s", "fit peak MB", "serve peak MB"]
    measured = [line for line in lines if line.metrics]
    by_platform = any(line.metrics and line.metrics.platform for line in lines)
    if by_platform:
        header.insert(4, "platform")
    rows = [_score_row(line) for line in measured]
    text = f"### {TITLES[name]}\n\n"
    if rows:
        text += format_table(header, rows) + "\n\n"
        text += _FOOT.format(platform=" about the platform" if by_platform else "")
        text += _compare(measured)
    for line in lines:
        if line.skipped:
            text += f"\n\nNot run: {line.contender or TITLES[name]}: {line.skipped}."
    return text


def _score_row(line: Scored) -> list[str]:
    found, costs = line.metrics, line.costs
    assert found and costs
    cells = [line.contender, str(found.accuracy), str(found.macro_f1), str(found.top3)]
    if found.platform:
        cells.append(str(found.platform))
    return [
        *cells,
        f"{found.ece:.3f}",
        f"{found.coverage:.0%}",
        f"{costs.fit_seconds:.0f}",
        f"{costs.texts_per_second:.0f}",
        f"{costs.size:.1f}",
        f"{costs.load_seconds:.2f}",
        f"{costs.fit_peak:.0f}",
        f"{costs.serve_peak:.0f}",
    ]


def _compare(lines: Sequence[Scored]) -> str:
    f1 = {line.contender: line.metrics.macro_f1.value for line in lines if line.metrics}
    ours = {name: value for name, value in f1.items() if name.startswith("Huying")}
    peers = {name: value for name, value in f1.items() if name not in ours}
    if not ours or not peers:
        return ""
    best = max(peers, key=peers.__getitem__)
    told = ", ".join(f"{name} {value - peers[best]:+.3f}" for name, value in ours.items())
    return f"\n\nMacro-F1 against the best peer ({best}): {told}."


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def describe_speed(sections: Mapping[str, Mapping[str, str]]) -> str:
    """A small table per section, one figure a line."""
    return "\n\n".join(
        f"### {title}\n\n" + format_table(["what", "measured"], facts.items())
        for title, facts in sections.items()
    )


def describe_growth(steps: Sequence[Step]) -> str:
    """Seconds and memory by rows, and the power of the rows that the seconds grow with."""
    rows = [
        [f"{s.rows:,}", f"{s.seconds:.0f}", f"{s.seconds / s.rows * 1e3:.2f}", f"{s.peak:,.0f}"]
        for s in steps
    ]
    text = format_table(["rows", "seconds", "seconds per 1,000 rows", "peak MB"], rows)
    if len(steps) > 1:
        counts, seconds = [s.rows for s in steps], [s.seconds for s in steps]
        power = np.polyfit(np.log(counts), np.log(seconds), 1)[0]
        text += f"\n\nSeconds grow with rows to the power {power:.2f}."
    return text


def write_report(path: Path, sections: Mapping[str, str]) -> None:
    """Write or renew the sections given; others in the file stay as they are."""
    kept: dict[str, str] = {}
    if path.exists():
        for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
            title, _, body = part.partition("\n")
            kept[title] = body.strip()
    kept |= {title: f"{_describe_machine()}\n\n{body.strip()}" for title, body in sections.items()}
    body = "".join(f"\n## {title}\n\n{kept[title]}\n" for title in kept)
    path.write_text(
        f"{_TITLE}\n\n`python -m benchmarks.tagging` prints this page.\n{body}", "utf-8"
    )


def _describe_machine() -> str:
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"scikit-learn {version('scikit-learn')}, numpy {version('numpy')}."
    )
