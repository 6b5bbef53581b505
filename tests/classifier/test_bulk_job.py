"""What a bulk job remembers, whoever dies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.cluster.job import BulkJob, open_job
from classifier.errors import UnfinishedJob
from classifier.model import Model
from classifier.registry import ModelRegistry
from classifier.shards import open_source

TEXTS = [(f"路灯{i}不亮", "zf.light") for i in range(10)]
CELLS = [["zf", "zf.light", "0.9", "auto", "", "", "complaint", "normal"]]


@pytest.fixture
def begin(
    tmp_path: Path, write_rows: Callable[..., Path], small_registry: ModelRegistry
) -> Callable[..., BulkJob]:
    write_rows(TEXTS)
    serving = small_registry.current()
    assert serving is not None

    def begin(*, model: Path = serving, source: Path = tmp_path / "rows.csv", resume: bool = False):
        return open_job(
            tmp_path / "out.csv", open_source(source), model, "text", resume=resume, shard=4
        )

    return begin


def test_the_same_command_goes_on_where_it_stopped(begin: Callable[..., BulkJob]):
    job = begin()
    assert (job.shards, [job.rows_of(i) for i in job.missing()]) == (3, [4, 4, 2])
    job.write(1, CELLS * 4)
    again = begin()
    assert again.missing() == [0, 2]
    assert again.read(1) == CELLS * 4


def test_half_a_shard_is_none(begin: Callable[..., BulkJob]):
    job = begin()
    (job.folder / "000001.4711").write_text('[["zf"', encoding="utf-8")
    assert begin().missing() == [0, 1, 2]


def test_another_file_is_not_mixed_with_what_is_done(
    begin: Callable[..., BulkJob], write_rows: Callable[..., Path]
):
    begin().write(0, CELLS * 4)
    write_rows([*TEXTS[:-1], ("井盖坏了", "zf.road")])
    with pytest.raises(UnfinishedJob, match="another file"):
        begin()


def test_another_model_is_not_mixed_in_unless_the_first_is_meant(
    begin: Callable[..., BulkJob], small_registry: ModelRegistry, tmp_path: Path
):
    first = small_registry.current()
    assert first is not None
    shutil.copytree(first, tmp_path / "other")
    meta = tmp_path / "other" / "model.json"
    meta.write_text(meta.read_text(encoding="utf-8").replace(first.name, "another"), "utf-8")
    begin().write(0, CELLS * 4)
    with pytest.raises(UnfinishedJob, match="--resume"):
        begin(model=tmp_path / "other")
    job = begin(model=tmp_path / "other", resume=True)
    assert (job.model, job.missing()) == (first.resolve(), [1, 2])


def test_nothing_to_resume_is_said(begin: Callable[..., BulkJob]):
    with pytest.raises(UnfinishedJob, match="leave --resume out"):
        begin(resume=True)


def test_a_finished_job_leaves_nothing(begin: Callable[..., BulkJob]):
    job = begin()
    job.remove()
    assert not job.folder.exists()


def test_tagging_a_file_skips_the_reasons_and_nothing_else(small_model: Model):
    texts = ["楼下烧烤店油烟很大", "路灯坏了三天没人修"]
    told, bare = small_model.tag_many(texts), small_model.tag_many(texts, reasons=False)
    assert told[0].reasons and not bare[0].reasons
    assert [replace(tag, reasons=()) for tag in told] == bare
