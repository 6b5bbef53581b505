"""What is filed from the drafts of a call, and what of it is never filed twice or lost."""

from __future__ import annotations

from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import CallTranscript, CaseReporter
from tests.intake_api.conftest import House
from tests.intake_api.test_pages_desk import all_cases, fields_of, read_call

TWO = (
    "市民：荷塘路28号门口的路灯不亮，晚上看不见。\n"
    "市民：另外还有一件事，我们楼下那家烧烤店油烟太大，窗户都不敢开，希望你们管一管。"
)


def without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in names}


async def test_a_draft_left_out_can_be_filed_later(house: House) -> None:
    """Back in the browser, the other one ticked: it is filed, and only it."""
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, TWO))
    assert "d1-file" in fields
    await house.client.post("/desk/file", data=without(fields, "d1-file"))
    [first] = await all_cases(house)
    page = await (
        await house.client.post("/desk/file", data=without(fields, "d0-file") | {"as_is": "1"})
    ).text()
    cases = await all_cases(house)
    assert len(cases) == 2
    assert cases[1].number in page
    assert first.number not in page.split("<table")[0]
    assert "油烟" in cases[1].text


async def test_what_was_left_out_is_not_put_into_another(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = without(fields_of(await read_call(house, csrf, TWO)), "d0-file")
    page = await (await house.client.post("/desk/file", data=fields)).text()
    assert "荷塘路28号" not in page.split("<table")[0]
    [case] = await all_cases(house)
    assert "路灯" not in (case.text + (case.summary or "") + (case.place_text or ""))
    async with house.database.reading() as session:
        kept = (await session.scalars(select(CallTranscript))).one()
    assert kept.lost_count == 0


async def test_what_was_dropped_from_a_filed_draft_is_told_once(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, TWO)) | {"d1-text": "楼下烧烤店油烟太大"}
    answer = await house.client.post("/desk/file", data=fields)
    page = await answer.text()
    assert "希望你们管一管" in page
    assert await all_cases(house) == []
    again = fields_of(page) | {"as_is": "1"}
    await house.client.post("/desk/file", data=again)
    assert len(await all_cases(house)) == 2
    async with house.database.reading() as session:
        kept = (await session.scalars(select(CallTranscript))).one()
    assert kept.lost_count > 0


async def test_two_drafts_that_follow_one_case_both_leave_their_words(house: House) -> None:
    there = await house.file(await house.token(), "荷塘路28号门口的路灯不亮")
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, TWO))
    number = there["number"]
    page = await (
        await house.client.post(
            "/desk/file",
            data=fields | {"d0-follow": number, "d1-follow": number, "as_is": "1"},
        )
    ).text()
    assert "已跟进 1 件" in page
    async with house.database.reading() as session:
        [reporter] = await session.scalars(select(CaseReporter))
    assert "路灯不亮" in (reporter.words or "")
    assert "油烟太大" in (reporter.words or "")


async def test_a_rewritten_text_has_a_title_of_its_own(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, TWO))
    rewritten = fields | {"d0-text": "东风路1号井盖丢失", "d0-place": "东风路1号", "as_is": "1"}
    await house.client.post("/desk/file", data=rewritten)
    first, second = await all_cases(house)
    assert first.summary == "东风路1号井盖丢失"
    assert second.summary == fields["d1-summary"]


async def test_enter_in_a_field_does_not_leave_the_page(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    page = await read_call(house, csrf, TWO)
    form = page.split("data-keep")[1]
    assert form.index("<button disabled hidden>") < form.index("/desk/callers")
