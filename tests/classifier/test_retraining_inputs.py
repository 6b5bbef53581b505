"""The folder of a training, and which of its rows are never trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifier.errors import InputsError
from classifier.retraining.frozen_set import freeze_rows, link_copies
from classifier.retraining.inputs import (
    LabelledRow,
    labelled_row,
    read_frozen,
    read_inputs,
    write_inputs,
)
from classifier.taxonomy import shipped_folder

TAXONOMY = shipped_folder() / "taxonomy.csv"


def make_rows(count: int, start: int = 0) -> list[LabelledRow]:
    """Rows of one a day, each about something of its own."""
    return [
        labelled_row(
            "".join(chr(0x4E00 + (n * 131 + i * i * 7 + i) % 5000) for i in range(20)),
            "zf.light",
            at=f"2026-{1 + n // 28:02}-{1 + n % 28:02}T09:00:00+08:00",
            source="case",
        )
        for n in range(start, start + count)
    ]


def test_inputs_survive_a_round_trip(tmp_path: Path) -> None:
    rows = make_rows(3)
    written = write_inputs(
        tmp_path / "in", rows[:2], rows[2:], taxonomy=TAXONOMY, settings={"strength": "lexical"}
    )
    again = read_inputs(tmp_path / "in")
    assert (again.rows, again.frozen) == (tuple(rows[:2]), tuple(rows[2:]))
    assert again.settings["strength"] == "lexical" and again.settings["with_shipped"] is True
    assert again.taxonomy.read_bytes() == TAXONOMY.read_bytes()
    assert again == written
    assert read_frozen(tmp_path / "in") == again.frozen
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_the_same_inputs_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_inputs(tmp_path / name, make_rows(5), (), taxonomy=TAXONOMY, settings={})
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


@pytest.mark.parametrize("name", ["rows.jsonl", "frozen.jsonl", "taxonomy.csv"])
def test_a_changed_file_is_noticed(tmp_path: Path, name: str) -> None:
    write_inputs(tmp_path / "in", make_rows(2), (), taxonomy=TAXONOMY, settings={})
    with (tmp_path / "in" / name).open("a") as file:
        file.write(" ")
    with pytest.raises(InputsError, match=f"{name} is not the file that was written"):
        read_inputs(tmp_path / "in")
    if name == "frozen.jsonl":
        with pytest.raises(InputsError, match=f"{name} is not the file that was written"):
            read_frozen(tmp_path / "in")


@pytest.mark.parametrize("content", [None, "", "[]", '{"format": 1}'])
def test_no_readable_inputs(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "inputs.json").write_text(content)
    with pytest.raises(InputsError, match="holds no readable inputs"):
        read_inputs(tmp_path)


def test_another_format_says_so(tmp_path: Path) -> None:
    write_inputs(tmp_path / "in", make_rows(2), (), taxonomy=TAXONOMY, settings={})
    path = tmp_path / "in" / "inputs.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 9}))
    with pytest.raises(InputsError, match="have format 9, this program reads 1"):
        read_inputs(tmp_path / "in")


def test_a_row_is_never_on_both_sides(tmp_path: Path) -> None:
    rows = make_rows(3)
    with pytest.raises(InputsError, match="1 texts are among the rows to train on"):
        write_inputs(tmp_path / "in", rows, rows[:1], taxonomy=TAXONOMY, settings={})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputsError, match="“colour” is unknown; use strength"):
        write_inputs(tmp_path / "in", (), (), taxonomy=TAXONOMY, settings={"colour": 1})


def test_the_newest_fifth_is_frozen() -> None:
    rows = make_rows(200)
    held = freeze_rows(rows, set())
    assert held == {row.key for row in rows[160:]}


def test_once_frozen_always_frozen() -> None:
    rows = make_rows(200)
    first = freeze_rows(rows, set())
    later = freeze_rows(make_rows(400), first)
    assert first < later and len(later) == 80
    # What grew is the newest of what came in, not of what was trained on.
    assert later - first <= {row.key for row in make_rows(200, start=200)}


def test_rows_trained_on_are_not_frozen_later() -> None:
    rows = make_rows(200)
    trained = {row.key for row in rows[50:]}
    assert freeze_rows(rows, set(), decided=trained) == {row.key for row in rows[10:50]}


def test_with_few_rows_nothing_is_frozen() -> None:
    assert freeze_rows(make_rows(100), set()) == set()
    assert freeze_rows(make_rows(100), {"0" * 16}) == {"0" * 16}


def test_a_group_stays_together() -> None:
    rows = make_rows(200)
    same = [labelled_row(f"{row.text}。", "zf.dog", group="story", at=row.at) for row in rows[:6]]
    for row in (*rows[155:160],):
        same.append(labelled_row(f"另{row.text}", "zf.dog", group="story", at=row.at))
    held = freeze_rows([*rows[6:155], *same, *rows[160:]], set())
    keys = {row.key for row in same}
    assert keys <= held or not keys & held


def test_a_near_copy_of_a_frozen_row_is_frozen() -> None:
    rows = make_rows(200)
    held = freeze_rows(rows, set())
    copy = labelled_row(f"{rows[199].text}！！ 12", "zf.light", at="2020-01-01T00:00:00+08:00")
    assert copy.key not in held
    assert copy.key in freeze_rows([*rows, copy], held)


def test_near_copies_are_found_and_others_are_not() -> None:
    text = "昨晚十一点楼下烧烤摊又开始炒菜，油烟全部飘进我家卧室，孩子咳得睡不着"
    texts = [
        text,
        text.replace("十一点", "十二点"),
        f"您好。{text}，请处理",
        "小区门口路灯坏了三天没人修，晚上走路看不见，老人摔了一跤",
        "昨晚楼下有人打架，后来散了",
    ]
    families = link_copies([labelled_row(text, "zf.fume") for text in texts])
    assert families == [0, 0, 0, 3, 4]


def test_a_huge_family_does_not_eat_the_training_rows() -> None:
    rows = make_rows(200)
    big = [
        labelled_row(row.text, "zf.light", group="all", at="2027-01-01T00:00:00+08:00")
        for row in make_rows(150, start=300)
    ]
    held = freeze_rows([*rows, *big], set())
    assert not held & {row.key for row in big}
    assert len(held) == 70
