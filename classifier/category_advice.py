"""Which categories to merge, to split or to label more of: advice from a model's own doubts.

    advise_categories(artefact, rows) -> list[Advice]     rows trained on: .key .text .category
    advise_from_counts(matrix, labels) -> list[Advice]    merge and few only; numpy alone
    write_advice(path, advice) -> None                    advice.json
    read_advice(folder) -> list[Advice]                   [] where the model has none

A category of two kinds shows in what its rows are taken for when it is left out: they gather in two
places among the scores of the other categories, which know nothing of how a text is worded.
Limits and sentences are in ``rules/category_advice.toml``. Run in the training process.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact
from classifier.category_figures import IntArray, count_answers
from classifier.features import Block, cut_words
from classifier.normalization import normalize
from classifier.taxonomy import Label
from classifier.tokenizer import make_tokenizer

RULES = Path(__file__).parent / "rules" / "category_advice.toml"
ADVICE = "advice.json"
MERGE, SPLIT, FEW = "merge", "split", "few"
_TERMS = 4  # words named for each kind
_ROWS_READ = 150  # of a category; more show the same two kinds
FloatArray = npt.NDArray[np.float32]


class Row(Protocol):
    """An ``Example`` or a ``LabelledRow``."""

    @property
    def key(self) -> str:
        """Name of the text."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def category(self) -> str:
        """Its label."""


@dataclass(frozen=True)
class Advice:
    """``kind``: merge, split or few; ``sentence`` for the person who decides."""

    kind: str
    categories: tuple[str, ...]
    sentence: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def advise_categories(artefact: ModelArtefact, rows: Iterable[Row]) -> list[Advice]:
    """Merge, split, few, in that order."""
    known = {row.key: row for row in rows}
    labels = artefact.taxonomy.labels
    held_out = artefact.held_out
    truth = {
        key: code
        for key, row in known.items()
        if (code := artefact.taxonomy.settle(row.category)) is not None
    }
    codes = artefact.taxonomy.codes
    counts = count_answers(held_out.keys, held_out.predicted, codes, truth)
    keys = [f"{key:016x}" for key in held_out.keys.tolist()]
    scores = _standardise(held_out.lexical.astype(np.float32))
    tokenizer = make_tokenizer(artefact.tokenizer)
    mine = {
        column: [i for i, key in enumerate(keys) if truth.get(key) == label.code][:_ROWS_READ]
        for column, label in enumerate(labels)
    }
    split = []
    for column, kinds in _split_ones(scores, mine):
        words = [set(cut_words(normalize(known[keys[i]].text), tokenizer)) for i in mine[column]]
        split.append(_split_advice(labels[column], words, kinds.second, artefact.space.words))
    counted = advise_from_counts(counts, labels)
    merge = [advice for advice in counted if advice.kind == MERGE]
    return [*merge, *split, *(advice for advice in counted if advice.kind == FEW)]


def _split_ones(scores: FloatArray, mine: Mapping[int, Sequence[int]]) -> list[tuple[int, Kinds]]:
    """Categories of two kinds, the plainest first; with few other categories nobody can tell."""
    limits = _limits()
    if len(mine) < limits["split_categories"]:
        return []
    found = {
        column: find_kinds(np.delete(scores[rows], column, axis=1))
        for column, rows in mine.items()
        if len(rows) >= limits["split_rows"]
    }
    noise = float(np.median([kinds.noise for kinds in found.values()] or [1.0]))
    plain = [
        (column, kinds)
        for column, kinds in found.items()
        if kinds.gain >= limits["split_from"] * noise
        and min(kinds.second.mean(), 1 - kinds.second.mean()) >= limits["split_share"]
    ]
    plain.sort(key=lambda pair: -pair[1].gain)
    return plain[: int(limits["most"])]


def advise_from_counts(matrix: IntArray, labels: Sequence[Label]) -> list[Advice]:
    """What the confusions say; ``matrix``: as ``category_figures.count_answers`` gives it."""
    return [*_merges(matrix, labels), *_few(matrix, labels)]


def write_advice(path: Path, advice: Sequence[Advice]) -> None:
    """For the page that shows the model."""
    rows = [one.to_dict() for one in advice]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_advice(folder: Path) -> list[Advice]:
    """What was written when the model was trained."""
    try:
        rows = json.loads((folder / ADVICE).read_text(encoding="utf-8"))
        return [
            Advice(row["kind"], tuple(row["categories"]), row["sentence"], row["data"])
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _merges(matrix: IntArray, labels: Sequence[Label]) -> list[Advice]:
    limits, rows = _limits(), matrix.sum(axis=1)
    found = []
    for i in range(len(labels)):
        for j in range(i):
            mistaken = int(matrix[i, j]), int(matrix[j, i])
            if not rows[i] or not rows[j] or min(mistaken) < limits["merge_rows"]:
                continue
            share = min(mistaken[0] / rows[i], mistaken[1] / rows[j])
            if share >= limits["merge_share"]:
                data = {
                    "first_rows": int(rows[i]),
                    "first_mistaken": mistaken[0],
                    "second_rows": int(rows[j]),
                    "second_mistaken": mistaken[1],
                }
                pair = (labels[i], labels[j])
                found.append((share, _advice(MERGE, pair, data)))
    found.sort(key=lambda one: -one[0])
    return [advice for _, advice in found[: int(limits["most"])]]


def _few(matrix: IntArray, labels: Sequence[Label]) -> list[Advice]:
    wanted = int(_limits()["few_rows"])
    rows = matrix.sum(axis=1).tolist()
    few = sorted((n, i) for i, n in enumerate(rows) if n < wanted)
    return [
        _advice(FEW, (labels[i],), {"rows": n, "wanted": wanted, "missing": wanted - n})
        for n, i in few[: int(_limits()["most"])]
    ]


@dataclass(frozen=True)
class Kinds:
    """Two kinds of rows: which are of the ``second``, and how much better two centres describe
    them than they describe rows drawn from one cloud of the same shape."""

    second: npt.NDArray[np.bool_]
    gain: float
    noise: float  # spread of that gain by chance


def find_kinds(scores: FloatArray, *, seed: int = 0) -> Kinds:
    """``scores``: (rows, other categories), standardised. After SigClust: the null is a single
    normal cloud with the rows' own spread in every direction."""
    centred = scores - scores.mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False) / np.sqrt(len(centred))
    draw = np.random.default_rng(seed)
    left, second = _two_centres(centred)
    by_chance = [
        _two_centres(draw.normal(size=(len(centred), len(spread))) * spread)[0]
        for _ in range(int(_limits()["split_draws"]))
    ]
    return Kinds(second, float(np.mean(by_chance)) - left, float(np.std(by_chance)))


def _two_centres(rows: npt.NDArray[Any]) -> tuple[float, npt.NDArray[np.bool_]]:
    """Share of the spread that two centres leave, and the rows nearer to the second."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # small tables: threads would wait for each other
        found = KMeans(2, n_init=2, random_state=0).fit(rows)
    total = float(((rows - rows.mean(axis=0)) ** 2).sum())
    return float(found.inertia_) / total, found.labels_ == 1


def _split_advice(
    label: Label, words: Sequence[set[str]], second: npt.NDArray[np.bool_], known: Block
) -> Advice:
    one = [found for found, other in zip(words, second.tolist(), strict=True) if not other]
    two = [found for found, other in zip(words, second.tolist(), strict=True) if other]
    data = {
        "some": len(one),
        "others": len(two),
        "terms": "、".join(_own_words(one, two, known)),
        "other_terms": "、".join(_own_words(two, one, known)),
    }
    return _advice(SPLIT, (label,), data)


def _own_words(mine: Sequence[set[str]], others: Sequence[set[str]], known: Block) -> list[str]:
    """Words that are commoner here than there, and say something: weighed by how rare they are."""
    here, there = Counter(w for ws in mine for w in ws), Counter(w for ws in others for w in ws)
    gain = {
        word: (count / len(mine) - there[word] / len(others)) * float(known.idf[place]) ** 2
        for word, count in here.items()
        if len(word) > 1 and (place := known.index.get(word)) is not None
    }
    return sorted(gain, key=lambda word: (-gain[word], word))[:_TERMS]


def _standardise(scores: FloatArray) -> FloatArray:
    """Each category's scores with mean 0 and spread 1: some are always low."""
    spread = np.nanstd(scores, axis=0) + 1e-9
    table = (scores - np.nanmean(scores, axis=0)) / spread
    return np.asarray(np.nan_to_num(table), dtype=np.float32)


def _advice(kind: str, labels: Sequence[Label], data: Mapping[str, Any]) -> Advice:
    names = dict(zip(("first", "second"), (label.name for label in labels), strict=False))
    sentence = _rules()["sentences"][kind].format(**names, **data)
    return Advice(kind, tuple(label.code for label in labels), sentence, data)


def _limits() -> Mapping[str, float]:
    limits: Mapping[str, float] = _rules()["limits"]
    return limits


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    return tomllib.loads(RULES.read_text(encoding="utf-8"))
