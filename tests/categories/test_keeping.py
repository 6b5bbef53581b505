"""Categories as the town's own rows: added, changed, retired, written for training."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from cases.actors import Actor
from cases.errors import InvalidData, PermissionDenied, VersionConflict
from cases.lifecycle import Role
from cases.models import Case, Category, PredictionEntry, Responsibility
from cases.settled_tag import settle_tag
from cases.testing import make_draft, make_tag
from cases.use_cases.act import act
from cases.use_cases.categories import (
    add_category,
    change_category,
    read_category_events,
    restore_category,
    retire_category,
    write_taxonomy,
)
from cases.use_cases.file_case import file_case
from classifier.taxonomy import load_shipped, load_taxonomy
from tests.categories.conftest import DISPATCHER, drone, read_town


async def add(database, town, now, **changes):
    async with database.transaction() as session:
        return await add_category(session, drone(**changes), town=town, actor=DISPATCHER, now=now)


async def retire(database, code, by, now, version=0):
    async with database.transaction() as session:
        await retire_category(
            session, code, by, actor=DISPATCHER, now=now, expected_version=version
        )


async def test_the_sample_town_writes_the_shipped_taxonomy(database, tmp_path):
    """Same labels, same training texts: moving it into the database lost nothing."""
    async with database.reading() as session:
        await write_taxonomy(session, tmp_path / "taxonomy.csv")
    written, shipped = load_taxonomy(tmp_path / "taxonomy.csv"), load_shipped()
    assert written.codes == shipped.codes and written.hash == shipped.hash
    assert [label.texts for label in written] == [label.texts for label in shipped]


async def test_a_new_category_is_there_for_everybody(database, town, now, tmp_path):
    await add(database, town, now)
    fresh = await read_town(database)
    assert fresh.categories["zf.drone"].platform_name == "综合执法"
    assert fresh.responsibilities["zf.drone"].lead_unit == "enforcement_team"
    assert ("zf.drone", "无人机扰民") in fresh.grouped_categories()["综合执法"]
    async with database.transaction() as session:
        draft = make_draft(confirmed={
            "category": "zf.drone", "request_type": "complaint", "urgency": "normal"})  # fmt: skip
        case = await file_case(session, draft, actor=DISPATCHER, town=fresh, now=now)
        assert (case.category, case.platform, case.lead_unit) == (
            "zf.drone", "zf", "enforcement_team",
        )  # fmt: skip
        await write_taxonomy(session, tmp_path / "t.csv")
    label = load_taxonomy(tmp_path / "t.csv")["zf.drone"]
    assert {"无人机", "有人天天在我们小区上空放无人机，嗡嗡响"} <= set(label.texts)


async def test_without_a_code_it_gets_the_next_free_one(database, town, now):
    assert (await add(database, town, now, code="")).code == "zf.new1"
    town = await read_town(database)
    assert (await add(database, town, now, code="", name="无人机噪声")).code == "zf.new2"


async def test_the_name_of_the_empty_form_is_no_code(database, town, now):
    """Its page could never be opened: ``/training/categories/new`` is the form."""
    with pytest.raises(InvalidData) as refused:
        await add(database, town, now, code="new")
    assert "请换一个" in refused.value.fields["errors"]["code"]


@pytest.mark.parametrize("version", ["2026年版", "v2", "2099-01"])
async def test_another_lead_unit_counts_whatever_the_list_is_called(database, town, now, version):
    async with database.transaction() as session:
        await session.execute(
            update(Responsibility)
            .where(Responsibility.category == "zf.light")
            .values(version=version)
        )
    town = await read_town(database)
    row = town.categories["zf.light"]
    draft = drone(
        code="", platform=row.platform, name=row.name, lead_unit="works_office",
        vocabulary=row.vocabulary, definition=row.definition,
    )  # fmt: skip
    for unit in ("works_office", "enforcement_team"):
        async with database.transaction() as session:
            events = await read_category_events(session, "zf.light")
            await change_category(
                session, "zf.light", replace(draft, lead_unit=unit), town=town,
                actor=DISPATCHER, now=now, expected_version=events[0].id if events else 0,
            )  # fmt: skip
        town = await read_town(database)
        assert town.responsibilities["zf.light"].lead_unit == unit


async def test_examples_lose_what_says_who_somebody_is(database, town, now):
    told = ("我家电话13800138000，楼上天天放无人机", *drone().examples)
    row = await add(database, town, now, examples=told)
    assert "13800138000" not in "".join(row.examples)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("code", "zf drone", "只用字母"),
        ("code", "zf.light", "已经有了"),
        ("code", "代" * 13, "太长"),
        ("platform", "xx", "平台"),
        ("name", "", "名称"),
        ("name", "路灯照明", "已经有叫"),
        ("definition", "短", "至少 10 个字"),
        ("vocabulary", ("一个词",), "两个"),
        ("examples", drone().examples[:2], "至少写 3 句"),
        ("examples", ("短", "很短", "太短"), "每句至少"),
        ("time_class", "Z9", "办理时限"),
        ("lead_unit", "nobody", "没有这个单位"),
    ],
)
async def test_each_field_says_what_is_wrong(sqlite_database, town, now, field, value, says):
    with pytest.raises(InvalidData) as refused:
        await add(sqlite_database, town, now, **{field: value})
    assert list(refused.value.fields["errors"]) == [field]
    assert says in refused.value.fields["errors"][field]
    assert await sqlite_database_has_no_drone(sqlite_database)


async def sqlite_database_has_no_drone(database):
    async with database.reading() as session:
        return await session.get(Category, "zf.drone") is None


async def test_retired_it_is_no_choice_and_its_labels_go_on(database, town, now, tmp_path):
    async with database.transaction() as session:
        old = await file_case(
            session, make_draft(tag=make_tag(decision="suggest")), actor=Actor.bot(), town=town,
            now=now,
        )  # fmt: skip
        number = old.number
    await retire(database, "zf.light", "zf.road", now)
    fresh = await read_town(database)
    assert "zf.light" not in fresh.categories
    assert fresh.category_name("zf.light") == "路灯照明"  # the case keeps its words
    assert fresh.current_code("zf.light") == "zf.road"
    with pytest.raises(InvalidData, match="已停用"):
        async with database.transaction() as session:
            await act(
                session, number, "relabel", {"category": "zf.light"}, actor=DISPATCHER,
                town=fresh, now=now,
            )  # fmt: skip
    async with database.reading() as session:
        await write_taxonomy(session, tmp_path / "t.csv")
    taxonomy = load_taxonomy(tmp_path / "t.csv")
    assert "zf.light" not in taxonomy and taxonomy.settle("zf.light") == "zf.road"


async def test_the_old_model_speaks_in_new_categories(database, town, now):
    await retire(database, "zf.light", "zf.road", now)
    fresh = await read_town(database)
    async with database.transaction() as session:
        case = await file_case(
            session, make_draft(tag=make_tag(category="zf.light")), actor=Actor.bot(),
            town=fresh, now=now,
        )  # fmt: skip
        assert (case.category, case.lead_unit) == ("zf.road", "works_office")
        entry = await session.scalar(
            select(PredictionEntry).where(PredictionEntry.case_id == case.id)
        )
        assert entry.category == "zf.road"


async def test_what_nobody_can_tell_waits_for_a_person_and_danger_still_counts(database, town, now):
    async with database.transaction() as session:
        light = await session.get_one(Category, "zf.light")
        light.active, light.may_become = False, ["zf.road", "zf.safety"]
    fresh = await read_town(database)
    tag = make_tag(category="zf.light", urgency="critical", decision="auto")
    async with database.transaction() as session:
        case = await file_case(session, make_draft(tag=tag), actor=Actor.bot(), town=fresh, now=now)
        assert (case.category, case.state, case.urgency) == (None, "submitted", "critical")
    settled = settle_tag(tag, fresh)
    assert settled.decision == "human"
    assert [other.category for other in settled.alternatives][:2] == ["zf.road", "zf.safety"]


async def test_a_chain_of_successors_ends_where_it_ends(database, town, now):
    await retire(database, "zf.light", "zf.road", now)
    await retire(database, "zf.road", "zf.safety", now)
    fresh = await read_town(database)
    assert fresh.current_code("zf.light") == "zf.safety"
    async with database.transaction() as session:
        await restore_category(
            session, "zf.road", actor=DISPATCHER, now=now,
            expected_version=(await read_category_events(session, "zf.road"))[0].id,
        )  # fmt: skip
    assert (await read_town(database)).current_code("zf.light") == "zf.road"


async def test_a_split_one_follows_when_a_part_is_retired(database, now):
    async with database.transaction() as session:
        light = await session.get_one(Category, "zf.light")
        light.active, light.may_become = False, ["zf.road", "zf.safety"]
    await retire(database, "zf.road", "zf.safety", now)
    assert (await read_town(database)).candidates("zf.light") == ("zf.safety",)


@pytest.mark.parametrize("by", ["", "zf.light", "nowhere"])
async def test_somebody_has_to_take_over(sqlite_database, now, by):
    with pytest.raises(InvalidData, match="接替"):
        await retire(sqlite_database, "zf.light", by, now)


async def test_two_who_change_the_same_one_are_told(database, town, now):
    await add(database, town, now)
    fresh = await read_town(database)
    with pytest.raises(VersionConflict):
        async with database.transaction() as session:
            await change_category(
                session, "zf.drone", drone(), town=fresh, actor=DISPATCHER, now=now,
                expected_version=0,
            )  # fmt: skip


async def test_only_the_command_room_keeps_categories(sqlite_database, town, now):
    agent = Actor(Role.AGENT, "小周", user_id=2)
    with pytest.raises(PermissionDenied):
        async with sqlite_database.transaction() as session:
            await add_category(session, drone(), town=town, actor=agent, now=now)


async def test_no_case_lost_its_category(database, town, now):
    """Retiring changes no case."""
    async with database.transaction() as session:
        await file_case(session, make_draft(tag=make_tag()), actor=Actor.bot(), town=town, now=now)
    await retire(database, "zf.light", "zf.road", now)
    async with database.reading() as session:
        assert set(await session.scalars(select(Case.category))) == {"zf.light"}
