"""What a training may take over from the model before it.

    WarmStart.from_model(before, rows, own, readings, vectors, likeness) -> WarmStart | None

After a hundred corrected rows nearly everything is as it was. Half of what a training fits only
serves to judge each row by a model that did not see it; of these, scores of old rows are kept from
the model before, new rows are judged by that model itself (it never saw them), and one of the
folds is judged afresh, so that the gate sees what the new rows do to the old ones. The models that
serve are always those of all rows; they are looked for among the rows that held up the last ones
(:mod:`classifier.refitting`). When more than a tenth of the rows were never judged by folds,
or anything but the rows differs (taxonomy, tokenizer, encoder, settings), training starts anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.artefact import HeldOut, ModelArtefact
from classifier.examples import Example
from classifier.linear import Linear
from classifier.reading import TextReading
from classifier.refitting import Near
from classifier.semantic_training import SentenceVectors

_MOST_UNJUDGED = 0.1  # share of rows that no fold ever judged
_FOLDS_ANEW = 1
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class WarmStart:
    """Per row of a training: its fold, and the scores it keeps (NaN: none)."""

    folds: npt.NDArray[np.int8]
    anew: tuple[int, ...]  # folds to judge again
    lexical: FloatArray
    encoded: FloatArray | None
    neighbours: FloatArray | None
    sentences: Linear | None  # what the vectors said, to start from
    near: Near | None  # rows to start from, for each fold and the whole; None: unknown
    guests: npt.NDArray[np.bool_]  # rows no fold judged yet
    trained_from: str  # id of the model before

    @classmethod
    def from_model(
        cls,
        before: ModelArtefact,
        likeness: str,
        rows: Sequence[Example],
        own: Sequence[Example],
        readings: Sequence[TextReading],
        vectors: SentenceVectors | None,
    ) -> WarmStart | None:
        """None where the model before is too different to be of use.

        :param likeness: what must be equal besides the rows, as :func:`describe` gives it
        :param own: the taxonomy's own sentences, after the rows in ``readings`` and ``vectors``
        """
        old = before.held_out
        if likeness != before.facts.get("likeness") or bool(vectors) != bool(before.semantic):
            return None
        place = {key: i for i, key in enumerate(old.keys.tolist())}
        where = np.array([place.get(int(row.key, 16), -1) for row in rows])
        fresh = where < 0
        guests = fresh.copy()
        guests[~fresh] = old.guests[where[~fresh]]
        if fresh.all() or guests.mean() > _MOST_UNJUDGED:
            return None
        total = len(rows) + len(own)
        folds = np.full(total, -1, dtype=np.int8)
        folds[: len(rows)] = _keep_folds(rows, where, old)
        lexical = np.full((total, len(before.taxonomy)), np.nan, dtype=np.float32)
        lexical[np.flatnonzero(~fresh)] = old.lexical[where[~fresh]]
        asked = np.flatnonzero(fresh)
        if len(asked):
            lexical[asked] = _lexical_scores(before, [readings[i] for i in asked.tolist()])
        encoded, neighbours, sentences = None, None, None
        if vectors is not None and before.semantic:
            sentences = Linear(before.semantic.weights, before.semantic.bias)
            encoded, neighbours = np.full_like(lexical, np.nan), np.full_like(lexical, np.nan)
            encoded[np.flatnonzero(~fresh)] = old.encoded[where[~fresh]]
            neighbours[np.flatnonzero(~fresh)] = old.neighbours[where[~fresh]]
            encoded[asked], neighbours[asked] = before.semantic.judge(
                vectors.rows[asked]
            ).categories
        turn = (int(before.facts.get("turn", -1)) + 1) % (int(folds.max()) + 1)
        anew = tuple(range(turn, turn + _FOLDS_ANEW))
        guests &= ~np.isin(folds[: len(rows)], anew)
        return cls(
            folds=folds,
            anew=anew,
            lexical=lexical,
            encoded=encoded,
            neighbours=neighbours,
            sentences=sentences,
            near=_keep_near(old.near, where, total),
            guests=guests,
            trained_from=str(before.facts.get("id", "")),
        )


def describe_likeness(*parts: str) -> str:
    """16 hex digits over everything but the rows that decides what a training gives."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _keep_folds(
    rows: Sequence[Example], where: npt.NDArray[np.int64], old: HeldOut
) -> npt.NDArray[np.int8]:
    """Old rows stay in their fold, new ones join their group's or take one by their text."""
    k = int(old.folds.max()) + 1
    of_group = {
        row.group: int(old.folds[i])
        for row, i in zip(rows, where.tolist(), strict=True)
        if row.group and i >= 0
    }
    folds = [
        int(old.folds[i]) if i >= 0 else of_group.get(row.group, int(row.key, 16) % k)
        for row, i in zip(rows, where.tolist(), strict=True)
    ]
    return np.array(folds, dtype=np.int8)


def _keep_near(near: Near, where: npt.NDArray[np.int64], total: int) -> Near | None:
    """The old rows' bits in their new places, ones for all others."""
    if not near.size:
        return None
    found = np.full((*near.shape[:-2], total, near.shape[-1]), 255, dtype=np.uint8)
    old = np.flatnonzero(where >= 0)
    found[..., old, :] = near[..., where[old], :]
    return found


def _lexical_scores(model: ModelArtefact, readings: Sequence[TextReading]) -> FloatArray:
    rows = model.space.rows([r.words for r in readings], [r.normal for r in readings])
    return rows.scores(model.weights[:, : len(model.taxonomy)]) + model.bias
