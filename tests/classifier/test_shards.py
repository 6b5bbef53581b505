"""A table in pieces holds what the table holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from classifier.errors import BadExamples
from classifier.shards import open_source
from classifier.tables import read_table, write_table

ROWS = [(f"路灯{i}不亮，\n“第{i}天”", f"zf.{i}") for i in range(7)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_rows_are_those_of_the_whole_file(write_rows: Callable[..., Path], encoding: str):
    path = write_rows([*ROWS[:3], ("", " "), *ROWS[3:], ("短",)], encoding=encoding)
    source = open_source(path)
    shards = list(source.shards(3))
    assert [len(shard) for shard in shards] == [3, 3, 2]
    assert list(chain(*shards)) == [row for _, row in read_table(path).rows]
    assert source.rows == 8


def test_a_spreadsheet_is_cut_likewise(tmp_path: Path):
    path = tmp_path / "rows.xlsx"
    write_table(path, ("text", "n"), ROWS)
    source = open_source(path)
    assert list(chain(*source.shards(3))) == [row for _, row in read_table(path).rows]


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, write_rows: Callable[..., Path]):
    with pytest.raises(BadExamples, match="no column “内容”"):
        open_source(write_rows(ROWS), "内容")
    with pytest.raises(BadExamples, match="cannot be read"):
        open_source(tmp_path / "nowhere.csv")
    wide = tmp_path / "wide.csv"
    wide.write_bytes("text\n路灯".encode("utf-16"))
    with pytest.raises(BadExamples, match=r"neither UTF-8|no column"):
        open_source(wide)
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(BadExamples, match="is empty"):
        open_source(empty)
