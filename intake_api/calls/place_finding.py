"""What the address registry says to the places of a call or a case.

    await find_places(app, [(text, place), …]) -> [PlaceMatches]

The place that was named is looked up, the text it stands in where none was.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from cases.addresses.matching import PlaceMatches
from cases.transcript import Field
from cases.use_cases.suggest_places import suggest_places
from intake_api.accounts.keys import DATABASE, NAMES


async def find_places(
    app: web.Application, wanted: Sequence[tuple[str, Field | str | None]]
) -> list[PlaceMatches]:
    """In their order; ``unmatched`` where the registry knows nothing like it."""
    async with app[DATABASE].reading() as session:
        names = await app[NAMES].names(session)
        return [
            await suggest_places(
                session, names, text=text, place=place.text if isinstance(place, Field) else place
            )
            for text, place in wanted
        ]
