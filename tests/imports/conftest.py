"""Files of orders, a town's database and a running application."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from tests.intake_api.conftest import both_houses, house

__all__ = ["both_houses", "house"]

HEADER = ("工单编号", "受理时间", "诉求内容", "联系电话", "姓名", "地点", "承办单位")
MATTERS = (
    "朝晖路桥头三盏路灯不亮，晚上漆黑一片，请尽快修",
    "风荷苑楼下烧烤摊噪音很大，夜里吵到十二点，要求管一管",
    "小区南门的垃圾一个星期没有人清运，气味很重，请处理",
    "办理社保卡要带哪些材料，在哪个窗口办，想咨询一下",
)


def order_rows(count: int, start: int = 0) -> list[tuple[str, ...]]:
    """Good rows, each about something else."""
    return [
        (
            f"G{number:06}",
            f"2026-11-22 {number % 24:02}:{number % 60:02}",
            f"{MATTERS[number % len(MATTERS)]}，第{number}次反映。",
            f"138{number:08}",
            "王女士",
            "朝晖路桥头",
            "",
        )
        for number in range(start, start + count)
    ]


def csv_text(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue()


def write_file(
    folder: Path, suffix: str, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER
) -> Path:
    """The same orders as CSV, XLSX or JSONL."""
    path = folder / f"orders.{suffix}"
    if suffix == "csv":
        path.write_text(csv_text(rows, header), encoding="utf-8")
    elif suffix == "jsonl":
        lines = (dict(zip(header, row, strict=True)) for row in rows)
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_text(text, encoding="utf-8")
    else:
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([header, *rows]):
                for column, cell in enumerate(row):
                    sheet.write_string(line, column, cell)
    return path
