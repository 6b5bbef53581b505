"""Which place of the registry a draft means: proposed, never filled in.

    await suggest_places(session, names, text=…, place=…, hint=…) -> PlaceMatches

The place somebody named is looked up, the whole text only where none was named. Nothing is
written: whoever confirms a candidate has it filed, and without one the words stay as they are.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.matching import PlaceMatches, resolve_place
from cases.addresses.names import NameIndex
from cases.place import find_place


async def suggest_places(
    session: AsyncSession,
    names: NameIndex,
    *,
    text: str,
    place: str | None = None,
    hint: str | None = None,
) -> PlaceMatches:
    """At most three candidates, with a verdict; ``unmatched`` where the town has no registry."""
    named = (place or "").strip() or find_place(text)
    matches = await resolve_place(session, names, named or text, hint=hint)
    if matches.verdict == "unmatched" and named and named != text:
        whole = await resolve_place(session, names, text, hint=hint)
        return whole if whole.candidates else matches
    return matches
