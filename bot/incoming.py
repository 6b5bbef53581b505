"""What a citizen sent, in one shape for every channel.

A channel's parser makes an ``Incoming`` out of the raw payload that lies in the inbox; the
dialogue knows nothing else about channels. Only the raw payload is stored;
parsing it twice gives the same ``Incoming``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.use_cases.file_case import AttachmentDraft

#: What chat services hand out at most, and what we take.
LARGEST_FILE = 20 * 1024 * 1024


class FileKind(StrEnum):
    """What a file is to the citizen, not its MIME type."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"


class Standing(StrEnum):
    """What ``my_chat_member`` said about our place in the chat."""

    BLOCKED = "blocked"
    WELCOME = "welcome"


@dataclass(frozen=True)
class IncomingFile:
    """A file: with ``path`` once it lies in the data folder, before only ``external_file_id``."""

    kind: FileKind
    mime: str | None = None
    name: str | None = None
    size: int | None = None
    path: str | None = None
    external_file_id: str | None = None

    def to_draft(self) -> AttachmentDraft:
        """As a case keeps it."""
        return AttachmentDraft(
            kind=self.kind.value,
            mime=self.mime,
            name=self.name,
            size=self.size,
            path=self.path,
            external_file_id=self.external_file_id,
        )

    @property
    def is_oversize(self) -> bool:
        """Too large to be fetched: the citizen is told, with the limit."""
        return self.path is None and self.size is not None and self.size > LARGEST_FILE


@dataclass(frozen=True)
class Location:
    """A pin, a venue when ``title`` is set too (name and address in one line), or a place known
    by its name alone."""

    latitude: float | None
    longitude: float | None
    title: str | None = None


@dataclass(frozen=True)
class Incoming:
    """One message, tap or event.

    ``message_key`` names the message within the chat, ``reply_to`` the message it answers,
    ``album`` the group of messages it belongs to; all three are the channel's own ids.
    ``at`` is when we received it, so that windows like "within 60 s" do not stretch when a
    restart delays the handling. ``timeout`` is no message: it says that the question with that
    stamp was not answered for a while. ``start`` is the payload of the link that led here,
    ``moved_to`` the id a group has from now on.
    """

    channel: str
    chat_key: str
    at: datetime
    message_key: str = ""
    text: str = ""
    tap: str | None = None
    files: tuple[IncomingFile, ...] = ()
    location: Location | None = None
    sticker: bool = False
    phone: str | None = None
    unknown: bool = False
    edited: bool = False
    reply_to: str | None = None
    album: str | None = None
    standing: Standing | None = None
    timeout: int | None = None
    start: str | None = None
    moved_to: str | None = None
    in_group: bool = False
    user_key: str | None = None
    display_name: str | None = None
    language: str = "zh"

    @property
    def says_something(self) -> bool:
        """Words, a place, or a file that is not too large to be kept."""
        files = any(not file.is_oversize for file in self.files)
        return bool(self.text or files or self.location is not None)

    @property
    def is_plain_text(self) -> bool:
        """Words and nothing else."""
        return bool(
            self.text
            and not self.files
            and self.location is None
            and self.tap is None
            and not self.edited
        )
