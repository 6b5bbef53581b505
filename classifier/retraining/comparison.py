"""Champion against challenger, on the same rows.

    compare_models(challenger, champion, rows, taxonomy, *, seed=0) -> Comparison
    CompareRows(frozen, shipped, own, leaks)
    Comparison: tests, platforms, categories, calibration, critical, pairs, promises
    Comparison.to_dict() -> dict

Each row is judged by a model that did not train on it: where a model has the row among its own,
its stored out-of-fold answer counts, else it answers now. Frozen rows come without the phrases
that give their label away (``leaks``). Figures are those of
:func:`classifier.evaluation.score_tags`; every ``p`` says how often chance alone would give such a
loss or a larger one. What follows from the numbers is said by :mod:`classifier.retraining.verdict`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from classifier.examples import Example
from classifier.model import Model
from classifier.normalization import narrow
from classifier.retraining.figures import (
    FROZEN,
    OWN,
    SHIPPED,
    Asked,
    by_part,
    compare_calibration,
    compare_critical,
    load_bounds,
    pool,
    score_test,
)
from classifier.retraining.witness import Witness
from classifier.taxonomy import Taxonomy

Progress = Callable[[float], None]


@dataclass(frozen=True)
class CompareRows:
    """What the two are asked. A text that occurs twice counts where it comes first."""

    frozen: Sequence[Example] = ()
    shipped: Sequence[Example] = ()
    own: Sequence[Example] = ()
    leaks: Sequence[str] = ()  # phrases that frozen rows are read without


@dataclass(frozen=True)
class Comparison:
    """The numbers; see ``docs/retraining.md`` for what each means."""

    champion: str | None
    challenger: str
    tests: list[dict[str, Any]]
    platforms: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    calibration: dict[str, Any]
    critical: dict[str, Any]
    asked: Sequence[Asked] = field(repr=False, default=())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the rows."""
        return {name: value for name, value in vars(self).items() if name != "asked"}


def compare_models(
    challenger: Model,
    champion: Model | None,
    rows: CompareRows,
    taxonomy: Taxonomy,
    *,
    seed: int = 0,
    progress: Progress = lambda fraction: None,
) -> Comparison:
    """Ask both and count.

    :param taxonomy: whose labels are right; those of the rows have been settled in it
    """
    new = Witness(challenger, taxonomy)
    old = Witness(champion, taxonomy) if champion else None
    asked = []
    for step, (name, some) in enumerate(_rows_to_ask(rows, new, old)):
        whole = name == FROZEN
        told = new.tags(some, whole=whole)
        progress((step + 0.5) / 3)
        before = old.tags(some, whole=whole) if old else ()
        unfair = [new.trained_on(r) and not old.trained_on(r) for r in some] if old else []
        asked.append(Asked(name, some, told, before, unfair))
        progress((step + 1) / 3)
    platform_of = {label.code: label.platform for label in taxonomy}
    names = {label.code: label.name for label in taxonomy}
    pooled = pool(asked)
    return Comparison(
        champion=champion.id if champion else None,
        challenger=challenger.id,
        tests=[score_test(part, platform_of) for part in asked if part.rows],
        platforms=by_part(
            pooled,
            "platform",
            {code: taxonomy.platform_name(code) for code, _ in taxonomy.platforms},
            of_row=lambda row: platform_of[row.category],
            right=lambda tag, row: tag.platform == platform_of[row.category],
        ),
        categories=by_part(
            pooled,
            "category",
            names,
            of_row=lambda row: row.category,
            right=lambda tag, row: tag.category == row.category,
        ),
        calibration=compare_calibration(asked, seed),
        critical=compare_critical(asked, new, old),
        asked=asked,
    )


def without_phrases(text: str, phrases: Iterable[str]) -> str:
    """The text without each phrase; as it was where nothing else is left."""
    bare = narrowed = narrow(text)
    for phrase in phrases:
        bare = bare.replace(phrase, "")
    return bare if bare.strip() and bare != narrowed else text


def _rows_to_ask(
    rows: CompareRows, new: Witness, old: Witness | None
) -> list[tuple[str, list[Example]]]:
    bounds = load_bounds()
    seen: set[str] = set()

    def pick(some: Sequence[Example]) -> list[Example]:
        kept = [row for row in some if row.key not in seen]
        seen.update(row.key for row in kept)
        return kept

    frozen = sorted(pick(rows.frozen), key=lambda row: row.key)[: bounds["frozen_most"]]
    frozen = [replace(row, text=without_phrases(row.text, rows.leaks)) for row in frozen]
    # Where a row is labelled twice the shipped label counts: it was reviewed.
    rest = []
    for name, some in ((SHIPPED, pick(rows.shipped)), (OWN, pick(rows.own))):
        some = [row for row in some if not new.took_over(row)]
        stored = [row for row in some if new.trained_on(row) and (not old or old.trained_on(row))]
        known = {row.key for row in stored}
        fresh = sorted((row for row in some if row.key not in known), key=lambda row: row.key)
        rest.append((name, stored + fresh[: bounds["asked_most"]]))
    return [(FROZEN, frozen), *rest]
