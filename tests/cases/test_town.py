"""The town's lists: loaded once, checked for contradictions, edited as rows."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import delete, select

from cases import models
from cases.errors import TownDataError
from cases.testing import make_tag
from cases.town import SAMPLE_TOWN, load_town
from cases.town_files import load_town_files
from cases.triage import triage, triage_category


def test_every_category_has_one_lead_and_known_units(town):
    """The list decides the unit, so it has to be whole."""
    dispatchable = {c.code for c in town.categories.values() if c.dispatchable}
    assert set(town.responsibilities) == dispatchable
    assert len(town.categories) == 53 and len(dispatchable) == 49
    for line in town.responsibilities.values():
        assert {line.lead_unit, *line.coop_units} <= set(town.units)
        assert line.lead_unit not in line.coop_units


def test_a_town_that_was_edited_is_left_alone(town):
    """A second start does not load the files again (checked by rows below)."""
    assert town.unit_name("lighting_office") == "路灯管理所"
    assert town.unit_name("gone") == "gone"


async def test_loading_twice_changes_nothing(database):
    """First start fills the tables, later ones keep what staff made of them."""
    async with database.transaction() as session:
        await session.execute(delete(models.Unit).where(models.Unit.code == "agri_office"))
        await load_town_files(session)
    async with database.reading() as session:
        assert "agri_office" not in (await load_town(session)).units


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("zf.light,nobody,,x,2026-01", "单位 nobody 不在"),
        ("zf.moon,works_office,,x,2026-01", "类别 zf.moon 不在"),
        ("zf.light,works_office,,x,2026-01", "已有主体责任单位"),  # a second lead
    ],
)
async def test_lists_that_contradict_each_other_are_named(database, tmp_path, line, complaint):
    """File, row and remedy in one sentence."""
    folder = tmp_path / "town"
    shutil.copytree(SAMPLE_TOWN, folder)
    with (folder / "responsibilities.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(TownDataError, match=complaint) as refused:
        async with database.transaction() as session:
            for table in (models.Unit, models.Responsibility, models.Category, models.CalendarDay):
                await session.execute(delete(table))
            await load_town_files(session, folder)
    assert "responsibilities.csv 第" in refused.value.sentence
    async with database.reading() as session:
        assert await session.scalar(select(models.Unit.code).limit(1)) is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"decision": "suggest"}, "unsure"),
        ({"urgency": "critical"}, "critical"),
        ({"category": "na.scope", "decision": "human"}, "off_catalogue"),
        ({"category": "na.scope"}, "off_catalogue"),
        ({"category": "zz.unheard"}, "off_catalogue"),
    ],
)
def test_triage(town, changes, why):
    """What passes without a person, and why the rest does not."""
    decided = triage(make_tag(**changes), town)
    assert decided.why == why
    assert (decided.dispatch_to is None) == (why is not None)


def test_an_untagged_message_waits(town):
    assert triage(None, town).why == "untagged"
    assert triage_category("zf.light", town).dispatch_to.lead_unit == "lighting_office"
