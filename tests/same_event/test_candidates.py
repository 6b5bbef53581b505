"""What is offered as already reported, and how the index behind it is kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from cases.models import Case, CaseKey, CasePrint
from cases.same_event import Answer, Report
from cases.same_event.report import name_people
from cases.testing import make_tag
from cases.use_cases.same_event import find_similar, renew_index
from tests.same_event.conftest import AGENT, Desk

REPORT = Report("朝晖路桥头那几盏路灯都不亮了，晚上摸黑走", category="zf.light")


async def found(desk: Desk, report: Report = REPORT) -> list[tuple[str, str, int]]:
    async with desk.database.reading() as session:
        similar = await find_similar(session, report, town=desk.town, now=desk.at)
        return [(s.case.number, s.verdict.answer.value, s.reporters) for s in similar]


async def count(desk: Desk, table: type[CaseKey] | type[CasePrint]) -> int:
    async with desk.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_the_same_in_other_words_is_offered_with_its_reporters(desk: Desk) -> None:
    case = await desk.file()
    await desk.file(text="望湖新村12幢门口垃圾桶三天没清", tag=make_tag(category="zf.garbage"))
    await desk.follow(case, caller_phone="13800002222")
    assert await found(desk) == [(case.number, Answer.SAME, 2)]


async def test_the_same_caller_is_told_apart(desk: Desk) -> None:
    await desk.file(channel="phone", caller_phone="13800001111")
    async with desk.database.reading() as session:
        report = Report(REPORT.text, people=name_people("13800001111", None))
        [mine] = await find_similar(session, report, town=desk.town, now=desk.at)
        [other] = await find_similar(session, REPORT, town=desk.town, now=desk.at)
    assert mine.same_person
    assert not other.same_person


async def test_a_merged_case_answers_as_the_other_one(desk: Desk) -> None:
    parent, child = await desk.file(text="朝晖路桥头路灯坏了，不亮"), await desk.file()
    await desk.act(child, "merge", parent=parent.number)
    assert await found(desk) == [(parent.number, Answer.SAME, 2)]


async def test_a_withdrawn_case_is_not_offered(desk: Desk) -> None:
    case = await desk.file()
    await desk.act(case, "withdraw", AGENT)
    assert await found(desk) == []


async def test_a_closed_case_is_offered_for_some_days(desk: Desk) -> None:
    case = await desk.file()
    await desk.settle(case)
    days = desk.town.policy["same_event"]["closed_days"]
    desk.at += timedelta(days=days - 1)
    assert [number for number, _, _ in await found(desk)] == [case.number]
    desk.at += timedelta(days=2)
    assert await found(desk) == []
    assert await renew_index(desk.database, desk.town, desk.at) == 1
    assert (await count(desk, CaseKey), await count(desk, CasePrint)) == (0, 0)


async def test_corrected_words_are_found_by_what_they_say_now(desk: Desk) -> None:
    case = await desk.file(text="路口的灯不亮")
    assert await found(desk) == []
    await desk.act(case, "supplement", AGENT, text="在朝晖路桥头，三盏路灯都不亮")
    assert [number for number, _, _ in await found(desk)] == [case.number]


async def test_cases_from_before_get_their_keys(desk: Desk) -> None:
    """An import or an older version wrote none; and older lists made others."""
    case = await desk.file()
    kept = await count(desk, CaseKey)
    assert kept
    async with desk.database.transaction() as session:
        row = await session.get(CasePrint, case.id)
        assert row is not None
        row.edition = "older"
    assert await renew_index(desk.database, desk.town, desk.at) == 1
    async with desk.database.transaction() as session:
        await session.execute(CaseKey.__table__.delete())
        await session.execute(CasePrint.__table__.delete())
    assert await found(desk) == []
    assert await renew_index(desk.database, desk.town, desk.at) == 1
    assert await count(desk, CaseKey) == kept
    assert await renew_index(desk.database, desk.town, desk.at) == 0
    assert [number for number, _, _ in await found(desk)] == [case.number]


async def test_only_so_many_are_looked_at_however_many_there_are(desk: Desk) -> None:
    """A key that everybody shares gives its newest; the rare one is found all the same."""
    old = await desk.file(text="朝晖路桥头三盏路灯不亮，桥栏边的那几盏，去年才装的")
    async with desk.database.transaction() as session:
        report = Report(old.text, old.place_text, category=old.category)
        for key in (await session.scalars(select(CaseKey.key))).all()[:3]:
            rows = [{"key": key, "case_id": 1_000_000 + n} for n in range(200)]
            await session.execute(CaseKey.__table__.insert(), rows)
    assert [number for number, _, _ in await found(desk, report)] == [old.number]


async def test_nothing_to_go_by_finds_nothing(desk: Desk) -> None:
    await desk.file()
    assert await found(desk, Report("。")) == []
    assert isinstance(await desk.row(await desk.file(text="！！！", tag=None)), dict)
    async with desk.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Case)) == 2
