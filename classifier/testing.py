"""A classifier without a model, for tests and for building against.

    FakeClassifier(*, taxonomy=None, keywords=None)
    await start(); await close()
    await classify(text) -> Tag; await classify_many(texts) -> list[Tag]

    FakeEncoder()                                 the encoder's port, for semantic training

The same interface as :class:`classifier.worker_pool.ClassifierPool`. Labels come from a keyword
table (``rules/fake_keywords.toml``); request type, urgency and flags from the same rules as the
real one, so a test that needs a critical case writes "着火了" and gets one. Deterministic, needs
neither scikit-learn nor jieba. ``seen`` lists the texts in order; ``fail_with`` set to an
exception makes the next call raise it once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.cue_rules import judge_flags, judge_request_type, judge_urgency
from classifier.encoder import DIMENSIONS
from classifier.tag import AUTO, HUMAN, SUGGEST, Alternative, Reason, Tag
from classifier.taxonomy import Taxonomy, load_shipped

KEYWORDS = Path(__file__).parent / "rules" / "fake_keywords.toml"
FALLBACK = "na.unclear"


class FakeClassifier:
    """Answers from a keyword table; first the longest keyword found, then table order."""

    model_id = "fake"

    def __init__(
        self, *, taxonomy: Taxonomy | None = None, keywords: Mapping[str, str] | None = None
    ) -> None:
        self.taxonomy = taxonomy or load_shipped()
        table = keywords if keywords is not None else _shipped_keywords()
        self.keywords = sorted(table.items(), key=lambda pair: -len(pair[0]))
        self.seen: list[str] = []
        self.fail_with: Exception | None = None
        self.started = False

    async def start(self) -> None:
        """Nothing to warm."""
        self.started = True

    async def close(self) -> None:
        """Nothing to stop."""
        self.started = False

    async def classify(self, text: str) -> Tag:
        """Tag by keyword; raises ``fail_with`` once when set."""
        self.seen.append(text)
        if self.fail_with is not None:
            error, self.fail_with = self.fail_with, None
            raise error
        return self._tag(text)

    async def classify_many(self, texts: Sequence[str]) -> list[Tag]:
        """One after the other."""
        return [await self.classify(text) for text in texts]

    def _tag(self, text: str) -> Tag:
        hits = [(word, code) for word, code in self.keywords if word in text]
        code = hits[0][1] if hits else FALLBACK
        label = self.taxonomy[code]
        urgency = judge_urgency(text)
        confidence = 0.95 if hits else 0.3
        if not hits or label.platform == "na":
            decision = HUMAN
        else:
            decision = SUGGEST if urgency == "critical" else AUTO
        others = [c for _, c in hits if c != code]
        others += [o.code for o in self.taxonomy.labels if o.code != code and o.code not in others]
        return Tag(
            platform=label.platform,
            platform_name=self.taxonomy.platform_name(label.platform),
            category=code,
            category_name=label.name,
            confidence=confidence,
            decision=decision,
            alternatives=tuple(
                Alternative(self.taxonomy[o].platform, o, share)
                for o, share in zip(others[:2], (0.03, 0.01), strict=False)
            ),
            request_type=judge_request_type(text),
            urgency=urgency,
            flags=judge_flags(text),
            reasons=tuple(Reason(word, 0.5) for word, c in hits[:3] if c == code),
            model=self.model_id,
        )


def _shipped_keywords() -> dict[str, str]:
    table = tomllib.loads(KEYWORDS.read_text(encoding="utf-8"))
    return {word: code for code, words in table.items() for word in words}


class FakeEncoder:
    """Vectors from character hashes: texts that share characters are near. Nothing to install."""

    identity = "fake-encoder"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (n, 384), each row of length 1."""
        rows = np.full((len(texts), DIMENSIONS), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for character in text:
                row[ord(character) * 2_654_435_761 % DIMENSIONS] += 1.0
            row /= np.linalg.norm(row)
        return rows
