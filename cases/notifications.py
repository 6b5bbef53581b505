"""What the citizen is told, in their language, and how it reaches the outbox.

The words lie in ``message_templates/<language>.toml``; a new message is a new key there. When
they may ring is the town's policy (``[notices]``): held for some seconds, so that a burst about
one case is one message, and through the night.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases import callbacks, outbox
from cases.callers.call_backs import note_call_back
from cases.callers.followers import FOLLOWS
from cases.callers.lines import SMS, find_line, why_silent
from cases.callers.texts import fits, is_sms_key, write_sms
from cases.models import Attachment, Case, Contact, OutboxMessage
from cases.outgoing_files import enqueue_files, held_until, put_behind, take_back_files
from cases.quiet_hours import send_after
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


def satisfaction_names(town: Town, language: str = "zh") -> dict[int, str]:
    """The scale of the rating, best first."""
    scale = sorted(
        ((int(k), str(v)) for k, v in town.policy["satisfaction"].items() if k.isdigit()),
        reverse=True,
    )
    if language != "en":
        return dict(scale)
    english = {5: "Satisfied", 4: "Mostly", 3: "So-so", 2: "Unhappy", 1: "Very unhappy"}
    return {value: english.get(value, str(value)) for value, _ in scale}


def rating_buttons(case: Case, town: Town, language: str = "zh") -> list[list[dict[str, str]]]:
    """The one-tap rating, bound to the round that was just closed."""
    buttons = [
        {"label": label, "data": callbacks.encode("rate", case.id, case.round, str(value))}
        for value, label in satisfaction_names(town, language).items()
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


def word_buttons(case_id: int, round_: int, language: str = "zh") -> list[list[dict[str, str]]]:
    """What somebody who reported the event too says of the answer; rates and reopens nothing.

    :param case_id: of the case that they know; ``round_``: of the one that was answered
    """
    labels = load_templates(language)["words"]
    return [
        [
            {"label": labels[word], "data": callbacks.encode("word", case_id, round_, word)}
            for word in ("yes", "partly", "no")
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
    town: Town,
    buttons: list[list[dict[str, str]]] | None = None,
    answering: Case | None = None,
    wording: str = "",
) -> bool:
    """Queue a notice for the chat behind a case, or for its caller's mobile in the words of a text
    message; ``False`` where there is none to tell, and somebody may have to call instead.
    ``answering``: of a case that was merged, the one whose unit, date and outcome are the news.
    ``wording``: of the text message, where that of the kind does not say it.

    What is still held back about the same case becomes part of this message; what the newer
    word makes pointless (``superseded``) is left out. Files that were to go with it follow it.
    """
    contact = await _find_listener(session, case, town)
    if not text:
        return False
    if contact is None:
        because = await why_silent(session, case, town)
        moment = kind.removeprefix("notice.")
        await note_call_back(
            session,
            case,
            moment,
            text,
            because,
            dedupe_key=dedupe_key,
            town=town,
            now=now,
            answering=answering,
        )
        return False
    if contact.channel == SMS:
        key = wording if is_sms_key(wording) else kind.removeprefix("notice.")
        text, buttons = write_sms(key, case, town, answering), None
        if not text:
            return False
    return await queue_notice(
        session,
        contact,
        case,
        kind=kind,
        text=text,
        dedupe_key=dedupe_key,
        now=now,
        town=town,
        buttons=buttons,
    )


async def queue_notice(
    session: AsyncSession,
    contact: Contact,
    case: Case,
    *,
    kind: str,
    text: str,
    dedupe_key: str,
    now: datetime,
    town: Town,
    buttons: list[list[dict[str, str]]] | None = None,
) -> bool:
    """Like ``notify_contact``, for a contact in hand: one of several who follow a case."""
    held = await outbox.take_back_held(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        case_id=case.id,
        kinds="notice.",
    )
    files = await take_back_files(session, contact, case.id)
    parts, older_buttons = _merge(held)
    parts.append({"kind": kind, "text": text})
    due = _due(case, contact, held, town, now)
    queued = await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        case_id=case.id,
        kind=kind,
        payload={
            "text": _join(_still_news(parts, town), contact),
            "buttons": buttons or older_buttons,
            "parts": parts,
            "urgent": case.urgency == "critical",
        },
        dedupe_key=dedupe_key,
        now=now,
        not_before=due,
    )
    await put_behind(
        session,
        contact,
        files,
        dedupe_key=dedupe_key,
        now=now,
        case_id=case.id,
        not_before=due,
    )
    return queued


async def send_case_files(
    session: AsyncSession,
    case: Case,
    files: Sequence[Attachment],
    *,
    dedupe_key: str,
    now: datetime,
    town: Town,
) -> int:
    """Queue files of staff behind the notice that tells of them, to be sent when it is; returns
    how many. Like a notice they go to nobody who wants none."""
    contact = await _find_listener(session, case, town)
    if contact is None or contact.channel == SMS:
        return 0
    captions = [
        render_notice(contact.language, "case_file", number=case.number, name=file.name)
        for file in files
    ]
    due = await held_until(session, contact, case.id) or _due(case, contact, [], town, now)
    return await enqueue_files(
        session,
        contact,
        files,
        captions,
        dedupe_key=dedupe_key,
        now=now,
        case_id=case.id,
        not_before=due,
    )


async def _find_listener(session: AsyncSession, case: Case, town: Town) -> Contact | None:
    """The chat behind a case or its caller's line, if it wants news and news reaches it."""
    if case.contact_id is None:
        contact = await find_line(session, case, town)
    else:
        contact = await session.get(Contact, case.contact_id)
    if contact is None or contact.muted or not contact.reachable:
        return None
    return contact


def _due(
    case: Case, contact: Contact, held: list[OutboxMessage], town: Town, now: datetime
) -> datetime:
    rules = town.policy.get("notices")
    urgent = case.urgency == "critical"
    if rules is None or urgent:
        return now
    awake = now - contact.seen_at <= timedelta(minutes=rules["awake_minutes"])
    # A stream of news about one case does not push its first word further and further away.
    moments = [now + timedelta(seconds=rules["hold_seconds"]), *(m.not_before for m in held)]
    return send_after(town, max(now, min(moments)), awake=awake)


def _merge(
    held: list[OutboxMessage],
) -> tuple[list[dict[str, str]], list[list[dict[str, str]]]]:
    parts: list[dict[str, str]] = []
    buttons: list[list[dict[str, str]]] = []
    for message in held:
        payload = message.payload
        parts += payload.get("parts") or [{"kind": message.kind, "text": payload["text"]}]
        buttons = payload.get("buttons") or buttons
    return parts, buttons


def _still_news(parts: list[dict[str, str]], town: Town) -> list[str]:
    names = town.policy.get("notices", {}).get("superseded", ())
    superseded = {f"{kind}{name}" for name in names for kind in ("notice.", FOLLOWS)}
    *older, newest = parts
    return [*(p["text"] for p in older if p["kind"] not in superseded), newest["text"]]


def _join(texts: list[str], contact: Contact) -> str:
    """One message; of news that no text message has room for, the newest, which has all numbers."""
    joined = "\n".join(texts)
    return texts[-1] if contact.channel == SMS and not fits(joined) else joined


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
