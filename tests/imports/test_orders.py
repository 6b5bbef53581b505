"""What columns are called, what times look like, what a row says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cases.errors import InvalidData
from cases.imports.columns import FIELDS, field_labels, find_columns
from cases.imports.orders import BadRow, OrderReader
from cases.imports.times import read_time

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def reader(*names: str) -> OrderReader:
    return OrderReader(find_columns(names), units={"路灯所": "lighting"}, zone=ZONE, now=NOW)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (("工单编号", "诉求内容", "联系电话"), {"id": 0, "text": 1, "phone": 2}),
        (("ID", "Text", "Phone", "received_at"), {"id": 0, "text": 1, "phone": 2, "time": 3}),
        ((" 诉求 内容 *", "来电时间（必填）"), {"text": 0, "time": 1}),
        (("内容", "诉求内容"), {"text": 1}),
        (("\ufeff内容", "別的"), {"text": 0}),
    ],
)
def test_columns_by_their_names(header: tuple[str, ...], columns: dict[str, int]) -> None:
    assert find_columns(header) == columns


def test_without_a_text_it_is_said_what_is_there() -> None:
    with pytest.raises(InvalidData, match="现有的列：编号、电话"):
        find_columns(("编号", "电话"))


def test_every_field_has_a_label() -> None:
    assert set(field_labels()) == set(FIELDS)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-23 09:30", "2026-11-23T09:30:00+08:00"),
        ("2026/11/23 9:30:05", "2026-11-23T09:30:05+08:00"),
        ("2026年11月23日9时30分", "2026-11-23T09:30:00+08:00"),
        ("2026年11月23日 9点", "2026-11-23T09:00:00+08:00"),
        ("2026.11.23", "2026-11-23T00:00:00+08:00"),
        ("20261123093000", "2026-11-23T09:30:00+08:00"),
        ("2026-11-23T01:30:00Z", "2026-11-23T01:30:00+00:00"),
        ("２０２６-11-23 09：30", "2026-11-23T09:30:00+08:00"),
        ("45984.395833333", "2025-11-23T09:30:00+08:00"),
        ("2026-11-23 09:30:00.123", "2026-11-23T09:30:00+08:00"),
    ],
)
def test_times(written: str, read: str) -> None:
    assert read_time(written, ZONE).isoformat() == read


@pytest.mark.parametrize("written", ["昨天", "2026-13-01", "2026-02-30 10:00", "9:30", "25:00"])
def test_what_is_no_time(written: str) -> None:
    with pytest.raises(ValueError):
        read_time(written, ZONE)


def test_a_row_becomes_an_order() -> None:
    order = reader("编号", "内容", "时间", "电话", "姓名", "地点", "承办单位").read(
        2, ["A1", " 路灯不亮 ", "2026-11-22 10:00", "138", "王", "朝晖路", "路灯所"]
    )
    assert (order.source_id, order.text, order.unit) == ("A1", "路灯不亮", "lighting")
    assert order.received_at is not None and order.received_at.hour == 10


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["A1", "", ""], "是空的"),
        (["A1", "长" * 20_001, ""], "最多 20000 字"),
        (["A1", "灯", "不知道"], "读不出来"),
        (["A1", "灯", "1970-01-01"], "合理范围"),
        (["A1", "灯", "2027-01-01"], "合理范围"),
        (["长" * 121, "灯", ""], "最多 120 字"),
        (["A1", "#REF!", ""], "公式错误"),
        (["A1"], "是空的"),
    ],
)
def test_a_row_that_cannot_be_taken(cells: list[str], sentence: str) -> None:
    with pytest.raises(BadRow, match=sentence):
        reader("编号", "内容", "时间").read(2, cells)


def test_a_number_used_twice_for_two_things() -> None:
    some = reader("编号", "内容")
    first = some.read(2, ["A1", "灯"])
    assert some.read(3, ["A1", "灯"]).source_id == first.source_id
    with pytest.raises(BadRow, match="第 2 行已用过"):
        some.read(4, ["A1", "路"])


def test_without_a_number_the_words_are_one() -> None:
    one, other = reader("内容", "电话"), reader("内容", "电话")
    rows = [["灯", "1"], ["灯", "2"], ["灯", "1"]]
    ids = [one.read(line, row).source_id for line, row in enumerate(rows, 2)]
    assert len(set(ids)) == 3
    assert ids == [other.read(line, row).source_id for line, row in enumerate(rows, 2)]


def test_a_unit_of_another_system_is_left_to_the_list() -> None:
    some = reader("内容", "承办单位")
    assert some.read(2, ["灯", "市路灯管理处"]).unit is None
    assert some.unknown_units == {"市路灯管理处": 1}
