"""What a channel is to the rest of the bot: a translator, nothing more.

::

    DeliveryError            sending did not simply work; ``trouble`` says what to do about it

A channel reads what lies in the inbox and sends what lies in the outbox. How updates arrive
(polling, webhook, an HTTP form) is not its business here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.incoming import Incoming, IncomingFile


class Trouble(StrEnum):
    """What kind of failure it was, by what has to happen next."""

    WAIT = "wait"  # the service said when to come back
    NOT_SENT = "not_sent"  # it certainly did not go out: try again
    AMBIGUOUS = "ambiguous"  # it may have gone out: never blindly again
    REFUSED = "refused"  # it will never go out like this
    UNREACHABLE = "unreachable"  # the citizen blocked us or left
    MOVED = "moved"  # the chat has another id now
    STOPPED = "stopped"  # our own key is not accepted: alarm


class DeliveryError(Exception):
    """Sending failed. ``reason`` names a class, never the text or the chat."""

    def __init__(
        self,
        trouble: Trouble,
        reason: str,
        *,
        wait: float = 0.0,
        new_chat_key: str | None = None,
    ) -> None:
        super().__init__(f"{trouble}: {reason}")
        self.trouble = trouble
        self.reason = reason
        self.wait = wait
        self.new_chat_key = new_chat_key


@dataclass(frozen=True)
class OutgoingButton:
    """A button under a message."""

    label: str
    data: str


@dataclass(frozen=True)
class OutgoingFile:
    """A stored attachment. ``path`` is its name in the attachments folder (``cases.attachments``),
    ``kind`` is photo or document."""

    attachment_id: int
    kind: str
    path: str
    name: str | None = None
    mime: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """One message to send. ``outbox_id`` is the same again when it is sent again, so that a
    channel of our own can recognise it.

    With ``file`` the text is its caption. With ``edits``, the id of a message sent before, that
    message, whose text ``was``, gets this text and these buttons; nothing new appears.
    """

    outbox_id: int
    chat_key: str
    text: str
    buttons: tuple[tuple[OutgoingButton, ...], ...] = ()
    contact_id: int | None = None
    file: OutgoingFile | None = None
    edits: str | None = None
    was: str = ""

    @classmethod
    def from_payload(
        cls, outbox_id: int, chat_key: str, contact_id: int | None, payload: dict[str, Any]
    ) -> Outgoing:
        """Out of an outbox row."""
        rows = tuple(
            tuple(OutgoingButton(b["label"], b["data"]) for b in row)
            for row in payload.get("buttons") or ()
        )
        file = payload.get("file")
        return cls(
            outbox_id,
            chat_key,
            str(payload["text"]),
            rows,
            contact_id,
            OutgoingFile(**file) if file else None,
            payload.get("edits"),
            str(payload.get("was", "")),
        )


@dataclass(frozen=True)
class Limits:
    """How fast a channel may be used: messages a second overall, for one chat, and how many
    one chat may get at once before that counts. 0 is no limit."""

    overall: float = 0.0
    per_chat: float = 0.0
    burst: int = 3


class Channel(Protocol):
    """One way in and out."""

    name: str
    limits: Limits

    def read(
        self, payload: dict[str, Any], *, chat_key: str, received_at: datetime
    ) -> Incoming | None:
        """The stored payload as ``Incoming``; ``None``: nothing we answer to. Pure."""
        ...

    async def fetch(self, file: IncomingFile) -> IncomingFile:
        """The file brought into the data folder; the same file back where that fails."""
        ...

    async def send(self, message: Outgoing) -> str | None:
        """Send, or edit in place, and return the channel's id of the message. Raises
        ``DeliveryError``; an edit that the channel refuses (too old, gone, the same already) is
        no error, the answer beside it says the same."""
        ...

    async def show_typing(self, chat_key: str) -> None:
        """Show for some seconds, or until the next message, that an answer is being prepared.
        Never raises: it is a courtesy."""
        ...

    def link_to(self, payload: str) -> str | None:
        """An address that opens a private chat with us and hands over ``payload``, if known."""
        ...
