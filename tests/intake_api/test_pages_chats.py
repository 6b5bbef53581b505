"""A person takes a chat over from the desk and hands it back; no script needed."""

from __future__ import annotations

import pytest

from bot.testing import Conversation, talk
from cases.lifecycle import Role
from tests.bot.desk import all_cases
from tests.intake_api.conftest import House

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def post(house: House, csrf: str, path: str, **data: str) -> tuple[int, str]:
    answer = await house.client.post(f"/desk/chats/{path}", data={"csrf": csrf, **data})
    return answer.status, await answer.text()


async def test_takes_over_answers_and_hands_back(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        await chat.say("转人工")
        await chat.say("我要找人问清楚，怎么还没来")
        csrf = await house.login(Role.AGENT)
        page = await (await house.client.get("/desk/chats")).text()
        assert "我要找人问清楚" in page
        assert "/desk/chats/1" in page
        status, page = await post(house, csrf, "1/take")
        assert status == 200
        assert "接待中" in page
        await chat.service.settle()
        assert "agent-x来和您直接说" in chat.last.text
        assert await chat.say("路灯到底哪天修？") == []
        status, page = await post(house, csrf, "1/answer", text="明天下午两点去修。")
        assert "路灯到底哪天修" in page
        await chat.service.settle()
        assert chat.last.text == "agent-x：明天下午两点去修。"
        await post(house, csrf, "1/back")
        await chat.service.settle()
        assert "我接着为您服务" in chat.last.text
        assert await chat.say("我的诉求") != []
        assert len(await all_cases(house.database)) == 1


async def test_silent_person_gives_the_chat_back_by_itself(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await _served(house, chat)
        house.clock.advance(minutes=61)
        replies = await chat.say(LIGHT)
        assert "已离开" in replies[0].text
        assert "已登记" in replies[-1].text


async def test_danger_is_answered_while_a_person_has_the_chat(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await _served(house, chat)
        (reply,) = await chat.say("救命，楼下着火了")
        assert reply.text.startswith("如有危险请先拨打110/119/120")


async def test_citizen_ends_the_talk(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await _served(house, chat)
        await chat.say("结束人工")
        assert "我接着为您服务" in chat.last.text


async def test_somebody_elses_chat_is_theirs(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await _served(house, chat)
        csrf = await house.login(Role.DISPATCHER)
        status, page = await post(house, csrf, "1/answer", text="我来说")
        assert status == 409
        assert "请先接入" in page
        status, page = await post(house, csrf, "1/take")
        assert "正在接待" in page


async def test_blocked_chat_hears_nothing_but_the_emergency_numbers(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        csrf = await house.login(Role.AGENT)
        await post(house, csrf, "1/block")
        assert await chat.say("垃圾短信一条又一条") == []
        (reply,) = await chat.say("救命")
        assert "110" in reply.text
        page = await (await house.client.get("/desk/chats")).text()
        assert "已屏蔽" in page
        await post(house, csrf, "1/unblock")
        assert len(await chat.say("我的诉求")) == 1


async def test_unreachable_citizens_are_listed(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        await chat.send({"standing": "blocked"})
        await house.login(Role.AGENT)
        page = await (await house.client.get("/desk/chats")).text()
        (case,) = await all_cases(house.database)
        assert "请改用电话" in page
        assert case.number in page


@pytest.mark.parametrize("role", [Role.HANDLER, Role.OBSERVER, Role.GRID, Role.COMMANDER])
async def test_other_roles_do_not_read_chats(house: House, role: Role) -> None:
    await house.login(role)
    assert (await house.client.get("/desk/chats")).status == 403
    assert (await house.client.get("/desk/chats/1")).status == 403


async def test_forms_from_elsewhere_are_refused(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say("人工")
        await house.login(Role.AGENT)
        status, _ = await post(house, "wrong", "1/take")
        assert status == 403


async def test_a_chat_that_is_not_there(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    assert (await house.client.get("/desk/chats/99")).status == 404
    assert (await post(house, csrf, "99/take"))[0] == 404
    assert (await post(house, csrf, "99/dance"))[0] == 404


async def _served(house: House, chat: Conversation) -> None:
    await chat.say("人工")
    csrf = await house.login(Role.AGENT)
    status, _ = await post(house, csrf, "1/take")
    assert status == 200
    await chat.service.settle()
