"""The registry's place of a case: set when a person confirmed it, dropped with new words.

await register_place(session, case, code) -> full name      raises InvalidData
clear_place(case)
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData
from cases.models import AddressUnit, Case


async def register_place(session: AsyncSession, case: Case, code: str) -> str:
    """Name and grid are kept as they are today: an old case keeps its grid when grids move."""
    place = await session.get(AddressUnit, code)
    if place is None:
        raise InvalidData("地址库里没有这个地点了，请重新选择。", field="place_code")
    case.place_code, case.place_name, case.place_grid = code, place.full_name, place.grid
    return place.full_name


def clear_place(case: Case) -> None:
    """The words are what is left."""
    case.place_code = case.place_name = case.place_grid = None
