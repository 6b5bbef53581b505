"""Everything the dialogue may look at besides its own state: gathered first, then pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.incoming import Location
from bot.texts import Texts
from cases.classification import Tag
from cases.lifecycle import OPEN_STATES, State
from cases.town import Town


@dataclass(frozen=True)
class CaseView:
    """A case of this citizen as the conversation needs it.

    ``alternatives`` are the categories the machine thought of next.
    """

    id: int
    number: str
    tracking_code: str
    state: State
    filed_at: datetime
    category: str | None = None
    decision: str = "human"
    urgency: str = "normal"
    unit: str | None = None
    due_at: datetime | None = None
    place: str | None = None
    has_pin: bool = False
    reply: str | None = None
    round: int = 1
    alternatives: tuple[str, ...] = ()
    #: Filed without a chat and not anonymously: whoever holds its link may follow it.
    is_unclaimed: bool = False
    #: Merged: the state of the case that answers for it.
    shown: State | None = None
    #: Just filed: how many others reported what surely is the same event.
    joins: int = 0

    @property
    def is_open(self) -> bool:
        """Somebody still owes the citizen something."""
        return self.state in OPEN_STATES

    @property
    def takes_more(self) -> bool:
        """Open, or joined to one that is: more words and files go with it."""
        return self.is_open or (self.state is State.MERGED and self.shown in OPEN_STATES)

    @property
    def can_reopen(self) -> bool:
        """Settled as we see it; the citizen may see it otherwise."""
        return self.state in (State.CLOSED, State.EVALUATED)


@dataclass(frozen=True)
class Said:
    """One of several matters of a message: its words, what the machine makes of them, where."""

    text: str
    tag: Tag | None
    place: str | None = None


def no_link(payload: str) -> str | None:
    """A channel into which no link leads."""
    return None


@dataclass(frozen=True)
class Option:
    """A button of the newest prompt, so that its number can be typed instead."""

    label: str
    data: str


@dataclass(frozen=True)
class Facts:
    """``cases`` newest first. ``tag`` is ``None`` when tagging was not needed or too slow.

    ``mentioned`` is the case whose number was typed, ``tapped`` the one a button names,
    ``replied_to`` the one whose message was answered, ``edited`` the one an edited message
    belongs to; each only if it is this citizen's. ``followed`` is the one that answers for a case
    they reported too, when its button is pressed. ``linked_case`` and ``linked_place`` are what
    the link that was opened stands for. ``page`` are the cases to list and ``page_next`` where the
    next page begins (0: nowhere). ``ahead`` chats wait for a person before this one.
    ``several`` are the matters of a message about more than one.
    ``link_to`` makes a link into a private chat out of a payload.
    """

    town: Town
    texts: Texts
    now: datetime
    cases: tuple[CaseView, ...] = ()
    tag: Tag | None = None
    place: str | None = None
    several: tuple[Said, ...] = ()
    mentioned: CaseView | None = None
    tapped: CaseView | None = None
    followed: CaseView | None = None
    replied_to: CaseView | None = None
    edited: CaseView | None = None
    options: tuple[Option, ...] = field(default=())
    page: tuple[CaseView, ...] = ()
    page_next: int = 0
    linked_case: CaseView | None = None
    linked_place: Location | None = None
    filed_lately: int = 0
    ahead: int = 0
    muted: bool = False
    link_to: Callable[[str], str | None] = no_link

    @property
    def newest(self) -> CaseView | None:
        """The case filed last in this chat."""
        return self.cases[0] if self.cases else None

    def find(self, case_id: int | None) -> CaseView | None:
        """One of the recent cases by its id."""
        return next((case for case in self.cases if case.id == case_id), None)
