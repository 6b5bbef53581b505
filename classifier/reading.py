"""What training needs to know of each text, worked out once per text.

    ReadingStore.open(path, tokenizer, keep_answers=False) -> ReadingStore
                                                         empty when missing or made otherwise
    store.ask(texts, pool) -> asked                      begins to read what is new
    store.gather(texts, asked, progress) -> list[TextReading]
    store.missing(texts) -> int
    store.save(path, keep)                               only the readings of ``keep``

Cutting words and trying some hundred patterns costs half a millisecond a text and never changes
while tokenizer and rules stay the same; so a training after a hundred new rows reads a hundred.
The file names both, and whether answers quoted in an order are kept; readings made otherwise are
not used.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from classifier.cue_rules import RULES, read_cues
from classifier.encodings import encoding_key
from classifier.features import cut_words
from classifier.half_written import hidden_beside
from classifier.normalization import normalize, shorten
from classifier.task_pool import Task, TaskPool
from classifier.tokenizer import make_tokenizer

_FORMAT = 2  # of the file; 1 had a line for each text
_SLICE = 500
_READING_RULES = ("flags", "request_type", "routing_phrases", "urgency")
Progress = Callable[[float], None]
Slice = tuple[list[str], "Task[list[TextReading]]"]


class TextReading(NamedTuple):
    """``normal``: as the model sees it; ``words``: cut; ``cues``: names of the rules that fired."""

    normal: str
    words: tuple[str, ...]
    cues: tuple[str, ...]


@dataclass
class ReadingStore:
    """Readings by content, all made with one tokenizer and one set of rules."""

    tokenizer: str
    keep_answers: bool = False
    _readings: dict[int, TextReading] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None, tokenizer: str, *, keep_answers: bool = False) -> ReadingStore:
        """Read a store; an unreadable file is an empty store, for it can be made again."""
        store = cls(tokenizer, keep_answers)
        if path is None or not path.exists():
            return store
        try:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                if json.loads(next(lines)) == store._made_with():
                    store._readings = {
                        key: TextReading(normal, tuple(words), tuple(cues))
                        for key, normal, words, cues in chain.from_iterable(map(json.loads, lines))
                    }
        except (OSError, EOFError, ValueError, StopIteration):
            return cls(tokenizer, keep_answers)
        return store

    def missing(self, texts: Sequence[str]) -> int:
        """How many of the texts would have to be read."""
        return sum(encoding_key(text) not in self._readings for text in texts)

    def ask(self, texts: Sequence[str], pool: TaskPool) -> list[Slice]:
        """Have the pool read what is new, while the caller does something else."""
        fresh = list(dict.fromkeys(t for t in texts if encoding_key(t) not in self._readings))
        slices = [fresh[i : i + _SLICE] for i in range(0, len(fresh), _SLICE)]
        return [
            (piece, pool.ask(read_slice, self.tokenizer, piece, self.keep_answers))
            for piece in slices
        ]

    def gather(
        self,
        texts: Sequence[str],
        asked: Sequence[Slice] | None = None,
        progress: Progress = lambda fraction: None,
    ) -> list[TextReading]:
        """One reading per text, in order; what was not ``asked`` of a pool is read here."""
        asked = self.ask(texts, TaskPool()) if asked is None else asked
        for done, (piece, task) in enumerate(asked, start=1):
            self._readings |= dict(zip(map(encoding_key, piece), task.result(), strict=True))
            progress(done / len(asked))
        return [self._readings[encoding_key(text)] for text in texts]

    def save(self, path: Path, keep: Sequence[str]) -> None:
        """Write the readings of ``keep``; another process never sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = hidden_beside(path)
        with gzip.open(partial, "wt", encoding="utf-8", compresslevel=1) as file:
            print(json.dumps(self._made_with()), file=file)
            keys = sorted({encoding_key(text) for text in keep} & self._readings.keys())
            for i in range(0, len(keys), _SLICE):  # a line for each would take twice as long
                some = [(key, *self._readings[key]) for key in keys[i : i + _SLICE]]
                print(json.dumps(some, ensure_ascii=False), file=file)
        partial.replace(path)

    def _made_with(self) -> list[object]:
        tokenizer = make_tokenizer(self.tokenizer).identity
        return [_FORMAT, tokenizer, rules_hash(), self.keep_answers]


def read_slice(
    tokenizer: str, texts: Sequence[str], keep_answers: bool = False
) -> list[TextReading]:
    """Read some texts here; a plain function because that is what a process pool can send."""
    cutter = make_tokenizer(tokenizer)
    readings = []
    for text in map(shorten, texts):
        normal = normalize(text, keep_answers=keep_answers)
        readings.append(
            TextReading(normal, tuple(cut_words(normal, cutter)), read_cues(text).fired)
        )
    return readings


@lru_cache(maxsize=1)
def rules_hash() -> str:
    """Changes with any file that decides how a text is read."""
    digest = hashlib.sha256()
    code = Path(__file__).parent
    rules = [RULES / f"{name}.toml" for name in _READING_RULES]
    for path in [*rules, code / "normalization.py", code / "cue_rules.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
