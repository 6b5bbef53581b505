"""The label set: categories, the platform of each, and a hash that ties a model to them.

    load_taxonomy(path) -> Taxonomy     any list that classifier.scheme reads: CSV or XLSX with
                                        code, platform_code, platform_zh, name_zh, or platform and
                                        category alone; retired rows are successors, no labels
    load_shipped() -> Taxonomy          training_data/taxonomy.csv
    shipped_folder() -> Path            training_data/ of this installation
    Taxonomy.settle(given) -> str|None  the label that counts now for one given earlier

Further columns of the shipped file (definition, vocabulary, example sentences) are kept as
training text. ``Taxonomy.hash`` covers codes and platforms only: renaming a category does not
make a trained model stale, adding or moving one does.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from classifier.errors import TaxonomyError
from classifier.scheme import Scheme, SchemeRow, read_scheme


@dataclass(frozen=True, slots=True)
class Label:
    """One category. ``texts`` are sentences about it that may serve as training text."""

    code: str
    platform: str
    name: str
    texts: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Taxonomy:
    """All categories in file order, and the names of their platforms.

    ``successors``: retired code -> the code that replaced it, None where only a person can tell.
    """

    labels: tuple[Label, ...]
    platforms: tuple[tuple[str, str], ...]
    successors: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    def __getitem__(self, code: str) -> Label:
        return self._by_code[code]

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Category codes in file order: the order of every score table."""
        return tuple(label.code for label in self.labels)

    def platform_name(self, platform: str) -> str:
        """The Chinese name of a platform code."""
        return dict(self.platforms)[platform]

    def settle(self, given: str) -> str | None:
        """The code that counts now: itself, that of a name only one category has, or whatever
        replaced it. None: it is unknown, or was retired and a person must label its texts anew.
        """
        code: str | None = given
        for _ in range(len(self.successors) + 1):
            if code in self._by_code:
                return code
            code = self.successors.get(code or "")
        return self._by_name.get(given)

    @cached_property
    def hash(self) -> str:
        """First 16 hex digits of SHA-256 over the sorted (code, platform) pairs."""
        lines = sorted(f"{label.code}\t{label.platform}" for label in self.labels)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    @cached_property
    def _by_code(self) -> dict[str, Label]:
        return {label.code: label for label in self.labels}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        seen = Counter(label.name for label in self.labels)
        return {label.name: label.code for label in self.labels if seen[label.name] == 1}


def shipped_folder() -> Path:
    """``training_data/`` beside this package, in the checkout as in site-packages."""
    return Path(__file__).resolve().parents[1] / "training_data"


def load_shipped() -> Taxonomy:
    """The taxonomy in ``training_data/``."""
    return load_taxonomy(shipped_folder() / "taxonomy.csv")


def load_taxonomy(path: str | Path) -> Taxonomy:
    """Read a label set.

    :raises TaxonomyError: naming file, row and remedy, when it cannot be used.
    """
    return make_taxonomy(read_scheme(path))


def make_taxonomy(scheme: Scheme) -> Taxonomy:
    """The label set of a list already read; raises as :func:`load_taxonomy`."""
    labels: dict[str, Label] = {}
    platforms: dict[str, str] = {}
    successors: dict[str, str | None] = {}
    for row in scheme.rows:
        where = f"{scheme.path}, row {row.row}"
        if row.code in labels or row.code in successors:
            raise TaxonomyError(
                f"{where}: the code “{row.code}” appears twice; remove one of the two rows."
            )
        if not row.active:
            successors[row.code] = row.replaced_by or None
            continue
        name = row.platform_name
        if platforms.setdefault(row.platform, name) != name:
            raise TaxonomyError(
                f"{where}: platform “{row.platform}” is called “{name}” here and "
                f"“{platforms[row.platform]}” above; use one name."
            )
        labels[row.code] = Label(row.code, row.platform, row.name, training_texts(row))
    if len(labels) < 2:
        raise TaxonomyError(
            f"{scheme.path}: holds {len(labels)} categories; add rows until there are 2."
        )
    return Taxonomy(tuple(labels.values()), tuple(platforms.items()), successors)


def training_texts(row: SchemeRow) -> tuple[str, ...]:
    """What a row says of its own category. Left out on purpose: ``excludes`` and ``neighbours``
    describe other categories, ``lead_hint`` names units that a citizen rarely writes."""
    texts = (row.name, row.definition, *row.examples, *row.keywords)
    return tuple(text for text in texts if text)
