"""What a comparison need not do twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.encoder import FloatArray
from classifier.encodings import EncodingStore
from classifier.retraining.witness import RememberingEncoder
from classifier.testing import FakeEncoder


class Counting(FakeEncoder):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.asked += texts
        return super().encode(texts)


def test_no_text_is_encoded_twice() -> None:
    encoder = Counting()
    known = EncodingStore()
    known.gather(["路灯不亮"], encoder)
    encoder.asked.clear()
    remembering = RememberingEncoder(encoder, known)
    first = remembering.encode(["路灯不亮", "井盖丢了", "井盖丢了"])
    again = remembering.encode(["井盖丢了", "路灯不亮"])
    assert encoder.asked == ["井盖丢了"]
    assert np.array_equal(first[0], again[1])
    assert np.allclose(first, FakeEncoder().encode(["路灯不亮", "井盖丢了", "井盖丢了"]), atol=0.01)


def test_vectors_of_another_encoder_are_none() -> None:
    known = EncodingStore("another", {})
    known.gather(["路灯不亮"], type("Another", (Counting,), {"identity": "another"})())
    encoder = Counting()
    RememberingEncoder(encoder, known).encode(["路灯不亮"])
    assert encoder.asked == ["路灯不亮"]
