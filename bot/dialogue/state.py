"""Where a conversation stands: small, JSON, and without the citizen's finished messages.

The one text kept is the one still waiting to become a case (``kept``); of everything else only
a fingerprint stays, enough to recognise the same words sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.incoming import FileKind, IncomingFile, Location

#: How many of the citizen's messages we can still match to a case when they are edited.
_REMEMBERED_MESSAGES = 20
_MOMENTS = ("asked_at", "last_text_at", "last_tap_at", "hint_at", "vague_at")


class Step(StrEnum):
    """Which question is open, if any."""

    IDLE = "idle"
    ASKING_PLACE = "asking_place"
    ASKING_WHAT = "asking_what"
    ASKING_FILE = "asking_file"
    ASKING_WHOSE = "asking_whose"
    ASKING_REASON = "asking_reason"
    ASKING_SOLVED = "asking_solved"
    ASKING_ITEM = "asking_item"
    ASKING_AREA = "asking_area"


#: Here what was said waits to become a case and stands nowhere else. (A question that a card
#: answers is kept as a consultation.)
HOLDING = frozenset({Step.ASKING_WHAT, Step.ASKING_FILE, Step.ASKING_WHOSE, Step.ASKING_ITEM})


@dataclass(frozen=True)
class DialogueState:
    """``case_id`` is the case the open question is about; ``stamp`` counts the prompts.

    ``kept_key`` is the message that the kept words came in.
    ``messages`` are pairs (message key, case id), newest last. ``last_*`` recognise a resent
    text or tap. ``album`` is the group of photos acknowledged last and the case that holds it.
    ``record_id`` is the consultation or errand the open question is about.
    ``hint`` is the place whose code was scanned at ``hint_at``. ``vague_case_id`` was filed at
    ``vague_at`` without saying what it is about.
    """

    step: Step = Step.IDLE
    stamp: int = 0
    case_id: int | None = None
    record_id: int | None = None
    asked_at: datetime | None = None
    kept: str = ""
    kept_key: str = ""
    kept_files: tuple[IncomingFile, ...] = ()
    kept_location: Location | None = None
    last_digest: str = ""
    last_text_at: datetime | None = None
    last_case_id: int | None = None
    last_message_key: str = ""
    last_tap: str = ""
    last_tap_at: datetime | None = None
    album: str | None = None
    album_case_id: int | None = None
    hint: Location | None = None
    hint_at: datetime | None = None
    vague_case_id: int | None = None
    vague_at: datetime | None = None
    messages: tuple[tuple[str, int], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether something was said that no case has yet."""
        said = self.kept or self.kept_files or self.kept_location
        return self.step in HOLDING and bool(said)

    def leave_question(self) -> DialogueState:
        """Something else was done than answer: the question is left, unless it holds words."""
        return self if self.holds else self.at_rest()

    def at_rest(self) -> DialogueState:
        """No question open, nothing kept: what was is in a case now, or was given up."""
        return replace(
            self,
            step=Step.IDLE,
            case_id=None,
            record_id=None,
            asked_at=None,
            kept="",
            kept_key="",
            kept_files=(),
            kept_location=None,
        )

    def asking(self, step: Step, at: datetime, case_id: int | None = None) -> DialogueState:
        """The question of ``step`` is open; what was kept stays kept."""
        return replace(self, step=step, asked_at=at, case_id=case_id, stamp=self.stamp + 1)

    def remembering(self, message_key: str, case_id: int) -> DialogueState:
        """The message is part of that case from now on."""
        if not message_key:
            return self
        pairs = (*self.messages, (message_key, case_id))[-_REMEMBERED_MESSAGES:]
        return replace(self, messages=pairs)

    def case_of_message(self, message_key: str) -> int | None:
        """The case a message became part of, or ``None``."""
        return dict(self.messages).get(message_key)

    def to_json(self) -> dict[str, Any]:
        """Plain data; empty fields are left out."""
        plain = {key: value for key, value in asdict(self).items() if value}
        for key in _MOMENTS:
            if key in plain:
                plain[key] = plain[key].isoformat()
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> DialogueState:
        """The way back. Unknown keys (of a newer version) are dropped, a step too."""
        known = {k: v for k, v in plain.items() if k in cls.__dataclass_fields__}
        for key in _MOMENTS:
            if key in known:
                known[key] = datetime.fromisoformat(known[key])
        steps = {step.value for step in Step}
        known["step"] = Step(known["step"]) if known.get("step") in steps else Step.IDLE
        known["kept_files"] = tuple(_file(f) for f in known.get("kept_files", ()))
        for key in ("kept_location", "hint"):
            if known.get(key):
                known[key] = Location(**known[key])
        known["messages"] = tuple((str(k), int(c)) for k, c in known.get("messages", ()))
        return cls(**known)


def _file(plain: Mapping[str, Any]) -> IncomingFile:
    return IncomingFile(**{**plain, "kind": FileKind(plain["kind"])})
