"""From one scheme to another: a suggestion per old category for a person to confirm.

    suggest_mapping(old, new, examples=(), *, encoder=None, progress=None) -> list[MapRow]
    rank_candidates(new, texts, candidates, *, encoder=None) -> list[tuple[str, ...]]

Three opinions are averaged: how alike the two lists' words are, and what a model that knows nothing
but the new list says of the old list's words and of its examples. Old categories that no unit
answers for go to the new category for everything else. Limits are in ``rules/scheme_mapping.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.decision import load_costs
from classifier.encoder import Encoder
from classifier.examples import Example
from classifier.mapping_file import CHECK, ONE, SEVERAL, MapRow
from classifier.scheme import SchemeRow
from classifier.scheme_reader import SchemeReader, likeness
from classifier.taxonomy import training_texts

RULES = Path(__file__).parent / "rules" / "scheme_mapping.toml"
FloatArray = npt.NDArray[np.float32]
_LEAST_AGREEING = 2  # of three opinions


@dataclass(frozen=True)
class Rules:
    """``rules/scheme_mapping.toml``."""

    sure_from: float
    second_from: float
    second_of_first: float
    nothing_below: float
    examples_read: int
    candidates: int
    rest_names: Sequence[str]
    rest_words: Sequence[str]


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Read once per process."""
    return Rules(**tomllib.loads(RULES.read_text(encoding="utf-8")))


def suggest_mapping(
    old: Sequence[SchemeRow],
    new: Sequence[SchemeRow],
    examples: Sequence[Example] = (),
    *,
    encoder: Encoder | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[MapRow]:
    """One suggestion per old category, in their order.

    :param examples: rows labelled in the old scheme; those of other labels are passed over
    """
    rules = load_rules()
    reader = SchemeReader.fit(new, encoder=encoder, progress=progress)
    described = [training_texts(row) for row in old]
    told = [_pick(examples, row.code, rules.examples_read) for row in old]
    rest = [number for number, row in enumerate(new) if is_rest(row)]
    opinions = [
        _spread(likeness(old, new) ** 2, rest),
        _spread(_mean_shares(reader, described), rest),
    ]
    if any(told):
        opinions.append(_spread(_mean_shares(reader, told), rest))
    together = sum(opinions, np.zeros_like(opinions[0])) / len(opinions)
    return [
        _decide(row, new, rest, together[i], [opinion[i] for opinion in opinions], rules)
        for i, row in enumerate(old)
    ]


def rank_candidates(
    new: Sequence[SchemeRow],
    texts: Sequence[str],
    candidates: Sequence[tuple[str, ...]],
    *,
    encoder: Encoder | None = None,
) -> list[tuple[str, ...]]:
    """Per text its candidates, the likeliest first."""
    if not texts:
        return []
    shares = SchemeReader.fit(new, encoder=encoder).shares(texts)
    place = {row.code: number for number, row in enumerate(new)}
    return [
        tuple(sorted(codes, key=lambda code: -float(row[place[code]])))
        for row, codes in zip(shares, candidates, strict=True)
    ]


def is_rest(row: SchemeRow) -> bool:
    """Whether the category is the one for everything else."""
    rules = load_rules()
    return row.name in rules.rest_names or any(word in row.definition for word in rules.rest_words)


def _pick(examples: Sequence[Example], code: str, most: int) -> tuple[str, ...]:
    """As many of the category's examples, the same ones every time."""
    mine = sorted((row.key, row.text) for row in examples if row.category == code)
    return tuple(text for _, text in mine[:most])


def _mean_shares(reader: SchemeReader, texts: Sequence[Sequence[str]]) -> FloatArray:
    shares = reader.shares([text for group in texts for text in group])
    means = np.zeros((len(texts), shares.shape[1]), dtype=np.float32)
    start = 0
    for number, group in enumerate(texts):
        if group:
            means[number] = shares[start : start + len(group)].mean(axis=0)
        start += len(group)
    return means


def _spread(table: FloatArray, rest: Sequence[int]) -> FloatArray:
    """Shares without the category for everything else: its words are like nothing."""
    table = table.copy()
    table[:, rest] = 0.0
    return np.asarray(table / (table.sum(axis=1, keepdims=True) + 1e-9), dtype=np.float32)


def _decide(
    row: SchemeRow,
    new: Sequence[SchemeRow],
    rest: Sequence[int],
    shares: FloatArray,
    opinions: Sequence[FloatArray],
    rules: Rules,
) -> MapRow:
    order = np.argsort(-shares, kind="stable")[: rules.candidates].tolist()
    first, second = order[0], order[1]
    best = float(shares[first])
    targets, how = [first], CHECK
    fallback = _rest_for(row, new, rest)
    agreeing = sum(int(opinion.argmax()) == first for opinion in opinions)
    if fallback is not None and (_unanswered(row) or best < rules.nothing_below):
        targets = [fallback]
    elif shares[second] >= max(rules.second_from, rules.second_of_first * best):
        targets, how = [first, second], SEVERAL
    elif best >= rules.sure_from and agreeing >= min(_LEAST_AGREEING, len(opinions)):
        how = ONE
    return MapRow(
        old_code=row.code,
        old_name=row.name,
        targets=tuple(new[i].code for i in targets),
        target_names=tuple(new[i].name for i in targets),
        how=how,
        score=round(best, 4),
        candidates=tuple((new[i].code, round(float(shares[i]), 4)) for i in order),
    )


def _unanswered(row: SchemeRow) -> bool:
    """Out of scope, unclear, invalid: no unit answers for it."""
    return row.platform in load_costs().never_auto_platforms or is_rest(row)


def _rest_for(row: SchemeRow, new: Sequence[SchemeRow], rest: Sequence[int]) -> int | None:
    """The category for everything else: that of no platform in particular, else of the same one."""
    if not rest:
        return None
    by_itself = [i for i in rest if is_platform_of_its_own(new[i])]
    same = [i for i in rest if new[i].platform_name == row.platform_name]
    return (by_itself or same or list(rest))[0]


def is_platform_of_its_own(row: SchemeRow) -> bool:
    """其他 · 其他: the platform is as much for everything else as the category."""
    return row.platform_name in load_rules().rest_names
