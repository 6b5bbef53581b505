"""New words in what is filed, shown without what belongs to a person.

    await read_new_words(session, now, public=…) -> list[NewWord]

The newest cases of four weeks against a sample of the six months before. A find is kept only if it
is still there once the personal data of the texts around it is masked: names and numbers are no
drift. Counting runs in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.ledger import NewWord, find_new_words
from cases.models import Case
from cases.personal_data import mask_text

RECENT = timedelta(days=28)
EARLIER = timedelta(days=182)
_MOST_RECENT, _MOST_EARLIER = 1500, 3000
_LONGEST = 400
_LOOKED_AT, _SHOWN = 24, 8
#: Masked texts in which a find must still stand.
_WITNESSES = 5


async def read_new_words(
    session: AsyncSession, now: datetime, *, public: Collection[str] = ()
) -> list[NewWord]:
    """At most eight, the surest first; none where there are too few cases to compare."""
    since = now - RECENT
    recent = list(
        await session.scalars(
            select(func.substr(Case.text, 1, _LONGEST))
            .where(Case.submitted_at >= since, Case.submitted_at <= now)
            .order_by(Case.submitted_at.desc())
            .limit(_MOST_RECENT)
        )
    )
    earlier = await _sample(session, since - EARLIER, since)
    return await asyncio.to_thread(_find, recent, earlier, public)


async def _sample(session: AsyncSession, first: datetime, end: datetime) -> list[str]:
    """Spread evenly over the time, so that one season does not stand for all."""
    within = (Case.submitted_at >= first, Case.submitted_at < end)
    count = int(await session.scalar(select(func.count()).where(*within)) or 0)
    step = max(1, -(-count // _MOST_EARLIER))
    rows = await session.scalars(
        select(func.substr(Case.text, 1, _LONGEST)).where(*within, Case.id % step == 0)
    )
    return list(rows)


def _find(recent: Sequence[str], earlier: Sequence[str], public: Collection[str]) -> list[NewWord]:
    found = find_new_words(recent, earlier, most=_LOOKED_AT)
    return [word for word in found if _is_nobodys(word, recent, public)][:_SHOWN]


def _is_nobodys(word: NewWord, recent: Sequence[str], public: Collection[str]) -> bool:
    """Whether most of some texts around it keep it when they are masked."""
    texts = [recent[i] for i in word.texts[:_WITNESSES]]
    kept = sum(word.term in mask_text(text, public=public) for text in texts)
    return kept * 2 > len(texts)
