"""What the labelling page shows of a text: candidates side by side, and the rule between them.

label_view(text, *, town, votes=(), doubt=None) -> LabelView
find_category(town, written) -> str        a code from what somebody typed; raises InvalidData
pick_with_classifier(offers, count, known)  a ``Picker`` for the queue
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from cases.errors import InvalidData
from cases.labels.boundaries import load_guide
from cases.labels.rows import choice_codes
from cases.models import LabelSuspect, LabelText, LabelVote
from cases.town import CategoryRow, Town
from cases.use_cases.label_filling import Offer, top_of
from intake_api.calls.highlights import Piece, cut_text, find_terms
from intake_api.texts import load_texts

MOST = 5
#: Of so many candidates the rules between every two are shown.
_RULED = 3
_CODE = re.compile(r"→?\s*([a-z]{2,}\.[a-z_]+)")


@dataclass(frozen=True)
class Candidate:
    """``share``: the machine's probability; None: only easily confused with the first."""

    code: str
    name: str
    platform: str
    definition: str
    includes: tuple[str, ...]
    excludes: tuple[str, ...]
    share: float | None


@dataclass(frozen=True)
class Rule:
    """How to tell two candidates apart; ``own``: the guide has a rule for exactly this pair."""

    one: str
    other: str
    text: str
    own: bool


@dataclass(frozen=True)
class LabelView:
    """``why``: key of the reason; request type and urgency as the machine read them."""

    text: LabelText
    pieces: list[Piece]
    candidates: list[Candidate]
    rules: list[Rule]
    why: str
    request_type: str
    urgency: str


def label_view(
    text: LabelText,
    *,
    town: Town,
    votes: Sequence[LabelVote] = (),
    doubt: LabelSuspect | None = None,
) -> LabelView:
    """``votes`` of others are shown only where two differ, and not whose they are."""
    top = {code: share for code, share in top_of(text.tag) if code in town.categories}
    first: dict[str, float | None] = {}
    if text.state == "disputed":
        named = {vote.category for vote in votes} | {text.category}
        first |= {code: top.get(code) for code in sorted(named) if code in town.categories}
    elif (retired := town.retired.get(text.category)) is not None and retired.may_become:
        first |= {code: top.get(code) for code in retired.may_become if code in town.categories}
    elif doubt is not None:
        pair = sorted((_today(doubt.given, town), doubt.suggested))
        first |= {code: top.get(code) for code in pair if code in town.categories}
    first |= {code: share for code, share in top.items() if code not in first}
    for near in load_guide().near(next(iter(first))) if first else ():
        if len(first) < MOST and near in town.categories:
            first.setdefault(near, None)
    codes = list(first)[:MOST]
    terms = [reason["term"] for reason in text.tag.get("reasons", ())]
    return LabelView(
        text,
        cut_text(text.text, find_terms(text.text, terms)),
        [_candidate(town.categories[code], first[code], town) for code in codes],
        _rules(codes[:_RULED], town),
        _why(text, votes),
        text.request_type or str(text.tag.get("request_type", "")),
        text.urgency or str(text.tag.get("urgency", "")),
    )


def _why(text: LabelText, votes: Sequence[LabelVote]) -> str:
    if text.state == "disputed":
        return "dispute"
    if text.state == "open" and votes:
        return "second"
    return text.why or "again"


def _candidate(row: CategoryRow, share: float | None, town: Town) -> Candidate:
    return Candidate(
        row.code,
        row.name,
        row.platform_name,
        row.definition,
        _parts(row.includes, town),
        _parts(row.excludes, town),
        share,
    )


def _parts(listed: str, town: Town) -> tuple[str, ...]:
    """Codes by their names: whoever labels thinks in words."""

    def name(found: re.Match[str]) -> str:
        code = found[1]
        known = town.category_name(code)
        return found[0] if known == code else found[0].replace(code, known)

    return tuple(_CODE.sub(name, part).strip() for part in listed.split("；") if part.strip())


def _rules(codes: Sequence[str], town: Town) -> list[Rule]:
    guide = load_guide()
    rules = []
    for one, other in combinations(codes, 2):
        own = guide.rule(one, other)
        # The pair in question always has a sentence; for the others only what the guide says.
        if own or (one, other) == tuple(codes[:2]):
            names = town.category_name(one), town.category_name(other)
            rules.append(Rule(*names, own or guide.general, bool(own)))
    return rules


@dataclass(frozen=True)
class SuspectView:
    """A doubted label: as it is, as the model would have it, and the rule between the two."""

    doubt: LabelSuspect
    text: LabelText
    pieces: list[Piece]
    given: Candidate
    suggested: Candidate | None
    rule: Rule | None


def suspect_view(doubt: LabelSuspect, text: LabelText, *, town: Town) -> SuspectView:
    """``suggested`` is None where the category is no more."""
    terms = [reason["term"] for reason in text.tag.get("reasons", ())]
    held = _today(doubt.given, town)
    row = town.any_category(held)
    given = (
        _candidate(row, None, town)
        if row is not None
        else Candidate(held, held, "", "", (), (), None)
    )
    suggested = town.categories.get(doubt.suggested)
    rules = _rules([held, doubt.suggested], town)
    return SuspectView(
        doubt,
        text,
        cut_text(text.text, find_terms(text.text, terms)),
        given,
        _candidate(suggested, None, town) if suggested is not None else None,
        rules[0] if rules else None,
    )


def _today(code: str, town: Town) -> str:
    """A replaced category by its successor, as training reads it."""
    return town.current_code(code) or code


def find_category(town: Town, written: str) -> str:
    """By code, name, or a part of a name that only one category has."""
    words = load_texts("labelling")["category_errors"]
    plain = written.strip()
    for part in (plain, *plain.split()):
        if part in town.categories:
            return part
    names = {code: row.name for code, row in town.categories.items()}
    for fits in (lambda name: name == plain, lambda name: plain in name):
        found = [code for code, name in names.items() if plain and fits(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidData(words["several"].format(written=plain[:20]), field="category")
    raise InvalidData(words["unknown"].format(written=plain[:20]), field="category")


def pick_with_classifier(
    offers: Sequence[Offer], count: int, known: Sequence[str]
) -> list[tuple[str, str]]:
    """What teaches the model most. Blocking; called in a thread."""
    from classifier.selection import Candidate as Choice
    from classifier.selection import pick_next

    choices = [Choice(own.key, own.text, own.top, own.misrouted) for own in offers]
    return [(pick.key, pick.why) for pick in pick_next(choices, count, known=known)]


def kappa_words(kappa: float | None) -> dict[str, Any]:
    """``words``, ``tone`` and ``figure`` for a kappa, None included."""
    texts = load_texts("labelling")
    if kappa is None:
        return {**texts["kappa_none"], "figure": "—"}
    found = next(row for row in texts["kappa"] if kappa >= row["from"])
    return {**found, "figure": f"{round(kappa, 2) + 0.0:.2f}"}


def choices() -> dict[str, dict[str, str]]:
    """Request types and urgencies, code -> word, in the order of their keys."""
    return {field: choice_codes(field) for field in ("request_type", "urgency")}
