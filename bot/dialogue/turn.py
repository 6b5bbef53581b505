"""What one step of the conversation decides: the next state, what to say, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.dialogue.facts import CaseView
from bot.dialogue.service_actions import ServiceAction
from bot.dialogue.state import DialogueState
from bot.incoming import IncomingFile, Location
from cases import callbacks
from cases.classification import Tag


@dataclass(frozen=True)
class Button:
    """A button: its label and the callback data behind it."""

    label: str
    data: str


def button(label: str, verb: str, case_id: int, stamp: int, value: str = "") -> Button:
    """A button with its data encoded. Raises ``ValueError`` when the value is too long."""
    return Button(label, callbacks.encode(verb, case_id, stamp, value))


@dataclass(frozen=True)
class Spent:
    """Buttons that cards shown before should no longer offer, since the choice was made.

    From every card about the case, buttons with one of the ``verbs`` go (``stamp``: only those of
    that round); ``mark`` is the line that says what was chosen, one for each ``about``, and
    ``buttons`` take their place.
    """

    case_id: int
    about: str
    verbs: frozenset[str]
    mark: str
    buttons: tuple[Button, ...] = ()
    stamp: int | None = None


@dataclass(frozen=True)
class Reply:
    """One message to the citizen; ``case_id`` lets an answer to it find its case. ``spent`` are
    the cards that change with it."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    case_id: int | None = None
    spent: Spent | None = None


@dataclass(frozen=True)
class FileCase:
    """登记: the words become a case."""

    text: str
    files: tuple[IncomingFile, ...] = ()
    place: str | None = None
    location: Location | None = None
    for_person: bool = False
    message_key: str = ""


@dataclass(frozen=True)
class FileSeveral:
    """登记: one message, several matters, as many cases; ``tags[i]`` is that of ``parts[i]``."""

    parts: tuple[FileCase, ...]
    tags: tuple[Tag | None, ...]
    message_key: str = ""


@dataclass(frozen=True)
class ChooseCategory:
    """The citizen says which category is right."""

    case: CaseView
    category: str


@dataclass(frozen=True)
class LeaveToPerson:
    """A person is to look at the case; ``because`` goes into its history."""

    case: CaseView
    because: str = ""


@dataclass(frozen=True)
class Supplement:
    """More about a case: words, files, a place. ``amends`` marks an edited message, ``completes``
    the words that say what a case filed without a matter is about. ``also`` are cases of the same
    message that are at the same place."""

    case: CaseView
    text: str = ""
    files: tuple[IncomingFile, ...] = ()
    place: str | None = None
    location: Location | None = None
    amends: bool = False
    phone: bool = False
    quiet: bool = False
    edited: bool = False
    completes: bool = False
    also: tuple[CaseView, ...] = ()
    message_key: str = ""


@dataclass(frozen=True)
class Note:
    """A remark on a case in any state, e.g. why a rating was bad."""

    case: CaseView
    text: str
    is_reason: bool = False


@dataclass(frozen=True)
class Withdraw:
    """撤销"""

    case: CaseView


@dataclass(frozen=True)
class Rate:
    """评价: a satisfaction of 1…5, or whether it is solved (yes, partly, no)."""

    case: CaseView
    satisfaction: int | None = None
    solved: str | None = None


@dataclass(frozen=True)
class SayWord:
    """跟进人的意见: what somebody who reported the event too says of the answer (yes, partly, no).
    ``case`` stands where the matter stands, under the number that they know; ``asked``: the case
    that the button names."""

    case: CaseView
    solved: str
    asked: int


@dataclass(frozen=True)
class Reopen:
    """重办"""

    case: CaseView


@dataclass(frozen=True)
class JoinCase:
    """跟进: the case is the same event as one that others reported."""

    case: CaseView


@dataclass(frozen=True)
class SetLanguage:
    """From now on in this language."""

    language: str


@dataclass(frozen=True)
class Mute:
    """News are unwanted (``True``), or wanted again."""

    muted: bool


@dataclass(frozen=True)
class TellHoldings:
    """/mydata"""


@dataclass(frozen=True)
class Forget:
    """/delete_my_data, confirmed."""


@dataclass(frozen=True)
class MakeLink:
    """A link that shows the case elsewhere."""

    case: CaseView


@dataclass(frozen=True)
class Follow:
    """A case that has no chat yet tells its news here from now on."""

    case: CaseView


@dataclass(frozen=True)
class EndTalk:
    """The citizen no longer wants a person."""


Action = (
    FileCase
    | FileSeveral
    | ChooseCategory
    | LeaveToPerson
    | Supplement
    | Note
    | Withdraw
    | Rate
    | SayWord
    | Reopen
    | JoinCase
    | SetLanguage
    | Mute
    | TellHoldings
    | Forget
    | MakeLink
    | Follow
    | EndTalk
    | ServiceAction
)


@dataclass(frozen=True)
class Outcome:
    """What came of an action: the case as it is now (``others``: those filed with it), what else
    there is to tell (``details``),
    or why it was refused (one sentence)."""

    case: CaseView | None = None
    others: tuple[CaseView, ...] = ()
    refused: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """``action`` is run in the same transaction; ``conclude`` then makes the answer."""

    state: DialogueState
    replies: tuple[Reply, ...] = ()
    action: Action | None = None

    def saying(self, text: str, *rows: tuple[Button, ...], case_id: int | None = None) -> Turn:
        """The same turn with one more reply."""
        reply = Reply(text, tuple(row for row in rows if row), case_id)
        return replace(self, replies=(*self.replies, reply))
