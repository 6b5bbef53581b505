"""What the categories' descriptions alone say of texts.

    describe_rows(texts, taxonomy, artefact, cache=None) -> (n, categories) probabilities

A model of the names, definitions and example sentences of the taxonomy and of nothing else. It is
right about six texts in ten, far below a trained model, but no wrong label ever taught it: a
category whose rows all carry another's label is plain to see (:mod:`classifier.label_quality`).
Words are those of the artefact; readings and vectors come from the training's caches. Training
only: imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact
from classifier.calibration import Mixture
from classifier.encoder import make_encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.examples import taxonomy_examples
from classifier.features import FeatureSpace
from classifier.linear import fit_softmax, fit_voters
from classifier.normalization import strip_formulas
from classifier.reading import ReadingStore, TextReading
from classifier.semantic_training import centre
from classifier.taxonomy import Taxonomy
from classifier.tokenizer import default_tokenizer
from classifier.training_settings import load_settings

CACHE, READINGS = "encodings.npz", "readings.jsonl.gz"  # as classifier.training names them
FloatArray = npt.NDArray[np.float32]


def describe_rows(
    texts: Sequence[str], taxonomy: Taxonomy, artefact: ModelArtefact, cache: Path | None = None
) -> FloatArray:
    """:param taxonomy: with its sentences, as ``load_taxonomy`` reads it
    :param artefact: a model just trained on the texts; ``cache``: folder of that training's caches
    """
    settings = load_settings()
    sharp = settings["described"]
    own = taxonomy_examples(taxonomy)
    labels = np.array([row.category for row in own])
    both = [*(row.text for row in own), *texts]
    # As the training read them, or its readings would be made a second time.
    known = ReadingStore.open(
        cache / READINGS if cache else None,
        default_tokenizer(),
        keep_answers=artefact.keep_answers,
    )
    readings = known.gather(both)
    # A definition opens with nothing in particular, so the openings are left out.
    rows = _matrix(FeatureSpace(artefact.space.words, artefact.space.characters), readings)
    words = fit_voters(
        rows[: len(own)],
        labels,
        taxonomy.codes,
        C=settings["category"]["C"],
        balanced=settings["category"]["balanced"],
        evidence=settings["category"]["evidence"],
    ).scores(rows[len(own) :])
    if not artefact.semantic:
        return Mixture((sharp["words_alone"],), sharp["doubt"]).probabilities(words)
    store = shipped_store()
    if cache:
        store.add(EncodingStore.open(cache / CACHE))
    _, vectors = centre(store.gather([strip_formulas(text) for text in both], make_encoder()))
    fitted = fit_softmax(vectors[: len(own)], labels, taxonomy.codes, C=settings["encoder"]["C"])
    mixture = Mixture((sharp["words"], sharp["sentences"]), sharp["doubt"])
    return mixture.probabilities(words, fitted.scores(vectors[len(own) :]))


def _matrix(space: FeatureSpace, readings: Sequence[TextReading]) -> Any:
    from scipy.sparse import csr_matrix

    rows = space.rows([own.words for own in readings], [own.normal for own in readings])
    return csr_matrix((rows.values, rows.columns, rows.bounds), shape=(len(readings), space.width))
