"""From the labels in the database to the inputs that a training reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cases.labels.keys import text_key
from cases.models import LabelText
from cases.storage.database import Database
from cases.use_cases.labels import training_rows
from classifier.errors import InputsError
from classifier.registry import ModelRegistry
from classifier.retraining.inputs import Inputs, encode_rows, read_inputs
from classifier.taxonomy import load_taxonomy
from intake_api.retraining.child import sentence_for
from intake_api.retraining.folders import inputs_of
from intake_api.retraining.inputs import Wish, store_suspects, write_job_inputs
from tests.retraining.conftest import put_model, registry_at

FAULTS = ("路灯不亮", "井盖松动", "垃圾没清", "油烟呛人", "狗叫扰民", "车位被占")


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    registry = registry_at(tmp_path)
    put_model(registry, "m1")
    registry.promote("m1")
    return registry


async def label(database: Database, numbers: range, now: datetime) -> None:
    async with database.transaction() as session:
        for number in numbers:
            text = f"{chr(0x4E00 + number * 7)}{chr(0x5E00 + number * 5)}{FAULTS[number % 6]}"
            at = now + timedelta(hours=number)
            session.add(
                LabelText(
                    key=text_key(text), text=text, source="desk" if number % 2 else "case",
                    at=at, state="settled", category="zf.light", request_type="complaint",
                    urgency="normal", how="single", settled_at=at, created_at=at,
                )
            )  # fmt: skip


async def write(
    database: Database, folder: Path, registry: ModelRegistry, now: datetime, strength: str = ""
) -> tuple[dict[str, int], Inputs]:
    await asyncio.to_thread(folder.mkdir)
    counts = await write_job_inputs(database, folder, registry, Wish(strength), now)
    return counts, read_inputs(inputs_of(folder))


async def test_everything_is_written_down(
    database: Database, tmp_path: Path, registry: ModelRegistry, now: datetime
) -> None:
    await label(database, range(200), now)
    counts, inputs = await write(database, tmp_path / "1", registry, now)
    assert counts == {"case": 100, "desk": 100, "held_out": 40}
    assert len(inputs.rows) == 160 and len(inputs.frozen) == 40
    # The newest are what it will be asked about.
    assert min(row.at for row in inputs.frozen) > max(row.at for row in inputs.rows)
    assert inputs.settings["strength"] == "lexical" and inputs.settings["base"] == "m1"
    assert inputs.settings["tokenizer"] in ("jieba", "rjieba")
    assert "zf.light" in load_taxonomy(inputs.taxonomy)
    async with database.reading() as session:
        held = {row.key for row in await training_rows(session) if row.held_out}
    assert held == {row.key for row in inputs.frozen}


async def test_once_frozen_always_frozen(
    sqlite_database: Database, tmp_path: Path, registry: ModelRegistry, now: datetime
) -> None:
    await label(sqlite_database, range(200), now)
    _, first = await write(sqlite_database, tmp_path / "1", registry, now)
    await label(sqlite_database, range(200, 300), now)
    _, second = await write(sqlite_database, tmp_path / "2", registry, now, "semantic")
    before, after = ({row.key for row in inputs.frozen} for inputs in (first, second))
    assert before < after and len(after) == 60
    assert second.settings["strength"] == "semantic"


async def test_what_the_serving_model_learnt_is_not_frozen_later(
    sqlite_database: Database, tmp_path: Path, registry: ModelRegistry, now: datetime
) -> None:
    """With few labels nothing is held out; those stay on the side that was trained on."""
    await label(sqlite_database, range(100), now)
    counts, first = await write(sqlite_database, tmp_path / "1", registry, now)
    assert counts["held_out"] == 0
    kept = registry.root / "m1" / "inputs"
    kept.mkdir()
    (kept / "rows.jsonl").write_bytes(encode_rows(first.rows))
    await label(sqlite_database, range(100, 200), now - timedelta(days=900))
    counts, second = await write(sqlite_database, tmp_path / "2", registry, now)
    assert counts["held_out"] == 40
    assert not {row.key for row in second.frozen} & {row.key for row in first.rows}


async def test_changed_inputs_are_refused_with_a_sentence(
    sqlite_database: Database, tmp_path: Path, registry: ModelRegistry, now: datetime
) -> None:
    await label(sqlite_database, range(40), now)
    _, inputs = await write(sqlite_database, tmp_path / "1", registry, now)
    changed = [replace(row, category="zf.dog") for row in inputs.rows]
    (inputs.folder / "rows.jsonl").write_bytes(encode_rows(changed))
    with pytest.raises(InputsError) as refused:
        read_inputs(inputs.folder)
    assert "材料缺失或被改动过" in sentence_for(refused.value)
    assert "磁盘" in sentence_for(OSError(28, "No space left on device"))
    assert "内存" in sentence_for(MemoryError())
    assert "日志" in sentence_for(ZeroDivisionError())


async def test_without_doubts_there_is_nothing_to_store(
    sqlite_database: Database, tmp_path: Path, now: datetime
) -> None:
    await store_suspects(sqlite_database, tmp_path, "m2", now)
    (tmp_path / "suspects.jsonl").write_text("", encoding="utf-8")
    await store_suspects(sqlite_database, tmp_path, "m2", now)
