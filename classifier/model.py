"""A loaded model that answers.

    load_model(folder, *, taxonomy=None) -> Model     raises ModelError, ModelMismatch
    Model.tag(text) -> Tag
    Model.tag_many(texts, *, reasons=True) -> list[Tag]
    Model.category_probabilities(texts) -> (n, categories), for evaluation
    Model.urgencies(texts) -> list[str]                by words alone, without asking the encoder

One decision: the category is chosen, its platform follows, and the probability of a platform is
the sum over its categories. Needs numpy and the tokenizer, not scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact, read_artefact
from classifier.calibration import softmax
from classifier.cue_rules import Cues, read_cues
from classifier.decision import decide, load_costs
from classifier.encoder import Encoder, make_encoder
from classifier.errors import ModelMismatch
from classifier.explanation import Told, explain
from classifier.features import cut_words
from classifier.normalization import normalize_tamed, shorten, strip_formulas, tame
from classifier.side_heads import settle_urgency
from classifier.tag import REQUEST_TYPES, Alternative, Reason, Tag
from classifier.taxonomy import Taxonomy
from classifier.tokenizer import check_identity, make_tokenizer

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
_EMPTY = "na.invalid"  # what a text without a single word is, where the taxonomy knows the label
_BATCH = 32  # texts encoded together: enough to be fast, few enough to stay small in memory
_WORDS_BATCH = 256  # where nothing is encoded


@dataclass
class Reading:
    """One text, prepared: its words, its features, the lexical scores of all heads."""

    text: str
    tamed: str
    normal: str
    pieces: list[str]
    columns: IntArray
    values: FloatArray
    scores: FloatArray

    @cached_property
    def cues(self) -> Cues:
        """What the rules say; costs more than the rest, and the category needs none of it."""
        return read_cues(self.text, tamed=self.tamed)


class Opinion(NamedTuple):
    """What is thought of some texts, one row each."""

    categories: FloatArray  # probabilities
    types: FloatArray  # scores of request types
    urgencies: Sequence[str]


@dataclass
class Model:
    """Built by :func:`load_model`."""

    artefact: ModelArtefact
    encoder: Encoder | None = None

    def __post_init__(self) -> None:
        artefact = self.artefact
        self.id: str = artefact.facts.get("id", "unnamed")
        self.taxonomy = artefact.taxonomy
        self._tokenizer = make_tokenizer(artefact.tokenizer)
        check_identity(artefact.tokenizer, self._tokenizer.identity)
        self._encoder = (self.encoder or make_encoder()) if artefact.semantic else None
        wanted = artefact.semantic.encoder if artefact.semantic else None
        if self._encoder and wanted != self._encoder.identity:
            raise ModelMismatch(
                f"The model was trained with encoder {wanted}, here is {self._encoder.identity}; "
                "install that version or train again."
            )
        platforms = [label.platform for label in self.taxonomy]
        self._same_platform = np.array([[a == b for b in platforms] for a in platforms])
        self._cue_position = {name: i for i, name in enumerate(artefact.cue_names)}
        self._costs = load_costs()

    def tag(self, text: str) -> Tag:
        """Tag one text."""
        return self.tag_many([text])[0]

    def tag_many(self, texts: Sequence[str], *, reasons: bool = True) -> list[Tag]:
        """Tag texts in order; unsure ones share a call of the encoder.

        :param reasons: find the words that spoke for the label, a third of the work
        """
        tags: list[Tag] = []
        for start in range(0, len(texts), _BATCH):
            readings = self._read(texts[start : start + _BATCH])
            opinion = self._judge(readings)
            told = self._explain(readings, opinion.categories) if reasons else [()] * len(readings)
            tags += [
                self._tag(reading, opinion, row, told[row]) for row, reading in enumerate(readings)
            ]
        return tags

    def category_probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Shape (n, categories), columns in the order of the taxonomy."""
        many = _BATCH if self._encoder else _WORDS_BATCH
        parts = [
            self._categories(self._read(texts[i : i + many])) for i in range(0, len(texts), many)
        ]
        return np.vstack(parts) if parts else np.empty((0, len(self.taxonomy)), np.float32)

    def urgencies(self, texts: Sequence[str]) -> list[str]:
        """How urgent each text is by its words alone; :meth:`tag` may find more critical."""
        starts = range(0, len(texts), _WORDS_BATCH)
        readings = (self._read(texts[i : i + _WORDS_BATCH]) for i in starts)
        return [self._urgency(reading) for some in readings for reading in some]

    def platform_confidence(self, probabilities: FloatArray) -> FloatArray:
        """Probability of the platform of each row's top category, shape (n,)."""
        top = probabilities.argmax(axis=1)
        return np.asarray((probabilities * self._same_platform[top]).sum(axis=1), np.float32)

    def _read(self, texts: Sequence[str]) -> list[Reading]:
        texts = [shorten(text) for text in texts]
        tamed = [tame(text) for text in texts]
        keep_answers = self.artefact.keep_answers
        normals = [normalize_tamed(text, keep_answers=keep_answers) for text in tamed]
        pieces = [cut_words(normal, self._tokenizer) for normal in normals]
        rows = self.artefact.space.rows(pieces, normals)
        scores = rows.scores(self.artefact.weights)
        return [
            Reading(text, tamed[i], normals[i], pieces[i], *rows.row(i), scores[i])
            for i, text in enumerate(texts)
        ]

    def _categories(self, readings: Sequence[Reading]) -> FloatArray:
        """Probabilities; without the encoder nothing is thought about type and urgency."""
        if self._encoder:
            return self._judge(readings).categories
        table = self.artefact.lexical.probabilities(self._lexical_scores(readings))
        return self._settle_empty(readings, table)

    def _lexical_scores(self, readings: Sequence[Reading]) -> FloatArray:
        scores = np.array([reading.scores[: len(self.taxonomy)] for reading in readings])
        return np.asarray(scores + self.artefact.bias, np.float32)

    def _judge(self, readings: Sequence[Reading]) -> Opinion:
        artefact, votes = self.artefact, self.artefact.type_votes
        lexical = self._lexical_scores(readings)
        table = artefact.lexical.probabilities(lexical)
        words = np.array([self._words_on_type(reading) for reading in readings])
        hurry = np.array([self._words_on_urgency(reading) for reading in readings])
        types = votes.spared.scores(words, table) if votes else words
        urgencies = [self._urgency(reading) for reading in readings]
        part = artefact.semantic
        unsure = self._find_unsure(table, types, hurry) if part and self._encoder else []
        if part and self._encoder and unsure:
            texts = [strip_formulas(readings[i].text) for i in unsure]
            said = part.judge(self._encoder.encode(texts))
            table[unsure] = part.mixture.probabilities(lexical[unsure], *said.categories)
            if votes and votes.asked:
                types[unsure] = votes.asked.scores(words[unsure], *said.types, table[unsure])
            if artefact.urgency_vote and said.urgencies is not None:
                for place, near in zip(unsure, said.urgencies, strict=True):
                    settled = artefact.urgency_vote.settle(urgencies[place], hurry[place], near)
                    urgencies[place] = settled
        return Opinion(self._settle_empty(readings, table), types, urgencies)

    def _find_unsure(self, table: FloatArray, types: FloatArray, hurry: FloatArray) -> list[int]:
        """Which texts the encoder is worth asking about."""
        part, votes, vote = (
            self.artefact.semantic,
            self.artefact.type_votes,
            self.artefact.urgency_vote,
        )
        assert part
        doubtful = table.max(axis=1) < part.ask_below
        if votes and votes.asked:
            doubtful |= softmax(types).max(axis=1) < part.ask_below_type
        if vote:
            doubtful |= vote.worth_asking(hurry)
        return np.flatnonzero(doubtful).tolist()

    def _settle_empty(self, readings: Sequence[Reading], table: FloatArray) -> FloatArray:
        """A text without a single word is no case."""
        for row, reading in enumerate(readings):
            if not reading.pieces and _EMPTY in self.taxonomy:
                table[row] = 0.01 / max(len(self.taxonomy) - 1, 1)
                table[row, self.taxonomy.codes.index(_EMPTY)] = 0.99
        return table

    def _tag(
        self, reading: Reading, opinion: Opinion, row: int, reasons: tuple[Reason, ...]
    ) -> Tag:
        probabilities = opinion.categories[row]
        order = np.argsort(-probabilities)[:3]
        labels = [self.taxonomy.labels[i] for i in order]
        top = labels[0]
        confidence = float(probabilities[order[0]])
        urgency = opinion.urgencies[row]
        platform_confidence = float(probabilities[self._same_platform[order[0]]].sum())
        return Tag(
            platform=top.platform,
            platform_name=self.taxonomy.platform_name(top.platform),
            category=top.code,
            category_name=top.name,
            confidence=round(confidence, 4),
            decision=decide(
                top.code,
                top.platform,
                confidence,
                platform_confidence,
                urgency,
                self.artefact.thresholds,
                self._costs,
            ),
            alternatives=tuple(
                Alternative(label.platform, label.code, round(float(probabilities[i]), 4))
                for i, label in zip(order[1:], labels[1:], strict=True)
            ),
            request_type=self.artefact.request_type.values[int(opinion.types[row].argmax())],
            urgency=urgency,
            flags=reading.cues.flags,
            reasons=reasons,
            model=self.id,
        )

    def _words_on_type(self, reading: Reading) -> FloatArray:
        start = len(self.taxonomy)
        lexical = reading.scores[start : start + len(REQUEST_TYPES)]
        return self.artefact.request_type.scores(lexical, self._positions(reading.cues))

    def _words_on_urgency(self, reading: Reading) -> FloatArray:
        lexical = reading.scores[len(self.taxonomy) + len(REQUEST_TYPES) :]
        return self.artefact.urgency.scores(lexical, self._positions(reading.cues))

    def _urgency(self, reading: Reading) -> str:
        scores = self._words_on_urgency(reading)
        return settle_urgency(reading.cues.urgency, scores, self.artefact.critical_from)

    def _positions(self, cues: Cues) -> list[int]:
        known = self._cue_position
        return [known[name] for name in cues.fired if name in known]

    def _explain(
        self, readings: Sequence[Reading], categories: FloatArray
    ) -> list[tuple[Reason, ...]]:
        best = np.argsort(-categories, axis=1)[:, :2].tolist()
        return explain(
            [
                Told(own.text, own.normal, own.pieces, own.columns, own.values, first, second)
                for own, (first, second) in zip(readings, best, strict=True)
            ],
            self.artefact.space,
            self.artefact.weights,
        )


def load_model(
    folder: str | Path, *, taxonomy: Taxonomy | None = None, encoder: Encoder | None = None
) -> Model:
    """Load and check a model.

    :param taxonomy: the label set the caller works with; its hash must be the model's
    :param encoder: stands in for the installed one
    """
    artefact = read_artefact(Path(folder))
    if taxonomy is not None and taxonomy.hash != artefact.taxonomy.hash:
        raise ModelMismatch(
            f"{folder}: the model was trained on another taxonomy ({artefact.taxonomy.hash}, "
            f"not {taxonomy.hash}); train again or give that taxonomy."
        )
    return Model(artefact, encoder)
