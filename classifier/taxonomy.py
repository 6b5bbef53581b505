"""The label set: categories, the platform of each, and a hash that ties a model to them.

    load_taxonomy(path) -> Taxonomy     any CSV with code, platform_code, platform_zh, name_zh;
                                        or platform and category alone: a category's name is
                                        then its code (platform.name where names repeat)
    load_shipped() -> Taxonomy          training_data/taxonomy.csv
    shipped_folder() -> Path            training_data/ of this installation

Further columns of the shipped file (definition, vocabulary, example sentences) are kept as
training text. ``Taxonomy.hash`` covers codes and platforms only: renaming a category does not
make a trained model stale, adding or moving one does.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from classifier.errors import TaxonomyError

# Each column and what stands in where a small taxonomy leaves it out, first found wins.
COLUMNS = {
    "code": ("code", "name_zh", "category"),
    "platform_code": ("platform_code", "platform_zh", "platform"),
    "platform_zh": ("platform_zh", "platform", "platform_code"),
    "name_zh": ("name_zh", "category", "code"),
}
# Columns that describe the category itself. Left out on purpose: exclude_zh and neighbours
# describe other categories, lead_dept names units that a citizen rarely writes.
SENTENCE_COLUMNS = (
    "definition_zh",
    "definition",
    "example_chat",
    "example_phone",
    "example_formal",
)
LIST_COLUMNS = {"include_zh": "；", "vocab": "|"}


# A town may list a category before it has decided who answers for it. Its cases are tagged and
# never dispatched without a person (decision_costs.toml).
UNASSIGNED = ("unassigned", "未定平台")


@dataclass(frozen=True, slots=True)
class Label:
    """One category. ``texts`` are sentences about it that may serve as training text."""

    code: str
    platform: str
    name: str
    texts: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Taxonomy:
    """All categories in file order, and the names of their platforms."""

    labels: tuple[Label, ...]
    platforms: tuple[tuple[str, str], ...]

    def __getitem__(self, code: str) -> Label:
        return self._by_code[code]

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def codes(self) -> tuple[str, ...]:
        """Category codes in file order: the order of every score table."""
        return tuple(label.code for label in self.labels)

    def platform_name(self, platform: str) -> str:
        """The Chinese name of a platform code."""
        return dict(self.platforms)[platform]

    @cached_property
    def hash(self) -> str:
        """First 16 hex digits of SHA-256 over the sorted (code, platform) pairs."""
        lines = sorted(f"{label.code}\t{label.platform}" for label in self.labels)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    @cached_property
    def _by_code(self) -> dict[str, Label]:
        return {label.code: label for label in self.labels}


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
    path = Path(path)
    rows = _read_rows(path)
    labels: list[Label] = []
    platforms: dict[str, str] = {}
    for number, row in rows:
        label = _read_label(path, number, row)
        if any(label.code == known.code for known in labels):
            raise TaxonomyError(
                f"{path}, row {number}: the code “{label.code}” appears twice; "
                "remove one of the two rows."
            )
        name = row["platform_zh"].strip()
        if platforms.setdefault(label.platform, name) != name:
            raise TaxonomyError(
                f"{path}, row {number}: platform “{label.platform}” is called “{name}” here and "
                f"“{platforms[label.platform]}” above; use one name."
            )
        labels.append(label)
    if len(labels) < 2:
        raise TaxonomyError(f"{path}: holds {len(labels)} categories; add rows until there are 2.")
    return Taxonomy(tuple(labels), tuple(platforms.items()))


def _read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TaxonomyError(
            f"{path}: cannot be read ({error.strerror}); check the path given as taxonomy."
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise TaxonomyError(
                f"{path}: is neither UTF-8 nor GB18030 text; save it as CSV (UTF-8)."
            ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = reader.fieldnames or ()
    source = {}
    for name, candidates in COLUMNS.items():
        found = [candidate for candidate in candidates if candidate in header]
        if not found:
            raise TaxonomyError(
                f"{path}, row 1: the column {name} is missing; "
                f"a taxonomy needs the columns {', '.join(COLUMNS)}."
            )
        source[name] = found[0]
    rows = [
        (
            number,
            {key: value or "" for key, value in row.items() if isinstance(key, str)}
            | {name: row[column] or "" for name, column in source.items()},
        )
        for number, row in enumerate(reader, start=2)
    ]
    for _, row in rows:
        if not row["platform_code"].strip() and not row["platform_zh"].strip():
            row["platform_code"], row["platform_zh"] = UNASSIGNED
    if source["code"] not in ("code", "name_zh"):
        _tell_apart([row for _, row in rows])
    return rows


def _tell_apart(rows: list[dict[str, str]]) -> None:
    """Without a code column each platform may have its own “其他”: put the platform in front."""
    seen = Counter(row["code"] for row in rows)
    for row in rows:
        if seen[row["code"]] > 1:
            row["code"] = f"{row['platform_code']}.{row['code']}"


def _read_label(path: Path, number: int, row: dict[str, str]) -> Label:
    for name in COLUMNS:
        if not row[name].strip():
            raise TaxonomyError(f"{path}, row {number}: {name} is empty; fill it in.")
    name = row["name_zh"].strip()
    texts = [name]
    texts += [row[column].strip() for column in SENTENCE_COLUMNS if row.get(column, "").strip()]
    for column, separator in LIST_COLUMNS.items():
        texts += [part.strip() for part in row.get(column, "").split(separator) if part.strip()]
    return Label(row["code"].strip(), row["platform_code"].strip(), name, tuple(texts))
