"""What answers and errands ask to have done; plain data, run by ``bot.service_deeds``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incoming import IncomingFile


@dataclass(frozen=True)
class GiveAnswer:
    """One card answers the text, or several are offered."""

    text: str
    codes: tuple[str, ...]
    asked_at: datetime


@dataclass(frozen=True)
class ShowAnswer:
    """The citizen chose one of the cards offered."""

    consultation_id: int
    code: str


@dataclass(frozen=True)
class SettleAnswer:
    """解决了"""

    consultation_id: int


@dataclass(frozen=True)
class FileConsultation:
    """没解决: the question becomes a case, with ``more`` if something was added."""

    consultation_id: int
    more: str = ""
    message_key: str = ""
    for_person: bool = False
    files: tuple[IncomingFile, ...] = ()


@dataclass(frozen=True)
class RequestErrand:
    """帮我代办"""

    text: str
    item: str
    runner: str
    area: str | None


@dataclass(frozen=True)
class PlaceErrand:
    """Where the applicant lives, and so who runs."""

    errand_id: int
    runner: str
    area: str


@dataclass(frozen=True)
class SignErrand:
    """The citizen's signature, or that nothing arrived."""

    errand_id: int
    received: bool


@dataclass(frozen=True)
class CancelErrand:
    """取消代办"""

    errand_id: int


ServiceAction = (
    GiveAnswer
    | ShowAnswer
    | SettleAnswer
    | FileConsultation
    | RequestErrand
    | PlaceErrand
    | SignErrand
    | CancelErrand
)
