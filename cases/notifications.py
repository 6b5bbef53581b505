"""What the citizen is told, in their language, and how it reaches the outbox.

The words lie in ``message_templates/<language>.toml``; a new message is a new key there.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases import callbacks, outbox
from cases.models import Case, Contact
from cases.town import Town

TEMPLATES = Path(__file__).parent / "message_templates"
LANGUAGES = ("zh", "en")


@cache
def load_templates(language: str) -> dict[str, Any]:
    """Every text of one language; an unknown language reads as Chinese."""
    name = language if language in LANGUAGES else "zh"
    return tomllib.loads((TEMPLATES / f"{name}.toml").read_text(encoding="utf-8"))


def render_notice(language: str, key: str, **values: Any) -> str:
    """The text of one notice; empty where the template is."""
    template = load_templates(language).get(key, "")
    return str(template).format_map(_Blank(values)) if template else ""


def state_name(state: str, language: str = "zh") -> str:
    """A state in a citizen's words."""
    return str(load_templates(language)["states"].get(state, state))


def step_name(action: str, language: str = "zh") -> str:
    """A step of the timeline in a citizen's words."""
    return str(load_templates(language)["steps"].get(action, action))


def format_moment(town: Town, moment: datetime | None, language: str = "zh") -> str:
    """A deadline as people say it: the day, and the hour unless it is the end of a day."""
    if moment is None:
        return ""
    local = moment.astimezone(town.calendar.zone)
    end_of_day = (local.hour, local.minute) == (
        town.calendar.hours.ends.hour,
        town.calendar.hours.ends.minute,
    )
    if language == "en":
        return local.strftime("%d %B" if end_of_day else "%d %B %H:%M")
    day = f"{local.month}月{local.day}日"
    return day if end_of_day else f"{day} {local:%H:%M}"


def rating_buttons(case: Case, town: Town, language: str = "zh") -> list[list[dict[str, str]]]:
    """The one-tap rating, bound to the round that was just closed."""
    scale = sorted(
        ((int(k), v) for k, v in town.policy["satisfaction"].items() if k.isdigit()),
        reverse=True,
    )
    english = {5: "Satisfied", 4: "Mostly", 3: "So-so", 2: "Unhappy", 1: "Very unhappy"}
    buttons = [
        {
            "label": english.get(value, str(value)) if language == "en" else str(label),
            "data": callbacks.encode("rate", case.id, case.round, str(value)),
        }
        for value, label in scale
    ]
    return [buttons[:3], buttons[3:]]


def solved_buttons(case: Case, language: str = "zh") -> list[list[dict[str, str]]]:
    """Did the answer settle it? Yes closes, no hands it to a person."""
    labels = ("Yes", "No, file it") if language == "en" else ("解决了", "没有，请办理")
    return [
        [
            {
                "label": labels[0],
                "data": callbacks.encode("solved", case.id, case.round, "yes"),
            },
            {
                "label": labels[1],
                "data": callbacks.encode("solved", case.id, case.round, "no"),
            },
        ]
    ]


async def notify_contact(
    session: AsyncSession,
    case: Case,
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    buttons: list[list[dict[str, str]]] | None = None,
) -> bool:
    """Queue a notice for the chat behind a case; ``False`` where there is none to tell."""
    if case.contact_id is None or not text:
        return False
    contact = await session.get(Contact, case.contact_id)
    if contact is None or contact.muted or not contact.reachable:
        return False
    return await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        case_id=case.id,
        kind=kind,
        payload={"text": text, "buttons": buttons or []},
        dedupe_key=dedupe_key,
        now=now,
    )


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
