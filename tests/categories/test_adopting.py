"""Another scheme in the place of the town's own: all of it or nothing, and no case is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from cases.actors import Actor
from cases.errors import InvalidData
from cases.models import Case, Category, CategoryEvent, LabelText
from cases.testing import make_draft, make_tag
from cases.use_cases.adopt_scheme import adopt_scheme
from cases.use_cases.categories import write_taxonomy
from cases.use_cases.file_case import file_case
from classifier.scheme import read_scheme
from classifier.taxonomy import load_taxonomy
from intake_api.labelling.scheme_adoption import adopt_file
from tests.categories.conftest import read_town
from tests.categories.test_mapping import NEW

# Every category of the sample town goes somewhere; unknown ones to 其他.
TARGETS = {
    "zf.light": ("市政设施",),
    "zf.road": ("市政设施",),
    "zf.green": ("园林绿化",),
    "zf.noise": ("环境噪声",),
    "zf.construction": ("环境噪声", "市政设施"),
    "sj.food": ("食品安全",),
    "sj.price": ("价格计量",),
    "sj.quality": ("消费维权",),
    "sj.consumer": ("消费维权",),
}


@pytest.fixture
def targets(town):
    return dict.fromkeys(town.categories, ("其他",)) | TARGETS


async def adopt(database, targets, leads=None):
    return await adopt_file(database, read_scheme(NEW), targets, leads or {})


async def file_light(database, town, now, **changes):
    async with database.transaction() as session:
        draft = make_draft(tag=make_tag(decision="suggest", **changes))
        case = await file_case(session, draft, actor=Actor.bot(), town=town, now=now)
        return case.number


async def test_the_scheme_takes_over(database, town, targets, now, tmp_path):
    await file_light(database, town, now)
    done = await adopt(database, targets)
    assert (len(done.added), len(done.retired), done.split) == (7, 53, ("zf.construction",))
    assert done.open_cases == 1
    fresh = await read_town(database)
    assert list(fresh.categories) == [
        "市政设施", "园林绿化", "环境噪声", "食品安全", "价格计量", "消费维权", "其他",
    ]  # fmt: skip
    assert fresh.categories["食品安全"].platform == "sj"  # 市场监管 has a code already
    assert fresh.current_code("zf.light") == "市政设施"
    assert fresh.candidates("zf.construction") == ("环境噪声", "市政设施")
    assert fresh.category_name("zf.light") == "路灯照明"
    async with database.transaction() as session:
        await write_taxonomy(session, tmp_path / "t.csv")
        assert await session.scalar(select(Case.category)) == "zf.light"
    taxonomy = load_taxonomy(tmp_path / "t.csv")
    assert len(taxonomy) == 7 and taxonomy.settle("zf.green") == "园林绿化"
    assert taxonomy.settle("zf.construction") is None


async def test_leads_go_along_where_all_agree(database, targets):
    done = await adopt(database, targets)
    fresh = await read_town(database)
    assert fresh.responsibilities["园林绿化"].lead_unit == "enforcement_team"
    assert fresh.responsibilities["消费维权"].lead_unit == "market_office"
    open_leads = {row.code: dict(row.leads) for row in done.undecided}
    # 路灯 and 道路 were led by two units: somebody has to say.
    assert open_leads["市政设施"] == {"路灯管理所": 1, "城建与市政养护站": 1}
    assert "市政设施" not in fresh.responsibilities


async def test_a_second_time_changes_nothing_but_what_is_new(database, targets):
    await adopt(database, targets)
    before = await read_town(database)
    done = await adopt(database, targets, {"市政设施": "works_office"})
    fresh = await read_town(database)
    assert (done.added, done.retired) == ((), ())
    assert fresh.responsibilities["市政设施"].lead_unit == "works_office"
    assert fresh.responsibilities["园林绿化"] == before.responsibilities["园林绿化"]
    assert fresh.categories == before.categories
    assert fresh.current_code("zf.light") == "市政设施"


async def test_a_new_case_is_sent_on_under_the_new_scheme(database, targets, town, now):
    """The model still speaks in old categories until it is trained again."""
    await adopt(database, targets, {"市政设施": "works_office"})
    fresh = await read_town(database)
    async with database.transaction() as session:
        draft = make_draft(tag=make_tag(category="zf.light"))
        case = await file_case(session, draft, actor=Actor.bot(), town=fresh, now=now)
        assert (case.category, case.lead_unit) == ("市政设施", "works_office")


async def refuse(database, targets, says, leads=None):
    with pytest.raises(InvalidData, match=says) as refused:
        await adopt(database, targets, leads)
    assert "\n" not in refused.value.sentence
    fresh = await read_town(database)
    assert len(fresh.categories) == 53 and not fresh.retired  # nothing happened
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(CategoryEvent)) == 0


async def test_open_cases_are_not_left_without_a_category(database, town, targets, now):
    await file_light(database, town, now)
    await refuse(database, targets | {"zf.light": ()}, "“路灯照明”（1 件）")
    del targets["zf.light"]
    await refuse(database, targets, "“路灯照明”（1 件）")


async def test_what_nobody_has_needs_no_place_to_go(database, targets):
    """Without an open case a category may simply end."""
    done = await adopt(database, targets | {"zf.dog": ()})
    assert "zf.dog" in done.split
    assert (await read_town(database)).candidates("zf.dog") == ()


async def test_a_unit_nobody_knows_is_refused(database, targets):
    await refuse(database, targets, "nobody 不在单位表", {"市政设施": "nobody"})
    await refuse(database, targets, "路灯 不在新方案", {"路灯": "works_office"})


async def test_a_code_that_meant_something_else_is_refused(
    sqlite_database, town, targets, tmp_path
):
    """zf.dog of the new list is no dog: old cases would change their meaning."""
    path = tmp_path / "t.csv"
    path.write_text("code,平台,类别\nzf.dog,甲,桥梁\nzf.light,甲,路灯照明\n", encoding="utf-8")
    with pytest.raises(InvalidData, match=r"zf\.dog 现在是“犬只与动物管理”"):
        await adopt_file(
            sqlite_database, read_scheme(path), dict.fromkeys(targets, ("zf.light",)), {}
        )


async def test_cases_of_a_category_retired_before_are_looked_after(database, town, targets, now):
    await file_light(database, town, now)
    async with database.transaction() as session:
        light = await session.get_one(Category, "zf.light")
        light.active, light.replaced_by = False, "zf.dog"
    with pytest.raises(InvalidData, match="路灯照明"):
        await adopt(database, targets | {"zf.dog": ()})
    await adopt(database, targets)
    assert (await read_town(database)).current_code("zf.light") == "其他"


async def test_labels_of_a_split_category_wait_for_a_person(database, town, targets, now):
    from cases.use_cases.label_texts import SETTLED

    async with database.transaction() as session:
        session.add(
            LabelText(
                key="0123456789abcdef", text="工地夜里还在打桩", source="desk", at=now,
                state=SETTLED, category="zf.construction", created_at=now,
            )
        )  # fmt: skip
    await adopt(database, targets)
    fresh = await read_town(database)
    async with database.reading() as session:
        label = await session.scalar(select(LabelText))
        assert label.category == "zf.construction"
        assert fresh.current_code(label.category) is None
        assert fresh.candidates(label.category) == ("环境噪声", "市政设施")


async def test_only_the_command_room_adopts(sqlite_database, town, targets, now):
    from cases.errors import PermissionDenied

    with pytest.raises(PermissionDenied):
        async with sqlite_database.transaction() as session:
            await adopt_scheme(session, [], targets, town=town, actor=Actor.citizen(1), now=now)
