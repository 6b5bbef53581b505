"""From a file to cases: once, however often; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData
from cases.history import read_history
from cases.lifecycle import Role
from cases.models import Case, OrderImport, RefusedRow
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases import import_orders
from cases.use_cases.file_case import CaseDraft, file_case
from cases.use_cases.import_orders import (
    CANCELLED,
    DONE,
    RUNNING,
    STOPPED,
    ImportedFile,
    begin_import,
    cancel_import,
    forget_imports,
    read_refused,
)
from classifier.testing import FakeClassifier
from intake_api.imports import order_import
from intake_api.imports.order_import import (
    digest_of,
    known_among,
    look_at,
    run_import,
    tagging_with,
)
from tests.imports.conftest import HEADER, order_rows, write_file

CLERK = Actor(Role.DISPATCHER, "值班员")


class Desk:
    """What an import needs, with a counter of batches."""

    def __init__(self, database: Database, town: Town, now: datetime) -> None:
        self.database, self.town, self.now = database, town, now
        self.tagger = FakeClassifier()
        self.batches = 0

    async def begin(self, path: Path, source: str = "热线", owner: str = "one") -> OrderImport:
        what = ImportedFile(source, path.name, digest_of(path), HEADER)
        async with self.database.transaction() as session:
            return await begin_import(session, what, actor=CLERK, owner=owner, now=self.now)

    async def run(
        self,
        path: Path,
        job: OrderImport | None = None,
        after: Callable[[OrderImport], None] = lambda job: None,
        **how: Any,
    ) -> OrderImport | None:
        job = job or await self.begin(path, **how)

        def report(job: OrderImport) -> None:
            self.batches += 1
            after(job)

        return await run_import(
            path,
            job,
            database=self.database,
            tag=tagging_with(self.tagger),
            town=lambda: self.town,
            clock=lambda: self.now,
            owner=job.owner or "",
            report=report,
        )

    async def cases(self) -> list[tuple[Any, ...]]:
        async with self.database.reading() as session:
            rows = await session.execute(
                select(Case.source_id, Case.source_index, Case.number, Case.state, Case.version)
                .order_by(Case.id)
            )  # fmt: skip
            return [tuple(row) for row in rows]


@pytest.fixture
def desk(database: Database, town: Town, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(order_import, "BATCH", 10)
    return Desk(database, town, now)


def counts(job: OrderImport | None) -> tuple[int, int, int, int]:
    assert job is not None
    return job.rows, job.taken, job.known, job.refused


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_every_row_once_however_often(desk: Desk, tmp_path: Path, suffix: str) -> None:
    path = write_file(tmp_path, suffix, order_rows(35))
    first = await desk.run(path)
    assert counts(first) == (35, 35, 0, 0) and first is not None and first.state == DONE
    filed, asked = await desk.cases(), len(desk.tagger.seen)
    assert len(filed) == first.cases >= 35
    assert counts(await desk.run(path)) == (35, 0, 35, 0)
    assert len(desk.tagger.seen) == asked
    assert await desk.cases() == filed


async def test_a_row_is_read_like_a_pasted_order(desk: Desk, tmp_path: Path) -> None:
    row = (
        "A1",
        "2026-11-22 21:15",
        "朝晖路桥头三盏路灯不亮，晚上漆黑一片，请尽快修。还有一件事，"
        "风荷苑楼下烧烤摊噪音很大，夜里吵到十二点，要求管一管。",
        "",
        "",
        "",
        "",
    )
    await desk.run(write_file(tmp_path, "csv", [row]))
    async with desk.database.reading() as session:
        found = list(await session.scalars(select(Case).order_by(Case.source_index)))
    assert [case.category for case in found] == ["zf.light", "zf.noise"]
    assert {(case.source_system, case.source_id, case.channel) for case in found} == {
        ("热线", "A1", "phone")
    }
    assert found[0].submitted_at.isoformat() == "2026-11-22T13:15:00+00:00"
    assert "朝晖路" in (found[0].place_text or "")


async def test_what_the_file_says_of_the_caller_wins(desk: Desk, tmp_path: Path) -> None:
    row = ["A1", "", "我姓李，电话13900001111。路灯不亮", "138 0013 8000", "王女士", "朝晖路", ""]
    await desk.run(write_file(tmp_path, "csv", [row]))
    async with desk.database.reading() as session:
        case = (await session.scalars(select(Case))).one()
    assert (case.caller_name, case.caller_phone, case.place_text) == (
        "王女士",
        "138 0013 8000",
        "朝晖路",
    )
    assert case.caller_key == "13800138000"


async def test_bad_rows_are_kept_with_their_reason(desk: Desk, tmp_path: Path) -> None:
    rows = [list(row) for row in order_rows(25)]
    rows[3][2], rows[11][1], rows[12][2] = "", "前天", "长" * 20_001
    job = await desk.run(write_file(tmp_path, "csv", rows))
    assert counts(job) == (25, 22, 0, 3) and job is not None
    async with desk.database.reading() as session:
        refused = await read_refused(session, job.id)
    assert [row.line for row in refused] == [5, 13, 14]
    assert ["是空的" in refused[0].sentence, "前天" in refused[1].sentence] == [True, True]
    assert refused[1].cells == rows[11]


async def test_a_row_that_cannot_be_filed_is_kept_whole(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells stand under their headers, to be mended and sent again."""
    rows = [list(row) for row in order_rows(3)]

    async def refuse_second(session: AsyncSession, draft: CaseDraft, **how: Any) -> Case:
        if draft.source_id == rows[1][0]:
            raise InvalidData("这一件不能立案。")
        return await file_case(session, draft, **how)

    monkeypatch.setattr(import_orders, "file_case", refuse_second)
    job = await desk.run(write_file(tmp_path, "csv", rows))
    assert counts(job) == (3, 2, 0, 1) and job is not None
    async with desk.database.reading() as session:
        [refused] = await read_refused(session, job.id)
    assert (refused.line, refused.sentence) == (3, "这一件不能立案。")
    assert refused.cells == rows[1]


async def test_a_stopped_import_goes_on_behind_its_last_batch(desk: Desk, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(job: OrderImport) -> None:
        if job.rows >= 20:
            raise Killed

    path = write_file(tmp_path, "csv", order_rows(45))
    with pytest.raises(Killed):
        await desk.run(path, after=die)
    assert len(desk.tagger.seen) < 45
    seen = len(desk.tagger.seen)
    job = await desk.begin(path, owner="two")
    assert (job.line, job.rows, job.taken) == (21, 20, 20)
    job = await desk.run(path, job)
    assert counts(job) == (45, 45, 0, 0)
    again = [text for text in desk.tagger.seen[seen:] if text in desk.tagger.seen[:seen]]
    assert again == []
    assert len({case[0] for case in await desk.cases()}) == 45


async def test_who_was_overtaken_stores_nothing_more(desk: Desk, tmp_path: Path) -> None:
    path = write_file(tmp_path, "csv", order_rows(30))
    old = await desk.begin(path)
    new = await desk.begin(path, owner="two")
    assert new.id == old.id
    old.owner = "one"
    assert await desk.run(path, old) is None
    assert await desk.cases() == []
    assert counts(await desk.run(path, new)) == (30, 30, 0, 0)


async def test_a_cancelled_import_ends_with_its_batch(desk: Desk, tmp_path: Path) -> None:
    path = write_file(tmp_path, "csv", order_rows(45))
    job = await desk.begin(path)
    started = desk.tagger.classify_many

    async def cancel_meanwhile(texts: Any) -> Any:
        if desk.batches == 2:
            async with desk.database.transaction() as session:
                assert await cancel_import(session, job.id, desk.now)
        return await started(texts)

    desk.tagger.classify_many = cancel_meanwhile  # type: ignore[method-assign]
    assert await desk.run(path, job) is None
    assert len(await desk.cases()) == 20
    async with desk.database.transaction() as session:
        kept = await session.get(OrderImport, job.id)
        assert kept is not None and (kept.state, kept.taken) == (CANCELLED, 20)
        assert not await cancel_import(session, job.id, desk.now)


async def test_without_the_classifier_it_stops_and_says_so(desk: Desk, tmp_path: Path) -> None:
    path = write_file(tmp_path, "csv", order_rows(15))
    desk.tagger.fail_with = RuntimeError("gone")
    job = await desk.run(path)
    assert job is not None and job.state == STOPPED and "分类服务没有应答" in job.trouble
    assert await desk.cases() == []
    job = await desk.run(path)
    assert counts(job) == (15, 15, 0, 0) and job is not None and job.trouble == ""


async def test_a_file_that_breaks_off_keeps_what_was_read(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake_api.imports.order_files.MOST_ROWS", 25)
    job = await desk.run(write_file(tmp_path, "csv", order_rows(40)))
    assert job is not None and job.state == STOPPED and "分成几个文件" in job.trouble
    assert len(await desk.cases()) == 20


async def test_orders_without_numbers_are_known_by_their_words(desk: Desk, tmp_path: Path) -> None:
    header = ("诉求内容", "联系电话")
    rows = [("路灯不亮", "13800000001"), ("路灯不亮", "13800000001"), ("垃圾没人清运", "")]
    path = write_file(tmp_path, "csv", rows, header)
    assert counts(await desk.run(path)) == (3, 3, 0, 0)
    assert counts(await desk.run(path)) == (3, 0, 3, 0)
    later = write_file(tmp_path, "xlsx", [*rows, ("广场舞噪音大", "")], header)
    assert counts(await desk.run(later)) == (4, 1, 3, 0)


async def test_another_source_is_another_order(desk: Desk, tmp_path: Path) -> None:
    path = write_file(tmp_path, "csv", order_rows(3))
    await desk.run(path)
    assert counts(await desk.run(path, source="市热线")) == (3, 3, 0, 0)


async def test_a_named_unit_gets_the_case(desk: Desk, town: Town, tmp_path: Path) -> None:
    named = next(unit for code, unit in town.units.items() if code != "lighting_office")
    rows = [list(row) for row in order_rows(2)]
    rows[0][6], rows[1][6] = named.name, named.code
    rows[1][2] = "说不清是什么事情，总之不满意"
    await desk.run(write_file(tmp_path, "csv", rows))
    async with desk.database.reading() as session:
        sure, unsure = await session.scalars(select(Case).order_by(Case.id))
        assert sure.lead_unit == named.code
        last = (await read_history(session, unsure.id))[-1]
    assert last.action == "note" and named.name in last.data["text"]


async def test_a_look_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    rows = [list(row) for row in order_rows(30)]
    await desk.run(write_file(tmp_path, "csv", rows[:10]))
    rows[20][1] = "?"
    path = write_file(tmp_path, "xlsx", rows)
    preview = look_at(path, desk.town, desk.now)
    assert (preview.rows, len(preview.source_ids), preview.refused) == (30, 29, 1)
    assert await known_among(desk.database, "热线", preview) == 10
    assert len(preview.first) == 10 and len(await desk.cases()) == 10


async def test_what_is_old_is_forgotten(desk: Desk, tmp_path: Path) -> None:
    rows = [list(row) for row in order_rows(3)]
    rows[0][2] = ""
    await desk.run(write_file(tmp_path, "csv", rows))
    later = desk.now.replace(year=2027)
    async with desk.database.transaction() as session:
        await forget_imports(session, desk.now)
        assert await session.scalar(select(func.count()).select_from(RefusedRow)) == 1
        await forget_imports(session, later)
        assert await session.scalar(select(func.count()).select_from(RefusedRow)) == 0
        assert (await session.scalars(select(OrderImport.state))).all() == [DONE]


async def test_the_state_between_two_batches_says_how_far(desk: Desk, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    path = write_file(tmp_path, "csv", order_rows(25))
    await desk.run(path, after=lambda job: seen.append((job.state, job.line, job.rows)))
    assert seen == [(RUNNING, 11, 10), (RUNNING, 21, 20), (RUNNING, 26, 25)]
