"""What the machine is given to read of a message, before anything is decided.

::

    await read_words(database, state, incoming) -> str | None      with the story they go on with
    await read_several(incoming, state, tag) -> tuple[Said, …]     its matters; empty if it is one
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from sqlalchemy import select

from bot.dialogue import DialogueState, Step, text_to_tag
from bot.dialogue.facts import Said
from bot.dialogue.vague import open_vague
from bot.incoming import Incoming
from bot.words import word_pattern
from cases.classification import Tag
from cases.models import Case
from cases.storage.database import Database
from cases.transcript import read_transcript, settle

_SHORTEST = 12
_LONGEST = 2_000  # a letter of more is read by a person as a whole
_MOST = 5


async def read_words(database: Database, state: DialogueState, incoming: Incoming) -> str | None:
    """The words that may become a case; the rest of a story says little without its beginning."""
    words, vague = text_to_tag(state, incoming), open_vague(state, incoming)
    if vague is None or words != incoming.text or state.step is not Step.IDLE:
        return words  # an answer to our question is read as that
    async with database.reading() as session:
        begun = await session.scalar(select(Case.text).where(Case.id == vague))
    return f"{begun}\n{words}" if begun and words else words


async def read_several(
    incoming: Incoming,
    state: DialogueState,
    tag: Callable[[str | None], Awaitable[Tag | None]],
) -> tuple[Said, ...]:
    """Cut as a call is cut, where words lead over to another matter and the tags agree.

    An answer to a question of ours is not cut, nor is what nobody could dispatch as it stands.
    """
    text = incoming.text
    if state.step is not Step.IDLE or not incoming.is_plain_text or incoming.edited:
        return ()
    if incoming.in_group or not _SHORTEST <= len(text) <= _LONGEST:
        return ()
    if re.search(word_pattern("several"), text) is None:
        return ()
    read = await asyncio.to_thread(read_transcript, text, received_at=incoming.at)
    if len(read.segments) < 2:
        return ()
    matters = settle(read, await asyncio.gather(*map(tag, read.segments))).matters
    if not 1 < len(matters) <= _MOST:
        return ()
    tags = await asyncio.gather(*(tag(matter.tagged or matter.body) for matter in matters))
    if not all(map(_stands_alone, tags)):
        return ()
    return tuple(
        Said(matter.body, own, matter.place.text if matter.place else None)
        for matter, own in zip(matters, tags, strict=True)
    )


def _stands_alone(tag: Tag | None) -> bool:
    """Whether a piece says what it is about: a guess is no reason to cut a message."""
    if tag is None or tag.platform == "na":
        return False
    return tag.decision != "human" or tag.urgency == "critical"
