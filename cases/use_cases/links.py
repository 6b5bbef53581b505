"""Links into a chat: a case in another chat, a place by the code on its wall.

case_link(session, case) -> str                    ``case_<token>``, the same each time
find_linked_case(session, payload) -> Case | None
find_linked_place(session, payload) -> Place | None      of ``loc_<token>``

A token is random and says nothing; running numbers could be counted through. Payloads fit what chat
services allow in a link: at most 64 of A-Z a-z 0-9 _ -.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.pairs import split_pair
from cases.errors import CaseNotFound
from cases.models import Case, Place
from cases.use_cases.case_lookup import find_tracked_case

_PAYLOAD = re.compile(r"(case|loc)_([A-Za-z0-9_-]{8,48})")


async def case_link(session: AsyncSession, case: Case) -> str:
    """The payload of the case's link; made when first asked for."""
    if case.link_token is None:
        case.link_token = secrets.token_urlsafe(18)
        await session.flush()
    return f"case_{case.link_token}"


async def find_linked_case(session: AsyncSession, payload: str) -> Case | None:
    """The case behind ``case_<token>``, or behind ``pair_<number>_<code>`` that somebody typed."""
    pair = split_pair(payload)
    if pair is not None:
        with suppress(CaseNotFound):
            return await find_tracked_case(session, *pair)
    token = _token(payload, "case")
    if token is None:
        return None
    case: Case | None = await session.scalar(select(Case).where(Case.link_token == token))
    return case


async def find_linked_place(session: AsyncSession, payload: str) -> Place | None:
    """The place behind ``loc_<token>``, if its code still counts."""
    token = _token(payload, "loc")
    place = await session.get(Place, token) if token else None
    return place if place is not None and place.active else None


def _token(payload: str, kind: str) -> str | None:
    found = _PAYLOAD.fullmatch(payload)
    return found[2] if found and found[1] == kind else None
