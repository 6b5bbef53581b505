"""How much two characters, or one, tell: cases/same_event/common_pairs.csv.

    python scripts/make_common_pairs.py [TARGET]

Counted in the authored training rows (``training_data/examples``), places left out. What is in n
of N rows weighs log(N/n) / log(N/5): nothing where it is in every row, 1 where it is in five. Rows
that say it less than ten times are left out, and weigh 1.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter
from pathlib import Path

from cases.addresses.narrowing import narrow_name
from cases.place import iter_place_spans
from cases.same_event.features import IDEOGRAPH, iter_pairs, write_alike
from cases.same_event.rules import FOLDER

EXAMPLES = Path(__file__).resolve().parents[1] / "training_data" / "examples"
LEAST = 10
RARE = 5


def count() -> tuple[int, Counter[str]]:
    """Number of rows, and in how many of them each pair and each character is."""
    found: Counter[str] = Counter()
    total = 0
    for path in sorted(EXAMPLES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text = write_alike(row["text"][:600])
                words = narrow_name(text)
                for start, end in iter_place_spans(text):
                    words = words.replace(narrow_name(text[start:end]), "，")
                found.update({*iter_pairs(words), *IDEOGRAPH.findall(words)})
                total += 1
    return total, found


def main() -> None:
    """Write the table."""
    target = Path(sys.argv[1]) if sys.argv[1:] else FOLDER / "common_pairs.csv"
    total, found = count()
    rows = sorted(
        (round(math.log(total / n) / math.log(total / RARE), 2), piece)
        for piece, n in found.items()
        if n >= LEAST
    )
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["pair", "weight"])
        writer.writerows((piece, weight) for weight, piece in rows)


if __name__ == "__main__":
    main()
