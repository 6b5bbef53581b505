"""扫码报事点位: the places with a code on the wall, and who changed what about them.

may_keep(actor)                                            who adds, renames, switches off
await list_places(session, text="", …) -> PlaceList        those in use first
await get_place(session, token) -> Place                   raises CaseNotFound
await read_events(session, token) -> events, newest first
await add_place(session, draft, actor=…, now=…) -> Place   with a token nobody can guess
await change_place / set_active(session, token, …)         raise VersionConflict

A place is never deleted: its sticker may still hang somewhere. The version of a place is the number
of its newest event.
"""

from __future__ import annotations

import math
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, VersionConflict
from cases.lifecycle import Role
from cases.models import Place, PlaceEvent

#: Who keeps the places; everybody on the staff may look at them and print.
KEEPERS = frozenset({Role.DISPATCHER, Role.ADMIN})
PAGE = 100
#: What a small sticker has room for.
LONGEST_NAME = 40
#: Letters and digits only: a code that begins with a sign would be a formula in a spreadsheet.
_SIGNS = string.ascii_letters + string.digits
_TOKEN_LENGTH = 16
_GONE = "没有这个点位，请回到列表重新选择。"
_MOVED_ON = "这个点位刚刚被别人改过，请对照新内容再保存。"
_RANGES = {"latitude": ("纬度", 90), "longitude": ("经度", 180)}


@dataclass(frozen=True)
class PlaceDraft:
    """What a place is called and where it is; both coordinates or neither."""

    name: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class PlaceList:
    """One page of the places that were looked for, and how many there are in all."""

    places: Sequence[Place]
    found: int
    total: int


def may_keep(actor: Actor) -> bool:
    """Whether this person may add and change places."""
    return actor.role in KEEPERS


async def list_places(
    session: AsyncSession,
    text: str = "",
    *,
    only_active: bool = False,
    offset: int = 0,
    limit: int | None = PAGE,
) -> PlaceList:
    """Places whose name or code holds ``text``."""
    query = select(Place)
    if text:
        named = Place.name.contains(text, autoescape=True)
        query = query.where(named | (Place.token == text))
    if only_active:
        query = query.where(Place.active.is_(True))
    order = query.order_by(Place.active.desc(), Place.name, Place.token)
    rows = await session.scalars(order.offset(offset).limit(limit))
    total = await session.scalar(select(func.count()).select_from(Place)) or 0
    return PlaceList(list(rows), await _count(session, query), total)


async def get_place(session: AsyncSession, token: str) -> Place:
    """One place. Raises ``CaseNotFound``."""
    place = await session.get(Place, token)
    if place is None:
        raise CaseNotFound(_GONE)
    return place


async def read_events(session: AsyncSession, token: str) -> list[PlaceEvent]:
    """The record of one place, newest line first."""
    return list(
        await session.scalars(
            select(PlaceEvent).where(PlaceEvent.token == token).order_by(PlaceEvent.id.desc())
        )
    )


async def add_place(
    session: AsyncSession, draft: PlaceDraft, *, actor: Actor, now: datetime, token: str = ""
) -> Place:
    """A new place. ``token`` only where its sticker was printed elsewhere already.

    Raises ``InvalidData``, ``PermissionDenied``.
    """
    _require_keeper(actor)
    draft = check_draft(draft)
    await _check_name(session, draft.name, but="")
    place = Place(
        token=token or new_token(),
        name=draft.name,
        latitude=draft.latitude,
        longitude=draft.longitude,
        active=True,
    )
    session.add(place)
    await note_event(session, place.token, "add", {"name": draft.name}, actor, now)
    return place


async def change_place(
    session: AsyncSession,
    token: str,
    draft: PlaceDraft,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Place:
    """Another name, another position; the sticker on the wall stays good.

    Raises ``InvalidData``, ``PermissionDenied``, ``CaseNotFound``, ``VersionConflict``.
    """
    place = await _lock(session, token, actor, expected_version)
    draft = check_draft(draft)
    await _check_name(session, draft.name, but=token)
    changed: dict[str, Any] = {}
    for name in ("name", "latitude", "longitude"):
        before, after = getattr(place, name), getattr(draft, name)
        if before != after:
            changed[name] = [before, after]
            setattr(place, name, after)
    if changed:
        await note_event(session, token, "change", changed, actor, now)
    return place


async def set_active(
    session: AsyncSession,
    token: str,
    *,
    active: bool,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Place:
    """停用: whoever scans the code lands in the chat without the place; or bring it back."""
    place = await _lock(session, token, actor, expected_version)
    if place.active is not active:
        place.active = active
        await note_event(session, token, "on" if active else "off", {}, actor, now)
    return place


def new_token() -> str:
    """95 random bits, as safe in a link as in a spreadsheet."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_TOKEN_LENGTH))


def check_draft(draft: PlaceDraft) -> PlaceDraft:
    """The draft with its spaces set right. Raises ``InvalidData``."""
    name = " ".join(draft.name.split())
    if not name:
        raise InvalidData("请写地点名称，例如“风荷农贸市场正门”。", field="name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidData(f"地点名称最多 {LONGEST_NAME} 个字，不能有特殊符号。", field="name")
    if (draft.latitude is None) != (draft.longitude is None):
        raise InvalidData("纬度和经度要一起填，或者都不填。", field="latitude")
    for field, (label, most) in _RANGES.items():
        value = getattr(draft, field)
        if value is not None and not (math.isfinite(value) and abs(value) <= most):
            raise InvalidData(f"{label}应在 -{most} 到 {most} 之间。", field=field)
    return PlaceDraft(name, draft.latitude, draft.longitude)


async def note_event(
    session: AsyncSession,
    token: str,
    action: str,
    data: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    """Write the next line. ``data`` must be plain JSON values."""
    session.add(
        PlaceEvent(
            token=token,
            at=now,
            action=action,
            actor_role=actor.role.value,
            actor_name=actor.name,
            data=data,
        )
    )
    await session.flush()


async def _lock(
    session: AsyncSession, token: str, actor: Actor, expected_version: int | None
) -> Place:
    _require_keeper(actor)
    place = await session.scalar(select(Place).where(Place.token == token).with_for_update())
    if place is None:
        raise CaseNotFound(_GONE)
    newest = await session.scalar(select(func.max(PlaceEvent.id)).where(PlaceEvent.token == token))
    if expected_version is not None and expected_version != (newest or 0):
        raise VersionConflict(_MOVED_ON)
    return place


async def _check_name(session: AsyncSession, name: str, *, but: str) -> None:
    """Two places of one name could not be told apart in a case."""
    query = select(Place).where(Place.name == name, Place.token != but).limit(1)
    same = await session.scalar(query)
    if same is not None:
        where = "" if same.active else "，现在是停用的，可以重新启用"
        raise InvalidData(f"已经有“{name}”这个点位{where}。", field="name")


def _require_keeper(actor: Actor) -> None:
    if not may_keep(actor):
        raise PermissionDenied("只有派单员和管理员能改扫码点位。")


async def _count(session: AsyncSession, query: Select[Place]) -> int:
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0
