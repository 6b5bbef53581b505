"""Raw Bot API updates: which we keep, under which key, and what they say.

Works on the plain JSON, tolerant of every field that is not needed: Telegram adds kinds and
fields all the time, and a typed parser refuses a whole message for one it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.incoming import FileKind, Incoming, IncomingFile, Location, Standing
from bot.words import has_han, read_command

#: What we subscribe to.
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
_GROUPS = ("group", "supergroup")
_MEDIA = (
    ("voice", FileKind.VOICE),
    ("audio", FileKind.VOICE),
    ("video", FileKind.VIDEO),
    ("video_note", FileKind.VIDEO),
    ("animation", FileKind.VIDEO),
    ("document", FileKind.DOCUMENT),
)
_STICKERS = ("sticker", "dice")
#: A person sent it, but we cannot read it: say so. Anything else is a service message.
_UNREADABLE = ("poll", "game", "story", "paid_media", "checklist", "invoice", "giveaway")
_GONE = ("kicked", "left")


class MalformedUpdate(ValueError):
    """Not an update as the Bot API describes it; the text names the field, not its content."""


@dataclass(frozen=True)
class Envelope:
    """What the inbox needs to know. ``callback_id`` wants an answer at once."""

    external_id: str
    chat_key: str
    callback_id: str | None = None
    in_album: bool = False


def open_envelope(raw: Any, *, bot_name: str | None = None) -> Envelope | None:
    """The keys of an update; ``None``: none of our business. Raises ``MalformedUpdate``.

    The update id alone is not the key: it may restart at random after a quiet week, and test
    servers repeat it. Together with the message it is the same exactly when resent.
    """
    update = _table(raw, "update")
    update_id = _whole(update, "update_id")
    kind = next((kind for kind in KINDS if kind in update), None)
    if kind is None:
        return None
    body = _table(update[kind], kind)
    if kind == "callback_query":
        callback_id = str(body.get("id") or "")
        if not callback_id:
            raise MalformedUpdate("callback_query.id")
        if not isinstance(body.get("data"), str):
            return None
        chat = _callback_chat(body)
        if chat is None:
            return None
        return Envelope(f"{update_id}:tap:{callback_id}"[:200], chat, callback_id)
    chat_table = _table(body.get("chat"), "chat")
    chat_key = str(_whole(chat_table, "id"))
    if kind == "my_chat_member":
        return Envelope(f"{update_id}:standing:{chat_key}", chat_key)
    message_id = _whole(body, "message_id")
    if not _is_ours(body, chat_table, bot_name):
        return None
    edited = body.get("edit_date", 0) if kind == "edited_message" else 0
    key = f"{update_id}:{chat_key}:{message_id}:{edited}"
    return Envelope(key, chat_key, in_album=bool(body.get("media_group_id")))


def read_update(raw: Mapping[str, Any], *, chat_key: str, received_at: datetime) -> Incoming | None:
    """A kept update as ``Incoming``; ``None`` for service messages."""
    if "callback_query" in raw:
        return _read_tap(raw["callback_query"], chat_key, received_at)
    if "my_chat_member" in raw:
        return _read_standing(raw["my_chat_member"], chat_key, received_at)
    for kind in ("message", "edited_message"):
        if kind in raw:
            return _read_message(raw[kind], chat_key, received_at, edited=kind != "message")
    return None


def _read_message(
    body: Mapping[str, Any], chat_key: str, received_at: datetime, *, edited: bool
) -> Incoming | None:
    moved_to = body.get("migrate_to_chat_id")
    if isinstance(moved_to, int):
        return Incoming("telegram", chat_key, received_at, moved_to=str(moved_to), in_group=True)
    text = clean(body.get("text") or body.get("caption"))
    files = _read_files(body)
    location = _read_location(body)
    sticker = any(body.get(name) for name in _STICKERS)
    contact = body.get("contact")
    phone = clean(contact.get("phone_number")) if isinstance(contact, Mapping) else ""
    unreadable = any(name in body for name in _UNREADABLE)
    if not (text or files or location or sticker or phone or unreadable):
        return None
    sender = _mapping(body.get("from"))
    reply = _mapping(body.get("reply_to_message"))
    in_group = _mapping(body.get("chat")).get("type") in _GROUPS
    if in_group:
        # A group is nobody in particular.
        sender = {"language_code": sender.get("language_code")}
    return Incoming(
        channel="telegram",
        chat_key=chat_key,
        at=received_at,
        message_key=str(body.get("message_id", "")),
        text=text,
        files=files,
        location=location,
        sticker=sticker,
        phone=phone or None,
        unknown=unreadable,
        edited=edited,
        reply_to=str(reply["message_id"]) if "message_id" in reply else None,
        album=str(body["media_group_id"]) if body.get("media_group_id") else None,
        in_group=in_group,
        user_key=str(sender["id"]) if "id" in sender else None,
        display_name=clean(sender.get("first_name"))[:64] or None,
        language=_language(sender, text),
    )


def _read_tap(body: Mapping[str, Any], chat_key: str, received_at: datetime) -> Incoming:
    sender = _mapping(body.get("from"))
    message = _mapping(body.get("message"))
    return Incoming(
        channel="telegram",
        chat_key=chat_key,
        at=received_at,
        message_key=str(message.get("message_id", "")),
        tap=str(body["data"]),
        in_group=_mapping(message.get("chat")).get("type") in _GROUPS,
        user_key=str(sender["id"]) if "id" in sender else None,
        language=_language(sender, ""),
    )


def _read_standing(body: Mapping[str, Any], chat_key: str, received_at: datetime) -> Incoming:
    status = _mapping(body.get("new_chat_member")).get("status")
    standing = Standing.BLOCKED if status in _GONE else Standing.WELCOME
    return Incoming(channel="telegram", chat_key=chat_key, at=received_at, standing=standing)


def _read_files(body: Mapping[str, Any]) -> tuple[IncomingFile, ...]:
    sizes = body.get("photo")
    if isinstance(sizes, list):
        known = [s for s in sizes if isinstance(s, Mapping) and s.get("file_id")]
        if known:
            largest = max(known, key=lambda s: _number(s.get("width")) * _number(s.get("height")))
            return (_file(largest, FileKind.PHOTO),)
    for name, kind in _MEDIA:
        media = body.get(name)
        if isinstance(media, Mapping) and media.get("file_id"):
            mime = str(media.get("mime_type") or "")
            return (_file(media, FileKind.PHOTO if mime.startswith("image/") else kind),)
    return ()


def _file(media: Mapping[str, Any], kind: FileKind) -> IncomingFile:
    mime, name = clean(media.get("mime_type")), clean(media.get("file_name"))
    size = media.get("file_size")
    return IncomingFile(
        kind=kind,
        mime=mime[:64] or None,
        name=name[:200] or None,
        size=size if isinstance(size, int) else None,
        external_file_id=str(media["file_id"])[:300],
    )


def _read_location(body: Mapping[str, Any]) -> Location | None:
    venue = _mapping(body.get("venue"))
    place = _mapping(venue.get("location") or body.get("location"))
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    names = [clean(venue.get("title")), clean(venue.get("address"))]
    title = " ".join(dict.fromkeys(name for name in names if name))[:200]
    return Location(float(latitude), float(longitude), title or None)


def _is_ours(body: Mapping[str, Any], chat: Mapping[str, Any], bot_name: str | None) -> bool:
    """People in private chats; in groups only what is said to us."""
    if _mapping(body.get("from")).get("is_bot") or chat.get("type") == "channel":
        return False
    if chat.get("type") not in _GROUPS or "migrate_to_chat_id" in body:
        return True
    author = _mapping(_mapping(body.get("reply_to_message")).get("from"))
    if bot_name and str(author.get("username", "")).lower() == bot_name.lower():
        return True
    text = clean(body.get("text") or body.get("caption"))
    command = read_command(text) if text.startswith("/") else None
    if command is not None and command.name == "report":
        named = command.addressed_to
        return named is None or bot_name is None or named.lower() == bot_name.lower()
    return bool(bot_name) and f"@{bot_name}".lower() in text.lower()


def _callback_chat(body: Mapping[str, Any]) -> str | None:
    chat = _mapping(_mapping(body.get("message")).get("chat"))
    sender = _mapping(body.get("from"))
    found = chat.get("id", sender.get("id"))
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else None


def _language(sender: Mapping[str, Any], text: str) -> str:
    """English only for those whose app is English and who do not write Chinese."""
    code = str(sender.get("language_code") or "")
    return "en" if code.lower().startswith("en") and not has_han(text) else "zh"


def clean(value: Any) -> str:
    """A text the database can hold: no NUL, no half surrogate pair; not a text: empty."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedUpdate(name)
    return value


def _whole(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedUpdate(name)
    return value
