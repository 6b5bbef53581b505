"""Who let which model serve, and which process answers with which (启用、退回).

    await record_event(session, deed, model_id, before_id=…, actor=…, now=…, note="")
    await list_events(session, limit) -> [ModelEvent]           newest first
    await notice_pointer(session, model_id, now)    who let it serve left no line: write one
    await note_server(session, name, model_id, trouble=…, now=…)
    await forget_server(session, name)
    await list_servers(session, now) -> [ModelServer]           those that spoke lately

The pointer in the registry's folder decides; these rows say who moved it, and whether every
process has followed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.models import ModelEvent, ModelServer

PROMOTED, ROLLED_BACK, REFUSED = "promoted", "rolled_back", "refused"
#: Seen by a process that follows the pointer: the very first model, or one that the command line,
#: ``huying train`` or a copied folder let serve.
STARTED, NOTICED = "started", "noticed"
#: A process says every minute that it is there.
AWAY_AFTER = timedelta(minutes=3)
_FORGOTTEN_AFTER = timedelta(days=1)


async def record_event(
    session: AsyncSession,
    deed: str,
    model_id: str,
    *,
    before_id: str | None,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> None:
    """A line that stays as it is."""
    session.add(
        ModelEvent(
            at=now,
            deed=deed,
            model_id=model_id,
            before_id=before_id,
            actor_id=actor.user_id,
            actor_name=actor.name,
            note=note[:300],
        )
    )
    await session.flush()


async def list_events(session: AsyncSession, limit: int = 30) -> list[ModelEvent]:
    """What happened lately."""
    return list(
        await session.scalars(select(ModelEvent).order_by(ModelEvent.id.desc()).limit(limit))
    )


async def notice_pointer(session: AsyncSession, model_id: str, now: datetime) -> None:
    """A line for a model that serves although the last line names another."""
    last = await session.scalar(
        select(ModelEvent).where(ModelEvent.deed != REFUSED).order_by(ModelEvent.id.desc()).limit(1)
    )
    if last is None or last.model_id != model_id:
        await record_event(
            session,
            NOTICED if last else STARTED,
            model_id,
            before_id=last.model_id if last else None,
            actor=Actor.bot(),
            now=now,
        )


async def note_server(
    session: AsyncSession, name: str, model_id: str, *, trouble: str, now: datetime
) -> None:
    """This process answers with this model, from now on or still."""
    row = await session.get(ModelServer, name)
    if row is None:
        gone = ModelServer.seen_at < now - _FORGOTTEN_AFTER
        await session.execute(delete(ModelServer).where(gone))
        session.add(
            ModelServer(name=name, model_id=model_id, trouble=trouble[:300], since=now, seen_at=now)
        )
        return
    if row.model_id != model_id:
        row.model_id, row.since = model_id, now
    row.trouble, row.seen_at = trouble[:300], now


async def forget_server(session: AsyncSession, name: str) -> None:
    """This process goes down."""
    await session.execute(delete(ModelServer).where(ModelServer.name == name))


async def list_servers(session: AsyncSession, now: datetime) -> list[ModelServer]:
    """Processes that spoke lately."""
    return list(
        await session.scalars(
            select(ModelServer)
            .where(ModelServer.seen_at > now - AWAY_AFTER)
            .order_by(ModelServer.name)
        )
    )
