"""What a keeper of places does on /desk/places, and what is known of them afterwards."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import segno
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Place, PlaceEvent
from tests.intake_api.conftest import House

#: Not https: the test client would keep a secure cookie to itself.
PUBLIC = "http://huying.example"
MARKET = "k7Qm2vXcR9"
KEEPER = Actor(Role.DISPATCHER, "派单员")


async def places(house: House) -> dict[str, Place]:
    async with house.database.reading() as session:
        return {place.name: place for place in await session.scalars(select(Place))}


async def events(house: House, token: str) -> list[PlaceEvent]:
    async with house.database.reading() as session:
        query = select(PlaceEvent).where(PlaceEvent.token == token).order_by(PlaceEvent.id)
        return list(await session.scalars(query))


async def add(house: House, csrf: str, name: str, **fields: str) -> Any:
    return await house.client.post("/desk/places", data={"csrf": csrf, "name": name, **fields})


async def save(house: House, csrf: str, token: str, **fields: Any) -> Any:
    known = await events(house, token)
    data = {"csrf": csrf, "version": known[-1].id if known else 0, "do": "change", **fields}
    return await house.client.post(f"/desk/places/{token}", data=data)


async def upload(house: House, csrf: str, content: bytes | str, name: str = "a.csv") -> Any:
    form = aiohttp.FormData({"csrf": csrf})
    raw = content.encode() if isinstance(content, str) else content
    form.add_field("file", raw, filename=name, content_type="text/csv")
    return await house.client.post("/desk/places/import", data=form)


def drawn(address: str) -> str:
    """What a code of this address looks like: the path of its modules."""
    svg = segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True)
    return re.findall(r' d="([^"]+)"', svg)[-1]
