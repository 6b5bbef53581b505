"""The words that lead over to the next matter ("另外还有一件事", "第二个呢，想问一下").

    leads_over(text, start, end) -> bool    another matter begins here, and the caller says so
    skip_bridge(text, start, end) -> int    where the matter itself begins; ``end`` where nowhere

They say that a matter begins and nothing about it: the words of a case start behind them.
"""

from __future__ import annotations

import re
from functools import cache

from cases.calls.cues import any_of, row, rows
from cases.calls.spans import trim

_MARKS = "。！!？?…"
#: A piece may not eat what is left of a clause down to this.
_LEAST = 2
_VERB = re.compile("问(?!题)|咨询|请教")


def leads_over(text: str, start: int, end: int) -> bool:
    """Whether the clause opens another matter in so many words, or counts it."""
    return bool(any_of("matters", "opens").match(text, start, end) or _late().match(text, start))


def skip_bridge(text: str, start: int, end: int) -> int:
    """The clause ``text[start:end]`` without the pieces that lead over to it."""
    while start < end:
        longest = max(
            (m.end() for piece in _pieces() if (m := piece.match(text, start, end))), default=start
        )
        if longest == start or 0 < end - longest < _LEAST:
            return start
        verb = _VERB.search(text, start, longest)
        if verb and any_of("bridges", "asks").match(text, longest):
            return verb.start()  # 问一下社保卡怎么补办: that somebody asks belongs to the matter
        start = trim(text, longest, end)[0]
        while start < end and text[start] in _MARKS:
            start += 1
    return end


@cache
def _pieces() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(piece) for piece in rows("bridges", "pieces"))


@cache
def _late() -> re.Pattern[str]:
    return re.compile(row("enumerators", "late").replace("{n}", "[二三四五六七八九2-9]"))
