"""A glance at the characters never rules out a match."""

from __future__ import annotations

import csv
import re

import pytest

from classifier import cue_rules
from classifier.cue_rules import read_cues
from classifier.normalization import normalize
from classifier.prefilter import Prefilter
from classifier.taxonomy import shipped_folder

EVERY = 20  # of the shipped rows


@pytest.mark.parametrize(
    ("pattern", "text", "may"),
    [
        ("燃气", "煤气", False),
        ("燃气", "气燃", False),  # the characters are there, the pair is not
        ("燃气.*漏", "漏燃气", True),  # only the pattern can tell
        ("(燃|煤)(气|油)", "煤价油价", False),
        ("(燃气|煤气)(漏|爆)", "天然气漏", False),
        ("(燃气|煤)(漏|爆)", "气漏了煤", True),  # an end of the one and a beginning of the other
        ("(?=煤)气", "气", True),
        ("(?i)abc", "ABC", True),
        ("(?i:a)b", "Ab", True),
        ("(燃|煤)气", "煤炭气味", False),
        ("(燃|煤)气", "天然气", False),
        ("着火|冒烟", "冒着", False),
        ("(着火|冒烟)了", "冒烟了", True),
        ("火灾?", "火", True),
        ("火(?!车)", "火车", True),
        ("[^火]", "水", True),
        ("[火水]灾", "天灾", False),
        (r"\d+户", "三户", True),
        (r"\d+户", "三家", False),
        ("(水|)管", "管", True),
        ("火{2,}", "水", False),
    ],
)
def test_what_a_pattern_needs(pattern: str, text: str, may: bool) -> None:
    assert bool(Prefilter.of([[pattern]]).select(text)) is may
    assert may or not re.search(pattern, text)


def test_shipped_rules_find_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for path in sorted((shipped_folder() / "examples").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            texts += [row["text"] for row in csv.DictReader(file)][::EVERY]
    assert len(texts) > 500
    told = [(read_cues(text), normalize(text)) for text in texts]
    asked = []

    def see_everything(self: Prefilter, text: str) -> frozenset[str]:
        asked.append(self)
        return self.known

    monkeypatch.setattr(Prefilter, "_look", see_everything)
    assert [(read_cues(text), normalize(text)) for text in texts] == told
    assert len(asked) >= 2 * len(texts)


def test_rules_are_ruled_out() -> None:
    """Or the filter would be of no use."""
    rules = cue_rules._rules()
    cues = [rule.found for own in rules.levels.values() for rule in own]
    texts = ["路灯坏了一个多月", "咨询医保缴费的事", "这家店卖的水果缺斤少两", "垃圾桶满了没有清运"]
    for text in texts:
        possible = rules.prefilter.select(text)
        assert sum(cue.number in possible for cue in cues) < len(cues) / 5
