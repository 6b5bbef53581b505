"""The figures of a comparison, from what two models said of the same rows.

    Asked(name, rows, new, old, handicapped)     one set of rows and both models' tags
    pool(asked) -> Asked                         all rows on which the two are asked alike
    score_test(part, platform_of) -> dict        both models on one set
    by_part(pooled, kind, titles, ...) -> list   both models platform by platform, or category
    compare_calibration(asked, seed) -> dict     whose confidence can be believed
    compare_critical(asked, new, old) -> dict    who finds the messages that must not wait
    load_bounds()                                ``bounds.toml``

Every ``p`` says how often chance alone would give such a loss or a larger one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.evaluation import Answer, score_tags
from classifier.examples import Example
from classifier.retraining.significance import calibration_gap, gap_by_chance, loss_by_chance
from classifier.retraining.texts import say
from classifier.retraining.witness import Witness
from classifier.tag import Tag

FROZEN, SHIPPED, OWN = "frozen", "shipped", "own"
BOUNDS = Path(__file__).with_name("bounds.toml")
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """One set of rows and what both said of it; ``old`` is empty where nothing served before.

    ``handicapped``: rows that the new model answers out of fold, from two thirds of what it learnt,
    and the old one with all it knows. They are counted, but no category is judged by them.
    """

    name: str
    rows: Sequence[Example]
    new: Sequence[Tag]
    old: Sequence[Tag]
    handicapped: Sequence[bool] = ()


@lru_cache(maxsize=1)
def load_bounds() -> dict[str, Any]:
    """``bounds.toml``, read once per process."""
    return tomllib.loads(BOUNDS.read_text(encoding="utf-8"))


def right_answers(part: Asked, tags: Sequence[Tag]) -> BoolArray:
    """Whether each tag names its row's category."""
    pairs = zip(part.rows, tags, strict=True)
    return np.array([tag.category == row.category for row, tag in pairs], dtype=np.bool_)


def pool(asked: Sequence[Asked]) -> Asked:
    """All rows on which the two are asked alike."""
    rows, new, old = [], [], []
    for part in asked:
        unfair = part.handicapped or [False] * len(part.rows)
        kept = [i for i in range(len(part.rows)) if not unfair[i]]
        rows += [part.rows[i] for i in kept]
        new += [part.new[i] for i in kept]
        old += [part.old[i] for i in kept if part.old]
    return Asked("all", rows, new, old)


def score_test(part: Asked, platform_of: dict[str, str]) -> dict[str, Any]:
    """One entry of ``tests``."""
    whole = part.name == FROZEN
    answers = [
        Answer(
            (row.category,),
            (row.request_type,) if whole and row.request_type else (),
            (row.urgency,) if whole and row.urgency else (),
        )
        for row in part.rows
    ]
    result = {
        "name": part.name,
        "title": say("tests", part.name),
        "n": len(part.rows),
        "champion": score_tags(part.old, answers, platform_of) if part.old else None,
        "challenger": score_tags(part.new, answers, platform_of),
    }
    result["handicap"] = round(sum(part.handicapped) / len(part.rows), 4)
    return result | _differences(right_answers(part, part.new), _right_before(part))


def _right_before(part: Asked) -> BoolArray | None:
    return right_answers(part, part.old) if part.old else None


def _differences(new: BoolArray, old: BoolArray | None) -> dict[str, Any]:
    if old is None:
        return {"better": 0, "worse": 0, "p": 1.0}
    better, worse = int((new & ~old).sum()), int((old & ~new).sum())
    return {"better": better, "worse": worse, "p": round(loss_by_chance(better, worse), 6)}


def by_part(
    pooled: Asked,
    kind: str,
    titles: dict[str, str],
    *,
    of_row: Callable[[Example], str],
    right: Callable[[Tag, Example], bool],
) -> list[dict[str, Any]]:
    """One entry for each part that has rows.

    :param kind: "platform" or "category"; ``titles``: its codes and their Chinese names
    """
    parts = np.array([of_row(row) for row in pooled.rows])
    new = np.array([right(t, r) for t, r in zip(pooled.new, pooled.rows, strict=True)], np.bool_)
    old = None
    if pooled.old:
        old = np.array(
            [right(t, r) for t, r in zip(pooled.old, pooled.rows, strict=True)], np.bool_
        )
    found = []
    for code, title in titles.items():
        mine = parts == code
        if mine.any():
            found.append(
                {
                    kind: code,
                    "title": title,
                    "n": int(mine.sum()),
                    "champion": None if old is None else round(float(old[mine].mean()), 4),
                    "challenger": round(float(new[mine].mean()), 4),
                    **_differences(new[mine], None if old is None else old[mine]),
                }
            )
    return found


def compare_calibration(asked: Sequence[Asked], seed: int) -> dict[str, Any]:
    """On the frozen rows where they are enough, else on the largest other set."""
    least = load_bounds()["calibration"]["least"]
    frozen = [part for part in asked if part.name == FROZEN and len(part.rows) >= least]
    part = (frozen or sorted(asked, key=lambda part: -len(part.rows)))[0]
    if not part.rows:
        return {"champion": None, "challenger": None, "p": 1.0, "rows": part.name, "n": 0}
    new = _promises(part, part.new)
    old = _promises(part, part.old) if part.old else None
    return {
        "champion": round(calibration_gap(old), 4) if old else None,
        "challenger": round(calibration_gap(new), 4),
        "p": round(gap_by_chance(old, new, seed), 4) if old else 1.0,
        "rows": part.name,
        "n": len(part.rows),
    }


def _promises(part: Asked, tags: Sequence[Tag]) -> tuple[npt.NDArray[np.float64], BoolArray]:
    return np.array([tag.confidence for tag in tags]), right_answers(part, tags)


def compare_critical(asked: Sequence[Asked], new: Witness, old: Witness | None) -> dict[str, Any]:
    """Recall over all rows labelled critical, and false alarms among the others."""
    rows = [row for part in asked for row in part.rows if row.urgency == "critical"]
    frozen = {row.key for part in asked if part.name == FROZEN for row in part.rows}
    others = [row for part in asked for row in part.rows if row.urgency not in ("", "critical")]
    others = sorted(others, key=lambda row: row.key)[: load_bounds()["alarms_most"]]
    every = [*rows, *others]
    fair = [new.judged_critical(row) and (old is None or old.judged_critical(row)) for row in every]
    found = new.critical(every, fair)
    before = old.critical(every, fair) if old else None
    n = len(rows)
    held = np.array([row.key in frozen for row in rows], dtype=np.bool_)

    def recall(of: BoolArray | None, where: BoolArray | None = None) -> float | None:
        some = None if of is None else of[:n] if where is None else of[:n][where]
        return round(float(some.mean()), 4) if some is not None and len(some) else None

    def alarms(of: BoolArray | None) -> float | None:
        return round(float(of[n:].mean()), 4) if of is not None and len(of) > n else None

    return {
        "champion": recall(before),
        "challenger": recall(found),
        "n": n,
        **_differences(found[:n], None if before is None else before[:n]),
        "frozen": {
            "champion": recall(before, held),
            "challenger": recall(found, held),
            "n": int(held.sum()),
        },
        "false_alarms": {"champion": alarms(before), "challenger": alarms(found)},
        "missed": [
            row.key
            for i, row in enumerate(rows)
            if before is not None and before[i] and not found[i]
        ][:20],
    }
