"""Labels of the town to look at again, after a training.

    describe(material, taxonomy, artefact, cache) -> (n, categories)     the second witness
    find_suspects(material, taxonomy, artefact, described) -> list[Suspect]   worst first
    say_replaced(material, taxonomy, described) -> list[str]             whole categories mixed up

All rows of the training are ranked together, so that a label's usual confidence rests on the
shipped examples as well; only the town's own rows are reported, nobody here can mend the others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact
from classifier.described import describe_rows
from classifier.label_quality import (
    Suspect,
    find_replaced,
    held_out_probabilities,
    rank_suspects,
)
from classifier.retraining.record import Assembled
from classifier.retraining.texts import in_percent, say
from classifier.taxonomy import Taxonomy

_LEAST_SCORE = 0.5  # more suspicious than half of all rows, or it is not worth a look
_MOST = 5_000
FloatArray = npt.NDArray[np.float32]


def describe(
    material: Assembled, taxonomy: Taxonomy, artefact: ModelArtefact, cache: Path
) -> FloatArray:
    """What the categories' descriptions say of each row of the training."""
    texts = [row.text for row in material.examples.rows]
    return describe_rows(texts, taxonomy, artefact, cache)


def find_suspects(
    material: Assembled, taxonomy: Taxonomy, artefact: ModelArtefact, described: FloatArray
) -> list[Suspect]:
    """The town's rows whose label is probably wrong."""
    rows = material.examples.rows
    keys, table = held_out_probabilities(artefact)
    labels = [row.category for row in rows]
    ranked = rank_suspects(keys, labels, table, taxonomy.codes, described)
    own = {row.key for row in material.own}
    mine = [one for one in ranked if one.key in own and one.score >= _LEAST_SCORE]
    return mine[:_MOST]


def say_replaced(material: Assembled, taxonomy: Taxonomy, described: FloatArray) -> list[str]:
    """One sentence for each category that holds much of what is described as another."""
    if not material.own:
        return []
    labels = [row.category for row in material.examples.rows]
    own = {row.key for row in material.own}
    authored = np.array([row.key not in own for row in material.examples.rows])
    usual: set[tuple[str, str]] = set()
    if authored.any():
        shipped = [row.category for row in material.examples.rows if row.key not in own]
        known = find_replaced(shipped, described[authored], taxonomy.codes)
        usual = {(found.category, found.described) for found in known}
    return [
        say(
            "warnings",
            "described",
            category=taxonomy[found.category].name,
            other=taxonomy[found.described].name,
            n=found.rows,
            share=in_percent(found.share),
        )
        for found in find_replaced(labels, described, taxonomy.codes)
        if (found.category, found.described) not in usual  # the descriptions' own weakness
    ]
