"""While a person has the chat: the bot keeps the words for them and says nothing itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.incoming import Incoming
from bot.texts import Texts
from bot.words import is_danger, read_command
from cases.models import Attachment, Contact
from cases.town import Town
from cases.use_cases.chat_files import open_case_of
from cases.use_cases.chats import is_served, note_said


def is_for_person(incoming: Incoming, contact: Contact, town: Town, now: datetime) -> bool:
    """Words and pictures are for the person who has the chat; buttons and commands are ours."""
    if not is_served(contact, town, now):
        return False
    if incoming.tap is not None or incoming.timeout is not None or incoming.start:
        return False
    command = read_command(incoming.text) if incoming.is_plain_text else None
    return command is None or not (incoming.text.startswith(("/", "／")) or command.name == "end")


async def hand_to_person(
    session: AsyncSession, contact: Contact, incoming: Incoming, texts: Texts, now: datetime
) -> str | None:
    """Keep what came. Returns what has to be said all the same: danger waits for nobody."""
    await note_said(session, contact, describe(incoming, texts), now)
    case_id = await open_case_of(session, contact.id)
    for file in incoming.files:
        session.add(
            Attachment(
                case_id=case_id,
                contact_id=contact.id,
                kind=file.kind.value,
                mime=file.mime,
                name=file.name,
                size=file.size,
                path=file.path,
                external_file_id=file.external_file_id,
                at=now,
            )
        )
    return texts.say("receipt.danger") if is_danger(incoming.text) else None


def describe(incoming: Incoming, texts: Texts) -> str:
    """One line for the desk: the words, and in brackets what was no words."""
    say = texts.say
    parts = [incoming.text, *(f"（{say(f'media.{file.kind}')}）" for file in incoming.files)]
    if incoming.location is not None:
        where = incoming.location.title or say("chat.location_sent").strip("（）()")
        parts.append(f"（{where}）")
    if incoming.phone:
        parts.append(say("media.phone_text", phone=incoming.phone))
    return " ".join(part for part in parts if part) or "…"
