"""A write that is repeated with the same ``Idempotency-Key`` gets the first answer again.

    await write_once(request, raw, work) -> web.Response
        work: async (session) -> (status, JSON-ready body)

The answer is stored in the transaction of the write itself: there is no moment at which the case
exists and the answer does not. Of two that race with one key one writes, the other replays.
Refusals are not stored: they changed nothing and may be tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import IdempotentReply
from intake_api.accounts.keys import DATABASE, TOKEN_HASH, now_of
from intake_api.json_body import idempotency_key
from intake_api.problem_json import Problem

Work = Callable[[AsyncSession], Awaitable[tuple[int, Any]]]
REPLAYED = "Idempotency-Replayed"


async def stored_reply(request: web.Request, raw: bytes) -> web.Response | None:
    """The first answer, if this key was used before; Problem if it was for another request."""
    key = _storage_key(request)
    if key is None:
        return None
    async with request.app[DATABASE].reading() as session:
        return await _replay(session, key, _request_hash(request, raw))


async def write_once(request: web.Request, raw: bytes, work: Work) -> web.Response:
    """Run ``work`` in one transaction with its stored answer.

    Of two that race for one key, or for one case of an outside system, the loser's insert fails
    and its second attempt finds what the winner wrote.
    """
    try:
        return await _attempt(request, raw, work)
    except IntegrityError:
        return await _attempt(request, raw, work)


async def _attempt(request: web.Request, raw: bytes, work: Work) -> web.Response:
    key = _storage_key(request)
    request_hash = _request_hash(request, raw)
    async with request.app[DATABASE].transaction() as session:
        if key is not None:
            replay = await _replay(session, key, request_hash)
            if replay is not None:
                return replay
        status, body = await work(session)
        text = json.dumps(body, ensure_ascii=False, default=str)
        if key is not None:
            session.add(
                IdempotentReply(
                    key=key,
                    request_hash=request_hash,
                    status=status,
                    body=text,
                    created_at=now_of(request),
                )
            )
    return _json(status, text)


async def _replay(session: AsyncSession, key: str, request_hash: str) -> web.Response | None:
    row = await session.get(IdempotentReply, key)
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise Problem("idempotency_key_reused")
    response = _json(row.status, row.body)
    response.headers[REPLAYED] = "true"
    return response


def _storage_key(request: web.Request) -> str | None:
    key = idempotency_key(request)
    if key is None:
        return None
    # Per token: one system's keys can neither collide with nor reveal another's.
    return hashlib.sha256(f"{request[TOKEN_HASH]}|{key}".encode()).hexdigest()


def _request_hash(request: web.Request, raw: bytes) -> str:
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + raw).hexdigest()


def _json(status: int, text: str) -> web.Response:
    return web.Response(status=status, body=text.encode(), content_type="application/json")
