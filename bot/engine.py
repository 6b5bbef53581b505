"""Works the inbox off: one chat in its order, several chats side by side.

For each message, outside any transaction: parse, fetch files, tag the words (two seconds at
most: a receipt must not wait for the machine). Then one transaction holds everything that
comes of it: dialogue state, use case, history, answers in the outbox, inbox row done. A crash
anywhere before the commit means that the message is simply handled again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channel import Channel
from bot.deeds import Desk, run_action
from bot.dialogue import DialogueState, Reply, Turn, advance, conclude, text_to_tag
from bot.gathering import gather_facts
from bot.incoming import Incoming, Standing
from bot.texts import load_texts
from bot.words import has_han
from bot.work_loop import WorkLoop
from cases import inbox, outbox
from cases.classification import Classifier, Tag
from cases.models import Contact, Dialogue, InboxMessage
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.citizen import mark_unreachable, upsert_contact

LOGGER = logging.getLogger(__name__)
TAG_WITHIN = 2.0
LEASE = 60.0


class _HandledElsewhere(Exception):
    """Another worker finished this message first; what we did is rolled back."""


@dataclass(frozen=True)
class _Claimed:
    message: InboxMessage
    state: DialogueState


class Engine:
    """``town`` gives the town's present snapshot, ``on_answer`` is called after each commit
    that may have queued something (it wakes the relay)."""

    def __init__(
        self,
        *,
        database: Database,
        classifier: Classifier,
        town: Callable[[], Town],
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        on_answer: Callable[[], None],
        workers: int = 8,
    ) -> None:
        self._database = database
        self._classifier = classifier
        self._town = town
        self._channels = channels
        self._clock = clock
        self._on_answer = on_answer
        self.loop = WorkLoop("inbox", self._claim, self._handle, workers=workers)

    async def _claim(self) -> _Claimed | None:
        """The next message, with the state of its chat, which is ours while we hold the lease."""
        async with self._database.transaction() as session:
            message = await inbox.claim(
                session, now=self._clock(), lease=LEASE, channels=tuple(self._channels)
            )
            if message is None:
                return None
            plain = await session.scalar(
                select(Dialogue.state)
                .join(Contact, Contact.id == Dialogue.contact_id)
                .where(Contact.channel == message.channel, Contact.chat_key == message.chat_key)
            )
        return _Claimed(message, DialogueState.from_json(plain or {}))

    async def _handle(self, claimed: _Claimed) -> None:
        message = claimed.message
        try:
            await self._answer(message, claimed.state)
        except _HandledElsewhere:
            LOGGER.info("inbox message %s was handled elsewhere", message.id)
        except Exception as error:
            # The class only: a database error's text quotes the citizen's words.
            LOGGER.error("inbox message %s failed: %s", message.id, type(error).__name__)
            await self._give_back(message, type(error).__name__)
        self._on_answer()

    async def _answer(self, message: InboxMessage, state: DialogueState) -> None:
        channel = self._channels[message.channel]
        incoming = _read(channel, message)
        if incoming is None or incoming.standing is not None:
            await self._note_standing(message, incoming)
            return
        words = text_to_tag(state, incoming)
        tag, files = await asyncio.gather(
            self._tag(words), asyncio.gather(*(channel.fetch(f) for f in incoming.files))
        )
        incoming = replace(incoming, files=tuple(files))
        async with self._database.transaction() as session:
            await self._converse(session, message, incoming, tag)

    async def _converse(
        self, session: AsyncSession, message: InboxMessage, incoming: Incoming, tag: Tag | None
    ) -> None:
        now, town = self._clock(), self._town()
        contact = await upsert_contact(
            session,
            channel=message.channel,
            chat_key=message.chat_key,
            user_key=incoming.user_key,
            display_name=incoming.display_name,
            language=incoming.language,
            now=now,
        )
        if has_han(incoming.text):
            # Whoever writes Chinese is answered in Chinese, whatever the phone is set to.
            contact.language = "zh"
        row = await session.get(Dialogue, contact.id)
        state = DialogueState.from_json(row.state if row else {})
        facts = await gather_facts(
            session,
            contact=contact,
            state=state,
            incoming=incoming,
            tag=tag,
            town=town,
            now=now,
        )
        turn = advance(state, incoming, facts)
        if turn.action is not None:
            desk = Desk(session, contact, town, now, tag)
            outcome = await run_action(desk, turn.action, incoming, facts)
            turn = conclude(turn, outcome, incoming, facts)
        await self._keep(session, contact, row, turn, now)
        for index, reply in enumerate(turn.replies):
            await enqueue_reply(session, contact, reply, f"inbox:{message.id}:{index}", now)
        if not await inbox.finish(session, message.id, now):
            raise _HandledElsewhere

    async def _keep(
        self,
        session: AsyncSession,
        contact: Contact,
        row: Dialogue | None,
        turn: Turn,
        now: datetime,
    ) -> None:
        if row is None:
            session.add(Dialogue(contact_id=contact.id, state=turn.state.to_json(), updated_at=now))
        else:
            row.state, row.updated_at = turn.state.to_json(), now
        await session.flush()

    async def _tag(self, words: str | None) -> Tag | None:
        """The machine's word, or ``None``: too slow or broken, so a person decides."""
        if not words:
            return None
        try:
            async with asyncio.timeout(TAG_WITHIN):
                tag = await self._classifier.classify(words)
        except Exception as error:
            LOGGER.warning("tagging failed: %s", type(error).__name__)
            return None
        return tag if isinstance(tag, Tag) else Tag.from_dict(tag.to_dict())

    async def _note_standing(self, message: InboxMessage, incoming: Incoming | None) -> None:
        async with self._database.transaction() as session:
            if incoming is not None and incoming.standing is Standing.BLOCKED:
                await mark_unreachable(session, message.channel, message.chat_key)
            elif incoming is not None:
                await upsert_contact(
                    session,
                    channel=message.channel,
                    chat_key=message.chat_key,
                    language=incoming.language,
                    now=self._clock(),
                )
            await inbox.finish(session, message.id, self._clock())

    async def _give_back(self, message: InboxMessage, error: str) -> None:
        """Try again later; the third time the citizen hears that a person has it."""
        now = self._clock()
        async with self._database.transaction() as session:
            if not await inbox.fail(session, message.id, error, now):
                return
            LOGGER.error("inbox message %s is dead after %s", message.id, error)
            contact = await upsert_contact(
                session, channel=message.channel, chat_key=message.chat_key, now=now
            )
            reply = Reply(load_texts(contact.language).say("talk.dead"))
            await enqueue_reply(session, contact, reply, f"inbox:{message.id}:dead", now)


def _read(channel: Channel, message: InboxMessage) -> Incoming | None:
    if "timeout" in message.payload:
        return Incoming(
            channel=message.channel,
            chat_key=message.chat_key,
            at=message.received_at,
            timeout=int(message.payload["timeout"]),
        )
    return channel.read(message.payload, chat_key=message.chat_key, received_at=message.received_at)


async def enqueue_reply(
    session: AsyncSession, contact: Contact, reply: Reply, dedupe_key: str, now: datetime
) -> None:
    """An answer of the dialogue as an outbox row."""
    await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        case_id=reply.case_id,
        kind="reply",
        payload={
            "text": reply.text,
            "buttons": [[{"label": b.label, "data": b.data} for b in row] for row in reply.buttons],
            "one_shot": bool(reply.buttons),
        },
        dedupe_key=dedupe_key,
        now=now,
    )
