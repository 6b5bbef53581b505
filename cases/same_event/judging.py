"""Same, different, or unsure: two reports side by side.

    judge(report, other) -> Verdict
    judge_group(report, others) -> Verdict       complete link: different from one is different

``unsure`` is an answer, not a low score: it is what is said whenever the words could be read both
ways, and nothing is ever joined on it without a person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cases.same_event.features import Features
from cases.same_event.matter import Matter, compare_matters
from cases.same_event.places import Agreement, compare_places
from cases.same_event.report import Report
from cases.same_event.rules import Rules, load_rules
from cases.same_event.similarity import share_of, weigh


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
    matter = compare_matters(report, other, rules)
    copy = share_of(report.features.pairs, other.features.pairs)
    same_person = bool(report.people & other.people)
    score = round(0.5 * max(place.level, copy) + 0.5 * max(_share(matter.level), copy), 4)
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
    known = rules.figure("same_person") if same_person else 0.0
    level = matter.level + known + (1 - place.level) * rules.figure("vague_place")
    if place.level >= rules.figure("place_enough"):
        enough = matter.shown and level >= rules.figure("same_from")
        if enough and (same_person or not matter.personal):
            return say(Answer.SAME)
        if level < rules.figure("other_below"):
            return say(Answer.DIFFERENT)
    if _is_some_place(place, rules) and not matter.personal:
        said = matter.words >= rules.figure("words_some")
        if said and level >= rules.figure("same_some"):
            return say(Answer.SAME)
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


def _share(level: float) -> float:
    """0 to 1, for ranking."""
    return 1 / (1 + math.exp(-level))


def _is_some_place(place: Agreement, rules: Rules) -> bool:
    """One township, and nothing narrower."""
    return rules.figure("place_some") <= place.level < rules.figure("place_enough")


def _placed(a: Features, b: Features) -> bool:
    """Words alike count only where somebody says where: "拖欠工资" is said every day."""
    return bool(a.names) and bool(b.names)


def _too_long_between(report: Report, other: Report, rules: Rules) -> bool:
    if report.at is None or other.at is None:
        return False
    return abs((report.at - other.at).total_seconds()) > rules.figure("most_days") * 86_400


def _reasons(place: Agreement, matter: Matter) -> tuple[str, ...]:
    against = [f"differs_{conflict}" for conflict in (place.hard, place.soft) if conflict]
    if matter.other_thing:
        against.append("differs_matter")
    if against:
        return tuple(against)
    found = ["same_place"] if place.level >= load_rules().figure("place_enough") else []
    return (*found, "same_thing") if matter.same_thing else tuple(found)
