"""Several matters in one chat message, each with its tag.

await read_several(incoming, state, tag) -> tuple[Said, …]     empty where it is one
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from bot.dialogue.facts import Said
from bot.dialogue.state import DialogueState, Step
from bot.incoming import Incoming
from bot.words import word_pattern
from cases.classification import Tag
from cases.transcript import read_transcript, settle

_SHORTEST = 12
_LONGEST = 2_000  # a letter of more is read by a person as a whole
_MOST = 5


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
    if any(own is None or own.platform == "na" for own in tags):
        return ()
    return tuple(
        Said(matter.body, own, matter.place.text if matter.place else None)
        for matter, own in zip(matters, tags, strict=True)
    )
