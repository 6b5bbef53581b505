"""Labels out of and into files, a batch at a time (标注文件).

    await store_rows(session, rows, *, by, replace, now) -> Stored
    await read_batch(session, after) -> [LabelText]          settled labels, for an export
    export_row(text, town) -> tuple of cells                 in the order of EXPORTED

A text that is known keeps its label unless ``replace`` says otherwise; a row that contradicts it is
refused with its line. Reading a file twice, or an export, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.labels.rows import FORMULA_STARTS, LabelRow
from cases.models import LabelText, LabelVote
from cases.town import Town
from cases.use_cases.label_texts import IMPORT, OPEN, SETTLED, new_text, put_texts

EXPORTED = (
    "text", "category", "category_name", "request_type", "urgency", "group", "at", "source",
)  # fmt: skip
_BATCH = 500
_SOURCES = {"desk": "标注", "import": "文件", "case": "工单"}


@dataclass
class Stored:
    """Counts of one batch; ``troubles``: line and sentence of each refused row."""

    labelled: int = 0
    unlabelled: int = 0
    known: int = 0
    troubles: list[tuple[int, str]] = field(default_factory=list)


async def store_rows(
    session: AsyncSession, rows: Sequence[LabelRow], *, by: str, replace: bool, now: datetime
) -> Stored:
    """Rows of one file in their order; the caller's transaction."""
    stored = Stored()
    existing = await _lock(session, [row.key for row in rows])
    fresh = await put_texts(session, [_fresh(r, by, now) for r in rows if r.key not in existing])
    existing |= await _lock(session, [row.key for row in rows if row.key not in existing])
    voted = await _voted(session, existing)
    for row in rows:
        if existing[row.key].id in fresh:
            fresh.discard(existing[row.key].id)
            stored.labelled += bool(row.category)
            stored.unlabelled += not row.category
        else:
            _settle(existing[row.key], row, by, replace, now, voted, stored)
    await session.flush()
    return stored


def _fresh(row: LabelRow, by: str, now: datetime) -> LabelText:
    text = new_text(row.key, row.text, at=row.at or now, now=now, story=row.group, source=IMPORT)
    _label(text, row, by, now)
    return text


async def _lock(session: AsyncSession, keys: Sequence[str]) -> dict[str, LabelText]:
    found = await session.scalars(
        select(LabelText).where(LabelText.key.in_(keys)).with_for_update()
    )
    return {text.key: text for text in found}


async def _voted(session: AsyncSession, texts: dict[str, LabelText]) -> set[int]:
    ids = [text.id for text in texts.values()]
    query = select(LabelVote.text_id).where(LabelVote.text_id.in_(ids))
    return set(await session.scalars(query))


def _settle(
    text: LabelText,
    row: LabelRow,
    by: str,
    replace: bool,
    now: datetime,
    voted: set[int],
    stored: Stored,
) -> None:
    """A text that is there already."""
    if not row.category or _same(text, row):
        stored.known += 1
    elif (text.state == OPEN and text.id not in voted) or (text.state == SETTLED and replace):
        _label(text, row, by, now)
        stored.labelled += 1
    elif text.state == SETTLED:
        source = _SOURCES.get(text.source, text.source)
        stored.troubles.append(
            (
                row.line,
                f"这条文字已有不同的标签（来自{source}），没有改动；"
                "要以文件为准，请勾选“替换已有的标签”再导入。",
            )
        )
    else:
        stored.troubles.append(
            (row.line, "这条文字正在由人标注、裁定或已搁置，没有改动；请在标注页处理。")
        )


def _same(text: LabelText, row: LabelRow) -> bool:
    """What a row leaves empty contradicts nothing."""
    return (
        text.state == SETTLED
        and text.category == row.category
        and row.request_type in ("", text.request_type)
        and row.urgency in ("", text.urgency)
    )


def _label(text: LabelText, row: LabelRow, by: str, now: datetime) -> None:
    if not row.category:
        return
    text.category = row.category
    text.request_type = row.request_type or text.request_type
    text.urgency = row.urgency or text.urgency
    text.group = text.group or row.group
    text.state, text.how, text.source = SETTLED, "imported", IMPORT
    text.settled_by, text.settled_at, text.rank, text.why = by, now, None, ""


async def read_batch(session: AsyncSession, after: int) -> list[LabelText]:
    """The next settled labels behind the row numbered ``after``; empty at the end."""
    query = select(LabelText).where(LabelText.state == SETTLED, LabelText.id > after)
    return list(await session.scalars(query.order_by(LabelText.id).limit(_BATCH)))


def export_row(text: LabelText, town: Town) -> tuple[str, ...]:
    """Cells; the name of the category is for the reader."""
    cells = (
        text.text,
        text.category,
        town.category_name(text.category),
        text.request_type,
        text.urgency,
        text.group,
        text.at.isoformat(),
        text.source,
    )
    return tuple(disarm(cell) for cell in cells)


def disarm(cell: str) -> str:
    """What a spreadsheet would run stays text; the reader takes the apostrophe off again."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell
