"""Request type, urgency and flags from cue patterns kept as data in ``rules/*.toml``.

    judge_urgency(text) -> "critical" | "urgent" | "normal"
    judge_request_type(text) -> one of tag.REQUEST_TYPES
    judge_flags(text) -> tuple of flags, in the order of tag.FLAGS
    read_cues(text) -> Cues           all of these at once, and what fired

Light: standard library only, also used by :class:`classifier.testing.FakeClassifier`. The learned
part (:mod:`classifier.side_heads`) may raise what the rules say, for critical never lower it.
Patterns see the text simplified and half-width, with its digits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.normalization import tame
from classifier.prefilter import Prefilter
from classifier.tag import FLAGS

RULES = Path(__file__).parent / "rules"
_LEVELS = ("normal", "urgent", "critical")
_CLAUSE_END = re.compile(r"[,。!?;:\n]")
_SENTENCE_END = re.compile(r"[。!?\n]")
_AROUND = 80  # characters before and after a match in which its context is looked for
_MOST_MATCHES = 20  # of one rule; the twenty-first says nothing new
_MOST_CHARS, _TAIL_CHARS = 4_000, 1_000  # of a longer text the head and the tail are read


@dataclass(frozen=True, slots=True)
class Cues:
    """What the rules say about one text.

    ``fired`` names everything found, e.g. ``("type:consult", "urgency:critical")``: features for
    the learned part. It lists every request-type rule that holds, not only the first, because the
    learned part weighs them against each other; "type:report?" was found but taken back.
    """

    urgency: str
    request_type: str
    flags: tuple[str, ...]
    fired: tuple[str, ...]


@dataclass(frozen=True)
class Cue:
    """Patterns any of which may match; ``may_match`` rules most texts out at a glance."""

    pattern: re.Pattern[str]
    prefilter: Prefilter

    @classmethod
    def of(cls, patterns: Sequence[str]) -> Cue:
        """Compiled as one."""
        return cls(re.compile("|".join(patterns)), Prefilter.of(patterns))

    def found_in(self, text: str, characters: set[str]) -> bool:
        """Whether any matches. ``characters``: those of the text."""
        return self.prefilter.may_match(characters) and bool(self.pattern.search(text))


@dataclass(frozen=True)
class UrgencyRules:
    """Compiled ``urgency.toml``: patterns by level, and the contexts that weaken a match."""

    levels: dict[str, tuple[tuple[str, Cue], ...]]
    context: dict[str, re.Pattern[str]]


@dataclass(frozen=True)
class Condition:
    """On when ``found`` matches and ``unless`` does not."""

    name: str
    found: Cue
    unless: Cue | None

    def holds(self, text: str, characters: set[str]) -> bool:
        """Whether the text meets it."""
        return self.found.found_in(text, characters) and not self.excused(text, characters)

    def excused(self, text: str, characters: set[str]) -> bool:
        """Whether ``unless`` matches."""
        return self.unless is not None and self.unless.found_in(text, characters)


def read_cues(text: str) -> Cues:
    """All judgements about one text, reading it once."""
    text = _readable_part(text)
    characters = set(text)
    hits = list(_urgency_hits(text, characters))
    conditions, default = _request_type_rules()
    found = [condition for condition in conditions if condition.found.found_in(text, characters)]
    types = [c.name for c in found if not c.excused(text, characters)]
    almost = [c.name for c in found if c.name not in types]
    raised = {condition.name for condition in _flag_rules() if condition.holds(text, characters)}
    fired = {f"urgency:{level}" for level, _ in hits}
    fired |= {f"urgency:{level}:{name}" for level, name in hits}
    fired |= {f"type:{name}" for name in types} | {f"type:{name}?" for name in almost}
    return Cues(
        urgency=max((level for level, _ in hits), key=_LEVELS.index, default="normal"),
        request_type=types[0] if types else default,
        flags=tuple(flag for flag in FLAGS if flag in raised),
        fired=tuple(sorted(fired)),
    )


def judge_urgency(text: str) -> str:
    """The highest level any pattern reaches, after negation, supposition and past tense."""
    return read_cues(text).urgency


def judge_request_type(text: str) -> str:
    """First rule that holds, top to bottom; the file's default when none does."""
    return read_cues(text).request_type


def judge_flags(text: str) -> tuple[str, ...]:
    """The flags raised, in the order of ``tag.FLAGS``."""
    return read_cues(text).flags


def _readable_part(text: str) -> str:
    text = tame(text)
    if len(text) > _MOST_CHARS:
        text = text[: _MOST_CHARS - _TAIL_CHARS] + "\n" + text[-_TAIL_CHARS:]
    return text


def _urgency_hits(text: str, characters: set[str]) -> Iterator[tuple[str, str]]:
    """(level after context, rule name) of each pattern that is found and not taken back."""
    rules = _urgency_rules()
    context = rules.context
    beside_the_point = goes_on = None  # asked of the whole text, and only where something is found
    for level, cues in rules.levels.items():
        for name, cue in cues:
            if not cue.prefilter.may_match(characters):
                continue
            for match in islice(cue.pattern.finditer(text), _MOST_MATCHES):
                if beside_the_point is None:
                    beside_the_point = bool(context["about"].search(text))
                    goes_on = bool(context["ongoing"].search(text))
                before = text[max(0, match.start() - _AROUND) : match.start()]
                after = text[match.end() : match.end() + _AROUND]
                clause = _CLAUSE_END.split(before)[-1]
                if context["negation"].search(clause) or context["denial"].search(after):
                    continue
                sentence = _SENTENCE_END.split(before)[-1] + _SENTENCE_END.split(after)[0]
                over = bool(context["past"].search(sentence)) and not goes_on
                feared = level == "critical" and bool(context["supposed"].search(clause))
                steps = int(over or feared or beside_the_point)
                yield _LEVELS[max(_LEVELS.index(level) - steps, 0)], name


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((RULES / name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _urgency_rules() -> UrgencyRules:
    table = _load("urgency.toml")
    levels = {
        level: tuple((rule["name"], Cue.of(rule["patterns"])) for rule in table[level])
        for level in ("critical", "urgent")
    }
    context = {name: re.compile(pattern) for name, pattern in table["context"].items()}
    return UrgencyRules(levels, context)


@lru_cache(maxsize=1)
def _request_type_rules() -> tuple[tuple[Condition, ...], str]:
    table = _load("request_type.toml")
    return tuple(_condition(rule["type"], rule) for rule in table["rule"]), table["default"]


@lru_cache(maxsize=1)
def _flag_rules() -> tuple[Condition, ...]:
    return tuple(_condition(name, rule) for name, rule in _load("flags.toml").items())


def _condition(name: str, rule: dict[str, Any]) -> Condition:
    unless = rule.get("unless") or []
    return Condition(name, Cue.of(rule["any"]), Cue.of(unless) if unless else None)
