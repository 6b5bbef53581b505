"""Cards sent before, edited in place once their buttons are spent.

edit_cards(session, contact, spent, dedupe_key, now)      one row of the outbox for each card

An edit goes through the outbox like a message: it is written in the transaction that made it
true, and behind the answer, which waits for no edit. It carries the whole new card.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.turn import Spent
from cases import outbox
from cases.callbacks import decode
from cases.models import Contact, OutboxMessage

KIND = "edit"
#: A receipt, a list of categories, a closing, its reminder: no more about one case is on show.
_MOST_CARDS = 6

Rows = list[list[dict[str, str]]]


async def edit_cards(
    session: AsyncSession, contact: Contact, spent: Spent, dedupe_key: str, now: datetime
) -> None:
    """Queue the new look of every card that still offers what was chosen."""
    rows = await session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.contact_id == contact.id,
            OutboxMessage.case_id == spent.case_id,
            OutboxMessage.external_id.is_not(None),
        )
        .order_by(OutboxMessage.id)
    )
    cards: dict[str, OutboxMessage] = {}
    edits: dict[str, OutboxMessage] = {}
    for row in rows:
        if row.kind == KIND:
            edits[str(row.payload["edits"])] = row
        elif row.payload.get("buttons"):
            cards[str(row.external_id)] = row
    for external_id, card in list(cards.items())[-_MOST_CARDS:]:
        payload = _spend(card.payload, edits.get(external_id), spent)
        if payload is None:
            continue
        await outbox.enqueue(
            session,
            channel=contact.channel,
            chat_key=contact.chat_key,
            contact_id=contact.id,
            case_id=spent.case_id,
            kind=KIND,
            payload={**payload, "edits": external_id},
            dedupe_key=f"{dedupe_key}:edit:{card.id}",
            now=now,
        )


def _spend(
    card: dict[str, Any], edited: OutboxMessage | None, spent: Spent
) -> dict[str, Any] | None:
    """The card without the spent buttons, with its marks; ``None`` where there are none."""
    look = edited.payload if edited is not None else card
    rows: Rows = look["buttons"]
    kept = [[b for b in row if not _is_spent(b["data"], spent)] for row in rows]
    if kept == rows:
        return None
    instead = [{"label": b.label, "data": b.data} for b in spent.buttons]
    marks = {**look.get("marks", {}), spent.about: spent.mark}
    return {
        "text": "\n".join([card["text"], *marks.values()]),
        "was": card["text"],
        "buttons": [row for row in (*kept, instead) if row],
        "marks": marks,
    }


def _is_spent(data: str, spent: Spent) -> bool:
    tap = decode(data)
    if tap is None or tap.case_id != spent.case_id or tap.verb not in spent.verbs:
        return False
    return spent.stamp is None or tap.stamp == spent.stamp
