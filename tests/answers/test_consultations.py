"""A question answered at once: counted honestly, turned into a case when it was not enough."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.errors import CaseNotFound, RuleBroken
from cases.models import Case, Consultation, Contact
from cases.storage.database import Database
from cases.testing import make_tag
from cases.town import Town
from cases.use_cases.answer_cards import count_uses, list_unsolved
from cases.use_cases.consultations import (
    choose_card,
    count_consultations,
    file_consultation,
    find_consultation,
    record_consultation,
    settle_consultation,
)

TEXT = "我租的房子没有房产证，可以申请居住证不"


async def ask(
    database: Database, town: Town, citizen: Contact, now: datetime, *codes: str
) -> Consultation:
    tag = make_tag(platform="bm", category="bm.hukou", request_type="consult")
    async with database.transaction() as session:
        return await record_consultation(
            session,
            contact=citizen,
            text=TEXT,
            tag=tag,
            cards=[town.answers.cards[code] for code in codes],
            asked_at=now,
            now=now + timedelta(seconds=2),
        )


async def file(
    database: Database, town: Town, citizen: Contact, row: Consultation, now: datetime, more: str
) -> Case:
    async with database.transaction() as session:
        return await file_consultation(
            session, row.id, contact=citizen, more=more, town=town, now=now
        )


async def test_what_was_not_solved_becomes_a_case_with_the_same_words(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    row = await ask(served, served_town, citizen, now, "HJ01")
    case = await file(served, served_town, citizen, row, now, "房东不肯给合同")
    assert case.text == f"{TEXT}\n房东不肯给合同"
    assert (case.category, case.request_type, case.time_class) == ("bm.hukou", "consult", "Q1")
    assert case.contact_id == citizen.id
    again = await file(served, served_town, citizen, row, now, "")
    assert again.id == case.id
    async with served.reading() as session:
        kept = await session.get(Consultation, row.id)
        uses = await count_uses(session, now - timedelta(days=1))
        unsolved = await list_unsolved(session, "HJ01", now - timedelta(days=1))
    assert kept is not None and (kept.state, kept.case_id) == ("filed", case.id)
    assert (uses["HJ01"].given, uses["HJ01"].solved, uses["HJ01"].filed) == (1, 0, 1)
    assert [u.text for u in unsolved] == [TEXT]


async def test_solved_counts_only_when_said(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    solved = await ask(served, served_town, citizen, now, "HJ01")
    await ask(served, served_town, citizen, now, "HJ01")  # nobody came back to it
    await ask(served, served_town, citizen, now, "HJ01", "HJ02")  # nothing chosen
    async with served.transaction() as session:
        for _ in range(2):
            await settle_consultation(session, solved.id, citizen.id, now)
    async with served.reading() as session:
        figures = await count_consultations(session, now - timedelta(hours=1))
    assert (figures.asked, figures.at_once, figures.solved, figures.filed) == (3, 2, 1, 0)


async def test_choosing_among_cards(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    row = await ask(served, served_town, citizen, now, "HJ01", "HJ02")
    assert (row.state, row.card_code, row.offered) == ("offered", None, ["HJ01", "HJ02"])
    choose_card(row, served_town.answers.cards["HJ02"], now)
    assert (row.state, row.card_code, row.card_version) == ("answered", "HJ02", 1)


async def test_nobody_settles_anothers_question(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    row = await ask(served, served_town, citizen, now, "HJ01")
    async with served.transaction() as session:
        for consultation_id, contact_id in ((row.id, citizen.id + 1), (row.id + 99, citizen.id)):
            with pytest.raises(CaseNotFound):
                await find_consultation(session, consultation_id, contact_id)


async def test_a_filed_question_is_not_called_solved(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    row = await ask(served, served_town, citizen, now, "HJ01")
    await file(served, served_town, citizen, row, now, "")
    async with served.transaction() as session:
        with pytest.raises(RuleBroken):
            await settle_consultation(session, row.id, citizen.id, now)
