"""The prediction ledger: what became of the machine's word, written by the step that decides it.

    await decide_label(step)        a person accepted or corrected: their word is the final label
    await confirm_label(step)       a person sent it to the listed unit: so it is, unless said
    await handle_label(step)        the listed unit handled it to the end: likewise
    await note_automatic(step)      it went out on the machine's word alone
    await note_return(step); await settle_return(step, accepted=…)        退单
    await predictions_of(session, case_id) -> [PredictionEntry]; open_label(row)

The effects of ``cases.use_cases.act`` call these inside the transaction of their step; besides them
only ``ledger_labels`` writes here. Every prediction of the case is judged, also one a later model
added. A case that nobody tagged has no row and nothing happens.
``cases.use_cases.ledger_figures`` reads.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import PredictionEntry
from cases.use_cases.step import Step

CONFIRMED, CORRECTED, HANDLED = "confirmed", "corrected", "handled"
#: Said in the training room, of the text alone; the case itself goes its way.
LABELLED = "labelled"


async def decide_label(step: Step) -> None:
    """Whatever stood there before: the last person who named the category is right."""
    await _write(step, PredictionEntry.id.is_not(None))


async def confirm_label(step: Step) -> None:
    """Sending a case to the unit of its category says that the category is right; sending it
    elsewhere says nothing of the category."""
    if _is_listed(step, step.case.lead_unit):
        await _write(step, _undecided())


async def handle_label(step: Step) -> None:
    """What its own unit has settled was its own kind of matter."""
    if _is_listed(step, step.case.lead_unit):
        await _write(step, and_(_undecided(), PredictionEntry.misrouted.is_(False)), HANDLED)


async def note_automatic(step: Step) -> None:
    """Only where no citizen and no member of staff had a word in the category."""
    if step.case.tagged_by == "machine":
        await step.session.execute(
            update(PredictionEntry)
            .where(PredictionEntry.case_id == step.case.id, PredictionEntry.at_filing.is_(True))
            .values(automatic=True)
            .execution_options(synchronize_session=False)
        )


async def note_return(step: Step) -> None:
    """Who sent it back and why; whether that holds, a dispatcher says later."""
    told = {
        "unit": step.case.lead_unit,
        **{name: step.record.get(name, "") for name in ("reason", "basis")},
        "proposed_unit": step.record.get("proposed_unit"),
        "by": step.actor.name,
        "at": step.now.isoformat(),
        "accepted": None,
    }
    for row in await predictions_of(step.session, step.case.id):
        row.returns = [*row.returns, told]
        row.return_count += 1


async def settle_return(step: Step, *, accepted: bool) -> None:
    """After the new unit is known. An accepted return to a unit that the list does not name for
    the category takes back a label that was only confirmed: the category is open again. Without
    an open return only the unit says something, as in ``confirm_label``."""
    listed = _is_listed(step, step.case.lead_unit)
    for row in await predictions_of(step.session, step.case.id):
        if not row.returns or row.returns[-1]["accepted"] is not None:
            continue
        told = row.returns[-1] | {"accepted": accepted}
        if accepted and not listed:
            # A label of the room may hide the confirmation that this takes back.
            told["opened_at"] = step.now.isoformat()
        row.returns = [*row.returns[:-1], told]
        if accepted and not listed and row.how not in (CORRECTED, LABELLED):
            open_label(row)
            row.misrouted = True
    await step.session.flush()
    if accepted and listed:
        await confirm_label(step)


def open_label(row: PredictionEntry) -> None:
    """Nobody has said what the category is."""
    row.final_category = row.final_request_type = row.final_urgency = None
    row.final_by = row.final_at = row.how = None


def _is_listed(step: Step, unit: str | None) -> bool:
    """Whether the list has the unit lead the case's category, or has nobody do so. Who only
    cooperates may as well be there for another category."""
    listed = step.town.responsibilities.get(step.case.category or "")
    return listed is None or unit == listed.lead_unit


def _undecided() -> ColumnElement[bool]:
    return PredictionEntry.final_category.is_(None)


async def _write(step: Step, where: ColumnElement[bool], how: str | None = None) -> None:
    held = step.case
    if held.category is None:
        return
    same = PredictionEntry.category == held.category
    await step.session.execute(
        update(PredictionEntry)
        .where(PredictionEntry.case_id == held.id, where)
        .values(
            final_category=held.category,
            final_request_type=held.request_type,
            final_urgency=held.urgency,
            final_by=step.actor.name,
            final_at=step.now,
            how=how or case((same, CONFIRMED), else_=CORRECTED),
            misrouted=False,
        )
        .execution_options(synchronize_session=False)
    )


async def predictions_of(session: AsyncSession, case_id: int) -> list[PredictionEntry]:
    """As they stand in this transaction, the oldest first."""
    return list(
        await session.scalars(
            select(PredictionEntry)
            .where(PredictionEntry.case_id == case_id)
            .order_by(PredictionEntry.id)
            .execution_options(populate_existing=True)
        )
    )
