"""Pages of ``docs/`` of which a part is measured: written by hand around two marks, by us between.

replace_marked(page, measured, begin=BEGIN, end=END)
"""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def replace_marked(page: Path, measured: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between the marks; what people wrote around them stays.

    :raises ValueError: a mark is missing; nothing was written
    """
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page}: put “{begin}” and “{end}” where the figures belong.")
    page.write_text(f"{before}{begin}\n\n{measured}\n\n{end}{after}", encoding="utf-8")
