"""A label of the training room beside the machine's word for its case (标注进台账).

    await carry_label(session, text, vote)      somebody said something of a case's text
    await give_label_back(session, text)        and took it back, or two differ about it

A label stands in the ledger where it is settled. What the desk had decided there is kept with the
vote (``LabelVote.before``, under ``ledger``) and stands again without the label, unless an accepted
return took it back meanwhile. Of a label that is in force again and a decision of the desk the
later one counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import LabelText, LabelVote, PredictionEntry
from cases.use_cases.label_texts import CASE, DESK, SETTLED, follows_desk, gather_again
from cases.use_cases.ledger import CORRECTED, LABELLED, open_label, predictions_of

_FINAL = (
    "final_category", "final_request_type", "final_urgency", "final_by", "how", "misrouted",
)  # fmt: skip


async def carry_label(session: AsyncSession, text: LabelText, vote: LabelVote) -> None:
    """After ``vote``; it keeps what it writes over."""
    if text.case_id is None:
        return
    if _labelled_at(text) is None:
        await give_label_back(session, text)
        return
    kept = {}
    for row in await predictions_of(session, text.case_id):
        if row.final_at is not None and row.how != LABELLED:
            decision: dict[str, Any] = {name: getattr(row, name) for name in _FINAL}
            kept[str(row.id)] = decision | {"final_at": row.final_at.isoformat()}
        _write_label(row, text)
    if kept:
        vote.before = vote.before | {"ledger": vote.before.get("ledger", {}) | kept}
    await session.flush()


async def give_label_back(session: AsyncSession, text: LabelText) -> None:
    """After the text was put back to how it stood, or is settled no longer."""
    if text.case_id is None:
        return
    kept, labelled_at = await _kept(session, text), _labelled_at(text)
    for row in await predictions_of(session, text.case_id):
        is_label = row.how == LABELLED
        before = _decision_below(row, text, kept.get(row.id)) if is_label else None
        decided_at = row.final_at if not is_label else before["final_at"] if before else None
        if labelled_at is not None and (decided_at is None or decided_at < labelled_at):
            _write_label(row, text)
        elif before is not None:
            for name, value in before.items():
                setattr(row, name, value)
            if follows_desk(text):
                await gather_again(session, before["final_at"])
        elif is_label:
            open_label(row)
            row.misrouted = any(one["accepted"] for one in row.returns)
    await session.flush()


def _labelled_at(text: LabelText) -> datetime | None:
    """When somebody in the room settled it, if that is what it says."""
    return text.settled_at if text.state == SETTLED and text.source == DESK else None


async def _kept(session: AsyncSession, text: LabelText) -> dict[int, dict[str, Any]]:
    """What votes wrote over, the newest last: number of the prediction -> columns."""
    votes = await session.scalars(
        select(LabelVote.before)
        .where(LabelVote.text_id == text.id)
        .order_by(LabelVote.at, LabelVote.id)
    )
    kept: dict[int, dict[str, Any]] = {}
    for before in votes:
        for number, decision in before.get("ledger", {}).items():
            at = datetime.fromisoformat(decision["final_at"])
            kept[int(number)] = decision | {"final_at": at}
    return kept


def _decision_below(
    row: PredictionEntry, text: LabelText, kept: dict[str, Any] | None
) -> dict[str, Any] | None:
    """What the desk says without the label. ``None``: nobody has named the category, or a return
    took back what was only confirmed."""
    decision = kept
    if decision is None and text.state == SETTLED and text.source == CASE:
        # Earlier votes kept nothing: the text says what the desk had decided.
        decision = _columns(text, text.how)
    if decision is None or decision["how"] == CORRECTED:
        return decision
    opened = [datetime.fromisoformat(r["opened_at"]) for r in row.returns if "opened_at" in r]
    return None if any(at >= decision["final_at"] for at in opened) else decision


def _write_label(row: PredictionEntry, text: LabelText) -> None:
    for name, value in _columns(text, LABELLED).items():
        setattr(row, name, value)


def _columns(text: LabelText, how: str) -> dict[str, Any]:
    return {
        "final_category": text.category,
        "final_request_type": text.request_type,
        "final_urgency": text.urgency,
        "final_by": text.settled_by,
        "final_at": text.settled_at,
        "how": how,
        "misrouted": False,
    }
