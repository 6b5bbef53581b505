"""A model's card as blocks for a page: the little of Markdown that the card is written in.

read_blocks(text) -> [Block]      heading, text, list or table, in order

Whatever else the text may hold stays text; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADING, TEXT, LIST, TABLE = "heading", "text", "list", "table"


@dataclass(frozen=True)
class Block:
    """``lines``: the words, or the items; ``rows``: the cells of a table, its header first."""

    kind: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def read_blocks(text: str) -> list[Block]:
    """The title is left out: a page has its own."""
    blocks: list[Block] = []
    part: list[str] = []
    for line in [*text.splitlines(), ""]:
        line = line.strip()
        if part and _kind(line) != _kind(part[0]):
            blocks += _block(part)
            part = []
        if line and not line.startswith("# "):
            part.append(line)
    return blocks


def _kind(line: str) -> str:
    if line.startswith("#"):
        return HEADING
    if line.startswith("- "):
        return LIST
    if line.startswith("|"):
        return TABLE
    return TEXT if line else ""


def _block(part: Sequence[str]) -> list[Block]:
    kind = _kind(part[0])
    if kind == HEADING:
        return [Block(HEADING, (_plain(line.lstrip("# ")),)) for line in part]
    if kind == LIST:
        return [Block(LIST, tuple(_plain(line[2:]) for line in part))]
    if kind == TABLE:
        rows = [tuple(_plain(cell) for cell in line.strip("|").split("|")) for line in part]
        return [Block(TABLE, rows=tuple(row for row in rows if not _is_rule(row)))]
    return [Block(TEXT, (_plain("\n".join(part)),))]


def _is_rule(row: Sequence[str]) -> bool:
    """The line of dashes below a header."""
    return all(cell and not cell.strip("-: ") for cell in row)


def _plain(words: str) -> str:
    return words.replace("**", "").replace("`", "").strip()
