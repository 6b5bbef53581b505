"""What people use for this today, each as its authors or its users would build it.

    PEERS: name -> class with fit(corpus), save(folder), load(folder), probabilities(texts)

Signalen: the trainer of Amsterdam's complaint intake, its Dutch stemmer replaced by jieba:
term frequencies without idf, one-against-rest logistic regression with an L1 penalty, class
weight and n-gram range chosen by five-fold accuracy, labels with fifty rows or fewer dropped.
fastText: jieba in front, words and pairs, 25 epochs. The rest: TF-IDF (sublinear, two rows at
least) and a LinearSVC with C = 0.5 or a complement naive Bayes. LinearSVC gives margins, which a
softmax turns into shares: no plain recipe has a calibration step.
"""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.tagging.corpora import Corpus

FloatArray = npt.NDArray[np.float32]
_FILE = "model.pickle"
_LABEL = "__label__"
_SIGNALEN_LEAST = 50


class Contender(Protocol):
    """``classes``: the labels it can give, in the order of its columns.

    ``recall`` lets a loaded model use what an earlier run has kept of the corpus.
    """

    classes: list[str]

    def fit(self, corpus: Corpus) -> None: ...
    def save(self, folder: Path) -> None: ...
    def load(self, folder: Path) -> None: ...
    def recall(self, corpus: str) -> None: ...
    def probabilities(self, texts: Sequence[str]) -> FloatArray: ...


def cut_words(text: str) -> list[str]:
    """jieba as it comes."""
    return [word for word in _load_jieba().lcut(text) if not word.isspace()]


@lru_cache(maxsize=1)
def _load_jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return jieba


def cut_pairs(text: str) -> list[str]:
    """Words and pairs of neighbours."""
    words = cut_words(text)
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def split_words(text: str) -> str:
    """Signalen's preparation with jieba in place of white space and stemmer."""
    return " ".join(cut_words(re.sub(r"\W", " ", text.lower())))


class Pipeline:
    """A scikit-learn pipeline; ``build`` makes an unfitted one."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build = build
        self.classes: list[str] = []

    def fit(self, corpus: Corpus) -> None:
        self.model = self.build().fit(corpus.train_texts, corpus.train_labels)
        self.classes = list(self.model.classes_)

    def save(self, folder: Path) -> None:
        (folder / _FILE).write_bytes(pickle.dumps(self.model))

    def load(self, folder: Path) -> None:
        self.model = pickle.loads((folder / _FILE).read_bytes())
        self.classes = list(self.model.classes_)

    def recall(self, corpus: str) -> None:
        """Keeps nothing."""

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(texts), dtype=np.float32)
        margins = self.model.decision_function(texts)
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], axis=1)
        shares = np.exp(margins - margins.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)


class Signalen(Pipeline):
    """Amsterdam's recipe; labels it has dropped can never be right."""

    def __init__(self) -> None:
        super().__init__(_build_signalen)

    def fit(self, corpus: Corpus) -> None:
        labels = np.array(corpus.train_labels)
        names, sizes = np.unique(labels, return_counts=True)
        kept = np.flatnonzero(np.isin(labels, names[sizes > _SIGNALEN_LEAST]))
        words = [split_words(corpus.train_texts[i]) for i in kept]
        self.model = self.build().fit(words, labels[kept]).best_estimator_
        self.classes = list(self.model.classes_)

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        return super().probabilities([split_words(text) for text in texts])


class FastText:
    """fastText, two threads as ours; quick to train, so nothing is searched."""

    def __init__(self) -> None:
        self.classes: list[str] = []

    def fit(self, corpus: Corpus) -> None:
        import tempfile

        import fasttext

        names = {label: f"{_LABEL}{i}" for i, label in enumerate(corpus.classes)}
        self.classes = list(corpus.classes)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
            for text, label in zip(corpus.train_texts, corpus.train_labels, strict=True):
                file.write(f"{names[label]} {' '.join(cut_words(text))}\n")
            file.flush()
            self.model = fasttext.train_supervised(
                file.name, lr=0.5, epoch=25, wordNgrams=2, minCount=2, bucket=200_000,
                thread=2, seed=0, verbose=0,
            )  # fmt: skip

    def save(self, folder: Path) -> None:
        self.model.save_model(str(folder / "model.bin"))
        (folder / "classes.txt").write_text("\n".join(self.classes), encoding="utf-8")

    def load(self, folder: Path) -> None:
        import fasttext

        self.model = fasttext.load_model(str(folder / "model.bin"))
        self.classes = (folder / "classes.txt").read_text(encoding="utf-8").split("\n")

    def recall(self, corpus: str) -> None:
        """Keeps nothing."""

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        lines = [" ".join(cut_words(text)) for text in texts]
        table = np.zeros((len(texts), len(self.classes)), dtype=np.float32)
        for row, (labels, shares) in enumerate(
            zip(*self.model.predict(lines, k=len(self.classes)), strict=True)
        ):
            columns = [int(label.removeprefix(_LABEL)) for label in labels]
            table[row, columns] = shares
        return table


def _vectorizer(analyzer: Callable[[str], Iterable[str]] | str) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    lengths = {"ngram_range": (1, 4)} if isinstance(analyzer, str) else {}
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=2, **lengths)


def _build_words() -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return make_pipeline(_vectorizer(cut_pairs), LinearSVC(C=0.5, random_state=0))


def _build_characters() -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return make_pipeline(_vectorizer("char"), LinearSVC(C=0.5, random_state=0))


def build_union() -> Any:
    """Words and characters side by side: the strongest plain recipe we know."""
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    features = make_union(_vectorizer(cut_pairs), _vectorizer("char"))
    return make_pipeline(features, LinearSVC(C=0.5, random_state=0))


def _build_bayes() -> Any:
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    return make_pipeline(_vectorizer(cut_pairs), ComplementNB())


def _build_signalen() -> Any:
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    # Their liblinear took several classes by itself; this is the same model.
    one = LogisticRegression(l1_ratio=1, solver="liblinear", C=1.0, max_iter=300, random_state=0)
    model = make_pipeline(
        CountVectorizer(),
        TfidfTransformer(use_idf=False),
        OneVsRestClassifier(one),
    )
    grid = {
        "countvectorizer__ngram_range": [(1, 1), (1, 2)],
        "onevsrestclassifier__estimator__class_weight": [None, "balanced"],
    }
    return GridSearchCV(model, grid, cv=5, n_jobs=2)


PEERS: dict[str, Callable[[], Contender]] = {
    "Signalen recipe": Signalen,
    "fastText": FastText,
    "jieba words + LinearSVC": lambda: Pipeline(_build_words),
    "characters + LinearSVC": lambda: Pipeline(_build_characters),
    "complement naive Bayes": lambda: Pipeline(_build_bayes),
    "words + characters + LinearSVC": lambda: Pipeline(build_union),
}
