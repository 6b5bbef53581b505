"""Files as people send them: whatever is broken is one sentence, and the rest goes on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cases.errors import InvalidData
from intake_api.imports.order_files import Row, open_orders, workbook
from intake_api.imports.order_files import rows as limits
from tests.imports.conftest import HEADER, csv_text, order_rows, write_file

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def read(path: Path) -> tuple[list[str], list[Row]]:
    with open_orders(path) as (header, rows):
        return list(header), list(rows)


def save(path: Path, raw: bytes | str, encoding: str = "utf-8") -> Path:
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode(encoding))
    return path


def book(path: Path, rows: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet()
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(line, column, cell)
    return path


def with_part(path: Path, name: str, content: bytes, **how: Any) -> Path:
    """The workbook with one part replaced."""
    with zipfile.ZipFile(path) as old:
        parts = {part: old.read(part) for part in old.namelist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, raw in parts.items():
            new.writestr(part, raw, **how)
    return path


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_the_same_rows_from_every_format(tmp_path: Path, suffix: str) -> None:
    wanted = order_rows(30)
    header, rows = read(write_file(tmp_path, suffix, wanted))
    assert header == list(HEADER)
    filled = [(*row.cells, *[""] * (len(HEADER) - len(row.cells))) for row in rows]
    assert filled == wanted and not any(row.trouble for row in rows)
    first = 1 if suffix == "jsonl" else 2
    assert [row.line for row in rows] == list(range(first, first + 30))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_office_software(tmp_path: Path, encoding: str) -> None:
    path = save(tmp_path / "a.csv", csv_text(order_rows(3)), encoding)
    header, rows = read(path)
    assert header == list(HEADER) and list(rows[2].cells) == list(order_rows(3)[2])


def test_a_mark_in_the_middle_is_no_letter(tmp_path: Path) -> None:
    """Two files with a byte order mark each, one behind the other."""
    half = csv_text(order_rows(1)).encode("utf-8-sig")
    _, rows = read(save(tmp_path / "a.csv", half + half))
    assert [row.cells[0] for row in rows] == ["G000000", HEADER[0], "G000000"]
    lines = '\ufeff{"内容": "一"}\n\ufeff{"内容": "二"}\n'
    header, rows = read(save(tmp_path / "a.jsonl", lines))
    assert header == ["内容"] and [list(row.cells) for row in rows] == [["一"], ["二"]]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separators(tmp_path: Path, separator: str) -> None:
    path = save(tmp_path / "a.csv", f"编号{separator}内容\n1{separator}路灯不亮\n")
    assert read(path) == (["编号", "内容"], [Row(2, ["1", "路灯不亮"])])


def test_an_open_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    text = '编号,内容\n1,"好\n两行"\n2,"没有关\n3,后面还有\n' + "".join(
        f"{n},第{n}行\n" for n in range(4, 900)
    )
    _, rows = read(save(tmp_path / "a.csv", text))
    bad = [row for row in rows if row.trouble]
    assert [row.line for row in bad] == [3] and "引号" in bad[0].trouble
    assert rows[0].cells == ["1", "好\n两行"] and len(rows) == 899
    assert rows[2].cells == ["3", "后面还有"] and rows[-1].cells == ["899", "第899行"]


def test_more_cells_than_columns(tmp_path: Path) -> None:
    wide = ",".join(str(n) for n in range(120))
    _, rows = read(save(tmp_path / "a.csv", f"编号,内容\n1,甲,,,\n{wide}\n3,丙\n"))
    assert [bool(row.trouble) for row in rows] == [False, True, False]
    assert "120 格" in rows[1].trouble and "2 列" in rows[1].trouble
    _, rows = read(book(tmp_path / "a.xlsx", [["编号", "内容"], ["1", "甲"], ["x"] * 120, ["3"]]))
    assert [bool(row.trouble) for row in rows] == [False, True, False]


def test_a_hundred_columns_are_read(tmp_path: Path) -> None:
    names = [f"列{n}" for n in range(149)] + ["诉求内容"]
    cells = ["x"] * 149 + ["路灯不亮"]
    for path in (
        save(tmp_path / "a.csv", ",".join(names) + "\n" + ",".join(cells) + "\n"),
        book(tmp_path / "a.xlsx", [names, cells]),
    ):
        header, rows = read(path)
        assert len(header) == 150 and rows[0].cells[149] == "路灯不亮" and not rows[0].trouble


def test_empty_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    _, rows = read(save(tmp_path / "a.csv", "编号,内容\n\n,\n1,甲\n\n2,乙\n"))
    assert [(row.line, row.cells[0]) for row in rows] == [(4, "1"), (6, "2")]
    path = book(tmp_path / "a.xlsx", [["编号", "内容"], [], ["", " "], ["1", "甲"]])
    _, rows = read(path)
    assert [(row.line, row.cells[0]) for row in rows] == [(4, "1")]


def test_an_overlong_cell_costs_its_own_row_only(tmp_path: Path, monkeypatch: Any) -> None:
    long = "长" * (limits.LONGEST_CELL + 10)
    _, rows = read(save(tmp_path / "a.csv", f"编号,内容\n1,{long}\n2,短\n"))
    assert [bool(row.trouble) for row in rows] == [True, False]
    _, rows = read(save(tmp_path / "a.jsonl", f'{{"内容": "{long}"}}\n{{"内容": "短"}}\n'))
    assert [bool(row.trouble) for row in rows] == [True, False]


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("第一张")
        made.add_worksheet("第二张").write(0, 0, "别的")
        sheet.write_row(0, 0, ["编号", "内容", "电话"])
        sheet.write(1, 0, 1001)
        sheet.write_formula(1, 1, '=A1&"不亮"', value="路灯不亮")
        sheet.write(1, 2, 13800138000)
        sheet.write_formula(2, 1, "=HYPERLINK(A1)", value="")
        sheet.write_rich_string(3, 1, "粗", made.add_format({"bold": True}), "体")
        sheet.write_boolean(4, 1, True)
        sheet.write_formula(5, 1, "=1/0", value="#DIV/0!")
    _, rows = read(path)
    assert [list(row.cells) for row in rows] == [
        ["1001", "路灯不亮", "13800138000"],
        ["", "=HYPERLINK(A1)"],
        ["", "粗体"],
        ["", "1"],
        ["", "#DIV/0!"],
    ]


def test_a_number_kept_short_is_the_same_number(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["内容", "电话"], ["灯", 1]])
    xml = f"<worksheet {NAMESPACE}><sheetData><row><c t='inlineStr'><is><t>内容</t></is></c></row>"
    xml += "<row><c><v>1.3800138E10</v></c></row></sheetData></worksheet>"
    _, rows = read(with_part(path, SHEET, xml.encode()))
    assert rows == [Row(2, ["13800138000"])]


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: Any) -> None:
    """Fifty kilobytes of ZIP that stand for as many megabytes as are allowed, and one more."""
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 8 * 2**20)
    path = book(tmp_path / "a.xlsx", [["内容"], ["甲"]])
    blanks = b"<row></row>" * (9 * 2**20 // 11)
    xml = f"<worksheet {NAMESPACE}><sheetData>".encode() + blanks + b"</sheetData></worksheet>"
    with_part(path, SHEET, xml)
    assert path.stat().st_size < 200_000
    with pytest.raises(InvalidData, match="解开后太大"):
        read(path)


def test_a_bomb_of_entities_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["内容"], ["甲"]])
    xml = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet><sheetData/></worksheet>'
    with pytest.raises(InvalidData, match="已损坏"):
        read(with_part(path, SHEET, xml.encode()))


def test_a_far_cell_costs_no_memory(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["内容"], ["甲"]])
    xml = f"<worksheet {NAMESPACE}><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>内容</t>"
    xml += "</is></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>"
    header, rows = read(with_part(path, SHEET, (xml + "</worksheet>").encode()))
    assert header == ["内容"] and len(rows) == 1 and rows[0].trouble and not rows[0].cells


def test_too_many_rows_are_said(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("intake_api.imports.order_files.MOST_ROWS", 5)
    with pytest.raises(InvalidData, match="行，请分成几个文件"):
        read(save(tmp_path / "a.csv", csv_text(order_rows(7))))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "没有内容"),
        ("a.csv", b"\x00\x01\x02\xff\xfe", "UTF-8 也不是 GB18030"),
        ("a.xlsx", "内容\n路灯".encode(), "已损坏"),
        ("a.xlsx", b"PK\x03\x04 and then nothing", "已损坏"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为"),
        ("a.jsonl", b"[1, 2]\n", "没有一行是 JSON 对象"),
        ("a.jsonl", b"[" * 100_000, "没有一行是 JSON 对象"),
    ],
)
def test_a_file_that_is_none_is_said(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidData, match=sentence):
        read(save(tmp_path / name, content))


def test_a_cut_off_workbook_is_said(tmp_path: Path) -> None:
    raw = book(tmp_path / "a.xlsx", [["内容"], *([str(n)] for n in range(2000))]).read_bytes()
    for share in (0.2, 0.6, 0.99):
        with pytest.raises(InvalidData, match="已损坏"):
            read(save(tmp_path / "b.xlsx", raw[: int(len(raw) * share)]))


def test_a_broken_line_of_json_costs_itself_only(tmp_path: Path) -> None:
    text = '{"内容": "一"}\n{"内容": \n{"内容": "三", "n": 3, "o": {"a": 1}}\n7\n'
    header, rows = read(save(tmp_path / "a.jsonl", text))
    assert header == ["内容", "n", "o"]
    assert [(row.line, bool(row.trouble)) for row in rows] == [
        (1, False),
        (2, True),
        (3, False),
        (4, True),
    ]
    assert rows[2].cells == ["三", "3", '{"a": 1}']


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(InvalidData, match="已损坏"):
        read(save(tmp_path / "a.xlsx", raw.getvalue()))


def test_what_no_database_keeps_is_left_out(tmp_path: Path) -> None:
    """JSON can write half a character and NUL, also in a name; a whole character stays."""
    line = '{"内容":"灯\\ud83d不亮\\u0000","名\\ud83d":{"甲":"\\udc00"},"丙":"\\ud83d\\ude00"}'
    header, rows = read(save(tmp_path / "half.jsonl", line))
    assert header == ["内容", "名", "丙"]
    assert rows == [Row(1, ["灯不亮", '{"甲": ""}', "😀"])]
