"""Everything that is asked of a fresh model before it may serve.

    examine(challenger, champion, material, taxonomy, *, seed=0, progress) -> Examination
    Examination: comparison, verdict, leaks, row_warnings; .to_dict()

The rows are looked at first (phrases that give the label away, labels whose texts are another's,
labels that the content contradicts), then the two models are compared. Used by ``huying train`` and
by the training room alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.label_quality import held_out_probabilities
from classifier.model import Model
from classifier.retraining.comparison import CompareRows, Comparison, compare_models
from classifier.retraining.figures import load_bounds
from classifier.retraining.record import Assembled
from classifier.retraining.row_checks import (
    Leak,
    count_flips,
    find_lone,
    find_narrow,
    find_swapped,
)
from classifier.retraining.texts import in_percent, say
from classifier.retraining.verdict import Verdict, judge
from classifier.retraining.witness import Witness
from classifier.taxonomy import Taxonomy

_MOST_LEAKS = 5  # phrases that are named
_LEAST_LONE = 5
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Examination:
    """The numbers and what follows from them."""

    comparison: Comparison
    verdict: Verdict
    leaks: Sequence[Leak]
    row_warnings: Sequence[str]  # those of the verdict's that speak of the rows alone

    def to_dict(self) -> dict[str, Any]:
        """``comparison.json``."""
        return {
            "passed": self.verdict.passed,
            "reasons": list(self.verdict.reasons),
            "warnings": list(self.verdict.warnings),
            **self.comparison.to_dict(),
        }


def examine(
    challenger: Model,
    champion: Model | None,
    material: Assembled,
    taxonomy: Taxonomy,
    *,
    seed: int = 0,
    progress: Progress = lambda fraction: None,
) -> Examination:
    """Check the rows, compare the models, decide."""
    leaks = material.leaks
    comparison = compare_models(
        challenger,
        champion,
        CompareRows(
            material.frozen, material.comparable, material.own, [leak.phrase for leak in leaks]
        ),
        taxonomy,
        seed=seed,
        progress=progress,
    )
    problems, warnings = _say_swapped(challenger, champion, material, taxonomy)
    warnings += [_say_leak(leak, taxonomy) for leak in leaks[:_MOST_LEAKS]]
    warnings += _say_flips(challenger, material) + _say_sizes(material, taxonomy)
    warnings += material.examples.warnings
    about_rows = tuple(warnings)
    if champion and champion.taxonomy.hash != taxonomy.hash:
        warnings.append(say("warnings", "other_scheme"))
    verdict = judge(comparison, problems=problems, warnings=warnings)
    return Examination(comparison, verdict, leaks, about_rows)


def _say_swapped(
    challenger: Model, champion: Model | None, material: Assembled, taxonomy: Taxonomy
) -> tuple[list[str], list[str]]:
    """Sentences that refuse, and sentences that warn, about labels that were mixed up.

    The model before is asked where it can be: one that learnt from such rows has come to believe
    them. Only a label that the shipped examples know can be refused; a town's own word for its own
    label is the last one.
    """
    asked = champion or challenger
    # A category that it has never heard of it would call wrong in every row.
    heard = {taxonomy.settle(code) for code in asked.taxonomy.codes}
    own = [row for row in material.own if row.category in heard]
    rows = sorted(own, key=lambda row: row.key)[: load_bounds()["asked_most"]]
    tags = Witness(asked, taxonomy).tags(rows) if rows else []
    known = {row.category for row in material.comparable}
    problems, warnings = [], []
    for found in find_swapped(rows, tags):
        other = taxonomy[found.other].name if found.other in taxonomy else found.other
        words = {
            "category": taxonomy[found.category].name,
            "other": other,
            "n": found.n,
            "own_n": found.own_n,
            "other_n": found.other_n,
        }
        if found.category in known and found.other in known:
            problems.append(say("reasons", "replaced", **words))
        else:
            warnings.append(say("warnings", "replaced", **words))
    return problems, warnings


def _say_flips(model: Model, material: Assembled) -> list[str]:
    _, table = held_out_probabilities(model.artefact)
    rows = material.examples.rows
    if not material.own or len(rows) != len(table):
        return []
    mine = {row.key for row in material.own}
    own = np.array([row.key in mine for row in rows], dtype=np.bool_)
    flips = count_flips([row.category for row in rows], table, model.taxonomy.codes, own)
    if not flips.suspicious:
        return []
    share, usual = in_percent(flips.seen / flips.rows), in_percent(flips.usual)
    return [say("warnings", "flips", n=flips.seen, share=share, usual=usual)]


def _say_leak(leak: Leak, taxonomy: Taxonomy) -> str:
    name = taxonomy[leak.category].name
    return say("warnings", "leak", phrase=leak.phrase, n=leak.n, same=leak.same, category=name)


def _say_sizes(material: Assembled, taxonomy: Taxonomy) -> list[str]:
    sentences = []
    if material.conflicts:
        sentences.append(say("warnings", "conflict", n=material.conflicts))
    if narrow := find_narrow(material.own):
        name = taxonomy[narrow[0]].name
        sentences.append(say("warnings", "narrow", category=name, share=in_percent(narrow[1])))
    lone = find_lone(material.examples.rows, taxonomy, _LEAST_LONE)
    if lone:
        titles = "、".join(taxonomy[code].name for code in lone)
        sentences.append(say("warnings", "lone", titles=titles, least=_LEAST_LONE))
    return sentences
