"""One check for each thing that gets lost: (heard, filed, own, several) -> what is gone.

``own`` is the position of the case that says most of this matter, ``several`` whether the call had
more than one. A check yields the place of the words in the call, and what its sentence names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cases.calls.cues import any_of
from cases.calls.parts import Clause
from cases.faithfulness.amounts import Amount, find_amounts, values_of
from cases.faithfulness.filed import FiledWords, concepts_of
from cases.faithfulness.heard import HeardMatter
from cases.faithfulness.words import Group, half_width, load_rules, speaks_of, squeeze

_KEPT = 0.6  # so much of a clause, word for word, is the clause itself
_MATTER_KEPT = 0.3  # a matter told in other words still shares its names and things
_PLACE_KEPT = 0.5
_SHORTEST = 4
_SOFT = frozenset({"consult", "suggest", "praise"})


@dataclass(frozen=True)
class Lost:
    """``text[start:end]`` of the call; ``words`` fill the sentence."""

    start: int
    end: int
    words: Mapping[str, str] = field(default_factory=dict)
    value: str = ""


def lost_matter(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """Of several matters one that no case is about."""
    said = heard.of_kind("complaint", "demand") or heard.of_kind("history")
    words = "".join(_without_opening(heard.text[c.start : c.end]) for c in said)
    if several and len(squeeze(words)) >= _SHORTEST and filed.covers(words) < _MATTER_KEPT:
        yield Lost(said[0].start, said[-1].end if said[-1].turn == said[0].turn else said[0].end)


def _without_opening(words: str) -> str:
    """ "还有一个事", "我想问一下": how a matter is announced is not what it is."""
    for table, key in (("matters", "opens"), ("asides", "introduction")):
        words = any_of(table, key).sub("", words, count=1)
    return words


def lost_demands(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """A demand that is neither there word for word nor asked for in other words."""
    rules = load_rules()
    for clause in heard.of_kind("demand"):
        words = heard.text[clause.start : clause.end]
        plain = squeeze(words)
        if len(plain) < _SHORTEST or rules.general.search(plain):
            continue
        wanted = concepts_of(words)
        asked = bool(wanted & filed.demands) if wanted else filed.has_demand
        if not asked and filed.covers(words) < _KEPT:
            yield Lost(clause.start, clause.end)


def lost_risks(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """A word of danger that the filed texts have in no form; feared and denied ones aside."""
    denied = load_rules().denied
    for group in load_rules().risks:
        if speaks_of(group.pattern, filed.plain, denied):
            continue
        clause = _first(heard, group, denied, "complaint", "demand", "history")
        if clause is not None:
            yield Lost(clause.start, clause.end, {"name": group.name})


def lowered_urgency(
    heard: HeardMatter, filed: FiledWords, own: int, several: bool
) -> Iterator[Lost]:
    """Danger to life that happens now, filed as anything else."""
    if filed.cases[own].urgency != "normal" or filed.cases[own].request_type in _SOFT:
        return
    rules = load_rules()
    for group in rules.risks:
        danger = group.level == "critical"
        clause = _first(heard, group, rules.feared, "complaint") if danger else None
        if clause is not None:
            yield Lost(clause.start, clause.end, {"name": group.name}, "urgent")
            return


def softened_type(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """投诉 or 举报 filed as 咨询, 建议 or 表扬, against the caller's words."""
    rules = load_rules()
    given = filed.cases[own].request_type
    if given not in _SOFT:
        return
    said = [(start, half_width(heard.text[start:end])) for start, end in heard.words]
    if not any(rules.types[given].search(text) for _, text in said):
        # Nothing in the words asks, suggests or thanks: what they do is complain.
        told = heard.of_kind("complaint", "demand", "history")
        if told:
            yield _softened(told[0].start, told[0].end, "complaint", given)
        return
    named = any(rules.named[given].search(text) for _, text in said)
    for clause in [] if named else heard.of_kind("demand"):
        if concepts_of(heard.text[clause.start : clause.end]) & rules.hard_demands:
            yield _softened(clause.start, clause.end, "complaint", given)
            return
    for kind in ("report", "complaint", "help"):
        # Who named it themselves is believed, unless they named the harder word as well.
        pattern = rules.named.get(kind) if named else rules.types[kind]
        for start, text in said:
            match = pattern.search(text) if pattern else None
            if match and not rules.feared.search(text[: match.start()]):
                first, last = _clause_around(heard, start + match.start(), start + match.end())
                yield _softened(first, last, kind, given)
                return


def _softened(start: int, end: int, heard_as: str, filed_as: str) -> Lost:
    names = load_rules().type_names
    return Lost(start, end, {"heard": names[heard_as], "filed": names[filed_as]}, heard_as)


def lost_place(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """Where it is."""
    place = heard.place
    if place is None or len(squeeze(place.text)) < _SHORTEST:
        return
    if filed.covers(place.text) < _PLACE_KEPT:
        yield Lost(place.start, place.end)


def lost_numbers(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """Money, doors, sizes, dates and other figures."""
    values = values_of(list(filed.amounts))
    for amount in _amounts(heard):
        if amount.kind != "people" and not _stands(amount, filed, values):
            yield Lost(amount.start, amount.end)


def changed_counts(
    heard: HeardMatter, filed: FiledWords, own: int, several: bool
) -> Iterator[Lost]:
    """How many it hits."""
    counts = {a.value for a in filed.amounts if a.kind in ("people", "figure")}
    for amount in _amounts(heard):
        if amount.kind == "people" and amount.value not in counts:
            yield Lost(amount.start, amount.end)


def lost_time(heard: HeardMatter, filed: FiledWords, own: int, several: bool) -> Iterator[Lost]:
    """When, where the filed texts give no time at all."""
    vague = heard.time is None or heard.time.at is None
    if heard.time is None or vague or load_rules().times.search(filed.said):
        return
    if filed.covers(heard.time.text) < _KEPT:
        yield Lost(heard.time.start, heard.time.end)


def lost_vulnerable(
    heard: HeardMatter, filed: FiledWords, own: int, several: bool
) -> Iterator[Lost]:
    """Somebody who needs more care than others."""
    for group in load_rules().vulnerable:
        if group.flag in filed.flags or group.pattern.search(filed.said):
            continue
        clause = _first(heard, group, None, "complaint", "demand")
        if clause is not None:
            yield Lost(clause.start, clause.end, {"name": group.name})


Check = Callable[[HeardMatter, FiledWords, int, bool], Iterator[Lost]]
CHECKS: dict[str, Check] = {
    "matter": lost_matter,
    "demand": lost_demands,
    "risk": lost_risks,
    "urgency": lowered_urgency,
    "type": softened_type,
    "place": lost_place,
    "number": lost_numbers,
    "count": changed_counts,
    "time": lost_time,
    "vulnerable": lost_vulnerable,
}


def _first(
    heard: HeardMatter, group: Group, unless: re.Pattern[str] | None, *kinds: str
) -> Clause | None:
    """The first clause that speaks of the group."""
    for clause in heard.of_kind(*kinds):
        if speaks_of(group.pattern, half_width(heard.text[clause.start : clause.end]), unless):
            return clause
    return None


def _amounts(heard: HeardMatter) -> Iterator[Amount]:
    for clause in heard.of_kind("complaint", "demand", "history"):
        for found in find_amounts(half_width(heard.text[clause.start : clause.end])):
            start, end = clause.start + found.start, clause.start + found.end
            if not any(a < end and start < b for a, b in heard.caller):
                yield Amount(found.kind, found.value, start, end)


def _stands(amount: Amount, filed: FiledWords, values: frozenset[str]) -> bool:
    if amount.kind == "date":
        dates = {a.value for a in filed.amounts if a.kind == "date"}
        return amount.value in dates or not dates
    return amount.value.strip("~") in values


def _clause_around(heard: HeardMatter, start: int, end: int) -> tuple[int, int]:
    for clause in heard.clauses:
        if clause.start <= start < clause.end:
            return clause.start, clause.end
    return start, end
