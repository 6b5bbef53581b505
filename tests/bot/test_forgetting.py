"""Deleted is what was there when the citizen asked for it; what comes after is a new beginning."""

from __future__ import annotations

from sqlalchemy import select

from bot.testing import Conversation, talk
from cases import inbox
from cases.models import Contact
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from tests.bot.desk import all_cases

LIGHT = "朝晖路桥头路灯不亮"
LAMP = "风荷路12号门口的路灯也坏了，请尽快来修"


async def send_behind(chat: Conversation, *payloads: dict[str, object]) -> None:
    """All of them lie in the inbox before the bot reads the first."""
    async with chat.database.transaction() as session:
        for place, payload in enumerate(payloads):
            await inbox.receive(
                session,
                channel="memory",
                external_id=f"z{place}",
                chat_key=chat.chat_key,
                payload={"message_key": f"z{place}", **payload},
                now=chat.clock(),
            )
    await chat.service.settle()


async def test_what_was_sent_right_behind_is_read(
    database: Database, town: Town, clock: FrozenClock
) -> None:
    async with talk(database, town, clock=clock) as chat:
        await chat.say(LIGHT)
        await chat.say("删除我的数据")
        (row,) = chat.last.buttons
        await send_behind(chat, {"tap": row[0].data}, {"text": LAMP})
        deleted, filed = chat.replies[-2:]
        assert "已删除" in deleted.text
        assert "已登记" in filed.text
    first, second = await all_cases(database)
    assert (first.text, first.contact_id) == (LIGHT, None)
    assert (second.text, second.contact_id is None) == (LAMP, False)
    async with database.reading() as session:
        old, new = await session.scalars(select(Contact).order_by(Contact.id))
    assert old.chat_key.startswith("forgotten:")
    assert (new.chat_key, new.id) == (chat.chat_key, second.contact_id)
