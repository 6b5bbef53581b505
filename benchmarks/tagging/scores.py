"""First part: how right each contender is, and what it costs to train and to hold.

    measure_scores(folder, corpora, contenders, encode_up_to) -> list[Scored]
    metrics(table, corpus, classes) -> Metrics

Macro-F1 is over the labels that occur in the truth; where two labels are accepted, a right answer
counts for the label it named. Coverage is the share of texts that can be answered by confidence
alone with 95 % of the answers right; it is found on the texts asked about, so it flatters every
contender alike. On the shipped rows it is about the platform, which is what a wrong dispatch costs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.tagging.corpora import NoData, read_corpus
from benchmarks.tagging.isolated import run_apart
from benchmarks.tagging.peers import Contender
from classifier.errors import EncoderUnavailable, ModelMismatch

RESAMPLES = 1000
_PRECISION = 0.95
_SPEED_TEXTS = 300
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}–{self.high:.3f}]"


@dataclass(frozen=True)
class Metrics:
    """What one table of probabilities is worth."""

    accuracy: Estimate
    macro_f1: Estimate
    top3: Estimate
    ece: float
    coverage: float
    platform: Estimate | None = None


@dataclass(frozen=True)
class Costs:
    """Seconds, megabytes and texts per second; the peaks are of whole processes."""

    fit_seconds: float
    fit_peak: float
    size: float
    load_seconds: float
    texts_per_second: float
    serve_peak: float


@dataclass(frozen=True)
class Scored:
    """One line of the report; ``skipped`` says why there is none."""

    corpus: str
    contender: str
    metrics: Metrics | None = None
    costs: Costs | None = None
    skipped: str = ""


def measure_scores(
    folder: Path, corpora: Sequence[str], contenders: Sequence[str], encode_up_to: int
) -> Iterator[Scored]:
    """Train and ask every contender on every corpus, each in processes of its own.

    :param encode_up_to: a semantic run is skipped where more texts had to be encoded first
    """
    for name in corpora:
        try:
            corpus = read_corpus(name, folder)
        except NoData as error:
            yield Scored(name, "", skipped=str(error))
            continue
        for contender in contenders:
            if contender == "Huying semantic":
                missing, _ = run_apart(_encode_ahead, name, folder, encode_up_to)
                if missing:
                    why = f"{missing} texts are not encoded yet; --encode {missing} does it"
                    yield Scored(name, contender, skipped=why)
                    continue
            try:
                table, classes, costs = run_contender(contender, name, folder)
            except (ModuleNotFoundError, ModelMismatch, EncoderUnavailable) as error:
                yield Scored(name, contender, skipped=str(error))
                continue
            found = metrics(table, corpus.accepted, classes, corpus.platform_of)
            yield Scored(name, contender, found, costs)


def run_contender(
    contender: str, corpus: str, folder: Path
) -> tuple[npt.NDArray[np.float32], list[str], Costs]:
    """Fit in one process, load and answer in another."""
    with tempfile.TemporaryDirectory() as place:
        fit_seconds, fit_peak = run_apart(_fit, contender, corpus, folder, Path(place))
        size = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file()) / 1e6
        served, serve_peak = run_apart(_serve, contender, corpus, folder, Path(place))
        table, classes, load_seconds, speed = served
    return table, classes, Costs(fit_seconds, fit_peak, size, load_seconds, speed, serve_peak)


def _contender(name: str) -> Contender:
    from benchmarks.tagging.ours import OURS
    from benchmarks.tagging.peers import PEERS

    return {**PEERS, **OURS}[name]()


def _encode_ahead(corpus: str, folder: Path, at_most: int) -> int:
    from benchmarks.tagging.ours import encode_ahead

    return encode_ahead(read_corpus(corpus, folder), at_most)


def _fit(contender: str, corpus: str, folder: Path, place: Path) -> float:
    rows = read_corpus(corpus, folder)
    model = _contender(contender)
    started = time.perf_counter()
    model.fit(rows)
    seconds = time.perf_counter() - started
    model.save(place)
    return seconds


def _serve(
    contender: str, corpus: str, folder: Path, place: Path
) -> tuple[npt.NDArray[np.float32], list[str], float, float]:
    from threadpoolctl import threadpool_limits

    rows = read_corpus(corpus, folder)
    started = time.perf_counter()
    model = _contender(contender)
    model.load(place)
    with threadpool_limits(1):
        model.probabilities(rows.test_texts[:1])  # only now does jieba read its dictionary
        loaded = time.perf_counter() - started
        some = rows.test_texts[:: max(1, len(rows.test_texts) // _SPEED_TEXTS)]
        started = time.perf_counter()
        model.probabilities(some)
        speed = len(some) / (time.perf_counter() - started)
        model.recall(corpus)
        return model.probabilities(rows.test_texts), model.classes, loaded, speed


def metrics(
    table: npt.NDArray[np.float32],
    accepted: Sequence[tuple[str, ...]],
    classes: Sequence[str],
    platform_of: dict[str, str],
) -> Metrics:
    """:param table: probabilities (n, classes); ``accepted``: the right labels of each row."""
    # A class the contender cannot give still has to be found: it gets a column of zeros.
    known = [*classes, *sorted({label for row in accepted for label in row} - set(classes))]
    place = {label: i for i, label in enumerate(known)}
    table = np.hstack([table, np.zeros((len(table), len(known) - len(classes)), np.float32)])
    answers = table.argmax(axis=1)
    right_labels = [{place[label] for label in row} for row in accepted]
    right = np.array([a in ok for a, ok in zip(answers.tolist(), right_labels, strict=True)])
    truth = np.where(right, answers, [place[row[0]] for row in accepted])
    best = np.argsort(-table, axis=1)[:, :3].tolist()
    top3 = np.array([bool(ok & set(b)) for b, ok in zip(best, right_labels, strict=True)])
    confidence = table.max(axis=1).astype(np.float64)
    sure, sure_right, platform = confidence, right, None
    if platform_of:
        platforms = np.array([platform_of[label] for label in known])
        sure_right = np.array(
            [
                platforms[a] in platforms[list(ok)]
                for a, ok in zip(answers, right_labels, strict=True)
            ]
        )
        same = platforms[None, :] == platforms[answers][:, None]
        sure = (table * same).sum(axis=1).astype(np.float64)
        platform = _estimate_mean(sure_right)
    return Metrics(
        _estimate_mean(right),
        _estimate_macro_f1(answers, truth, len(known)),
        _estimate_mean(top3),
        calibration_error(confidence, right),
        coverage_at(sure, sure_right, _PRECISION),
        platform,
    )


def calibration_error(confidence: npt.NDArray[np.float64], right: BoolArray) -> float:
    """Mean gap between promise and truth over ten equal bins."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def coverage_at(sure: npt.NDArray[np.float64], right: BoolArray, precision: float) -> float:
    """The largest share of rows, surest first, of which ``precision`` are right."""
    hits = np.cumsum(right[np.argsort(-sure, kind="stable")]) / np.arange(1, len(right) + 1)
    kept = np.flatnonzero(hits >= precision)
    return float((kept[-1] + 1) / len(right)) if len(kept) else 0.0


def macro_f1(answers: IntArray, truth: IntArray, classes: int) -> float:
    """Mean F1 over the labels that occur in the truth."""
    said = np.bincount(answers, minlength=classes)
    truly = np.bincount(truth, minlength=classes)
    hit = np.bincount(truth[answers == truth], minlength=classes)
    there = truly > 0
    return float((2 * hit[there] / (said[there] + truly[there])).mean())


def _draws(n: int) -> Iterator[IntArray]:
    draw = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        yield draw.integers(0, n, n)


def _estimate_mean(hits: BoolArray) -> Estimate:
    return _estimate(float(hits.mean()), [float(hits[rows].mean()) for rows in _draws(len(hits))])


def _estimate_macro_f1(answers: IntArray, truth: IntArray, classes: int) -> Estimate:
    again = [macro_f1(answers[rows], truth[rows], classes) for rows in _draws(len(answers))]
    return _estimate(macro_f1(answers, truth, classes), again)


def _estimate(value: float, again: list[float]) -> Estimate:
    low, high = np.percentile(again, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
