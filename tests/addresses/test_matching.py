"""Written places to places of the registry: how often, how surely, and never by guessing."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.addresses.keeper import NameKeeper
from cases.addresses.loading import clear_registry, load_registry
from cases.addresses.matching import resolve_place
from cases.addresses.names import NameIndex, load_names
from cases.use_cases.suggest_places import suggest_places
from tests.addresses.written import read_written, tally_up


async def find(database, names, text, **more):
    async with database.reading() as session:
        return await resolve_place(session, names, text, **more)


def codes(matches):
    return [candidate.code for candidate in matches.candidates]


OF_THE_SAMPLE = re.compile(r"010[1-6]|R010[1-8]|~")


async def test_places_as_people_write_them(sqlite_database):
    """The rows about the sample town; the others need the large one of the benchmark."""
    rows = [r for r in read_written() if all(map(OF_THE_SAMPLE.match, r.codes))]
    assert len(rows) > 150
    async with sqlite_database.reading() as session:
        names = await load_names(session)
        tally = await tally_up(rows, lambda text: resolve_place(session, names, text))
    assert tally.precision >= 0.98, tally.wrong
    assert tally.coverage >= 0.75
    assert tally.recall >= 0.95, tally.missed
    assert tally.left_alone >= 0.85, tally.invented


@pytest.mark.parametrize(
    ("text", "code", "relation", "written"),
    [
        ("我住在风荷苑六栋旁边", "0101-E1-6", "旁边", "风荷苑六栋"),
        ("靠近马浦小区的空地", "0101-E2", "靠近", "马浦小区"),
        ("朝晖路５６号对面", "0102-E1", "对面", "朝晖路５６号"),
        ("荷塘村三组12号门口", "0104-G3-12", "门口", "荷塘村三组12号"),
        ("香樟大廈", "0103-E5", None, "香樟大廈"),
    ],
)
async def test_says_what_words_it_read(database, names, text, code, relation, written):
    found = (await find(database, names, text)).candidates[0]
    assert (found.code, found.relation, text[slice(*found.span)]) == (code, relation, written)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("香樟雅苑3幢", {"0103-E1-3", "0103-E2-3"}),
        ("风荷苑6幢501", {"0101-E1-6-1-501", "0101-E1-6-2-501"}),
        ("风荷路和朝晖路路口", {"R0101", "R0102"}),
        ("朝晖新村", {"0102-E3", "0102-E4"}),
    ],
)
async def test_between_two_that_are_near_a_person_decides(database, names, text, meant):
    found = await find(database, names, text)
    assert found.verdict == "choose"
    assert set(codes(found)) >= meant


async def test_a_number_the_registry_lacks_is_told_not_dropped(database, names):
    found = await find(database, names, "风荷苑66幢")
    assert found.verdict == "choose"
    assert (codes(found), found.candidates[0].missing) == (["0101-E1"], ("66幢",))


async def test_the_grid_comes_with_the_code(database, names):
    found = await find(database, names, "清溪村溪头")
    assert (codes(found), found.candidates[0].grid) == (["0106-G2"], "清溪村网格")


@pytest.mark.parametrize("text", ["", "   ", "我家楼下太吵了", "6栋302", "东海明珠城3栋"])
async def test_what_is_not_there_stays_text(database, names, text):
    found = await find(database, names, text)
    assert (found.text, found.verdict, found.candidates) == (text, "unmatched", ())


async def test_a_hint_or_an_area_decides_between_namesakes(database, now, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text(
        "code,street,community,grid,estate,building\n"
        "A,东镇,甲社区,甲网格,幸福小区,1幢\nB,西镇,乙社区,乙网格,幸福小区,1幢\n",
        encoding="utf-8",
    )
    await load_registry(database, file, now=now, refuse=pytest.fail)
    async with database.reading() as session:
        names = await NameKeeper().names(session)
    assert (await find(database, names, "幸福小区1幢")).verdict == "choose"
    assert codes(await find(database, names, "乙社区幸福小区1幢"))[0] == "B"
    hinted = await find(database, names, "幸福小区1幢", hint="甲网格")
    assert (codes(hinted)[0], hinted.verdict) == ("A", "sure")


async def test_a_keeper_reads_again_when_a_file_was_loaded(database, now, tmp_path):
    keeper = NameKeeper()
    async with database.reading() as session:
        first = await keeper.names(session)
        assert await keeper.names(session) is first
    file = tmp_path / "r.csv"
    file.write_text("code,estate\nQ,柳浪闻莺阁\n", encoding="utf-8")
    await load_registry(database, file, now=now, refuse=pytest.fail)
    async with database.reading() as session:
        assert codes(await resolve_place(session, await keeper.names(session), "柳浪闻莺阁")) == [
            "Q"
        ]


async def test_a_town_without_a_registry(database):
    async with database.transaction() as session:
        await clear_registry(session)
    assert (await find(database, NameIndex(), "风荷苑6幢")).verdict == "unmatched"


async def test_a_draft_is_proposed_a_place(database, names):
    async with database.reading() as session:
        by_place = await suggest_places(session, names, text="太吵了", place="枫荷苑6栋")
        by_text = await suggest_places(session, names, text="和平里2幢楼道里堆满杂物")
    assert (codes(by_place), codes(by_text)) == (["0101-E1-6"], ["0102-E1-2"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(
        alphabet="风荷苑路朝晖香樟雅和平里六栋6幢-2501单元号组村旁边对面 ，。与小区一二期三A#",
        max_size=40,
    )
)
async def test_every_span_is_a_piece_of_the_text(sqlite_database, text):
    async with sqlite_database.reading() as session:
        names = await NameKeeper().names(session)
        found = await resolve_place(session, names, text)
    assert len(found.candidates) <= 3
    assert (found.verdict == "unmatched") == (not found.candidates)
    for candidate in found.candidates:
        start, end = candidate.span
        assert 0 <= start < end <= len(text)
        assert 0 < candidate.score <= 1
