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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.normalization import tame
from classifier.prefilter import AnyOf, Prefilter
from classifier.tag import FLAGS

RULES = Path(__file__).parent / "rules"
_LEVELS = ("normal", "urgent", "critical")
_CLAUSE_END = re.compile(r"[,。!?;:\n]")
_SENTENCE_END = re.compile(r"[。!?\n]")
_AROUND = 80  # characters before and after a match in which its context is looked for
_MOST_MATCHES = 20  # of one rule; the twenty-first says nothing new
_MOST_CHARS, _TAIL_CHARS = 4_000, 1_000  # of a longer text the head and the tail are read
Possible = Mapping[int, Collection[int]]


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


@dataclass(frozen=True, slots=True)
class Cue:
    """Patterns any of which may match; ``number``: theirs in :attr:`Rules.prefilter`."""

    number: int
    patterns: AnyOf

    def found_in(self, text: str, possible: Possible) -> bool:
        """Whether any matches. ``possible``: those that may, in this text or one around it."""
        return any(self.patterns.each[i].search(text) for i in possible.get(self.number, ()))

    def find_all(self, text: str, possible: Possible) -> Iterator[re.Match[str]]:
        """Where they match, from left to right."""
        which = possible.get(self.number)
        return self.patterns.only(which).finditer(text) if which else iter(())


@dataclass(frozen=True, slots=True)
class Condition:
    """On when ``found`` matches and ``unless`` does not."""

    name: str
    found: Cue
    unless: Cue | None

    def holds(self, text: str, possible: Possible) -> bool:
        """Whether the text meets it."""
        return self.found.found_in(text, possible) and not self.excused(text, possible)

    def excused(self, text: str, possible: Possible) -> bool:
        """Whether ``unless`` matches."""
        return self.unless is not None and self.unless.found_in(text, possible)


@dataclass(frozen=True, slots=True)
class UrgencyRule:
    """Patterns of one danger; ``lowered``: words before a match, in its sentence, that lower it."""

    name: str
    found: Cue
    lowered: Cue | None


@dataclass(frozen=True)
class Rules:
    """All three files, compiled.

    ``levels``: patterns of urgency by level; ``contexts``: what weakens a match; ``types`` in order
    of precedence; ``default``: the type where none holds.
    """

    levels: dict[str, tuple[UrgencyRule, ...]]
    contexts: dict[str, Cue]
    types: tuple[Condition, ...]
    default: str
    flags: tuple[Condition, ...]
    prefilter: Prefilter


def read_cues(text: str, *, tamed: str | None = None) -> Cues:
    """All judgements about one text, reading it once.

    :param tamed: the same text, for callers that have tamed it already
    """
    text = _readable_part(tame(text) if tamed is None else tamed)
    rules = _rules()
    possible = rules.prefilter.select(text)
    hits = list(_urgency_hits(text, rules, possible))
    found = [condition for condition in rules.types if condition.found.found_in(text, possible)]
    types = [c.name for c in found if not c.excused(text, possible)]
    almost = [c.name for c in found if c.name not in types]
    raised = {condition.name for condition in rules.flags if condition.holds(text, possible)}
    fired = {f"urgency:{level}" for level, _ in hits}
    fired |= {f"urgency:{level}:{name}" for level, name in hits}
    fired |= {f"type:{name}" for name in types} | {f"type:{name}?" for name in almost}
    return Cues(
        urgency=max((level for level, _ in hits), key=_LEVELS.index, default="normal"),
        request_type=types[0] if types else rules.default,
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
    if len(text) > _MOST_CHARS:
        text = text[: _MOST_CHARS - _TAIL_CHARS] + "\n" + text[-_TAIL_CHARS:]
    return text


def _urgency_hits(text: str, rules: Rules, possible: Possible) -> Iterator[tuple[str, str]]:
    """(level after context, rule name) of each pattern that is found and not taken back."""
    contexts = rules.contexts
    beside_the_point = goes_on = None  # asked of the whole text, and only where something is found
    for level, cues in rules.levels.items():
        for rule in cues:
            for match in islice(rule.found.find_all(text, possible), _MOST_MATCHES):
                if beside_the_point is None:
                    beside_the_point = contexts["about"].found_in(text, possible)
                    goes_on = contexts["ongoing"].found_in(text, possible)
                before = text[max(0, match.start() - _AROUND) : match.start()]
                after = text[match.end() : match.end() + _AROUND]
                clause = _CLAUSE_END.split(before)[-1]
                if contexts["negation"].found_in(clause, possible):
                    continue
                if contexts["denial"].found_in(after, possible):
                    continue
                so_far = _SENTENCE_END.split(before)[-1]
                sentence = so_far + _SENTENCE_END.split(after)[0]
                over = contexts["past"].found_in(sentence, possible) and not goes_on
                feared = level == "critical" and contexts["supposed"].found_in(clause, possible)
                lowered = rule.lowered is not None and rule.lowered.found_in(so_far, possible)
                steps = int(over or feared or lowered or beside_the_point)
                yield _LEVELS[max(_LEVELS.index(level) - steps, 0)], rule.name


@lru_cache(maxsize=1)
def _rules() -> Rules:
    """Read once per process."""
    groups: list[Sequence[str]] = []

    def cue(patterns: Sequence[str]) -> Cue:
        groups.append(patterns)
        return Cue(len(groups) - 1, AnyOf.of(patterns))

    def danger(rule: dict[str, Any]) -> UrgencyRule:
        lowered = rule.get("lowered")
        return UrgencyRule(rule["name"], cue(rule["patterns"]), cue([lowered]) if lowered else None)

    def condition(name: str, rule: dict[str, Any]) -> Condition:
        unless = rule.get("unless")
        return Condition(name, cue(rule["any"]), cue(unless) if unless else None)

    urgency, types, flags = (_load(f"{name}.toml") for name in ("urgency", "request_type", "flags"))
    return Rules(
        levels={
            level: tuple(danger(rule) for rule in urgency[level])
            for level in ("critical", "urgent")
        },
        contexts={name: cue([pattern]) for name, pattern in urgency["context"].items()},
        types=tuple(condition(rule["type"], rule) for rule in types["rule"]),
        default=types["default"],
        flags=tuple(condition(name, rule) for name, rule in flags.items()),
        prefilter=Prefilter.of(groups),
    )


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((RULES / name).read_text(encoding="utf-8"))
