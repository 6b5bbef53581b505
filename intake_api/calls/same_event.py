""" "已有人反映": the candidates for a draft or a case, as pages and the API show them.

await find_for_drafts(app, call, now, phone="") -> [[Candidate]]     one list for each draft
show_similar(similar, town, now) -> [Candidate]
follow_number(form, index) -> str                  the case that this draft joins, or ""
candidate_view(candidate) -> dict                  ``SimilarCase`` of the API
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from cases.case_number import parse_number
from cases.lifecycle import State
from cases.personal_data import mask_part
from cases.same_event import Report
from cases.same_event.report import name_people
from cases.town import Town
from cases.use_cases.same_event import Similar, find_similar
from intake_api.accounts.csrf import Form
from intake_api.accounts.keys import DATABASE, TOWN
from intake_api.calls.call_reading import ReadCall
from intake_api.texts import load_texts
from intake_api.wording import age_words


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the offer. ``verdict`` is same or unsure; ``reasons`` are words for a person."""

    number: str
    verdict: str
    same_person: bool
    score: float
    reporters: int
    state: str
    state_name: str
    summary: str
    place: str | None
    category: str | None
    category_name: str
    unit_name: str
    age: str
    reasons: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What is told first."""
        texts = load_texts("labels")["same_event"]
        key = "own" if self.same_person else self.verdict
        return str(texts[key]).format(count=self.reporters)


def show_similar(similar: Iterable[Similar], town: Town, now: datetime) -> list[Candidate]:
    """In the order given. The citizens' words are masked, as in every list."""
    labels = load_texts("labels")
    words, public = labels["same_event_reasons"], town.public_numbers
    return [
        Candidate(
            number=found.case.number,
            verdict=found.verdict.answer.value,
            same_person=found.same_person,
            score=found.verdict.score,
            reporters=found.reporters,
            state=State(found.case.state).value,
            state_name=labels["states"][State(found.case.state).value],
            summary=mask_part(found.case.summary, found.case.text, public=public),
            place=found.case.place_text
            and mask_part(found.case.place_text, found.case.text, public=public),
            category=found.case.category,
            category_name=town.category_name(found.case.category),
            unit_name=town.unit_name(found.case.lead_unit),
            age=age_words(found.case.submitted_at, now),
            reasons=tuple(words.get(key, words["other"]) for key in found.verdict.reasons),
        )
        for found in similar
    ]


async def find_for_drafts(
    app: web.Application, call: ReadCall, now: datetime, *, phone: str = ""
) -> list[list[Candidate]]:
    """At most three for each draft of a call, best first."""
    town = app[TOWN]()
    people = name_people(phone or call.caller_phone, None)
    found = []
    async with app[DATABASE].reading() as session:
        for draft in call.drafts:
            report = Report(
                text=draft.text,
                place_text=draft.place or None,
                category=draft.tag.category if draft.tag else None,
                at=now,
                people=people,
            )
            similar = await find_similar(session, report, town=town, now=now)
            found.append(show_similar(similar, town, now))
    return found


def follow_number(form: Form, index: int) -> str:
    """The case that the agent chose to follow with draft ``index``; "" where it is filed."""
    return parse_number(form.get(f"d{index}-follow", "")) or ""


def candidate_view(candidate: Candidate) -> dict[str, Any]:
    """Plain JSON."""
    view = asdict(candidate)
    view["reasons"] = list(candidate.reasons)
    return view
