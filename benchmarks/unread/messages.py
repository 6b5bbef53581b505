"""Labels and texts, joined by the texts' fingerprints.

read_messages(data) -> [Message]            raises NoData where a corpus is missing
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tagging.corpora import NoData

LABELS = Path(__file__).with_name("labels.csv")
_FILES = {
    "haikou": ("haikou12345_workorders.csv", ("text",)),
    "dongguan": ("dongguan2016_complaints.csv", ("title", "body")),
    "taidi": ("taidi2020c_messages.csv", ("title", "body")),
}
_COLUMNS = ("category", "request_type", "urgency")


@dataclass(frozen=True)
class Message:
    """``labels``: by column; those ending in ``_alt`` are the second reader's, where they differ.

    ``readers``: how many labelled it, blind.
    """

    text: str
    readers: int
    labels: dict[str, str]


def read_messages(data: Path) -> list[Message]:
    """All 1,070, those of two readers first.

    :raises NoData: a corpus is not in the folder, or another edition of it
    """
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = dict(_read_texts(data))
    lost = [row for row in rows if row["text_sha256"] not in texts]
    if lost:
        raise NoData(f"{len(lost)} of {len(rows)} messages are not in {data}: another edition?")
    columns = [name + end for name in _COLUMNS for end in ("", "_alt")]
    return [
        Message(
            texts[row["text_sha256"]],
            int(row["readers"]),
            {column: row[column] for column in columns},
        )
        for row in rows
    ]


def _read_texts(data: Path) -> Iterator[tuple[str, str]]:
    csv.field_size_limit(sys.maxsize)
    for name, columns in _FILES.values():
        path = data / name
        if not path.exists():
            raise NoData(f"{path} is not there: the unread messages are left out.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                text = "。".join((row[column] or "").strip() for column in columns)
                yield _fingerprint(text), text


def _fingerprint(text: str) -> str:
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]
