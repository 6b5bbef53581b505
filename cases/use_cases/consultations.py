"""A question answered at once, and what became of it.

await record_consultation(session, …) -> Consultation
await find_consultation(session, id, contact_id)          raises CaseNotFound
choose_card(consultation, card, now)                      one of those offered
await settle_consultation(session, id, contact_id, now)   the citizen says: solved
await file_consultation(session, id, …) -> Case           not solved: the same words as a case
await count_consultations(session, since) -> ConsultationFigures
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.answers import AnswerCard
from cases.classification import Tag
from cases.errors import CaseNotFound, RuleBroken
from cases.models import Case, Consultation, Contact
from cases.town import Town
from cases.use_cases.act import lock_case
from cases.use_cases.file_case import AttachmentDraft, CaseDraft, file_case

OFFERED, ANSWERED, SOLVED, FILED = "offered", "answered", "solved", "filed"
#: Within these a question counts as answered at once.
AT_ONCE = timedelta(minutes=10)
_LOST = "这次咨询已经找不到了。想反映问题，直接说就行。"


@dataclass(frozen=True)
class ConsultationFigures:
    """``asked`` counts all; ``at_once`` those answered within ten minutes; those neither solved
    nor filed said nothing more, and are counted as neither."""

    asked: int
    at_once: int
    solved: int
    filed: int


async def record_consultation(
    session: AsyncSession,
    *,
    contact: Contact,
    text: str,
    tag: Tag | None,
    cards: Sequence[AnswerCard],
    asked_at: datetime,
    now: datetime,
) -> Consultation:
    """One card: answered. Several: the citizen chooses first."""
    consultation = Consultation(
        contact_id=contact.id,
        channel=contact.channel,
        text=text,
        tag=tag.to_dict() if tag else {},
        offered=[card.code for card in cards],
        state=OFFERED,
        at=asked_at,
    )
    if len(cards) == 1:
        choose_card(consultation, cards[0], now)
    session.add(consultation)
    await session.flush()
    return consultation


def choose_card(consultation: Consultation, card: AnswerCard, now: datetime) -> None:
    """This card it was; the version is kept, for cards change."""
    consultation.card_code, consultation.card_version = card.code, card.version
    consultation.answered_at = consultation.answered_at or now
    if consultation.state == OFFERED:
        consultation.state = ANSWERED


async def find_consultation(
    session: AsyncSession, consultation_id: int, contact_id: int
) -> Consultation:
    """One's own consultation. Raises ``CaseNotFound``: somebody else's is told no apart."""
    row = await session.scalar(
        select(Consultation).where(Consultation.id == consultation_id).with_for_update()
    )
    if row is None or row.contact_id != contact_id:
        raise CaseNotFound(_LOST)
    return row


async def settle_consultation(
    session: AsyncSession, consultation_id: int, contact_id: int, now: datetime
) -> Consultation:
    """解决了. Said twice changes nothing; a filed one stays filed."""
    row = await find_consultation(session, consultation_id, contact_id)
    if row.state == FILED:
        raise RuleBroken("这个问题已经登记成诉求，工作人员会回复您。")
    if row.state != SOLVED:
        row.state, row.settled_at = SOLVED, now
    return row


async def file_consultation(
    session: AsyncSession,
    consultation_id: int,
    *,
    contact: Contact,
    more: str = "",
    attachments: tuple[AttachmentDraft, ...] = (),
    town: Town,
    now: datetime,
) -> Case:
    """没解决: the question as it was asked becomes a case, with what was added. Asked for twice
    gives the same case."""
    row = await find_consultation(session, consultation_id, contact.id)
    if row.case_id is not None:
        case = await session.get(Case, row.case_id)
        if case is None:
            raise CaseNotFound(_LOST)
        return await lock_case(session, case.number)
    draft = CaseDraft(
        text="\n".join(filter(None, (row.text, more))),
        channel=row.channel,
        tag=Tag.from_dict(row.tag) if row.tag else None,
        contact_id=contact.id,
        received_at=row.at,
        attachments=attachments,
    )
    case = await file_case(session, draft, actor=Actor.citizen(contact.id), town=town, now=now)
    row.state, row.case_id, row.settled_at = FILED, case.id, now
    return case


async def count_consultations(session: AsyncSession, since: datetime) -> ConsultationFigures:
    """Everything asked since then."""
    rows = await session.execute(
        select(Consultation.state, Consultation.at, Consultation.answered_at).where(
            Consultation.at >= since
        )
    )
    found = rows.all()
    return ConsultationFigures(
        asked=len(found),
        at_once=sum(row.answered_at is not None and row.answered_at - row.at <= AT_ONCE
                    for row in found),
        solved=sum(row.state == SOLVED for row in found),
        filed=sum(row.state == FILED for row in found),
    )  # fmt: skip
