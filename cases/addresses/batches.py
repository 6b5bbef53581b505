"""A batch of registry rows into the tables.

    await write_batch(session, batch, blame) -> Written
    await write_derived(session, above) -> how many places the rows imply are new

Rows whose content is known are not written again: a digest of the row stands beside its code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.registry_row import RegistryRow
from cases.models import AddressAlias, AddressUnit

#: (line, row)
Batch = tuple[int, RegistryRow]
_UNITS: Any = AddressUnit.__table__
_ALIASES: Any = AddressAlias.__table__
_MOST_PARAMETERS = 5_000


@dataclass
class Written:
    """How many rows were new, other than before, as before."""

    added: int = 0
    changed: int = 0
    same: int = 0


class Keeper:
    """Whose code an address is: of this file, and of what was there before it."""

    def __init__(self, *, empty: bool) -> None:
        self.empty = empty
        self._owners: dict[int, str] = {}

    async def digests(self, session: AsyncSession, codes: list[str]) -> dict[str, int]:
        """Code → digest of the rows that are there already."""
        if self.empty:
            return {}
        rows = await session.execute(
            select(_UNITS.c.code, _UNITS.c.digest).where(_UNITS.c.code.in_(codes))
        )
        return dict(rows.all())

    async def look_up(self, session: AsyncSession, keys: list[int]) -> None:
        """Learn who has these addresses in the table."""
        if not self.empty:
            rows = await session.execute(
                select(_UNITS.c.key, _UNITS.c.code).where(_UNITS.c.key.in_(keys), ~_UNITS.c.derived)
            )
            for key, code in rows:
                self._owners.setdefault(key, code)

    def claim(self, key: int, code: str) -> str:
        """The owner of an address: who came first."""
        return self._owners.setdefault(key, code)


async def write_batch(
    session: AsyncSession,
    batch: Sequence[Batch],
    keeper: Keeper,
    blame: Callable[[int, str], None],
) -> Written:
    """Insert what is new, change what is otherwise. ``blame(line, sentence)`` hears of an address
    that has another code already."""
    known = await keeper.digests(session, [row.code for _, row in batch])
    valued = [(line, row, row.values()) for line, row in batch]
    await keeper.look_up(session, [values["key"] for _, _, values in valued])
    written = Written()
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    aliased: list[RegistryRow] = []
    for line, row, values in valued:
        owner = keeper.claim(values["key"], row.code)
        if owner != row.code:
            blame(line, f"这个地址已有编码 {owner}；一处只能有一个编码，请删去一行或并入别名。")
            continue
        digest = _digest(row)
        if known.get(row.code) == digest:
            written.same += 1
            continue
        values |= {"code": row.code, "grid": row.grid or None, "derived": False, "digest": digest}
        (changed if row.code in known else new).append(values)
        aliased.append(row)
    written.added, written.changed = len(new), len(changed)
    if new:
        if not keeper.empty:
            # What a row only implied until now has a code of its own from here on.
            await _delete(session, _UNITS, _UNITS.c.key, [v["key"] for v in new], _UNITS.c.derived)
        await session.execute(insert(_UNITS), new)
    if changed:
        await _delete(session, _ALIASES, _ALIASES.c.code, [v["code"] for v in changed])
        await session.execute(
            update(_UNITS).where(_UNITS.c.code == bindparam("of_code")),
            [{"of_code": v["code"], **{n: v[n] for n in v if n != "code"}} for v in changed],
        )
    names = [{"code": r.code, "alias": a} for r in aliased for a in r.aliases.split("|") if a]
    if names:
        await session.execute(insert(_ALIASES), names)
    return written


async def write_derived(session: AsyncSession, above: Mapping[int, tuple[RegistryRow, str]]) -> int:
    """Places that the rows imply and no row is: with a code made of their key."""
    keys = list(above)
    there: set[int] = set()
    for start in range(0, len(keys), _MOST_PARAMETERS):
        some = keys[start : start + _MOST_PARAMETERS]
        there.update(await session.scalars(select(_UNITS.c.key).where(_UNITS.c.key.in_(some))))
    new = []
    for key in keys:
        if key not in there:
            row, grid = above[key]
            code = f"~{key:x}"
            new.append(
                {**row.values(), "code": code, "grid": grid or None, "derived": True, "digest": 0}
            )
    if new:
        await session.execute(insert(_UNITS), new)
    return len(new)


async def _delete(
    session: AsyncSession, table: Any, column: Any, values: list[Any], *conditions: Any
) -> None:
    if values:
        await session.execute(delete(table).where(column.in_(values), *conditions))


def _digest(row: RegistryRow) -> int:
    text = "\x1f".join(row)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1
