"""Command line of the tagging benchmark; see the package."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.tagging.corpora import NAMES, NoData, find_data
from benchmarks.tagging.report import describe_growth, describe_scores, describe_speed, write_report

PARTS = ("scores", "speed", "growth")


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    try:
        folder = find_data(options.data)
    except NoData as error:
        print(error)
        return
    run = {"scores": run_scores, "speed": run_speed, "growth": run_growth}
    sections = {}
    for part in options.only:
        try:
            sections[part.capitalize()] = run[part](folder, options)
        except NoData as error:
            print(error)
    for title, text in sections.items():
        print(f"\n## {title}\n\n{text}")
    if options.out:
        write_report(options.out, sections)


def run_scores(folder: Path, options: argparse.Namespace) -> str:
    from benchmarks.tagging.scores import measure_scores

    lines = []
    for line in measure_scores(
        folder, options.corpus or NAMES, options.contender or contender_names(), options.encode
    ):
        lines.append(line)
        found = f"macro-F1 {line.metrics.macro_f1}" if line.metrics else line.skipped
        print(f"{line.corpus}: {line.contender}: {found}", flush=True)
    return describe_scores(lines)


def run_speed(folder: Path, options: argparse.Namespace) -> str:
    from benchmarks.tagging.speed import measure_speed

    return describe_speed(measure_speed(folder, options.rounds))


def run_growth(folder: Path, options: argparse.Namespace) -> str:
    from benchmarks.tagging.growth import measure_growth

    return describe_growth(measure_growth(folder, options.rows))


def contender_names() -> list[str]:
    from benchmarks.tagging.ours import OURS
    from benchmarks.tagging.peers import PEERS

    return [*PEERS, *OURS]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tagging", description="Our tags against their peers."
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="one part, may be repeated")
    parser.add_argument("--data", type=Path, help="folder of the texts (or HUYING_BENCH_DATA)")
    parser.add_argument("--out", type=Path, help="write the tables to this Markdown file too")
    parser.add_argument("--corpus", action="append", choices=NAMES, help="scores: only these")
    parser.add_argument("--contender", action="append", help="scores: only these")
    parser.add_argument(
        "--encode", type=int, default=1000, help="encode up to this many texts for a semantic run"
    )
    parser.add_argument("--rounds", type=int, default=5, help="speed: interleaved rounds")
    parser.add_argument(
        "--rows", type=int, default=50_000, help="growth: most rows to train on, say 500000"
    )
    options = parser.parse_args(arguments)
    options.only = options.only or list(PARTS)
    if unknown := set(options.contender or ()) - set(contender_names()):
        parser.error(f"no contender “{unknown.pop()}”; there are {', '.join(contender_names())}")
    return options


if __name__ == "__main__":
    main()
