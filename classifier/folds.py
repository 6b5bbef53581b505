"""Which rows are held out together.

    assign_folds(labels, groups, k) -> int8 array   0..k-1 per row, whole groups, labels spread

Variants of one story share a group. If one of them were trained on while another is scored, the
scores would look surer than the model is on stories it never saw.

A group of a label with many of them goes where its name says, whatever else is there: dealt out in
turn, a hundred new rows would move half of all groups to another fold, and two models be compared
that were judged by different halves. That luck alone is a quarter of a point of the shipped rows.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_MANY = 60  # groups of a label; with fewer the folds would differ too much in size


def assign_folds(labels: Sequence[str], groups: Sequence[str], k: int = 3) -> npt.NDArray[np.int8]:
    """Spread the groups of each label over the folds; the order of the file plays no part.

    A group with rows of several labels is dealt once, with the label of its first row.
    """
    first_label: dict[str, str] = {}
    for label, group in zip(labels, groups, strict=True):
        first_label.setdefault(group, label)
    by_label: dict[str, list[str]] = defaultdict(list)
    for group, label in first_label.items():
        by_label[label].append(group)
    fold_of: dict[str, int] = {}
    for start, label in enumerate(sorted(by_label)):
        if len(by_label[label]) >= _MANY:
            fold_of |= {group: int(_shuffled(group), 16) % k for group in by_label[label]}
            continue
        dealt = sorted(by_label[label], key=_shuffled)
        # A different first fold per label, or fold 0 would get every label's odd group.
        fold_of |= {group: (start + i) % k for i, group in enumerate(dealt)}
    return np.array([fold_of[group] for group in groups], dtype=np.int8)


def _shuffled(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()
