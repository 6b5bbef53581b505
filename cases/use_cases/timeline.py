"""A case as its citizen sees it: where it stands, and each step on the way there.

await citizen_timeline(session, case, town, language="zh") -> [TimelineStep]
describe_state(case, language="zh") -> str
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases.history import read_history
from cases.lifecycle import Action, Role
from cases.models import Case
from cases.notifications import state_name, step_name
from cases.town import Town
from cases.use_cases.merging import answering_case

#: Steps a citizen sees on the timeline; the quarrel between units is not among them.
VISIBLE_ACTIONS = [
    "submit",
    "accept",
    "request_info",
    "supply_info",
    "reject",
    "answer",
    "merge",
    "unmerge",
    "dispatch",
    "sign",
    "reassign",
    "contact",
    "consult",
    "conclude",
    "escalate",
    "county_reply",
    "approve_extension",
    "suspend",
    "resume",
    "reply",
    "close",
    "rate",
    "reopen",
    "object",
    "withdraw",
]

#: Of the case that theirs was merged into, a citizen sees what becomes of the matter.
_SHARED = frozenset(
    {
        "dispatch",
        "sign",
        "reassign",
        "contact",
        "consult",
        "conclude",
        "escalate",
        "approve_extension",
        "suspend",
        "resume",
        "reply",
        "close",
        "reopen",
        "reject",
        "answer",
    }
)


@dataclass(frozen=True)
class TimelineStep:
    """One line of the citizen's view: what, when, which unit, in which words."""

    action: str
    name: str
    at: datetime
    unit: str
    text: str | None


async def citizen_timeline(
    session: AsyncSession, case: Case, town: Town, language: str = "zh"
) -> list[TimelineStep]:
    """Each step a citizen may see, with unit, time and the words of that day."""
    steps = []
    unit = ""
    entries = await read_history(session, case.id)
    answering = await answering_case(session, case)
    if answering is not case:
        # From the merge on it is the other case that is handled, and its steps are the news.
        since = max(entry.at for entry in entries if entry.action == Action.MERGE.value)
        theirs = await read_history(session, answering.id)
        unit = town.unit_name(answering.lead_unit)
        entries += [e for e in theirs if e.at >= since and e.action in _SHARED]
    for entry in entries:
        if entry.action in ("dispatch", "reassign", "conclude"):
            unit = town.unit_name(entry.data.get("unit"))
        if entry.action not in VISIBLE_ACTIONS:
            continue
        shown = unit if entry.actor_role in (Role.HANDLER, Role.HANDLER_HEAD) else ""
        if entry.action in ("dispatch", "reassign"):
            shown = unit
        steps.append(
            TimelineStep(
                entry.action,
                step_name(entry.action, language),
                entry.at,
                shown,
                entry.citizen_text,
            )
        )
    return steps


def describe_state(case: Case, language: str = "zh") -> str:
    """Where the case stands, in a citizen's words. Of a merged case pass the one that answers
    (``answering_case``)."""
    return state_name(str(case.state), language)
