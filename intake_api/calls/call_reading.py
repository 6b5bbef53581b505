"""A call read into drafts and tagged: what the desk and ``POST /transcripts`` have in common.

    await read_call(app, text, received_at) -> ReadCall
    read_with(tagger, text, received_at) -> ReadCall      the same where nothing has to be awaited:
                                                          no address registry is asked
    await read_calls(tag, [(text, received_at)]) -> list[ReadCall]      many, tagged together

``cases.transcript`` finds the matters, the classifier tags each and says which of the possible cuts
between them hold. A text in which no matter was found becomes one draft as a
whole: nothing that somebody sent falls under the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web

from cases.calls.formats import Export, notice_sentences, read_export
from cases.calls.parts import KINDS
from cases.calls.references import refer_places
from cases.classification import Tag
from cases.transcript import Field, Matter, Transcript, read_transcript, settle
from cases.use_cases.file_case import CaseDraft
from intake_api.accounts.keys import TOWN
from intake_api.calls.place_finding import find_places
from intake_api.calls.read_draft import ReadDraft, quote
from intake_api.tagging import tag_texts

MAX_TAGGED = 20_000
#: A longer text is read beside the event loop.
MAX_AT_ONCE = 4_000
Tags = Sequence[Tag | None]


@dataclass(frozen=True, slots=True)
class ReadCall:
    """The whole call; every span refers to ``text``."""

    text: str
    transcript: Transcript
    drafts: tuple[ReadDraft, ...]
    export: Export

    @property
    def notices(self) -> list[str]:
        """What the person who pasted it should check, one sentence each."""
        unsure = any(d.reference is not None and not d.reference.sure for d in self.drafts)
        return notice_sentences((*self.export.notices, *(("unsure_place",) if unsure else ())))

    @property
    def kinds(self) -> list[str]:
        """The kinds of parts that occur, in the order of a legend."""
        found = {part.kind for draft in self.drafts for part in draft.matter.parts}
        return [kind for kind in KINDS if kind in found]

    @property
    def caller_name(self) -> str:
        """What the caller called themself, or nothing."""
        return self.transcript.caller_name.text if self.transcript.caller_name else ""

    @property
    def caller_phone(self) -> str:
        """The first phone number of the call, or nothing."""
        return self.transcript.caller_phone.text if self.transcript.caller_phone else ""

    def spans(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """(kind, span) of every field that was found, for colouring."""
        found: list[tuple[str, Field | None]] = [
            ("caller", self.transcript.caller_name),
            ("caller", self.transcript.caller_phone),
        ]
        for draft in self.drafts:
            for part in draft.matter.parts:
                yield part.kind, (part.start, part.end)
            found += [
                ("place", draft.place_words),
                ("time", draft.matter.time),
                ("cause", draft.matter.cause),
            ]
        for kind, field in found:
            if field is not None:
                yield kind, (field.start, field.end)

    def case_drafts(
        self,
        *,
        channel: str,
        name: str | None = None,
        phone: str | None = None,
        place: str | None = None,
        **common: Any,
    ) -> tuple[CaseDraft, ...]:
        """One case for each matter, nobody having looked at it: what another system says of the
        caller and the place wins over what was heard. ``common``: other fields of ``CaseDraft``."""
        return tuple(
            CaseDraft(
                text=draft.text,
                channel=channel,
                tag=draft.tag,
                caller_name=name or self.caller_name or None,
                caller_phone=phone or self.caller_phone or None,
                place_text=place or draft.said_place or None,
                summary=draft.summary,
                source_index=index,
                **common,
            )
            for index, draft in enumerate(self.drafts)
        )

    def to_dict(self) -> dict[str, Any]:
        """``{"caller", "drafts"}`` of architecture.md §3."""
        return {
            "caller": {
                "name": quote(self.transcript.caller_name),
                "phone": quote(self.transcript.caller_phone),
            },
            "drafts": [draft.to_dict() for draft in self.drafts],
        }


async def read_call(app: web.Application, text: str, received_at: datetime) -> ReadCall:
    """Read and tag; never raises for what the text says. ``received_at`` is turned to the town's
    zone: "昨天晚上" is counted from the caller's day."""
    at = received_at.astimezone(app[TOWN]().calendar.zone)
    if len(text) > MAX_AT_ONCE:
        export, read = await asyncio.to_thread(_read, text, at)
    else:
        export, read = _read(text, at)
    known: dict[str, Tag | None] = {}
    if read.segments:
        known = await _tag(app, read.segments, known)
        read = settle(read, [known[segment] for segment in read.segments])
    matters = read.matters or _whole(read.text)
    known = await _tag(app, [matter.tagged for matter in matters], known)
    call = _assemble(export, read, matters, [known[matter.tagged] for matter in matters])
    places = await find_places(app, [(draft.text, draft.place) for draft in call.drafts])
    drafts = zip(call.drafts, places, strict=True)
    return replace(call, drafts=tuple(draft.placed(found) for draft, found in drafts))


def read_with(
    tagger: Callable[[Sequence[str]], Tags], text: str, received_at: datetime
) -> ReadCall:
    """Read and tag with a classifier at hand; ``received_at`` in the town's zone."""
    export, read = _read(text, received_at)
    if read.segments:
        read = settle(read, tagger(read.segments))
    matters = read.matters or _whole(read.text)
    tags = tagger([matter.tagged[:MAX_TAGGED] for matter in matters])
    return _assemble(export, read, matters, tags)


async def read_calls(
    tag: Callable[[Sequence[str]], Awaitable[Tags]], calls: Sequence[tuple[str, datetime]]
) -> list[ReadCall]:
    """Read beside the event loop and tag all together, in two questions to the classifier. No
    address registry is asked; raises what ``tag`` raises. ``received_at`` in the town's zone."""
    read = await asyncio.to_thread(lambda: [_read(text, at) for text, at in calls])
    segments = list(dict.fromkeys(s for _, found in read for s in found.segments))
    known = dict(zip(segments, await tag([s[:MAX_TAGGED] for s in segments]), strict=True))
    settled = [settle(found, [known[s] for s in found.segments]) for _, found in read]
    matters = [found.matters or _whole(found.text) for found in settled]
    wanted = dict.fromkeys(matter.tagged for some in matters for matter in some)
    new = [text for text in wanted if text not in known]
    known |= zip(new, await tag([text[:MAX_TAGGED] for text in new]), strict=True)
    return [
        _assemble(export, found, some, [known[matter.tagged] for matter in some])
        for (export, _), found, some in zip(read, settled, matters, strict=True)
    ]


def _read(text: str, received_at: datetime) -> tuple[Export, Transcript]:
    export = read_export(text)
    return export, read_transcript(export.text, received_at=received_at)


async def _tag(
    app: web.Application, texts: Sequence[str], known: dict[str, Tag | None]
) -> dict[str, Tag | None]:
    """What is known and the tags of what is not."""
    new = list(dict.fromkeys(text for text in texts if text not in known))
    tags = await tag_texts(app, [text[:MAX_TAGGED] for text in new])
    return known | dict(zip(new, tags, strict=True))


def _assemble(
    export: Export, transcript: Transcript, matters: Sequence[Matter], tags: Tags
) -> ReadCall:
    """Matters and their tags, side by side."""
    # A text without matters is one draft as a whole.
    references = refer_places(transcript) or [None] * len(matters)
    drafts = tuple(
        ReadDraft(matter, _with_history(matter, tag), reference=reference)
        for matter, tag, reference in zip(matters, tags, references, strict=True)
    )
    return ReadCall(transcript.text, transcript, drafts, export)


def _with_history(matter: Matter, tag: Tag | None) -> Tag | None:
    """An earlier answer is part of the call: the matter was reported before, whether or not the
    words that were tagged say so."""
    if tag is None or not matter.reply or "repeat" in tag.flags:
        return tag
    return replace(tag, flags=("repeat", *tag.flags))


def _whole(text: str) -> tuple[Matter, ...]:
    body = text.strip()
    if not body:
        return ()
    start = text.index(body)
    return (Matter(start, start + len(body), body, body, body),)
