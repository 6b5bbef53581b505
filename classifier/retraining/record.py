"""What a model keeps of its training, and the rows that come of it.

    assemble(inputs, taxonomy) -> Assembled(examples, frozen, shipped, warnings)
    keep_inputs(folder, source, trained)            fills <model>/inputs while the model is written
    kept_inputs(model_folder) -> Inputs             raises InputsError
    kept_frozen(model_folder) -> rows               none where it keeps none
    to_example(row), to_row(example, source)

``inputs/`` of a model holds the files of :mod:`classifier.retraining.inputs`, and two more:
``shipped.jsonl.gz``, the shipped examples as they were that day (a later version of the program may
ship others), and for the semantic strength ``vectors.npz``, the sentence vectors of all texts that
do not travel with the program: an encoder may round differently on another machine. With them a
training gives the same numbers again.
"""

from __future__ import annotations

import gzip
import io
import platform
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import BadExamples, InputsError
from classifier.examples import Example, Examples, load_shipped_examples
from classifier.retraining.inputs import (
    Inputs,
    LabelledRow,
    add_file,
    add_notes,
    decode_rows,
    encode_rows,
    read_frozen,
    read_inputs,
    read_meta,
)
from classifier.retraining.row_checks import Leak, find_leaks
from classifier.retraining.texts import say
from classifier.taxonomy import Taxonomy, load_shipped

if TYPE_CHECKING:
    from classifier.encodings import EncodingStore

FOLDER = "inputs"
SHIPPED, VECTORS = "shipped.jsonl.gz", "vectors.npz"
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "jieba")
_COMPRESSION = 4  # the highest takes three times as long for a twentieth less


@dataclass(frozen=True)
class Assembled:
    """``examples`` are trained on, ``shipped`` are all shipped ones with their own labels."""

    examples: Examples
    own: tuple[Example, ...]  # those of the examples that are the town's
    frozen: tuple[Example, ...]
    shipped: tuple[Example, ...]
    comparable: tuple[Example, ...]  # the shipped ones in this taxonomy
    conflicts: int  # texts that the town labels otherwise than the shipped examples

    @property
    def alone(self) -> bool:
        """Nothing but the town's own rows is learnt."""
        return len(self.own) == len(self.examples.rows)

    @cached_property
    def leaks(self) -> list[Leak]:
        """Phrases in the town's rows that give the label away."""
        return find_leaks(self.own, self.shipped)


def assemble(inputs: Inputs, taxonomy: Taxonomy) -> Assembled:
    """The rows of a training, in an order that only the inputs decide.

    A town's label of a shipped text counts, and a shipped text that is frozen is not trained on.

    :raises BadExamples: when nothing is left to train on
    """
    shipped = shipped_rows(inputs)
    warnings = []
    own, retired, empty = _settle(inputs.rows, taxonomy)
    frozen, more, _ = _settle(inputs.frozen, taxonomy)
    comparable, _, _ = _settle([to_row(row, "shipped") for row in shipped], taxonomy)
    if retired + more:
        warnings.append(say("warnings", "retired", n=retired + more))
    if empty:
        warnings.append(say("warnings", "empty", n=empty))
    mine = {row.key: row.category for row in own}
    taken = mine.keys() | {row.key for row in frozen}
    rows = [row for row in comparable if row.key not in taken]
    rows = [*(rows if inputs.settings["with_shipped"] else ()), *own]
    if len({row.category for row in rows}) < 2 or max(_sizes(rows).values()) < 3:
        raise BadExamples(
            f"{inputs.folder}: {len(rows)} rows of {len(_sizes(rows))} categories are too few to "
            "train on; label more texts or train together with the shipped examples."
        )
    return Assembled(
        examples=Examples(tuple(rows), tuple(warnings)),
        own=tuple(own),
        frozen=tuple(frozen),
        shipped=shipped,
        comparable=tuple(comparable),
        conflicts=sum(mine.get(row.key, row.category) != row.category for row in comparable),
    )


def shipped_rows(inputs: Inputs) -> tuple[Example, ...]:
    """The shipped examples that were recorded with the inputs, else those of this program."""
    path = inputs.folder / SHIPPED
    if path.exists():
        return tuple(map(to_example, decode_rows(gzip.decompress(path.read_bytes()))))
    return load_shipped_examples(load_shipped()).rows


def keep_inputs(
    folder: Path,
    source: Inputs,
    shipped: Sequence[Example],
    vectors: EncodingStore | None,
    facts: Mapping[str, Any],
) -> None:
    """Copy the inputs into a model's folder, with what else a repetition needs.

    :param vectors: those that do not travel with the program; ``facts``: strength, tokenizer,
        encoder and base as they turned out
    """
    target = folder / FOLDER
    shutil.copytree(source.folder, target)
    plain = encode_rows([to_row(row, "shipped") for row in shipped])
    packed = gzip.compress(plain, _COMPRESSION, mtime=0)
    add_file(target, SHIPPED, packed)
    if vectors:
        content = io.BytesIO()
        vectors.write(content)
        add_file(target, VECTORS, content.getvalue())
    libraries = {name: version(name) for name in _LIBRARIES}
    add_notes(target, trained={**facts, "python": platform.python_version(), **libraries})


def kept_inputs(model: Path) -> Inputs:
    """:raises InputsError: when the model keeps none, or they were changed."""
    if not (model / FOLDER).is_dir():
        raise InputsError(
            f"{model.name}: the model keeps no inputs (an older program made it); train again."
        )
    return read_inputs(model / FOLDER)


def kept_frozen(model: Path) -> tuple[LabelledRow, ...]:
    """The rows it was compared on; none where it keeps none or they were changed."""
    try:
        return read_frozen(model / FOLDER)
    except InputsError:
        return ()


def kept_facts(model: Path) -> dict[str, Any]:
    """What :func:`keep_inputs` noted."""
    return dict(read_meta(model / FOLDER).get("trained", {}))


def to_example(row: LabelledRow, category: str = "") -> Example:
    """As a training takes it; ``category``: the one that counts now, where that is another."""
    return Example(
        row.text,
        category or row.category,
        row.request_type,
        row.urgency,
        row.group,
        where=f"key {row.key}",
    )


def to_row(example: Example, source: str) -> LabelledRow:
    """As it is kept."""
    return LabelledRow(
        example.key,
        example.text,
        example.category,
        example.request_type,
        example.urgency,
        example.group,
        source=source,
    )


def _settle(rows: Sequence[LabelledRow], taxonomy: Taxonomy) -> tuple[list[Example], int, int]:
    """Rows under the labels that count now; how many have none, how many have no text."""
    kept, seen, retired, empty = [], set(), 0, 0
    for row in rows:
        category = taxonomy.settle(row.category)
        if not row.text.strip():
            empty += 1
        elif category is None:
            retired += 1
        elif row.key not in seen:
            seen.add(row.key)
            kept.append(to_example(row, category))
    return kept, retired, empty


def _sizes(rows: Sequence[Example]) -> Counter[str]:
    return Counter(row.category for row in rows)
