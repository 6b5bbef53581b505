"""A whole list of places at once: all of it, or nothing and a sentence for each bad row.

await import_places(session, rows, actor=…, now=…) -> ImportResult      raises BadRows

A row without a code is the place of that name, or a new one; one with a code is that place, or one
whose sticker was printed elsewhere. The same file twice changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseError, InvalidData
from cases.models import Place
from cases.use_cases.places import PlaceDraft, add_place, change_place, check_draft, set_active

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,48}")


@dataclass(frozen=True)
class PlaceRow:
    """One line of a file; ``active`` is ``None`` where the file does not say."""

    line: int
    draft: PlaceDraft
    token: str = ""
    active: bool | None = None


@dataclass(frozen=True)
class ImportResult:
    """What became of the rows."""

    added: int
    changed: int
    same: int


class BadRows(InvalidData):
    """Nothing was imported; ``sentences`` says what to do about each bad row."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(f"有 {len(sentences)} 行要改，一行都没有导入。改好后再上传一次。")
        self.sentences = sentences


async def import_places(
    session: AsyncSession, rows: Sequence[PlaceRow], *, actor: Actor, now: datetime
) -> ImportResult:
    """Add and change. Raises ``BadRows``, ``PermissionDenied``."""
    places = list(await session.scalars(select(Place)))
    bad = _find_bad(rows, places)
    if bad:
        raise BadRows(bad)
    by_token = {place.token: place for place in places}
    by_name = {place.name: place for place in places}
    done: Counter[str] = Counter()
    for row in rows:
        draft = check_draft(row.draft)
        known = by_token.get(row.token) if row.token else by_name.get(draft.name)
        try:
            done[await _take_row(session, row, known, actor=actor, now=now)] += 1
        except InvalidData as error:
            # Two rows that want each other's name, say: seen only while they are written.
            raise BadRows([f"第 {row.line} 行：{error.sentence}"]) from error
    return ImportResult(done["added"], done["changed"], done["same"])


async def _take_row(
    session: AsyncSession, row: PlaceRow, known: Place | None, *, actor: Actor, now: datetime
) -> str:
    """Write one row; whether it ``added``, ``changed`` or left everything the ``same``."""
    if known is None:
        place = await add_place(session, row.draft, actor=actor, now=now, token=row.token)
        if row.active is False:
            await set_active(session, place.token, active=False, actor=actor, now=now)
        return "added"
    draft, did = _filled(row, known), "same"
    if draft != PlaceDraft(known.name, known.latitude, known.longitude):
        await change_place(session, known.token, draft, actor=actor, now=now)
        did = "changed"
    if row.active not in (None, known.active):
        await set_active(session, known.token, active=not known.active, actor=actor, now=now)
        did = "changed"
    return did


def _filled(row: PlaceRow, known: Place) -> PlaceDraft:
    """A file without coordinates does not take away those we have."""
    draft = check_draft(row.draft)
    if draft.latitude is None:
        return PlaceDraft(draft.name, known.latitude, known.longitude)
    return draft


def _find_bad(rows: Sequence[PlaceRow], places: Sequence[Place]) -> list[str]:
    """One sentence for each row that cannot be taken."""
    sentences = []
    owners = {place.name: place.token for place in places}
    # Who keeps a row's code gives up the old name.
    renamed = {row.token for row in rows if row.token}
    owners = {name: token for name, token in owners.items() if token not in renamed}
    names: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for row in rows:
        try:
            _check_row(row, owners, names, tokens)
        except CaseError as error:
            sentences.append(f"第 {row.line} 行：{error.sentence}")
    return sentences


def _check_row(
    row: PlaceRow, owners: dict[str, str], names: dict[str, int], tokens: dict[str, int]
) -> None:
    name = check_draft(row.draft).name
    if row.token and not TOKEN.fullmatch(row.token):
        raise InvalidData("点位码应为 8 到 48 位字母、数字、- 或 _；新点位请留空，由系统生成。")
    if row.token in tokens:
        raise InvalidData(f"点位码与第 {tokens[row.token]} 行相同，一个码只能用一次。")
    if name in names:
        raise InvalidData(f"“{name}”在第 {names[name]} 行已经有了，请删掉一行。")
    if row.token and name in owners:
        raise InvalidData(f"已经有“{name}”这个点位，是另一个码，请换个名称或去掉点位码。")
    names[name] = row.line
    if row.token:
        tokens[row.token] = row.line
