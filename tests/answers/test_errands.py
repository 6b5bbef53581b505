"""Errands: the right item and runner, and a record with two sides that nobody rewrites."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.errands import STEPS, ErrandState, ErrandStep
from cases.errands.catalogue import ErrandBook, applicant_type, is_errand
from cases.errors import (
    CaseError,
    CaseNotFound,
    InvalidData,
    MissingData,
    PermissionDenied,
    TownDataError,
    TransitionForbidden,
    VersionConflict,
)
from cases.lifecycle import Role
from cases.models import Contact, Errand, OutboxMessage
from cases.storage.database import Database
from cases.town import SAMPLE_TOWN, Town
from cases.town_files import load_service_files
from cases.use_cases.errand_records import (
    count_states,
    events_of,
    find_errand,
    list_errands,
    papers_of,
)
from cases.use_cases.errands import request_errand, step_errand

RUNNER = Actor(Role.GRID, "陈助跑")
AGENT = Actor(Role.AGENT, "坐席 王")
S, E = ErrandStep, ErrandState


async def ask(database: Database, town: Town, citizen: Contact, now: datetime, text: str) -> Errand:
    book = town.errands
    runner, area = book.find_runner(text)
    async with database.transaction() as session:
        return await request_errand(
            session,
            contact=citizen,
            text=text,
            item=book.find_items(text)[0],
            runner=runner,
            area=area,
            town=town,
            now=now,
        )


async def step(
    database: Database,
    town: Town,
    errand: Errand,
    what: ErrandStep,
    now: datetime,
    actor: Actor = RUNNER,
    version: int | None = None,
    **data: Any,
) -> Errand:
    async with database.transaction() as session:
        return await step_errand(
            session,
            errand.number,
            what,
            data,
            actor=actor,
            town=town,
            now=now,
            expected_version=version,
        )


async def test_the_catalogue_has_thirty_one_items_and_runners_for_every_grid(
    served_town: Town,
) -> None:
    book = served_town.errands
    assert len(book.items) == 31
    assert set(book.groups) == {
        "社会保险", "民政卫计", "综合服务", "城建服务", "纠纷调解", "有线电视",
    }  # fmt: skip
    for item in book.items.values():
        assert item.unit in served_town.units and item.materials and item.days > 0
        assert item.level in ("village", "town")
        assert book.find_items(f"帮我代办{item.name}")[0].code == item.code, item.name
    assert book.default_runner.code == "R00"


@pytest.mark.parametrize(
    ("text", "item", "runner", "area"),
    [
        ("帮我代办一下低保申请，我住荷塘村", "E08", "R01", "荷塘村"),
        ("我妈八十了走不动，能不能上门帮忙办养老认证，朝晖社区的", "E02", "R04", "朝晖社区"),
        ("申请代办社保卡，风荷苑6栋", "E06", "R05", "风荷苑"),
        ("帮我代办居住证", "E18", "R00", None),  # no place: the counter takes it
        ("请帮我代办水表过户，香樟雅苑3幢", "E29", "R06", "香樟雅苑"),
        ("找个人代办业委会备案，马浦的", "E28", "R05", "马浦"),
    ],
)
async def test_item_and_runner_by_what_is_said(
    served_town: Town, text: str, item: str, runner: str, area: str | None
) -> None:
    book = served_town.errands
    assert is_errand(text)
    assert book.find_items(text)[0].code == item
    found, where = book.find_runner(text)
    assert (found.code, where) == (runner, area)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("帮我代办居住证", True),
        ("代办低保", True),
        ("老人行动不便，能上门办残疾证吗", True),
        ("代办要收费吗", False),  # asks about it
        ("哪些事情可以代办", False),
        ("助跑员态度很差，材料收走半个月没消息，投诉", False),
        ("门口有黄牛代办年检", False),
        ("居住证怎么办", False),
        ("路灯坏了", False),
    ],
)
def test_an_errand_is_asked_for_in_so_many_words(text: str, asks: bool) -> None:
    assert is_errand(text) is asks


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我妈八十了", "elderly"),
        ("我坐轮椅", "disabled"),
        ("我怀孕七个月", "pregnant"),
        ("我们公司", "enterprise"),
        ("帮我代办", "resident"),
    ],
)
def test_the_kind_of_applicant_as_far_as_said(text: str, kind: str) -> None:
    assert applicant_type(text) == kind


async def test_an_errand_from_request_to_two_signatures(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    town = served_town
    errand = await ask(served, town, citizen, now, "帮我妈代办低保，她残疾，住荷塘村")
    assert (errand.grid, errand.area, errand.applicant_type) == ("荷塘村网格", "荷塘村", "disabled")
    assert errand.number.startswith("ZP")
    # Monday 23 November; one day to take it on, twenty-five working days for the matter
    assert errand.take_due_at.date().isoformat() == "2026-11-24"
    assert errand.due_at > errand.take_due_at
    await step(served, town, errand, S.TAKE, now)
    await step(served, town, errand, S.RECEIVE, now, papers=["1", "2", "3"])
    errand = await step(served, town, errand, S.RECEIVE, now, actor=AGENT, papers=["4"])
    assert errand.state == E.COLLECTED
    with pytest.raises(InvalidData, match="送交窗口"):  # the town decides, not the village
        await step(served, town, errand, S.DELIVER, now, result="办好了")
    await step(served, town, errand, S.HAND_OVER, now, note="民政窗口 李收")
    errand = await step(served, town, errand, S.DELIVER, now, result="低保证已送到家")
    owner = Actor.citizen(citizen.id)
    errand = await step(served, town, errand, S.CONFIRM, now, actor=owner)
    assert (errand.state, errand.delivered_at, errand.confirmed_at) == (E.CONFIRMED, now, now)
    async with served.reading() as session:
        events = await events_of(session, errand)
        papers = await papers_of(session, errand)
        notices = list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
    assert [(e.seq, e.action, e.actor_name, e.to_state) for e in events] == [
        (1, "request", "诉求人", "requested"),
        (2, "take", "陈助跑", "taken"),
        (3, "receive", "陈助跑", "taken"),
        (4, "receive", "坐席 王", "collected"),
        (5, "hand_over", "陈助跑", "handed_over"),
        (6, "deliver", "陈助跑", "delivered"),
        (7, "confirm", "诉求人", "confirmed"),
    ]
    assert events[2].data["papers"] == ["全家身份证复印件", "户口簿复印件", "家庭收入和财产声明"]
    assert [p.received_by for p in papers] == ["陈助跑"] * 3 + ["坐席 王"]
    assert len(notices) == 3  # taken, handed over, delivered
    assert "0571-5550201" in notices[0].payload["text"]
    assert [b["label"] for b in notices[2].payload["buttons"][0]] == ["收到了", "没收到"]


async def test_after_both_signatures_nothing_changes(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办生育登记，新塘村")
    for what, data in (
        (S.TAKE, {}),
        (S.RECEIVE, {"papers": ["1", "2"]}),
        (S.DELIVER, {"result": "村里当场办好"}),  # a village's own item needs no hand-over
    ):
        errand = await step(served, served_town, errand, what, now, **data)
    owner = Actor.citizen(citizen.id)
    await step(served, served_town, errand, S.CONFIRM, now, actor=owner)
    for what in set(S) - {S.REQUEST}:
        for actor in (RUNNER, owner):
            with pytest.raises(CaseError):
                await step(served, served_town, errand, what, now, actor=actor, reason="改")
    async with served.reading() as session:
        assert len(await events_of(session, errand)) == 5


async def test_one_side_cannot_sign_for_the_other(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办生育登记，新塘村")
    owner = Actor.citizen(citizen.id)
    stranger = Actor.citizen(citizen.id + 1)
    with pytest.raises(PermissionDenied):
        await step(served, served_town, errand, S.TAKE, now, actor=owner)
    with pytest.raises(CaseNotFound):
        await step(served, served_town, errand, S.CANCEL, now, actor=stranger)
    for what, data in (
        (S.TAKE, {}),
        (S.RECEIVE, {"papers": ["1", "2"]}),
        (S.DELIVER, {"result": "好"}),
    ):
        await step(served, served_town, errand, what, now, **data)
    with pytest.raises(PermissionDenied):
        await step(served, served_town, errand, S.CONFIRM, now)
    errand = await step(served, served_town, errand, S.OBJECT, now, actor=owner)
    assert (errand.state, errand.delivered_at) == (E.COLLECTED, None)


async def test_a_notice_waits_for_the_morning(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办社保卡")
    night = now.replace(hour=16)  # midnight in the town
    await step(served, served_town, errand, S.TAKE, night)
    async with served.reading() as session:
        notice = await session.scalar(select(OutboxMessage))
    assert notice is not None and notice.not_before > night


async def test_names_stay_out_of_the_record_that_cannot_be_changed(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办社保卡")
    data = {"applicant_name": "王大妈", "applicant_phone": "13800000009", "area": "清溪村"}
    errand = await step(served, served_town, errand, S.CHANGE, now, **data)
    assert (errand.applicant_name, errand.applicant_phone) == ("王大妈", "13800000009")
    async with served.reading() as session:
        events = await events_of(session, errand)
    assert events[-1].data == {"area": "清溪村"}


async def test_the_table_says_what_leads_where() -> None:
    reached = {edge.target for edge in STEPS.values()} - {None}
    assert reached | {E.COLLECTED} == set(E)
    assert all(E.CONFIRMED not in edge.sources for edge in STEPS.values())
    assert all(E.CANCELLED not in edge.sources for edge in STEPS.values())


async def test_a_step_out_of_turn_is_refused(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办社保卡")
    for what in (S.RECEIVE, S.HAND_OVER, S.DELIVER):
        with pytest.raises(TransitionForbidden):
            await step(served, served_town, errand, what, now, papers=["1"], result="好")
    await step(served, served_town, errand, S.TAKE, now, version=1)
    with pytest.raises(VersionConflict):
        await step(served, served_town, errand, S.CANCEL, now, version=1, reason="重复")
    for papers in ([], ["99"], "x"):
        with pytest.raises(MissingData):
            await step(served, served_town, errand, S.RECEIVE, now, papers=papers)
    with pytest.raises(MissingData, match="为什么取消"):
        await step(served, served_town, errand, S.CANCEL, now)


async def test_the_record_can_be_completed_while_it_is_open(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办社保卡")
    assert errand.grid == "全镇"
    errand = await step(
        served, served_town, errand, S.CHANGE, now,
        runner="R03", area="清溪村", applicant_type="elderly", applicant_name="王大妈",
    )  # fmt: skip
    assert (errand.grid, errand.runner_name, errand.area) == ("清溪村网格", "吴助跑", "清溪村")
    assert (errand.applicant_type, errand.applicant_name) == ("elderly", "王大妈")
    for data in ({"runner": "R77"}, {"applicant_type": "king"}):
        with pytest.raises(InvalidData):
            await step(served, served_town, errand, S.CHANGE, now, **data)


async def test_units_see_what_they_decide_on(
    served: Database, served_town: Town, citizen: Contact, now: datetime
) -> None:
    errand = await ask(served, served_town, citizen, now, "帮我代办低保，荷塘村")
    civil = Actor(Role.HANDLER, "民政 赵", unit_code="civil_office")
    centre = Actor(Role.HANDLER, "窗口 钱", unit_code="service_centre")
    light = Actor(Role.HANDLER, "路灯 孙", unit_code="lighting_office")
    async with served.reading() as session:
        for actor, seen in ((civil, 1), (centre, 1), (light, 0), (AGENT, 1)):
            assert len(await list_errands(session, actor)) == seen
            assert (await count_states(session, actor))["requested"] == seen
        with pytest.raises(CaseNotFound):
            await find_errand(session, errand.number, light)
        with pytest.raises(CaseNotFound):
            await find_errand(session, errand.number, Actor(Role.OBSERVER, "观察员"))


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("errands.csv", ",service_centre,20,", ",nobody,20,", "单位 nobody"),
        ("errands.csv", ",village,", ",moon,", "level 只能是"),
        ("errands.csv", ",25,低保", ",0,低保", "days 应是"),
        ("runners.csv", "新塘村|新塘", "荷塘村|新塘", "荷塘村 已归 陈助跑"),
        ("runners.csv", ",1\n", ",0\n", "只有一行 is_default"),
    ],
)
async def test_lists_that_cannot_be_are_named(
    database: Database, tmp_path: Path, now: datetime, name: str, old: str, new: str, complaint: str
) -> None:
    folder = tmp_path / "town"
    shutil.copytree(SAMPLE_TOWN, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TownDataError, match=complaint):
        async with database.transaction() as session:
            await load_service_files(session, now, folder)


def test_without_a_catalogue_there_are_no_errands() -> None:
    assert not ErrandBook()
