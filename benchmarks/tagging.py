"""How good are the tags? Our trainer against plain models, one run, the same rows.

    python -m benchmarks.tagging [--strength lexical|semantic] [--out docs/tagging_results.md]

Every model is trained on ``training_data/`` alone and asked about the real messages of
``../shared/data/dev_labelled.csv``, which nobody trains on. Peers: jieba words 1-2 and characters
1-4, TF-IDF, LinearSVC, the two strongest plain recipes we know for this kind of text. Brackets hold
95 % bootstrap intervals. "Sent at 95 %" is the share of messages that could be dispatched by
confidence alone with 95 % of them on the right platform (found on these rows, so it flatters every
model alike); "auto" is what the model's own thresholds send.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from classifier.calibration import expected_calibration_error, softmax
from classifier.examples import load_shipped_examples, taxonomy_examples
from classifier.model import Model, load_model
from classifier.normalization import narrow
from classifier.registry import ModelRegistry
from classifier.taxonomy import Taxonomy, load_shipped
from classifier.tokenizer import make_tokenizer
from classifier.training import train_shipped

ROOT = Path(__file__).parents[1]
REAL = ROOT / ".." / "shared" / "data" / "dev_labelled.csv"
RESAMPLES = 1000
HEADER = (
    "model", "category", "macro-F1", "top-3", "platform", "ECE", "sent at 95 %", "fit s", "texts/s"
)  # fmt: skip


@dataclass
class Result:
    """Probabilities (n, categories) on the real messages, and what they cost."""

    name: str
    probabilities: np.ndarray
    fit_seconds: float
    texts_per_second: float
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Yardstick:
    """Real messages and their one or two accepted labels, as positions in the taxonomy."""

    texts: list[str]
    accepted: list[tuple[int, ...]]
    taxonomy: Taxonomy

    def right(self, answers: np.ndarray) -> np.ndarray:
        return np.array([a in ok for a, ok in zip(answers, self.accepted, strict=True)])

    def platforms(self) -> np.ndarray:
        return np.array([label.platform for label in self.taxonomy])


def read_yardstick(taxonomy: Taxonomy) -> Yardstick:
    with REAL.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    accepted = [
        tuple(taxonomy.codes.index(c) for c in (row["category"], row["category_alt"]) if c)
        for row in rows
    ]
    return Yardstick([row["text"] for row in rows], accepted, taxonomy)


def run_peer(name: str, analyzer: Callable[[str], Sequence[str]] | str, real: Yardstick) -> Result:
    """A textbook pipeline: TF-IDF and LinearSVC, scores turned into shares by softmax."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    rows = [*load_shipped_examples(real.taxonomy).rows, *taxonomy_examples(real.taxonomy)]
    started = time.perf_counter()
    vectorizer = TfidfVectorizer(
        analyzer=analyzer, ngram_range=(1, 4), sublinear_tf=True, min_df=2, lowercase=False
    )
    X = vectorizer.fit_transform(row.text for row in rows)
    model = LinearSVC(C=0.5).fit(X, [real.taxonomy.codes.index(row.category) for row in rows])
    fitted = time.perf_counter() - started
    started = time.perf_counter()
    scores = model.decision_function(vectorizer.transform(real.texts))
    speed = len(real.texts) / (time.perf_counter() - started)
    table = np.zeros((len(real.texts), len(real.taxonomy)), dtype=np.float32)
    table[:, model.classes_] = softmax(scores.astype(np.float32))
    return Result(name, table, fitted, speed)


def cut_words(text: str) -> list[str]:
    words = make_tokenizer().cut(narrow(text))
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def run_ours(strength: str, real: Yardstick) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        registry = ModelRegistry(Path(folder) / "models")
        started = time.perf_counter()
        path = registry.path(train_shipped(registry, strength=strength))
        fitted = time.perf_counter() - started
        size = sum(file.stat().st_size for file in path.iterdir()) / 1e6
        started = time.perf_counter()
        model = load_model(path)
        loaded = time.perf_counter() - started
        started = time.perf_counter()
        table = model.category_probabilities(real.texts)
        speed = len(real.texts) / (time.perf_counter() - started)
        notes = [f"model {size:.1f} MB, loaded in {loaded:.1f} s", describe_auto(model, real)]
        notes.append(describe_latency(model, real))
    return Result(f"Huying {strength}", table, fitted, speed, notes)


def describe_auto(model: Model, real: Yardstick) -> str:
    tags = model.tag_many(real.texts)
    platforms = real.platforms()
    sent = [
        tag.platform in platforms[list(accepted)]
        for tag, accepted in zip(tags, real.accepted, strict=True)
        if tag.decision == "auto"
    ]
    return (
        f"auto: {len(sent) / len(tags):.0%} dispatched, {np.mean(sent):.1%} to the right platform"
    )


def describe_latency(model: Model, real: Yardstick) -> str:
    short = [text for text in real.texts if len(text) <= 100]
    times = []
    for text in short:
        started = time.perf_counter()
        model.tag(text)
        times.append((time.perf_counter() - started) * 1000)
    p50, p99 = np.percentile(times, [50, 99])
    return f"one order of up to 100 characters, whole tag: p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def describe(result: Result, real: Yardstick) -> list[str]:
    answers = result.probabilities.argmax(axis=1)
    right = real.right(answers)
    platforms = real.platforms()
    platform_right = np.array(
        [platforms[a] in platforms[list(ok)] for a, ok in zip(answers, real.accepted, strict=True)]
    )
    best = np.argsort(-result.probabilities, axis=1)[:, :3]
    top3 = np.array(
        [bool(set(b) & set(ok)) for b, ok in zip(best.tolist(), real.accepted, strict=True)]
    )
    confidence = result.probabilities.max(axis=1).astype(np.float64)
    same = platforms[None, :] == platforms[answers][:, None]
    sure = (result.probabilities * same).sum(axis=1)
    return [
        result.name,
        with_interval(right),
        f"{macro_f1(answers, right, real):.3f}",
        with_interval(top3),
        with_interval(platform_right),
        f"{expected_calibration_error(confidence, right):.3f}",
        f"{coverage_at(sure, platform_right, 0.95):.0%}",
        f"{result.fit_seconds:.0f}",
        f"{result.texts_per_second:.0f}",
    ]


def with_interval(hits: np.ndarray) -> str:
    draw = np.random.default_rng(0)
    means = hits[draw.integers(0, len(hits), (RESAMPLES, len(hits)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{hits.mean():.3f} [{low:.2f}-{high:.2f}]"


def macro_f1(answers: np.ndarray, right: np.ndarray, real: Yardstick) -> float:
    """Over the labels that occur; an accepted second label counts as that label."""
    truth = np.where(right, answers, [ok[0] for ok in real.accepted])
    scores = []
    for label in np.unique(truth):
        hit = ((answers == label) & right).sum()
        scores.append(2 * hit / ((answers == label).sum() + (truth == label).sum()))
    return float(np.mean(scores))


def coverage_at(sure: np.ndarray, right: np.ndarray, precision: float) -> float:
    hits = np.cumsum(right[np.argsort(-sure)]) / np.arange(1, len(right) + 1)
    kept = np.flatnonzero(hits >= precision)
    return float((kept[-1] + 1) / len(right)) if len(kept) else 0.0


def format_table(lines: list[list[str]]) -> str:
    rows: list[Any] = [list(HEADER), ["---"] * len(HEADER), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Our tags against plain models on real messages.")
    parser.add_argument("--strength", choices=["lexical", "semantic"], default="lexical")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    options = parser.parse_args()
    if not REAL.exists():
        print("../shared/data/dev_labelled.csv is not there: nothing to measure on.")
        return
    real = read_yardstick(load_shipped())
    results = [
        run_peer("jieba words + LinearSVC", cut_words, real),
        run_peer("characters + LinearSVC", "char", real),
        run_ours(options.strength, real),
    ]
    rows = len(load_shipped_examples(real.taxonomy).rows)
    text = f"{rows} authored rows, {len(real.texts)} real messages.\n\n"
    text += format_table([describe(result, real) for result in results]) + "\n"
    for result in results:
        text += "".join(f"\n{result.name}: {note}." for note in result.notes)
    print(text)
    if options.out:
        options.out.write_text(f"# Tagging, measured\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
