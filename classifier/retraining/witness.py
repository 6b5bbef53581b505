"""What a model says of rows, none of which it may have learnt by heart.

    Witness(model, taxonomy)
    .tags(rows, whole=False) -> list[Tag]      stored out-of-fold answers for rows it trained on,
                                               for others it is asked; ``whole``: with request
                                               type and urgency where it is asked
    .trained_on(row), .took_over(row) -> bool
    .critical(rows, fair) -> bool array        who is told to call 110
    RememberingEncoder(encoder, known)         one for two models: no text is encoded twice

``taxonomy`` is the one the answers are judged by. A model of an older one answers in its own codes;
what became of them is looked up, and a code that is gone is an answer nobody can use: "".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from classifier.cue_rules import judge_urgency
from classifier.decision import decide, load_costs
from classifier.encoder import Encoder
from classifier.encodings import EncodingStore
from classifier.examples import Example
from classifier.label_quality import held_out_probabilities
from classifier.model import Model
from classifier.tag import Alternative, Tag
from classifier.taxonomy import Taxonomy

_CRITICAL = "critical"
FloatArray = npt.NDArray[np.float32]


class RememberingEncoder:
    """The encoder's port, with a memory for the length of a comparison.

    :param known: vectors that a training has made already
    """

    def __init__(self, encoder: Encoder, known: EncodingStore | None = None) -> None:
        self.identity = encoder.identity
        self._encoder = encoder
        self._store = EncodingStore()
        if known:
            self._store.add(known)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Shape (n, 384), float32; as exact as a training's own vectors are."""
        return self._store.gather(texts, self._encoder)


class Witness:
    """One of the two models that are compared."""

    def __init__(self, model: Model, taxonomy: Taxonomy) -> None:
        self.model, self.taxonomy = model, taxonomy
        kept = model.artefact.held_out
        keys, self._table = held_out_probabilities(model.artefact)
        self._place = {key: i for i, key in enumerate(keys)}
        self._anew = kept.anew
        self._critical = kept.critical
        self._costs = load_costs()

    def trained_on(self, row: Example) -> bool:
        """Whether the row is among those it learnt from."""
        return row.key in self._place

    def took_over(self, row: Example) -> bool:
        """Whether its answer is an older model's: such a row cannot tell the two apart."""
        place = self._place.get(row.key)
        return place is not None and not self._anew[place]

    def tags(self, rows: Sequence[Example], *, whole: bool = False) -> list[Tag]:
        """One tag per row, in the codes of the taxonomy given."""
        places = [self._place.get(row.key) for row in rows]
        asked = [row.text for row, place in zip(rows, places, strict=True) if place is None]
        if whole:
            told = iter(self.model.tag_many(asked, reasons=False))
        else:
            told = iter(self._tags(self.model.category_probabilities(asked)))
        stored = iter(self._tags(self._table[[place for place in places if place is not None]]))
        return [self._settle(next(told if place is None else stored)) for place in places]

    def judged_critical(self, row: Example) -> bool:
        """Whether :meth:`critical` has an answer for the row that was not learnt by heart."""
        place = self._place.get(row.key)
        return place is None or (place < len(self._critical) and self._critical[place] >= 0)

    def critical(self, rows: Sequence[Example], fair: Sequence[bool]) -> npt.NDArray[np.bool_]:
        """Whether each row would be called critical.

        :param fair: per row, whether to take the stored answer; elsewhere both models are asked
            as they serve, rows they know included
        """
        kept = [
            fair[i] and self.trained_on(row) and self.judged_critical(row)
            for i, row in enumerate(rows)
        ]
        found = np.zeros(len(rows), dtype=np.bool_)
        for i, row in enumerate(rows):
            if kept[i]:
                # A rule's word stands whatever was learnt, see settle_urgency.
                learnt = self._critical[self._place[row.key]] == 1
                found[i] = learnt or _critical_by_rule(row.text)
        asked = [i for i in range(len(rows)) if not kept[i]]
        served = self.model.urgencies([rows[i].text for i in asked])
        found[asked] = [urgency == _CRITICAL for urgency in served]
        return found

    def _tags(self, table: FloatArray) -> list[Tag]:
        """What each line of probabilities says, of an urgency that sends nothing to a person."""
        labels, thresholds = self.model.taxonomy.labels, self.model.artefact.thresholds
        places = np.argsort(-table, axis=1)[:, :3]
        figures = np.take_along_axis(table, places, axis=1).tolist()
        sure = self.model.platform_confidence(table).tolist()
        tags = []
        for (best, *others), (confidence, *less), of_platform in zip(
            places.tolist(), figures, sure, strict=True
        ):
            top = labels[best]
            decision = decide(
                top.code, top.platform, confidence, of_platform, "normal", thresholds, self._costs
            )
            tags.append(
                Tag(
                    platform=top.platform,
                    platform_name="",
                    category=top.code,
                    category_name=top.name,
                    confidence=round(confidence, 4),
                    decision=decision,
                    alternatives=tuple(
                        Alternative(labels[i].platform, labels[i].code, round(figure, 4))
                        for i, figure in zip(others, less, strict=True)
                    ),
                    request_type="",
                    urgency="normal",
                    flags=(),
                    reasons=(),
                    model=self.model.id,
                )
            )
        return tags

    def _settle(self, tag: Tag) -> Tag:
        if self.model.taxonomy.hash == self.taxonomy.hash:
            return tag
        code = self.taxonomy.settle(tag.category) or ""
        others = (
            Alternative(self.taxonomy[now].platform, now, other.confidence)
            for other in tag.alternatives
            if (now := self.taxonomy.settle(other.category))
        )
        return replace(
            tag,
            category=code,
            platform=self.taxonomy[code].platform if code else "",
            alternatives=tuple(others),
        )


@lru_cache(maxsize=4_096)
def _critical_by_rule(text: str) -> bool:
    """Both models are asked about the same texts, and the rules are the same for both."""
    return judge_urgency(text) == _CRITICAL
