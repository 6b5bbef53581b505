"""The new words of the town, counted at most once an hour.

    WordKeeper(app); await keeper.words() -> list[NewWord]

Counting takes some tenths of a second of one processor; a page that is opened twenty times a day
must not pay them twenty times.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from aiohttp import web

from cases.ledger import NewWord
from cases.use_cases.ledger_words import read_new_words
from intake_api.accounts.keys import CLOCK, DATABASE, TOWN

_KEPT = timedelta(hours=1)


class WordKeeper:
    """The last count and when it was made."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._words: list[NewWord] = []
        self._at: datetime | None = None
        self._turn = asyncio.Lock()

    async def words(self) -> list[NewWord]:
        """Counted now if the last count is an hour old; who comes meanwhile waits for it."""
        async with self._turn:
            now = self._app[CLOCK]()
            if self._at is None or now - self._at > _KEPT:
                async with self._app[DATABASE].reading() as session:
                    public = self._app[TOWN]().public_numbers
                    self._words = await read_new_words(session, now, public=public)
                self._at = now
            return self._words


WORDS = web.AppKey("new words", WordKeeper)
