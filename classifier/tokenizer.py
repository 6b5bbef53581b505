"""Chinese words: jieba, or rjieba where the ``fast`` extra is installed and asked for.

    make_tokenizer("jieba" | "rjieba") -> Tokenizer
    default_tokenizer() -> str     the faster one that is installed
    Tokenizer.identity -> str      e.g. "jieba-0.42.1+dict-1a2b3c4d", stored in every model
    Tokenizer.cut(text) -> list[str]

The two cut Chinese alike and ASCII differently, and a model counts what its own tokenizer gave
it. So the identity is written into the model and compared when it is loaded: a new training takes
the faster one that is there, a trained model keeps its own.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import sys
import tempfile
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from classifier.errors import ModelMismatch


class Tokenizer(Protocol):
    """Cuts a normalised text into words, spaces and punctuation."""

    identity: str

    def cut(self, text: str) -> list[str]:
        """All pieces in order; together they are the text."""


class JiebaTokenizer:
    """The reference. Loads its dictionary (about a second, 95 MB) on construction."""

    def __init__(self) -> None:
        jieba = _import_jieba()
        jieba.setLogLevel(logging.WARNING)
        self._jieba: Any = jieba.Tokenizer()
        # jieba caches its dictionary with marshal under a predictable name in /tmp, where anybody
        # may put a file first. Ours goes to a folder only this user can enter.
        self._jieba.tmp_dir = _private_folder()
        self._jieba.initialize()
        dictionary = Path(jieba.__file__).with_name("dict.txt")
        self.identity = f"jieba-{version('jieba')}+dict-{_short_hash(dictionary)}"

    def cut(self, text: str) -> list[str]:
        """All pieces in order; together they are the text."""
        return self._jieba.lcut(text)  # type: ignore[no-any-return]


def _import_jieba() -> Any:
    """jieba reaches for ``pkg_resources`` to open its dictionary and does as well without;
    importing that costs half a second of every start, and a deprecation warning."""
    unwanted = "pkg_resources"
    absent = unwanted not in sys.modules
    if absent:
        sys.modules[unwanted] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("jieba")
    finally:
        if absent:
            del sys.modules[unwanted]


class RjiebaTokenizer:
    """The same cuts from a Rust core, some seventeen times faster, its dictionary compiled in."""

    def __init__(self) -> None:
        try:
            import rjieba
        except ImportError as error:
            raise ModelMismatch(
                "This model cuts words with rjieba, which is not installed; "
                "install the extra “fast” or train again without it."
            ) from error
        self._cut = rjieba.Jieba().cut
        self.identity = f"rjieba-{version('rjieba')}+dict-builtin"

    def cut(self, text: str) -> list[str]:
        """All pieces in order; together they are the text."""
        return self._cut(text)


def make_tokenizer(name: str = "") -> Tokenizer:
    """One tokenizer per process and name: a second one would cost its dictionary again.

    :param name: a name or a whole identity; empty takes the default
    """
    return _shared(name.partition("-")[0] or default_tokenizer())


def default_tokenizer() -> str:
    """The name of the faster tokenizer among those installed."""
    return "rjieba" if installed("rjieba") else "jieba"


def check_identity(wanted: str, have: str) -> None:
    """:raises ModelMismatch: when a model was trained on other cuts than we would make now."""
    if wanted != have:
        raise ModelMismatch(
            f"The model was trained with tokenizer {wanted}, here is {have}; "
            "install that version or train again."
        )


def installed(name: str) -> bool:
    """Whether a package is there, without importing it."""
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


@lru_cache(maxsize=2)
def _shared(name: str) -> Tokenizer:
    return RjiebaTokenizer() if name == "rjieba" else JiebaTokenizer()


def _private_folder() -> str:
    folder = Path(tempfile.gettempdir()) / f"huying-jieba-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or folder.is_symlink():
        # Somebody else made it first: use one nobody knows, at the price of a slower start.
        return tempfile.mkdtemp(prefix="huying-jieba-")
    return str(folder)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
