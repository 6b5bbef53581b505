"""Same, different, or unsure: two reports side by side.

    judge(report, other) -> Verdict
    judge_group(report, others) -> Verdict       complete link: different from one is different

``unsure`` is an answer, not a low score: it is what is said whenever the words could be read both
ways, and nothing is ever joined on it without a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cases.same_event.features import Features
from cases.same_event.places import Agreement, compare_places
from cases.same_event.report import Report
from cases.same_event.rules import Rules, load_rules
from cases.same_event.similarity import inside, share_of, weigh


class Answer(StrEnum):
    """What may be said of two reports."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``score`` 0 to 1 for ranking; ``reasons`` are keys of the texts that explain it;
    ``same_person``: the same citizen again, 催办 rather than one more who reports it."""

    answer: Answer
    score: float
    reasons: tuple[str, ...] = ()
    same_person: bool = False


def judge(report: Report, other: Report) -> Verdict:
    """The verdict on two reports; symmetric."""
    rules = load_rules()
    place = compare_places(report, other)
    matter = _compare_matters(report, other, rules)
    copy = share_of(report.features.pairs, other.features.pairs)
    same_person = bool(report.people & other.people)
    score = round(0.5 * max(place.level, copy) + 0.5 * max(matter.level, copy), 4)
    reasons = _reasons(place, matter)

    def say(answer: Answer) -> Verdict:
        return Verdict(answer, score, reasons, same_person)

    if place.hard or _too_long_between(report, other, rules):
        return say(Answer.DIFFERENT)
    if matter.other_thing and copy < rules.figure("copy") and not matter.headline:
        return say(Answer.DIFFERENT)
    if place.soft or matter.doubtful:
        return say(Answer.UNSURE)
    a, b = report.features, other.features
    told = min(weigh(a.pairs), weigh(b.pairs))
    alike = copy >= rules.figure("copy") and told >= rules.figure("copy_words")
    if alike and _placed(a, b) and (place.level > 0 or copy >= rules.figure("copy_whole")):
        return say(Answer.SAME)
    if place.level >= rules.figure("place_enough") and (same_person or not matter.personal):
        vague = (1 - place.level) * rules.figure("vague_place")
        known = rules.figure("same_person") if same_person else 0.0
        enough = rules.figure("headline_matter" if matter.headline else "same_matter")
        if matter.level >= enough + vague - known:
            return say(Answer.SAME)
        said = min(weigh(a.matter), weigh(b.matter))
        close = matter.words >= rules.figure("inside") and (matter.headline or not matter.mixed)
        if close and said >= rules.figure("inside_words"):
            return say(Answer.SAME)
        if matter.level < rules.figure("other_matter"):
            return say(Answer.DIFFERENT)
    if same_person and matter.level >= rules.figure("same_alone"):
        return say(Answer.SAME)
    return say(Answer.UNSURE)


def judge_group(report: Report, others: Iterable[Report]) -> Verdict:
    """The least favourable verdict on a report and each of several that are one event already.

    Similarity is not passed on: what is like a member need not be like the first.
    """
    verdicts = [judge(report, other) for other in others]
    order = (Answer.DIFFERENT, Answer.UNSURE, Answer.SAME)
    return min(verdicts, key=lambda verdict: (order.index(verdict.answer), verdict.score))


@dataclass(frozen=True, slots=True)
class _Matter:
    level: float
    other_thing: bool
    doubtful: bool
    personal: bool
    same_thing: bool
    words: float
    mixed: bool
    headline: bool


def _compare_matters(report: Report, other: Report, rules: Rules) -> _Matter:
    a, b = report.features, other.features
    objects = _overlap(a.objects, b.objects)
    faults = _overlap(a.faults, b.faults)
    words = min(1.0, inside(a.matter, b.matter))
    category = _compare_categories(report.category, other.category, rules)
    parts = (
        ("weight_object", objects),
        ("weight_fault", faults),
        ("weight_category", category),
        ("weight_words", words),
    )
    # What is not said on one of the sides is left out of the sum, not held against them.
    known = [(rules.figure(name), value) for name, value in parts if value is not None]
    total = sum(weight for weight, _ in known)
    level = sum(weight * value for weight, value in known) / total if total else 0.0
    return _Matter(
        level=level,
        other_thing=_is_other_thing(objects, faults, category),
        doubtful=category == 0.0 or _contradict(a.faults, b.faults, rules),
        personal=bool(a.objects & b.objects) and a.objects & b.objects <= rules.personal,
        same_thing=bool(objects),
        words=words,
        headline=_is_headline(a, b, rules),
        mixed=bool(a.objects - b.objects and b.objects - a.objects),
    )


def _is_headline(a: Features, b: Features, rules: Rules) -> bool:
    """One line against a letter: the letter names many things, the line the one that it is about,
    and what both say weighs more."""
    less, more = sorted((weigh(a.matter), weigh(b.matter)))
    return more >= rules.figure("letter_words") and more >= rules.figure("letter_times") * less


def _contradict(mine: frozenset[str], theirs: frozenset[str], rules: Rules) -> bool:
    if mine & theirs:
        return False
    return any(mine & group and theirs & group for group in rules.contradict)


def _is_other_thing(objects: float | None, faults: float | None, category: float | None) -> bool:
    """Other things are named, and nothing makes up for it; or they are filed apart, and no thing
    is named in both."""
    if objects == 0.0:
        return category != 1.0 or faults == 0.0
    return objects is None and category == 0.0


def _overlap(mine: frozenset[str], theirs: frozenset[str]) -> float | None:
    if not mine or not theirs:
        return None
    common = len(mine & theirs)
    level = (common / min(len(mine), len(theirs)) + common / len(mine | theirs)) / 2
    # Each names something that the other does not: half of it may be another matter.
    return level / 2 if mine - theirs and theirs - mine else level


def _compare_categories(mine: str | None, theirs: str | None, rules: Rules) -> float | None:
    """1 the same, ½ where one event is filed now under this, now under that, 0 otherwise."""
    if not mine or not theirs or mine.startswith("na.") or theirs.startswith("na."):
        return None
    if mine == theirs:
        return 1.0
    return 0.5 if any({mine, theirs} <= group for group in rules.akin) else 0.0


def _placed(a: Features, b: Features) -> bool:
    """Words alike count only where somebody says where: "拖欠工资" is said every day."""
    return bool(a.names) and bool(b.names)


def _too_long_between(report: Report, other: Report, rules: Rules) -> bool:
    if report.at is None or other.at is None:
        return False
    return abs((report.at - other.at).total_seconds()) > rules.figure("most_days") * 86_400


def _reasons(place: Agreement, matter: _Matter) -> tuple[str, ...]:
    against = [f"differs_{conflict}" for conflict in (place.hard, place.soft) if conflict]
    if matter.other_thing:
        against.append("differs_matter")
    if against:
        return tuple(against)
    found = ["same_place"] if place.level >= load_rules().figure("place_enough") else []
    return (*found, "same_thing") if matter.same_thing else tuple(found)
