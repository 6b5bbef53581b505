"""/training/retrain: begun once, watched, cancelled, gone on with; without a worker it waits."""

from __future__ import annotations

import html
import re

from cases.lifecycle import Role
from cases.models import TrainingJob
from cases.use_cases.training_jobs import (
    Outcome,
    Progress,
    claim_job,
    finish_job,
    note_progress,
    stop_job,
)
from tests.intake_api.conftest import House


async def press(house: House, csrf: str, path: str = "", **form: str) -> tuple[int, str, str]:
    answer = await house.client.post(f"/training/retrain{path}", data={"csrf": csrf, **form})
    return answer.status, answer.url.path, html.unescape(await answer.text())


async def read(house: House, path: str = "") -> str:
    answer = await house.client.get(f"/training/retrain{path}")
    assert answer.status == 200
    return html.unescape(await answer.text())


async def begin(house: House, csrf: str) -> int:
    status, path, page = await press(house, csrf, strength="lexical")
    found = re.fullmatch(r"/training/retrain/(\d+)", path)
    assert status == 200 and found and "等待开始" in page
    return int(found[1])


async def claim(house: House) -> TrainingJob:
    async with house.database.transaction() as session:
        job = await claim_job(session, "run", house.clock())
    assert job is not None
    return job


async def test_begun_watched_and_done(both_houses: House) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    assert "还没有标注" in await read(house)
    job_id = await begin(house, csrf)
    status, _, page = await press(house, csrf, strength="lexical")
    assert status == 422 and "已经有一次训练在进行" in page
    await claim(house)
    async with house.database.transaction() as session:
        counts = {"case": 12, "desk": 10, "held_out": 4}
        await note_progress(
            session, job_id, "run", Progress("collecting", 0.426, counts), house.clock()
        )
    page = await read(house, f"/{job_id}")
    assert "收集标注" in page and 'value="42"' in page and "更正、确认过的" in page
    answer = await (await house.client.get(f"/training/retrain/{job_id}/progress")).json()
    assert answer == {"state": "running", "stage": "收集标注", "percent": 42}
    assert "正在训练" in await read(house)
    async with house.database.transaction() as session:
        await finish_job(
            session, job_id, "run", Outcome("m9", False, ["路灯类退步。"]), house.clock()
        )
    page = await read(house, f"/{job_id}")
    assert "不能启用" in page and "路灯类退步。" in page and "/training/models/m9" in page
    page = await read(house)
    assert "没有通过" in page and "看对比" in page


async def test_cancelled(house: House) -> None:
    csrf = await house.login(Role.ADMIN)
    job_id = await begin(house, csrf)
    _, _, page = await press(house, csrf, f"/{job_id}/cancel")
    assert "已取消" in page
    _, _, page = await press(house, csrf, f"/{job_id}/resume")
    assert "已取消" in page
    assert await begin(house, csrf) != job_id


async def test_stopped_and_gone_on_with(house: House) -> None:
    csrf = await house.login(Role.ADMIN)
    job_id = await begin(house, csrf)
    await claim(house)
    async with house.database.transaction() as session:
        await stop_job(session, job_id, "run", "磁盘满了，处理后点“继续”。", house.clock())
    page = await read(house, f"/{job_id}")
    assert "磁盘满了" in page and "继续" in page
    _, _, page = await press(house, csrf, f"/{job_id}/resume")
    assert "取消训练" in page


async def test_who_may(house: House) -> None:
    for role in (Role.AGENT, Role.HANDLER_HEAD, Role.INSPECTOR):
        csrf = await house.login(role)
        assert (await house.client.get("/training/retrain")).status == 403
        status, _, _ = await press(house, csrf)
        assert status == 403
    csrf = await house.login(Role.ADMIN)
    status, _, _ = await press(house, "wrong")
    assert status == 403
    assert (await house.client.get("/training/retrain/999")).status == 404
    status, _, page = await press(house, csrf, strength="magic")
    assert status == 422 and "没有这种训练方式" in page
