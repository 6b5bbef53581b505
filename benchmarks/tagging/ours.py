"""Our trainer as a contender, through the public functions that ``huying train`` uses.

OURS: name -> class, beside benchmarks.tagging.peers.PEERS
KeptEncoder(path)     the sentence encoder, its vectors kept on disk between runs
write_rows(corpus, folder) -> (rows CSV, taxonomy CSV)
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.tagging.corpora import Corpus
from benchmarks.tagging.peers import Contender
from classifier.encoder import Encoder, encoder_installed, make_encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.model import Model, load_model
from classifier.normalization import strip_formulas
from classifier.training import train_files

FloatArray = npt.NDArray[np.float32]
_AT_ONCE = 512


class KeptEncoder:
    """Encodes a text once, whatever number of runs asks for it."""

    def __init__(self, path: Path) -> None:
        self._real = make_encoder()
        self._path = path
        self._store = EncodingStore.open(path)
        self.identity = self._real.identity

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """As the real encoder, rounded to a byte a number, as training keeps them."""
        for start in range(0, len(texts), _AT_ONCE):
            batch = texts[start : start + _AT_ONCE]
            if self._store.missing(batch):
                self._store.gather(batch, self._real)
                self._store.save(self._path)
        return self._store.gather(texts, self._real)


def vector_file(corpus: str) -> Path:
    """Where the vectors of a corpus are kept; HUYING_BENCH_CACHE names another folder."""
    fallback = Path(tempfile.gettempdir()) / f"huying-bench-{os.getuid()}"
    folder = Path(os.environ.get("HUYING_BENCH_CACHE", fallback))
    return folder / f"{'haikou' if corpus in ('platform', 'units') else corpus}.npz"


def encode_ahead(corpus: Corpus, at_most: int) -> int:
    """Make sure that every vector of the corpus is kept; the number missing if over ``at_most``.

    Those of the shipped rows come with them.
    """
    if not encoder_installed():
        return len(corpus.train_texts)
    store = EncodingStore.open(vector_file(corpus.name))
    shipped = shipped_store() if corpus.name == "shipped" else EncodingStore()
    texts = [strip_formulas(text) for text in (*corpus.train_texts, *corpus.test_texts)]
    texts = [text for text in texts if shipped.missing([text])]
    missing = store.missing(texts)
    if missing > at_most:
        return missing
    KeptEncoder(vector_file(corpus.name)).encode(sorted(texts, key=len))
    return 0


class Huying:
    """What ``huying train`` gives."""

    def __init__(self, strength: str, tokenizer: str = "jieba") -> None:
        self.strength, self.tokenizer = strength, tokenizer
        self.classes: list[str] = []
        self._encoder: Encoder | None = None

    def fit(self, corpus: Corpus) -> None:
        if self.strength == "semantic":
            self._encoder = KeptEncoder(vector_file(corpus.name))
        self._made = tempfile.TemporaryDirectory()
        folder = Path(self._made.name)
        rows, taxonomy = (None, None) if corpus.platform_of else write_rows(corpus, folder)
        train_files(
            [rows] if rows else [],
            taxonomy=taxonomy,
            out=folder / "model",
            strength=self.strength,
            tokenizer=self.tokenizer,
            encoder=self._encoder,
        )
        self.classes = list(corpus.classes)

    def save(self, folder: Path) -> None:
        (Path(self._made.name) / "model").rename(folder / "model")
        (folder / "classes.txt").write_text("\n".join(self.classes), encoding="utf-8")

    def load(self, folder: Path) -> None:
        self._folder = folder / "model"
        self.model: Model = load_model(self._folder)
        # A label too long for a code is shortened to make one: its name is the corpus's.
        asked = (folder / "classes.txt").read_text(encoding="utf-8").split("\n")
        labels = self.model.taxonomy.labels
        self.classes = [label.name if label.name in asked else label.code for label in labels]

    def recall(self, corpus: str) -> None:
        if self.model.artefact.semantic:
            self.model = load_model(self._folder, encoder=KeptEncoder(vector_file(corpus)))

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        return self.model.category_probabilities(texts)


def write_rows(corpus: Corpus, folder: Path) -> tuple[Path, Path]:
    """The corpus's training rows and its label set as files that ``huying train`` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, taxonomy = folder / "rows.csv", folder / "taxonomy.csv"
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category", "group"])
        writer.writerows(
            zip(corpus.train_texts, corpus.train_labels, corpus.train_groups, strict=True)
        )
    with taxonomy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["platform", "category"])
        writer.writerows([label, label] for label in corpus.classes)
    return rows, taxonomy


OURS: dict[str, Callable[[], Contender]] = {
    "Huying lexical": lambda: Huying("lexical"),
    "Huying lexical, rjieba": lambda: Huying("lexical", "rjieba"),
    "Huying semantic": lambda: Huying("semantic"),
}
