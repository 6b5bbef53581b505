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

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.album import join_album
from bot.channel import Channel
from bot.deeds import Desk, run_action
from bot.dialogue import DialogueState, Reply, Turn, advance, conclude
from bot.dialogue.facts import Said
from bot.door import judge_pace, let_in, turn_away
from bot.flood import FloodGate, Verdict
from bot.gathering import gather_facts
from bot.incoming import Incoming, Standing
from bot.reading import read_several, read_words
from bot.replies import enqueue_reply
from bot.texts import load_texts
from bot.words import has_han, is_danger
from bot.work_loop import WorkLoop
from cases import inbox
from cases.classification import Classifier, Tag
from cases.models import Contact, Dialogue, InboxMessage
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.contacts import mark_unreachable, move_chat, upsert_contact

LOGGER = logging.getLogger(__name__)
TAG_WITHIN = 2.0
TYPING_AFTER = 1.0  # seconds without an answer until "is typing" is shown
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
        self._gate = FloodGate(int(town().policy["citizen"]["messages_per_minute"]))
        self.loop = WorkLoop("inbox", self._claim, self._handle, workers=workers)

    async def _claim(self, at_most: int) -> list[_Claimed]:
        """The next messages, each with the state of its chat, ours while we hold the lease."""
        async with self._database.reading() as session:
            # A look that finds nothing must not queue up for the write lock.
            if not await inbox.is_waiting(session, now=self._clock()):
                return []
        async with self._database.transaction() as session:
            messages = await inbox.claim(
                session,
                now=self._clock(),
                at_most=at_most,
                lease=LEASE,
                channels=tuple(self._channels),
            )
            chats = [(message.channel, message.chat_key) for message in messages]
            rows = await session.execute(
                select(Contact.channel, Contact.chat_key, Dialogue.state)
                .join(Dialogue, Dialogue.contact_id == Contact.id)
                .where(tuple_(Contact.channel, Contact.chat_key).in_(chats))
            )
            states = {(channel, key): state for channel, key, state in rows}
        return [
            _Claimed(message, DialogueState.from_json(states.get(chat) or {}))
            for message, chat in zip(messages, chats, strict=True)
        ]

    async def _handle(self, claimed: _Claimed) -> None:
        message = claimed.message
        typing = asyncio.create_task(self._show_typing(message))
        try:
            await self._answer(message, claimed.state)
        except _HandledElsewhere:
            LOGGER.info("inbox message %s was handled elsewhere", message.id)
        except Exception as error:
            # The class only: a database error's text quotes the citizen's words.
            LOGGER.error("inbox message %s failed: %s", message.id, type(error).__name__)
            await self._give_back(message, type(error).__name__)
        finally:
            typing.cancel()
        self._on_answer()

    async def _show_typing(self, message: InboxMessage) -> None:
        await asyncio.sleep(TYPING_AFTER)
        await self._channels[message.channel].show_typing(message.chat_key)

    async def _answer(self, message: InboxMessage, state: DialogueState) -> None:
        channel = self._channels[message.channel]
        incoming = _read(channel, message)
        if incoming is None or incoming.standing is not None or incoming.moved_to is not None:
            await self._note_standing(message, incoming)
            return
        verdict = judge_pace(self._gate, incoming)
        if verdict is not Verdict.TAKE:
            warn, now = verdict is Verdict.WARN, self._clock()
            async with self._database.transaction() as session:
                await turn_away(session, message, incoming, now, warn=warn)
                await inbox.finish(session, message.id, now)
            return
        joined: list[int] = []
        if incoming.album is not None:
            async with self._database.reading() as session:
                incoming, joined = await join_album(session, channel, message, incoming)
        words = await read_words(self._database, state, incoming)
        tag, files = await asyncio.gather(
            self.tag(words), asyncio.gather(*(channel.fetch(f) for f in incoming.files))
        )
        several = await read_several(incoming, state, self.tag)
        incoming = replace(incoming, files=tuple(files))
        async with self._database.transaction() as session:
            await self._converse(session, message, incoming, tag, several)
            for message_id in joined:
                if not await inbox.finish(session, message_id, self._clock()):
                    raise _HandledElsewhere

    async def _converse(
        self,
        session: AsyncSession,
        message: InboxMessage,
        incoming: Incoming,
        tag: Tag | None,
        several: tuple[Said, ...] = (),
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
        if has_han(incoming.text) and not contact.language_chosen:
            # Whoever writes Chinese is answered in Chinese, whatever the phone is set to.
            contact.language = "zh"
        if not await let_in(session, message, contact, incoming, town, now):
            if not await inbox.finish(session, message.id, now):
                raise _HandledElsewhere
            return
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
            link_to=self._channels[message.channel].link_to,
        )
        turn = advance(state, incoming, replace(facts, several=several))
        address = contact.chat_key
        if turn.action is not None:
            desk = Desk(session, contact, town, now, tag)
            outcome = await run_action(desk, turn.action, incoming, facts)
            turn = conclude(turn, outcome, incoming, facts)
        if contact.chat_key == address:
            await self._keep(session, contact, row, turn, now)
        for index, reply in enumerate(turn.replies):
            await enqueue_reply(
                session, contact, reply, f"inbox:{message.id}:{index}", now, address=address
            )
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

    async def tag(self, words: str | None) -> Tag | None:
        """The machine's word, or ``None``: too slow or broken, so a person decides."""
        if not words:
            return None
        try:
            async with asyncio.timeout(TAG_WITHIN):
                tag = await self._classifier.classify(words)
        except Exception as error:
            LOGGER.warning("tagging failed: %s", type(error).__name__)
            return _cry_for_help() if is_danger(words) else None
        tag = tag if isinstance(tag, Tag) else Tag.from_dict(tag.to_dict())
        if tag.decision == "human" and tag.urgency == "normal" and is_danger(words):
            # The machine is at a loss; a cry for help is not.
            return replace(tag, urgency="critical")
        return tag

    async def _note_standing(self, message: InboxMessage, incoming: Incoming | None) -> None:
        async with self._database.transaction() as session:
            if incoming is not None and incoming.moved_to is not None:
                await move_chat(session, message.channel, message.chat_key, incoming.moved_to)
            elif incoming is not None and incoming.standing is Standing.BLOCKED:
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


def _cry_for_help() -> Tag:
    """What the words alone say when the machine says nothing: danger, the rest for a person."""
    return Tag(
        platform="na",
        platform_name="",
        category="na.unclear",
        category_name="",
        confidence=0.0,
        decision="human",
        urgency="critical",
        model="words",
    )


def _read(channel: Channel, message: InboxMessage) -> Incoming | None:
    if "timeout" in message.payload:
        return Incoming(
            channel=message.channel,
            chat_key=message.chat_key,
            at=message.received_at,
            timeout=int(message.payload["timeout"]),
        )
    return channel.read(message.payload, chat_key=message.chat_key, received_at=message.received_at)
