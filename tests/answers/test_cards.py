"""Answer cards as rows: loaded once, whole, kept by those who may, no version lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from cases.actors import Actor
from cases.answers import AnswerCard, card_text
from cases.answers.card import card_values, check_card, read_card
from cases.answers.loading import load_book, read_card_file
from cases.errors import (
    CaseError,
    CaseNotFound,
    InvalidData,
    PermissionDenied,
    TownDataError,
    VersionConflict,
)
from cases.lifecycle import Role
from cases.models import AnswerCardRow, Unit
from cases.storage.database import Database
from cases.town import SAMPLE_TOWN, Town, load_town
from cases.town_files import load_service_files
from cases.use_cases.answer_cards import list_cards, may_edit, read_revisions, save_card, set_active
from intake_api.town_keeper import TownKeeper

DISPATCHER = Actor(Role.DISPATCHER, "指挥室 周")
CARDS = {card.code: card for card in read_card_file(SAMPLE_TOWN / "answer_cards.toml")}


async def save(
    database: Database, town: Town, card: AnswerCard, now: datetime, **changes: Any
) -> AnswerCardRow:
    given = {"actor": DISPATCHER, "expected_version": card.version, **changes}
    async with database.transaction() as session:
        return await save_card(
            session, card, units=town.units, categories=town.categories, now=now, **given
        )


def test_the_sample_town_has_enough_cards_and_each_is_whole(town: Town) -> None:
    assert len(CARDS) >= 60
    for card in CARDS.values():
        check_card(card, town.units, town.categories)
        assert len(card.questions) >= 2
        assert card.reviewed_on <= date(2026, 11, 22)
        assert "example.org" in card.link or card.link == "无"
        assert len(card_text(card)) < 1200
    assert {card.category.split(".")[0] for card in CARDS.values()} == {"bm", "sj", "zf", "zz"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"materials": ()}, "materials"),
        ({"place": ""}, "place"),
        ({"hours": ""}, "hours"),
        ({"phone": ""}, "phone"),
        ({"link": ""}, "link"),
        ({"link": "http://fenghe.example.org"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"basis": ""}, "basis"),
        ({"questions": ("居住证怎么办",)}, "questions"),
        ({"words": ()}, "words"),
        ({"words": ("居住证 +",)}, "words"),
        ({"words": ("证",)}, "words"),
        ({"unit": "nobody"}, "unit"),
        ({"category": "zz.moon"}, "category"),
        ({"legal_days": 4000}, "legal_days"),
        ({"visits": -1}, "visits"),
        ({"code": "x"}, "code"),
        ({"answer": "长" * 601}, "answer"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)}, "valid_until"),
    ],
)
def test_a_guide_without_its_parts_is_refused(
    town: Town, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidData) as refused:
        check_card(replace(CARDS["HJ01"], **changes), town.units, town.categories)
    assert refused.value.fields["field"] == field


def test_a_card_goes_to_plain_values_and_back() -> None:
    for card in CARDS.values():
        assert read_card(card_values(card)) == card


def test_the_citizen_reads_everything_the_card_holds() -> None:
    text = card_text(CARDS["HJ01"])
    for part in (
        "居住证申领", "1. 本人身份证", "朝晖路15号", "0571-5550110", "法定15日", "承诺10个工作日",
        "实际一般5个工作日", "最多跑1次", "HJ01", "2026-10-12", "居住证暂行条例",
    ):  # fmt: skip
        assert part in text
    assert "可以不跑" in card_text(CARDS["HJ02"])
    assert "法定" not in card_text(CARDS["HJ03"])  # no term in law
    assert "网上办" not in card_text(CARDS["HJ08"])  # no online service
    assert "Bring:" in card_text(CARDS["HJ01"], "en")


async def test_loading_again_keeps_what_staff_made_of_the_cards(
    served: Database, served_town: Town, now: datetime
) -> None:
    await save(served, served_town, replace(CARDS["HJ01"], title="居住证"), now)
    async with served.transaction() as session:
        await load_service_files(session, now)
    async with served.reading() as session:
        town = await load_town(session)
    assert (town.answers.cards["HJ01"].title, len(town.answers.cards)) == ("居住证", len(CARDS))


async def test_a_broken_file_is_named_with_its_card(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "town"
    shutil.copytree(SAMPLE_TOWN, folder)
    path = folder / "answer_cards.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('unit = "police_station"', 'unit = "nobody"', 1), encoding="utf-8")
    with pytest.raises(TownDataError, match="HJ01：没有单位 nobody"):
        async with database.transaction() as session:
            await load_service_files(session, now, folder)
    path.write_text("card = [", encoding="utf-8")
    with pytest.raises(TownDataError, match="读不出来"):
        async with database.transaction() as session:
            await load_service_files(session, now, folder)


async def test_a_town_with_other_units_starts_without_the_samples_cards(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await session.execute(delete(Unit).where(Unit.code == "police_station"))
    keeper = TownKeeper(database)
    await keeper.load()
    assert keeper().answers.cards == {}
    assert not keeper().errands


async def test_a_first_start_fills_the_books(database: Database) -> None:
    keeper = TownKeeper(database)
    await keeper.load()
    assert len(keeper().answers.cards) == len(CARDS)
    assert len(keeper().errands.items) == 31


async def test_every_version_stays(served: Database, served_town: Town, now: datetime) -> None:
    changed = replace(CARDS["HJ01"], answer="住满半年就可以办。")
    row = await save(served, served_town, changed, now)
    assert row.version == 2
    async with served.transaction() as session:
        await set_active(
            session, "HJ01", active=False, actor=DISPATCHER, now=now, expected_version=2
        )
    async with served.reading() as session:
        history = await read_revisions(session, "HJ01")
        book = await load_book(session)
        listed = await list_cards(session, "居住证")
    assert [(r.version, r.active, r.actor_name) for r in history] == [
        (3, False, "指挥室 周"),
        (2, True, "指挥室 周"),
        (1, True, "示例镇"),
    ]
    assert history[1].content["answer"] == "住满半年就可以办。"
    assert history[2].content["answer"] == CARDS["HJ01"].answer
    assert "HJ01" not in book.cards
    assert listed[-1].code == "HJ01"  # still listed, as retired


async def test_two_people_at_one_card(served: Database, served_town: Town, now: datetime) -> None:
    card = CARDS["HJ01"]
    await save(served, served_town, replace(card, title="第一个人改的"), now)
    with pytest.raises(VersionConflict):
        await save(served, served_town, replace(card, title="第二个人改的"), now)
    async with served.reading() as session:
        row = await session.get(AnswerCardRow, "HJ01")
    assert row is not None and row.title == "第一个人改的"


async def test_a_new_card_needs_a_new_number(
    served: Database, served_town: Town, now: datetime
) -> None:
    new = replace(CARDS["HJ01"], code="HJ90", title="新卡")
    row = await save(served, served_town, new, now, expected_version=0)
    assert (row.code, row.version, row.active) == ("HJ90", 1, True)
    with pytest.raises(InvalidData, match="已经有了"):
        await save(served, served_town, new, now, expected_version=0)
    with pytest.raises(CaseNotFound):
        await save(served, served_town, replace(new, code="HJ91"), now, expected_version=3)


@pytest.mark.parametrize(
    ("role", "unit", "may"),
    [
        (Role.DISPATCHER, None, True),
        (Role.ADMIN, None, True),
        (Role.HANDLER_HEAD, "police_station", True),
        (Role.HANDLER_HEAD, "civil_office", False),
        (Role.HANDLER_HEAD, None, False),
        (Role.HANDLER, "police_station", False),
        (Role.AGENT, None, False),
        (Role.OBSERVER, None, False),
        (Role.CITIZEN, None, False),
    ],
)
def test_who_may_write_a_card(role: Role, unit: str | None, may: bool) -> None:
    assert may_edit(Actor(role, "甲", unit_code=unit), "police_station") is may


async def test_the_head_of_a_unit_cannot_take_another_units_card(
    served: Database, served_town: Town, now: datetime
) -> None:
    head = Actor(Role.HANDLER_HEAD, "民政 赵", unit_code="civil_office")
    for card in (CARDS["HJ01"], replace(CARDS["HJ01"], unit="civil_office")):
        with pytest.raises(PermissionDenied):
            await save(served, served_town, card, now, actor=head)


async def test_the_index_is_kept_while_no_card_changes(
    served: Database, served_town: Town, now: datetime
) -> None:
    known = served_town.answers
    async with served.reading() as session:
        assert await load_book(session, known) is known
    await save(served, served_town, CARDS["HJ01"], now)
    async with served.reading() as session:
        fresh = await load_book(session, known)
    assert fresh is not known and fresh.cards["HJ01"].version == 2
    async with served.transaction() as session:
        await session.execute(delete(AnswerCardRow))
    async with served.reading() as session:
        assert not (await load_book(session, fresh)).cards


async def test_refusals_are_sentences(served: Database, served_town: Town, now: datetime) -> None:
    with pytest.raises(CaseError) as refused:
        await save(served, served_town, replace(CARDS["HJ01"], version=9), now + timedelta(1))
    assert refused.value.sentence.endswith("。")
