"""Second part: time, memory and file size of the shipped model, as ratios within one run.

    measure_speed(folder, rounds) -> dict: section title -> {what: figure}

All contenders are trained on the shipped rows and asked about the same texts in turn, round after
round, so that whatever else the machine does hits all of them; a ratio is the median over rounds.
Short: orders of up to 100 characters. Long: letters of 300 characters or more.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tagging.corpora import read_corpus
from benchmarks.tagging.isolated import run_apart
from benchmarks.tagging.ours import OURS, encode_ahead
from benchmarks.tagging.peers import PEERS, Contender
from classifier.encoder import encoder_installed
from classifier.errors import ClassifierError
from classifier.input_training import READINGS
from classifier.training import STRENGTHS

_SHORT, _LONG = 100, 300
_SHORT_TEXTS, _LONG_TEXTS = 400, 80
_SEMANTIC_TEXTS, _LETTERS = 60, 20  # where the encoder is asked
_NEW_ROWS = 100
_BASE = "words + characters + LinearSVC"
Facts = dict[str, str]


def measure_speed(folder: Path, rounds: int) -> dict[str, Facts]:
    """:raises NoData: one of the corpora is not there"""
    # A warm process: the two-second start of jieba's dictionary is not what is asked here.
    sections, _ = run_apart(_measure_tagging, folder, rounds)
    return {**sections, "Training the shipped model": measure_training()}


def pick_texts(folder: Path) -> tuple[list[str], list[str]]:
    """Short orders and long letters of the test splits."""
    orders = read_corpus("platform", folder).test_texts
    letters = read_corpus("teddy", folder).test_texts
    short = [text for text in orders if len(text) <= _SHORT]
    long = [text for text in letters if len(text) >= _LONG]
    return _spread(short, _SHORT_TEXTS), _spread(long, _LONG_TEXTS)


def _spread(texts: Sequence[str], n: int) -> list[str]:
    return list(texts[:: max(1, len(texts) // n)][:n])


def _measure_tagging(folder: Path, rounds: int) -> dict[str, Facts]:
    from threadpoolctl import threadpool_limits

    short, long = pick_texts(folder)
    corpus = read_corpus("shipped", folder)
    with tempfile.TemporaryDirectory() as place:
        models = _train_all(corpus, Path(place))
        lexical = models["Huying lexical"].model
        with threadpool_limits(1):
            ways = _list_ways(models)
            sections = {
                "Batch tagging, short orders": compare(ways, short, rounds),
                "Batch tagging, long letters": compare(ways, long, rounds),
                "Lexical, one order": {"whole tag": _describe_latency(lexical.tag, short)},
            }
            if "Huying semantic" in models:
                semantic = models["Huying semantic"].model
                some = short[:_SEMANTIC_TEXTS]
                sections["Semantic, the encoder asked where the words are unsure"] = {
                    "one order, whole tag": _describe_latency(semantic.tag, some),
                    "batch of short orders": _describe_batch(semantic, some),
                    "batch of long letters": _describe_batch(semantic, long[:_LETTERS]),
                    "real messages that need no encoder": _describe_spared(semantic, folder),
                }
    return sections


def _train_all(corpus: Any, place: Path) -> dict[str, Any]:
    made: dict[str, Any] = {}
    contenders: dict[str, Callable[[], Contender]] = {
        **{name: PEERS[name] for name in (_BASE, "fastText")},
        **OURS,
    }
    for number, (name, build) in enumerate(contenders.items()):
        folder = place / str(number)
        folder.mkdir()
        try:
            run_apart(_train_one, name, corpus, folder)
        except (ModuleNotFoundError, ClassifierError):
            continue  # an optional peer, the extra "fast", an encoder that is not there
        made[name] = build()
        made[name].load(folder)
    return made


def _train_one(name: str, corpus: Any, folder: Path) -> None:
    if name == "Huying semantic":
        encode_ahead(corpus, len(corpus.train_texts))
    model = {**PEERS, **OURS}[name]()
    model.fit(corpus)
    model.save(folder)


def _list_ways(models: dict[str, Any]) -> dict[str, Callable[[Sequence[str]], Any]]:
    """How each contender tags a batch; ours in full and the category alone."""
    ways: dict[str, Callable[[Sequence[str]], Any]] = {_BASE: models[_BASE].probabilities}
    if "fastText" in models:
        ways["fastText"] = models["fastText"].probabilities
    for name in ("Huying lexical", "Huying lexical, rjieba"):
        if name in models:
            ways[f"{name}: whole tag"] = models[name].model.tag_many
            ways[f"{name}: category alone"] = models[name].probabilities
    return ways


def compare(
    ways: dict[str, Callable[[Sequence[str]], Any]], texts: Sequence[str], rounds: int
) -> Facts:
    """Texts per second of each way, and how many times the first one's that is."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for answer in ways.values():
        answer(texts[:20])  # the first call reads dictionaries
    for _ in range(rounds):
        for name, answer in ways.items():
            started = time.perf_counter()
            answer(texts)
            seconds[name].append(time.perf_counter() - started)
    base = np.array(seconds[next(iter(ways))])
    return {
        name: f"{len(texts) / np.median(took):.0f} texts/s, × {np.median(base / took):.2f}"
        for name, took in seconds.items()
    }


def _describe_latency(tag: Callable[[str], Any], texts: Sequence[str]) -> str:
    tag(texts[0])
    times = []
    for text in texts:
        started = time.perf_counter()
        tag(text)
        times.append((time.perf_counter() - started) * 1000)
    p50, p99 = np.percentile(times, [50, 99])
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms over {len(times)} orders"


def _describe_batch(model: Any, texts: Sequence[str]) -> str:
    started = time.perf_counter()
    model.tag_many(texts)
    return f"{len(texts) / (time.perf_counter() - started):.0f} texts/s"


def _describe_spared(model: Any, folder: Path) -> str:
    """The share of real messages whose words alone are sure enough."""
    asked = CountingEncoder()
    encoder, model._encoder = model._encoder, asked
    texts = read_corpus("shipped", folder).test_texts
    model.category_probabilities(texts)
    model._encoder = encoder
    return f"{1 - asked.texts / len(texts):.0%}"


class CountingEncoder:
    """Counts what it is asked for; its vectors mean nothing."""

    def __init__(self) -> None:
        self.identity = "counting"
        self.texts = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        return np.zeros((len(texts), 384), dtype=np.float32)


def measure_training() -> Facts:
    """From scratch, and again after a hundred new rows; size and loading of what comes out."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        most, all_rows = _write_shipped(folder)
        facts: Facts = {}
        for strength in STRENGTHS if encoder_installed() else STRENGTHS[:1]:
            place_of, beside = folder / strength, folder / f"{strength}-beside"
            first, peak = run_apart(_train_time, [most], place_of, strength)
            facts[f"{strength}: the first model"] = f"{first:.1f} s, peak {peak:.0f} MB"
            # The same rows beside the same serving model, once with nothing taken over.
            shutil.copytree(place_of, beside)
            (beside / READINGS).unlink()
            anew, _ = run_apart(_train_time, [all_rows], beside, strength, True)
            again, _ = run_apart(_train_time, [all_rows], place_of, strength)
            facts[f"{strength}: after {_NEW_ROWS} new rows, from scratch"] = f"{anew:.1f} s"
            facts[f"{strength}: after {_NEW_ROWS} new rows, warm"] = (
                f"{again:.1f} s, {anew / again:.1f} times as fast"
            )
            loaded, held = run_apart(_load_time, place_of)
            size, dictionary, seconds = loaded
            facts[f"{strength}: model"] = (
                f"{size:.1f} MB, loaded in {seconds:.2f} s after {dictionary:.2f} s for jieba's "
                f"dictionary, {held:.0f} MB held by the process"
            )
        return facts


def _write_shipped(folder: Path) -> tuple[Path, Path]:
    """The shipped rows as one file, and the same without a hundred of them."""
    from classifier.examples import load_shipped_examples
    from classifier.taxonomy import load_shipped

    rows = load_shipped_examples(load_shipped()).rows
    names = ("text", "category", "request_type", "urgency", "group")
    left_out = set(range(0, len(rows), len(rows) // _NEW_ROWS)[:_NEW_ROWS])
    paths = folder / "most.csv", folder / "all.csv"
    for path, skipped in zip(paths, (left_out, set[int]()), strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(
                [getattr(row, name) for name in names]
                for i, row in enumerate(rows)
                if i not in skipped
            )
    return paths


def _train_time(paths: list[Path], root: Path, strength: str, from_scratch: bool = False) -> float:
    from classifier.registry import ModelRegistry
    from classifier.training import train_files

    started = time.perf_counter()
    registry = ModelRegistry(root)
    train_files(paths, registry=registry, strength=strength, from_scratch=from_scratch)
    return time.perf_counter() - started


def _load_time(root: Path) -> tuple[float, float, float]:
    from classifier.model import load_model
    from classifier.registry import ModelRegistry
    from classifier.tokenizer import make_tokenizer

    folder = ModelRegistry(root).current()
    assert folder is not None
    size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    started = time.perf_counter()
    make_tokenizer()
    dictionary = time.perf_counter() - started
    load_model(folder)
    return size, dictionary, time.perf_counter() - started - dictionary
