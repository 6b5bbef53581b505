"""The ledger travels with its cases, and files from before it are read as well."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from cases.case_number import new_number
from cases.models import PredictionEntry
from cases.storage.database import Database
from intake_api.case_transfer import LEFT_OUT, export_cases, import_case, mask_row
from tests.ledger.conftest import ROADS, Desk

NEW = ("at_filing", "automatic", "how", "returns", "return_count", "misrouted")


async def exported(desk: Desk) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    await export_cases(desk.database, rows.append)
    # As a file holds it.
    return dict(json.loads(json.dumps(rows[0])))


async def test_what_became_of_it_travels(desk: Desk, sqlite_database: Database) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    await desk.act(case, "relabel", category="zf.road")
    before = await desk.word()
    row = await exported(desk)
    assert set(NEW) <= set(row["predictions"][0])
    row["number"] = new_number(desk.now.date())
    async with sqlite_database.transaction() as session:
        assert await import_case(session, row)
    async with sqlite_database.reading() as session:
        after = (await session.scalars(select(PredictionEntry))).all()[-1]
    names = [c.name for c in PredictionEntry.__table__.columns if c.name not in LEFT_OUT]
    assert {n: getattr(after, n) for n in names} == {n: getattr(before, n) for n in names}
    assert (after.how, after.return_count) == ("corrected", 1)


async def test_an_older_file_has_open_predictions(desk: Desk, sqlite_database: Database) -> None:
    await desk.file()
    row = await exported(desk)
    for name in (*NEW, "final_category", "final_by", "final_at"):
        del row["predictions"][0][name]
    row["number"] = new_number(desk.now.date())
    async with sqlite_database.transaction() as session:
        assert await import_case(session, row)
    async with sqlite_database.reading() as session:
        after = (await session.scalars(select(PredictionEntry))).all()[-1]
    assert (after.at_filing, after.automatic, after.returns, after.how) == (True, False, [], None)


async def test_a_masked_file_masks_the_units_words(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    row = await exported(desk)
    row["predictions"][0]["returns"][0]["reason"] = "当事人电话13800001234"
    assert "13800001234" not in str(mask_row(row))
