"""Labelled rows: every way a file can be wrong is one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from classifier.errors import BadExamples
from classifier.examples import load_examples, load_shipped_examples
from classifier.taxonomy import Taxonomy, load_shipped

GOOD = [
    ("路灯不亮", "zf.light"), ("路灯坏了", "zf.light"), ("路灯一闪一闪", "zf.light"),
    ("油烟呛人", "zf.fume"), ("烧烤冒烟", "zf.fume"), ("餐馆油烟直排", "zf.fume"),
]  # fmt: skip
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_shipped()


def test_shipped_rows_load_for_every_label(taxonomy: Taxonomy) -> None:
    examples = load_shipped_examples(taxonomy)
    assert {row.category for row in examples.rows} == set(taxonomy.codes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(taxonomy: Taxonomy, write_rows: Write, encoding: str) -> None:
    path = write_rows(GOOD, encoding=encoding)
    assert [row.text for row in load_examples([path], taxonomy).rows] == [t for t, _ in GOOD]


def test_columns_can_have_other_names(taxonomy: Taxonomy, write_rows: Write) -> None:
    path = write_rows(GOOD, header=("诉求内容", "类别"))
    examples = load_examples([path], taxonomy, text_column="诉求内容", category_column="类别")
    assert len(examples.rows) == len(GOOD)


def test_spreadsheet(taxonomy: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([("text", "category"), *GOOD]):
            sheet.write_row(number, 0, row)
    assert len(load_examples([path], taxonomy).rows) == len(GOOD)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([*GOOD, ("噪声", "zf.nois")], "row 8: the category “zf.nois” is not in the taxonomy"),
        ([*GOOD, ("  ", "zf.light")], "row 8: the text is empty"),
        ([*GOOD, ("噪声", "")], "row 8: the category “” is not in the taxonomy"),
        ([], "holds no usable row"),  # a header alone
        (GOOD[:3], "every row has the category “zf.light”"),  # one class only
        (GOOD[1:5], "no category has more than 2 rows"),  # two rows per class
    ],
)
def test_says_file_row_and_remedy(
    taxonomy: Taxonomy, write_rows: Write, rows: list[tuple[str, str]], says: str
) -> None:
    with pytest.raises(BadExamples, match=r"rows\.csv") as caught:
        load_examples([write_rows(rows)], taxonomy)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_request_type(taxonomy: Taxonomy, write_rows: Write) -> None:
    path = write_rows(
        [("路灯不亮", "zf.light", "抱怨")], header=("text", "category", "request_type")
    )
    with pytest.raises(BadExamples, match="row 2: the request_type “抱怨” is unknown"):
        load_examples([path], taxonomy)


def test_missing_column_names_those_that_are_there(taxonomy: Taxonomy, write_rows: Write) -> None:
    path = write_rows(GOOD, header=("content", "category"))
    with pytest.raises(BadExamples, match="no column “text”, only content, category"):
        load_examples([path], taxonomy)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.csv", b"", "is empty"),
        ("rows.csv", b"\xff\xfe\x00\x00\x81", "neither UTF-8 nor GB18030"),  # UTF-32 or noise
        ("rows.xlsx", b"PK\x03\x04 not really", "not a readable spreadsheet"),
    ],
)
def test_broken_files(
    taxonomy: Taxonomy, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadExamples, match=says):
        load_examples([path], taxonomy)


def test_conflicting_duplicates_are_set_aside(taxonomy: Taxonomy, write_rows: Write) -> None:
    path = write_rows([*GOOD, ("路灯 不亮", "zf.road")])  # spaces do not make another text
    examples = load_examples([path], taxonomy)
    assert len(examples.rows) == len(GOOD) - 1
    assert "row 8: the same text as" in examples.warnings[0]
    assert "row 2 has another category" in examples.warnings[0]


def test_equal_duplicates_count_once(taxonomy: Taxonomy, write_rows: Write) -> None:
    examples = load_examples([write_rows([*GOOD, GOOD[0]])], taxonomy)
    assert len(examples.rows) == len(GOOD)
    assert examples.warnings == ("1 rows repeat a text with the same category; each counts once.",)


def test_hash_does_not_depend_on_order(taxonomy: Taxonomy, write_rows: Write) -> None:
    forth = load_examples([write_rows(GOOD)], taxonomy).hash
    back = load_examples([write_rows(GOOD[::-1], name="back.csv")], taxonomy).hash
    assert forth == back
