"""``huying addresses``: in and found, from the command line; the county is the same every time."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from intake_api.cli import run
from scripts.make_addresses import county_rows, sample_rows, unique, write_rows


def test_a_file_in_and_a_place_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "r.csv"
    file.write_text("code,community,grid,estate,building\nQ1,柳社区,柳网格,柳浪苑,3幢\n", "utf-8")
    assert run(["addresses", "import", str(file), "--replace"]) == 0
    assert "新增 1 条" in capsys.readouterr().out
    assert run(["addresses", "find", "柳浪苑三栋门口"]) == 0
    said = capsys.readouterr().out
    assert "已确定" in said and "Q1  柳网格" in said and "的门口" in said
    assert run(["addresses", "find", "风荷苑6栋", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "unmatched"


def test_bad_rows_are_told_and_a_bad_file_gives_nothing_up(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "登记.csv"
    file.write_text("code,estate\n,柳浪苑\nQ2,桃浪苑\n", "utf-8")
    assert run(["addresses", "import", str(file)]) == 1
    said = capsys.readouterr()
    assert "登记.csv 第 2 行：没有编码" in said.err and "新增 1 条" in said.out
    file.write_text("名称\n", "utf-8")
    assert run(["addresses", "import", str(file), "--replace"]) == 1
    assert "code" in capsys.readouterr().err
    assert run(["addresses", "find", "风荷苑6栋"]) == 0
    assert "0101-E1-6" in capsys.readouterr().out


@pytest.mark.parametrize("seed", [7, 8])
def test_the_same_seed_draws_the_same_county(seed):
    first = list(islice(unique(county_rows(seed)), 6_000))
    assert first == list(islice(unique(county_rows(seed)), 6_000))
    assert first != list(islice(unique(county_rows(seed + 1)), 6_000))
    assert len({row["code"] for row in first}) == len(first)
    # Read as codes are kept: every row is an address of its own.
    assert len({tuple(list(row.values())[1:12]) for row in first}) == len(first)


def test_the_sample_file_is_what_the_script_makes(tmp_path):
    from cases.town import SAMPLE_TOWN

    write_rows(tmp_path / "a.csv", sample_rows())
    assert (tmp_path / "a.csv").read_bytes() == (SAMPLE_TOWN / "addresses.csv").read_bytes()
