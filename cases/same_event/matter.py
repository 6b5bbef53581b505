"""Are two reports of the same matter, wherever it is?

compare_matters(a, b, rules) -> Matter     things, faults, category and words, added up

Weights and lists are in ``rules.toml``; nothing here decides, ``judging`` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.same_event.features import Features
from cases.same_event.report import Report
from cases.same_event.rules import Rules
from cases.same_event.similarity import inside, weigh


@dataclass(frozen=True, slots=True)
class Matter:
    """``level``: what speaks for one matter less what speaks against it; 0 is even. ``shown``: some
    word of the matter itself agrees, not only the place and the category."""

    level: float
    other_thing: bool
    doubtful: bool
    personal: bool
    same_thing: bool
    headline: bool
    words: float
    shown: bool


def compare_matters(report: Report, other: Report, rules: Rules) -> Matter:
    """Symmetric."""
    a, b = report.features, other.features
    # A thing in a name (人行天桥旁的店) is none where both say more than names.
    mine, theirs = (a.outer, b.outer) if a.outer and b.outer else (a.objects, b.objects)
    category = _compare_categories(report.category, other.category, rules)
    headline = _is_headline(a, b, rules)
    named = (a.objects - a.outer) & (b.objects - b.outer)
    apart = bool(mine and theirs) and not mine & theirs
    words = _weigh_words(a, b)
    shared = (a.objects & b.objects) - named  # 菜鸟驿站门口 is about no parcel
    return Matter(
        level=rules.figure("level")
        + (rules.figure("weight_headline") if headline else 0.0)
        - (
            rules.figure("headline_apart") * rules.figure("weight_apart")
            if headline and apart
            else 0.0
        )
        + _weigh_things(mine, theirs, named, report.category if category == 1.0 else None, rules)
        + _weigh_faults(a.faults, b.faults, rules)
        + _weigh_categories(category, report.category, rules)
        + words * rules.figure("weight_words")
        + _weigh_characters(a, b, rules) * rules.figure("weight_characters"),
        other_thing=_is_other_thing(apart, a, b, category),
        doubtful=category == 0.0 or (not headline and _contradict(a.faults, b.faults, rules)),
        personal=bool(shared)
        and shared <= rules.personal
        and words < rules.figure("personal_words"),
        same_thing=bool(a.objects & b.objects),
        headline=headline,
        words=words,
        shown=bool(shared or a.faults & b.faults) or words >= rules.figure("words_least"),
    )


def _weigh_things(
    mine: frozenset[str],
    theirs: frozenset[str],
    named: frozenset[str],
    code: str | None,
    rules: Rules,
) -> float:
    """``code`` is the category where both have one: what is no matter of it is said by the way.
    ``named`` is what only their places are called (麻将馆)."""
    topics = rules.topics.get(code or "")
    little = rules.general | named

    def weigh_all(things: frozenset[str]) -> float:
        aside = (things & little) | (things - topics if topics is not None else frozenset())
        return len(things) - len(aside) * (1 - rules.figure("general"))

    if not mine or not theirs:
        return 0.0
    if not mine & theirs:
        both = topics is None or (mine & topics and theirs & topics)
        return rules.figure("weight_apart" if both else "weight_aside")
    least = min(weigh_all(mine), weigh_all(theirs))
    shared = weigh_all(mine & theirs)
    more = min(weigh_all(mine - theirs), weigh_all(theirs - mine))
    level = rules.figure("weight_thing") * shared * min(1.0, shared)
    level += rules.figure("weight_more") * more
    kinds = (rules.narrower[thing] for thing in mine & theirs if thing in rules.narrower)
    # 卖菜的 and 修车的: one kind of thing, two things.
    siblings = any(mine & k and theirs & k and not mine & theirs & k for k in kinds)
    return level / least + (rules.figure("weight_siblings") if siblings else 0.0)


def _weigh_faults(mine: frozenset[str], theirs: frozenset[str], rules: Rules) -> float:
    if not mine or not theirs:
        return 0.0
    share = len(mine & theirs) / min(len(mine), len(theirs))
    return share * rules.figure("weight_fault") if share else rules.figure("weight_fault_apart")


def _weigh_categories(category: float | None, code: str | None, rules: Rules) -> float:
    if category is None:
        return rules.figure("weight_no_category")
    if category < 1:
        return rules.figure("weight_akin")
    more = rules.figure("weight_telling_category") if code in rules.telling else 0.0
    return rules.figure("weight_category") + more


def _weigh_words(a: Features, b: Features) -> float:
    """Names that both say speak for the place, not once more for the matter."""
    names = {name.core for name in a.loose & b.loose} | (a.heads & b.heads)
    known = frozenset(name[i : i + 2] for name in names for i in range(len(name) - 1))
    return min(1.0, inside(a.matter - known, b.matter - known))


def _is_headline(a: Features, b: Features, rules: Rules) -> bool:
    """One line against a letter: the letter names many things, the line the one that it is about,
    and what both say weighs more."""
    less, more = sorted((weigh(a.matter), weigh(b.matter)))
    return (
        less <= rules.figure("line_words")
        and more >= rules.figure("letter_words")
        and more >= rules.figure("letter_times") * less
    )


def _contradict(mine: frozenset[str], theirs: frozenset[str], rules: Rules) -> bool:
    if mine & theirs:
        return False
    return any(mine & group and theirs & group for group in rules.contradict)


def _is_other_thing(apart: bool, a: Features, b: Features, category: float | None) -> bool:
    """Other things are named, and nothing makes up for it; or they are filed apart, and no thing
    is named in both."""
    if apart:
        return category != 1.0 or bool(a.faults and b.faults and not a.faults & b.faults)
    return category == 0.0 and not (a.objects and b.objects)


def _compare_categories(mine: str | None, theirs: str | None, rules: Rules) -> float | None:
    """1 the same, ½ where one event is filed now under this, now under that, 0 otherwise."""
    if not mine or not theirs or mine.startswith("na.") or theirs.startswith("na."):
        return None
    if mine == theirs:
        return 1.0
    return 0.5 if any({mine, theirs} <= group for group in rules.akin) else 0.0


def _weigh_characters(a: Features, b: Features, rules: Rules) -> float:
    """Of a few characters that say little (…一事) all may stand in any letter."""
    told = min(weigh(a.characters), weigh(b.characters)) / rules.figure("character_words")
    return inside(a.characters, b.characters) * min(1.0, told)
