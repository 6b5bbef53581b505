"""The corpus through every door by which words leave: lists, search, export, log, training."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from bot.log_filter import install_redaction, remove_redaction
from cases.actors import Actor
from cases.lifecycle import Role
from cases.personal_data import training_text
from cases.storage.database import Database
from cases.testing import make_draft, make_tag
from cases.town import Town
from cases.use_cases.file_case import file_case
from classifier.normalization import normalize
from intake_api.case_files import read_rows, row_writer
from intake_api.case_transfer import export_cases, mask_row
from intake_api.logging_setup import configure_logging
from tests.intake_api.conftest import House
from tests.personal_data.corpus import Item, leaked, make_items

ITEMS = make_items(2000, seed=11)
#: Every kind, in many spellings, as cases: a database is slower than a function.
FILED = ITEMS[:120]


async def file_items(house: House) -> dict[str, Item]:
    """The items as cases, by number."""
    async with house.database.transaction() as session:
        return {
            (
                await file_case(
                    session,
                    make_draft(text=item.text, tag=make_tag(decision="human")),
                    actor=Actor.bot(),
                    town=house.town,
                    now=house.clock(),
                )
            ).number: item
            for item in FILED
        }


ROW = re.compile(
    r'href="/desk/cases/([\d-]+)">(.*?)</a>\s*<small><span.*?</span>(.*?)</small>', re.DOTALL
)


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.OBSERVER, Role.ADMIN])
async def test_lists_and_search_show_nothing(house: House, role: Role) -> None:
    items = await file_items(house)
    await house.login(role)
    pages, address = [], "/desk?queue=all"
    while address:
        page = await (await house.client.get(address)).text()
        pages.append(page)
        older = re.search(r"before=([\d-]+)", page)
        address = f"/desk?queue=all&before={older[1]}" if older else ""
    assert len(pages) == 3
    listed = {number: summary + place for number, summary, place in ROW.findall("".join(pages))}
    assert set(listed) == set(items)
    page = await (await house.client.get("/desk?q=尽快处理")).text()
    found = [(number, summary + place) for number, summary, place in ROW.findall(page)]
    assert len(found) > 20
    for number, words in [*listed.items(), *found]:
        assert not leaked(items[number], words), (items[number].text, words)


CUT = (
    "朝晖路桥头三盏路灯连续一个星期都不亮，晚上漆黑一片，老人孩子都不敢出门，"
    "请尽快派人来修理，联系电话是13800138000，谢谢"
)


async def test_a_number_that_a_summary_cuts_is_shown_nowhere(house: House) -> None:
    """Half a number is not recognised as one: what is personal in the text is so in its summary."""
    async with house.database.transaction() as session:
        cases = [
            await file_case(
                session,
                make_draft(text=CUT, tag=make_tag(decision="human")),
                actor=Actor.bot(),
                town=house.town,
                now=house.clock(),
            )
            for _ in range(3)
        ]
        merged, solved, parent = cases
        assert "是138001" in parent.summary and "13800138000" not in parent.summary
        merged.parent_id, merged.state = parent.id, "merged"
        solved.state, solved.outcome, solved.reply_text = "archived", "solved", "已更换灯具。"
    await house.login(Role.DISPATCHER)
    for address, times in (
        (f"/desk?filed={parent.number}", 2),
        (f"/desk?followed={parent.number},{merged.number}", 3),
        (f"/desk/cases/{parent.number}", 3),
        ("/training/ledger", 3),
    ):
        page = await (await house.client.get(address)).text()
        assert page.count("联系电话是138****") >= times, address
        assert "是138001" not in page, address


async def test_the_list_of_the_api_shows_nothing(house: House) -> None:
    items = await file_items(house)
    for role in (Role.AGENT, Role.INSPECTOR):
        headers = await house.token(role)
        answer = await house.client.get("/api/v1/cases?limit=200", headers=headers)
        found = (await answer.json())["cases"]
        assert len(found) == len(items)
        for row in found:
            words = f"{row['text']} {row['summary']} {row['place']}"
            assert not leaked(items[row["number"]], words), words


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_a_masked_export_holds_nothing(house: House, tmp_path: Path, suffix: str) -> None:
    items = await file_items(house)
    path = tmp_path / f"cases.{suffix}"
    with row_writer(path) as write:
        await export_cases(house.database, lambda row: write(mask_row(row)))
    rows = [row for _, row in read_rows(path)]
    assert len(rows) == len(items) and not any(row["tracking_code"] for row in rows)
    for row in rows:
        words = f"{row['text']} {row['summary']} {row['place_text']} {row['caller_name']}"
        assert not leaked(items[row["number"]], words), words
    if suffix == "csv":
        cells = csv.reader(io.StringIO(path.read_text("utf-8-sig")))
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in cells for cell in row)


def test_logs_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    try:
        log = structlog.get_logger("test")
        for item in ITEMS:
            log.info(item.text, note=item.text, inner={"words": [item.text]})
        lines = capsys.readouterr().err.splitlines()
        for item, line in zip(ITEMS, lines, strict=True):
            event = json.loads(line)
            said = f"{event['event']} {event['note']} {event['inner']}"
            assert not leaked(item, said), item.text
    finally:
        structlog.reset_defaults()


def test_logs_of_libraries_say_nothing() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    redaction = install_redaction()
    try:
        for item in ITEMS:
            try:
                raise ValueError(item.text)
            except ValueError:
                logging.getLogger("driver").exception("row %s", item.text)
            assert not leaked(item, stream.getvalue()), item.text
            stream.truncate(0)
            stream.seek(0)
    finally:
        remove_redaction(redaction)
        root.removeHandler(handler)


def test_training_text_holds_nothing_and_reads_the_same() -> None:
    for item in ITEMS:
        assert not leaked(item, training_text(item.text)), item.text
    text = "楼下路灯不亮，我的手机13800138000"
    assert normalize(training_text(text)) == normalize(text)


async def test_the_database_keeps_what_was_said(
    sqlite_database: Database, town: Town, house: House
) -> None:
    """Masking is for what leaves: the words themselves are the town's record."""
    await file_items(house)
    rows: list[dict[str, object]] = []
    await export_cases(house.database, rows.append)
    assert [row["text"] for row in rows] == [item.text.strip() for item in FILED]
