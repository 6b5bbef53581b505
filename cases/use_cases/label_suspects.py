"""Labels that a trained model doubts: kept, corrected or set aside by a person (存疑).

    await record_suspects(session, suspects, model_id, town, now) -> int   of labels that we hold
    await next_suspects(session, count, *, after=None) -> [(LabelSuspect, LabelText)]
    await count_suspects(session) -> int
    await answer_suspect(session, text_id, deed, …)                  keep, correct, set_aside

A model's list replaces the open ones of the model before it. What a person has decided about the
same doubt is not asked again. Recording one model's list twice changes nothing. Training reads the
label of a replaced category as its successor: a doubt about that is one about the label we hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData, VersionConflict
from cases.models import LabelSuspect, LabelText
from cases.storage.insert import insert_or_ignore
from cases.town import Town

OPEN = "open"
KEEP, CORRECT, SET_ASIDE = "keep", "correct", "set_aside"
STATES = {KEEP: "kept", CORRECT: "corrected", SET_ASIDE: "set_aside"}
_BATCH = 200
_GONE = "这一条刚刚有人处理过，已换下一条。"


async def record_suspects(
    session: AsyncSession, suspects: Iterable[Any], model_id: str, town: Town, now: datetime
) -> int:
    """Each has ``key, category, suggested, score`` as attributes or items. Rows that are none of
    our labels (the shipped ones) are passed over; returns how many wait now."""
    wanted = {_of(one, "key"): one for one in suspects}
    await session.execute(
        delete(LabelSuspect)
        .where(LabelSuspect.state == OPEN)
        .execution_options(synchronize_session=False)
    )
    keys = list(wanted)
    for start in range(0, len(keys), _BATCH):
        some = keys[start : start + _BATCH]
        rows = await session.scalars(
            select(LabelText).where(LabelText.key.in_(some), LabelText.state == "settled")
        )
        texts = {row.id: row for row in rows}
        decided = await session.scalars(select(LabelSuspect).where(LabelSuspect.text_id.in_(texts)))
        known = {row.text_id: row for row in decided}
        for text in texts.values():
            await _record(session, text, wanted[text.key], known.get(text.id), model_id, town, now)
    await session.flush()
    return await count_suspects(session)


async def _record(
    session: AsyncSession,
    text: LabelText,
    doubt: Any,
    known: LabelSuspect | None,
    model_id: str,
    town: Town,
    now: datetime,
) -> None:
    suggested = _of(doubt, "suggested")
    given = _current(town, text.category)
    # The model was trained on a label that has been changed since, or the two are one by now.
    if _current(town, _of(doubt, "category")) != given or _current(town, suggested) == given:
        return
    values = {
        "given": text.category,
        "suggested": suggested,
        "score": float(_of(doubt, "score")),
        "model_id": model_id,
        "created_at": now,
    }
    if known is None:
        fresh = {"state": OPEN, "decided_by": ""}
        await insert_or_ignore(session, LabelSuspect, text_id=text.id, **values, **fresh)
    elif _is_new(known, given, _current(town, suggested), town):
        for name, value in values.items():
            setattr(known, name, value)
        known.state, known.decided_by, known.decided_at = OPEN, "", None


def _is_new(known: LabelSuspect, given: str, suggested: str, town: Town) -> bool:
    """Neither what was answered already, nor what would undo that answer."""
    asked = _current(town, known.given), _current(town, known.suggested)
    return asked != (given, suggested) and asked[0] != suggested


def _current(town: Town, code: str) -> str:
    """What training makes of a label; of a split category nothing."""
    return town.current_code(code) or code


def _of(one: Any, name: str) -> Any:
    return one[name] if isinstance(one, Mapping) else getattr(one, name)


def _waiting() -> Any:
    return (
        (LabelSuspect.state == OPEN)
        & (LabelText.state == "settled")
        & (LabelText.category == LabelSuspect.given)
    )


async def count_suspects(session: AsyncSession) -> int:
    """How many wait for a person."""
    query = select(func.count()).select_from(LabelSuspect).join(LabelText).where(_waiting())
    return int(await session.scalar(query) or 0)


async def next_suspects(
    session: AsyncSession, count: int, *, after: int | None = None
) -> list[tuple[LabelSuspect, LabelText]]:
    """Most suspicious first; ``after`` begins behind that text."""
    query = select(LabelSuspect, LabelText).join(LabelText).where(_waiting())
    last = await session.get(LabelSuspect, after) if after else None
    if last is not None:
        score, number = LabelSuspect.score, LabelSuspect.text_id
        behind = (score < last.score) | ((score == last.score) & (number > last.text_id))
        query = query.where(behind)
    rows = await session.execute(
        query.order_by(LabelSuspect.score.desc(), LabelSuspect.text_id).limit(count)
    )
    return [(row[0], row[1]) for row in rows]


async def resolve_suspect(
    session: AsyncSession, text: LabelText, by: str, now: datetime, state: str = ""
) -> None:
    """Somebody has looked at the label: the doubt is answered by what they made of it."""
    doubt = await session.get(LabelSuspect, text.id)
    if doubt is None or doubt.state != OPEN:
        return
    doubt.state = state or ("kept" if text.category == doubt.given else "corrected")
    doubt.decided_by, doubt.decided_at = by, now


async def open_suspect(session: AsyncSession, text_id: int) -> tuple[LabelSuspect, LabelText]:
    """The doubt and its text, locked. Raises ``VersionConflict`` where it is answered."""
    text = await session.scalar(select(LabelText).where(LabelText.id == text_id).with_for_update())
    doubt = await session.get(LabelSuspect, text_id)
    if text is None or doubt is None:
        raise InvalidData("没有这一条，请刷新页面。", field="text")
    waits = doubt.state == OPEN and text.state == "settled" and text.category == doubt.given
    if not waits:
        raise VersionConflict(_GONE)
    return doubt, text
