"""Whom somebody has to call: what brings a case onto the list, and what takes it off."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channel import DeliveryError, Trouble
from bot.testing import Conversation, MemoryChannel
from cases.actors import Actor
from cases.callers.call_backs import note_dead
from cases.callers.calling import (
    NO_ANSWER,
    TOLD,
    WRONG_NUMBER,
    CallBackList,
    list_call_backs,
    settle,
    show_phone,
    showed_phone,
)
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, RuleBroken
from cases.history import read_history
from cases.lifecycle import Role, State
from cases.models import CallBack, Case, Contact, OutboxMessage
from cases.use_cases.act import act
from cases.use_cases.timers import run_timers
from tests.callers.conftest import AGENT, LANDLINE, Phone


async def listed(phone: Phone) -> CallBackList:
    async with phone.database.reading() as session:
        return await list_call_backs(session, phone.clock())


async def result(phone: Phone, what: str, actor: Actor = AGENT, **data: Any) -> None:
    [(row, _), *_] = (await listed(phone)).due
    async with phone.database.transaction() as session:
        await settle(session, row.id, what, data, actor=actor, town=phone.town, now=phone.clock())


async def test_a_landline_is_called_with_the_answer_in_full(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    assert (await listed(phone)).due == (), "what is only under way is not worth a call"
    await phone.settle_case(number)
    [(row, case)] = (await listed(phone)).due
    assert (row.moment, row.because, case.number) == ("close", "no_mobile", number)
    assert number in row.text and "风荷镇社会治理中心" in row.text
    assert "三盏灯都换好了" in row.text and "满意吗" in row.text and "点一下" not in row.text
    async with phone.database.reading() as session:
        older = await session.scalar(select(CallBack).where(CallBack.moment == "reply"))
    assert older is not None and older.state == "replaced"
    assert row.waits_since == older.waits_since, "newer news do not push it down"


async def test_the_oldest_comes_first(phone: Phone) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(await phone.file(LANDLINE))
        phone.clock.advance(minutes=10)
    for number in reversed(numbers):
        await phone.settle_case(number)
    assert [case.number for _, case in (await listed(phone)).due] == numbers[::-1]


async def test_told_and_rated_by_voice(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    await result(phone, TOLD, satisfaction="4", solved="yes", comment="挺快的")
    case = await phone.case(number)
    assert (case.state, case.satisfaction, case.solved) == (State.EVALUATED, 4, "yes")
    assert (await listed(phone)).due == ()
    async with phone.database.reading() as session:
        actions = [entry.action for entry in await read_history(session, case.id)]
    assert actions[-2:] == ["call_back", "rate"]


async def test_a_bad_rating_by_voice_reopens_like_a_tap(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    await result(phone, TOLD, satisfaction="1", solved="no")
    case = await phone.case(number)
    assert (case.state, case.round) == (State.REOPENED, 2)
    assert (await listed(phone)).due == (), "they were told while they were on the phone"
    await phone.settle_case_again(number)
    assert len((await listed(phone)).due) == 1, "the second round is news again"


async def test_nobody_answers(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    await result(phone, NO_ANSWER)
    found = await listed(phone)
    [(row, _)] = found.later
    assert found.due == () and row.attempts == 1
    for _ in range(2):
        phone.clock.advance(days=1)
        await result(phone, NO_ANSWER)
    found = await listed(phone)
    assert found.due == found.later == ()
    async with phone.database.reading() as session:
        states = set(await session.scalars(select(CallBack.state)))
    assert states == {"replaced", "unreached"}


async def test_a_second_press_is_no_second_attempt(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    [(row, case)] = (await listed(phone)).due

    async def press(what: str) -> None:
        async with phone.database.transaction() as session:
            await settle(session, row.id, what, {}, actor=AGENT, town=phone.town, now=phone.clock())

    await press(NO_ANSWER)
    for _ in range(2):
        phone.clock.advance(seconds=1)
        with pytest.raises(RuleBroken, match=r"刚刚已记过一次未接通，请到 .+ 以后再打"):
            await press(NO_ANSWER)
    [(kept, _)] = (await listed(phone)).later
    assert (kept.attempts, kept.state) == (1, "waiting")
    async with phone.database.reading() as session:
        actions = [entry.action for entry in await read_history(session, case.id)]
    assert actions.count("call_back") == 1
    await press(TOLD)
    assert (await listed(phone)).later == (), "whoever rings back in between is told"


async def test_a_wrong_number_is_never_dialled_again(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    await result(phone, WRONG_NUMBER)
    phone.clock.advance(days=3)
    await run_timers(phone.database, phone.town, phone.clock)
    assert (await listed(phone)).due == ()


async def test_a_dead_message_brings_the_case_onto_the_list(phone: Phone) -> None:
    class Refusing:
        async def send(self, sms: object) -> str | None:
            raise DeliveryError(Trouble.REFUSED, "HTTP 422")

        async def close(self) -> None: ...

    number = await phone.file()
    await phone.service.settle()
    phone.service._channels["sms"]._gateway = Refusing()  # type: ignore[attr-defined]
    await phone.settle_case(number)
    for _ in range(2):
        await run_timers(phone.database, phone.town, phone.clock)
    [(row, _)] = (await listed(phone)).due
    assert (row.moment, row.because) == ("close", "dead")
    assert "三盏灯都换好了" in row.text


@pytest.mark.parametrize("merged", [False, True])
async def test_one_call_waits_also_where_two_are_noted_at_once(phone: Phone, merged: bool) -> None:
    """A dead message is found while the case, or the one it was merged into, gets its answer."""
    number = await phone.file()
    handled = number
    if merged:
        handled = await phone.file("13900005678")
        await phone.act(number, Role.DISPATCHER, "merge", parent=handled)
    await phone.act(handled, Role.HANDLER, "sign")
    await phone.act(handled, Role.HANDLER, "contact", method="电话", content="已联系")
    await phone.act(handled, Role.HANDLER, "reply", outcome="solved", text="三盏灯都换好了")
    case = await phone.case(number)
    async with phone.database.transaction() as session:
        replied = OutboxMessage.kind == "notice.reply"
        await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.case_id == case.id, replied)
            .values(state="dead")
        )
        await session.execute(update(Contact).values(muted=True))

    async def note() -> None:
        async with phone.database.transaction() as session:
            await note_dead(session, phone.town, phone.clock())

    closing = Actor(Role.DISPATCHER, "小吴")
    async with phone.database.transaction() as session:
        await act(session, handled, "close", {}, actor=closing, town=phone.town, now=phone.clock())
        noting = asyncio.create_task(note())
        if not phone.database.is_sqlite:  # there it begins when this one has ended
            await asyncio.wait_for(noting, 10)
    await noting
    waiting = [row.moment for row, found in (await listed(phone)).due if found.id == case.id]
    assert len(waiting) == 1


@pytest.mark.parametrize(
    ("standing", "because"),
    [({"muted": True}, "muted"), ({"reachable": False}, "unreachable")],
)
async def test_whom_no_message_reaches_is_called(
    phone: Phone, standing: dict[str, bool], because: str
) -> None:
    number = await phone.file()
    await phone.service.settle()
    async with phone.database.transaction() as session:
        contact = (await session.scalars(select(Contact))).one()
        for name, value in standing.items():
            setattr(contact, name, value)
    await phone.settle_case(number)
    [(row, _)] = (await listed(phone)).due
    assert row.because == because


async def test_a_chat_takes_the_call_off_the_list(phone: Phone, chat: MemoryChannel) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    case = await phone.case(number)
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    await talk.say(f"{number} {case.tracking_code}")
    assert (await listed(phone)).due == ()


@pytest.mark.parametrize("changes", [{"anonymous": True}, {"channel": "web"}])
async def test_who_is_not_called(phone: Phone, changes: dict[str, Any]) -> None:
    number = await phone.file(LANDLINE, **changes)
    await phone.settle_case(number)
    assert (await listed(phone)).due == ()


async def test_what_is_refused(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    [(row, _)] = (await listed(phone)).due

    async def attempt(call_back_id: int, what: str, actor: Actor, **data: Any) -> None:
        async with phone.database.transaction() as session:
            await settle(
                session, call_back_id, what, data, actor=actor, town=phone.town, now=phone.clock()
            )

    with pytest.raises(PermissionDenied):
        await attempt(row.id, TOLD, Actor(Role.INSPECTOR, "督查"))
    with pytest.raises(PermissionDenied):
        await attempt(row.id, TOLD, Actor(Role.DISPATCHER, "小吴"), satisfaction="5")
    with pytest.raises(InvalidData):
        await attempt(row.id, "maybe", AGENT)
    with pytest.raises(InvalidData):
        await attempt(row.id, TOLD, AGENT, satisfaction="9")
    with pytest.raises(CaseNotFound):
        await attempt(row.id + 99, TOLD, AGENT)
    assert len((await listed(phone)).due) == 1, "a refusal leaves nothing half done"
    await attempt(row.id, TOLD, AGENT)
    with pytest.raises(RuleBroken):
        await attempt(row.id, TOLD, AGENT)


async def test_looking_at_a_number_leaves_a_line(phone: Phone) -> None:
    number = await phone.file(LANDLINE)
    await phone.settle_case(number)
    [(row, case)] = (await listed(phone)).due
    async with phone.database.transaction() as session:
        await show_phone(session, row.id, actor=AGENT, now=phone.clock())
    async with phone.database.reading() as session:
        history = await read_history(session, case.id)
    assert history[-1].action == "show_phone" and history[-1].actor_name == AGENT.name
    assert showed_phone(history, AGENT, phone.clock())
    assert not showed_phone(history, Actor(Role.AGENT, "别人"), phone.clock())
    phone.clock.advance(hours=1)
    assert not showed_phone(history, AGENT, phone.clock())
    async with phone.database.reading() as session:
        assert (await session.get_one(Case, case.id)).state == State.CLOSED
