"""Questions answered at once and errands, over the whole bot: what the citizen meets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from bot.loose_ends import remind_of_unanswered
from bot.testing import Conversation, talk
from cases.actors import Actor
from cases.classification import Alternative, Tag
from cases.errands import ErrandStep
from cases.lifecycle import Role
from cases.models import Consultation, Errand, ErrandEvent
from cases.storage.database import Database
from cases.testing import FrozenClock, KeywordClassifier, make_tag
from cases.town import Town, load_town
from cases.town_files import load_service_files
from cases.use_cases.errands import step_errand
from tests.bot.desk import all_cases, newest_case

ASKED = "我租的房子没有房产证，可以申请居住证不"
LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
RUNNER = Actor(Role.GRID, "陈助跑")


class Clerk(KeywordClassifier):
    """Knows questions about papers from complaints about people."""

    table = (
        ("态度", {"platform": "bm", "category": "bm.gov", "request_type": "complaint"}),
        ("着火", dict(KeywordClassifier.table[0][1])),
        (
            "居住证",
            {"platform": "bm", "platform_name": "便民服务", "category": "bm.hukou",
             "request_type": "consult", "flags": ("vulnerable",),
             "alternatives": (Alternative("bm", "bm.gov", 0.1),)},
        ),
        *KeywordClassifier.table,
    )  # fmt: skip


@pytest.fixture
async def served_town(sqlite_database: Database) -> Town:
    async with sqlite_database.transaction() as session:
        await load_service_files(session, FrozenClock()())
    async with sqlite_database.reading() as session:
        return await load_town(session)


@pytest.fixture
async def chat(
    sqlite_database: Database, served_town: Town, clock: FrozenClock
) -> AsyncIterator[Conversation]:
    async with talk(sqlite_database, served_town, clock=clock, classifier=Clerk()) as conversation:
        yield conversation


async def consultations(chat: Conversation) -> list[Consultation]:
    async with chat.database.reading() as session:
        return list(await session.scalars(select(Consultation).order_by(Consultation.id)))


async def errands(chat: Conversation) -> list[Errand]:
    async with chat.database.reading() as session:
        return list(await session.scalars(select(Errand).order_by(Errand.id)))


async def test_a_question_is_answered_from_its_card_and_files_nothing(chat: Conversation) -> None:
    replies = await chat.say(ASKED)
    assert len(replies) == 1
    for part in ("【居住证申领】", "本人身份证", "朝晖路15号", "0571-5550110", "法定15日",
                 "最多跑1次", "答复卡 HJ01", "2026-10-12", "这样解决了吗"):  # fmt: skip
        assert part in replies[0].text
    assert chat.labels[:2] == ["解决了", "没解决，帮我登记"]
    assert await all_cases(chat.database) == []
    [row] = await consultations(chat)
    assert (row.state, row.card_code, row.text) == ("answered", "HJ01", ASKED)


async def test_solved_is_counted_when_said(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.tap("解决了")
    assert "好的" in chat.last.text
    assert [row.state for row in await consultations(chat)] == ["solved"]
    assert await all_cases(chat.database) == []


@pytest.mark.parametrize("word", ["没解决，帮我登记", "没解决", "2", "没用", "没有。"])
async def test_not_solved_files_the_question_itself(chat: Conversation, word: str) -> None:
    await chat.say(ASKED)
    await chat.say(word)
    case = await newest_case(chat.database)
    assert (case.text, case.category, case.request_type) == (ASKED, "bm.hukou", "consult")
    assert case.number in chat.last.text
    [row] = await consultations(chat)
    assert (row.state, row.case_id) == ("filed", case.id)


async def test_thanks_is_no_proof_of_anything(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("谢谢")
    assert "不客气" in chat.last.text
    assert [row.state for row in await consultations(chat)] == ["answered"]


async def test_more_words_are_filed_together_with_the_question(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("房东人在国外，合同也签不了")
    case = await newest_case(chat.database)
    assert case.text == f"{ASKED}\n房东人在国外，合同也签不了"
    assert len(await all_cases(chat.database)) == 1


async def test_another_question_gets_its_own_answer(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("居住证下个月到期，续签是在手机上弄吗")
    assert "HJ02" in chat.last.text
    assert [row.card_code for row in await consultations(chat)] == ["HJ01", "HJ02"]
    assert await all_cases(chat.database) == []


async def test_another_matter_is_a_case_of_its_own(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("窗口那个人态度太差了，说话很凶")
    case = await newest_case(chat.database)
    assert case.text == "窗口那个人态度太差了，说话很凶"
    assert [row.state for row in await consultations(chat)] == ["answered"]


async def test_danger_is_never_met_with_a_card(chat: Conversation) -> None:
    await chat.say("办居住证的地方着火了怎么办")
    case = await newest_case(chat.database)
    assert case.urgency == "critical"
    assert await consultations(chat) == []


async def test_a_complaint_with_a_cards_words_is_filed(chat: Conversation) -> None:
    await chat.say("办居住证的那个窗口态度很差，怎么投诉")
    assert len(await all_cases(chat.database)) == 1
    assert await consultations(chat) == []


async def test_a_broken_classifier_leaves_the_words_to_decide(
    sqlite_database: Database, served_town: Town
) -> None:
    class Broken(KeywordClassifier):
        async def classify(self, text: str) -> Tag:
            raise RuntimeError("no model")

    async with talk(sqlite_database, served_town, classifier=Broken()) as chat:
        await chat.say(ASKED)
        assert "HJ01" in chat.last.text
        await chat.say("没解决")
        assert (await newest_case(chat.database)).text == ASKED


async def test_old_buttons_still_mean_their_own_question(chat: Conversation) -> None:
    [first] = await chat.say(ASKED)
    await chat.say(LIGHT)
    chat.clock.advance(days=2)  # type: ignore[attr-defined]
    await chat.tap("没解决，帮我登记", on=first)
    assert (await newest_case(chat.database)).text == ASKED
    await chat.tap("没解决，帮我登记", on=first)
    chat.clock.advance(minutes=1)  # type: ignore[attr-defined]
    await chat.tap("没解决，帮我登记", on=first)
    assert len(await all_cases(chat.database)) == 2
    chat.clock.advance(minutes=1)  # type: ignore[attr-defined]
    await chat.tap("解决了", on=first)
    assert "已经登记成诉求" in chat.last.text


async def test_nobody_presses_anothers_button(
    sqlite_database: Database, served_town: Town, chat: Conversation
) -> None:
    [mine] = await chat.say(ASKED)
    stranger = Conversation(chat.service, chat.channel, chat.database, chat.clock, "2")
    await stranger.say("你好")
    await stranger.tap("没解决，帮我登记", on=mine)
    assert ASKED not in stranger.last.text
    assert await all_cases(chat.database) == []
    await stranger.tap("解决了", on=mine)
    assert [row.state for row in await consultations(chat)] == ["answered"]


async def test_the_same_question_within_a_minute_counts_once(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say(ASKED)
    assert "HJ01" in chat.last.text
    assert len(await consultations(chat)) == 1


async def test_two_cards_alike_are_offered(chat: Conversation, served_town: Town) -> None:
    from dataclasses import replace

    from cases.answers import AnswerBook

    first = served_town.answers.cards["HJ01"]
    twin = replace(first, code="HJ99", title="居住证（长住老人）")
    town = replace(served_town, answers=AnswerBook.of([first, twin]))
    async with talk(chat.database, town, classifier=Clerk(), chat_key="5") as other:
        await other.say("居住证怎么办")
        assert other.labels == ["居住证申领", "居住证（长住老人）", "都不是，帮我登记"]
        await other.tap("居住证（长住老人）")
        assert "HJ99" in other.last.text
        [row] = await consultations(other)
        assert (row.state, row.card_code) == ("answered", "HJ99")
        await other.tap("没解决，帮我登记")
        assert (await newest_case(other.database)).text == "居住证怎么办"


async def test_a_person_asked_for_after_an_answer_gets_the_question(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("人工")
    case = await newest_case(chat.database)
    assert ASKED in case.text
    assert case.wants_person


async def test_a_retired_card_is_not_chosen_any_more(chat: Conversation, served_town: Town) -> None:
    from dataclasses import replace

    from cases.answers import AnswerBook

    [shown] = await chat.say(ASKED)
    empty = replace(served_town, answers=AnswerBook())
    async with talk(chat.database, empty, classifier=Clerk()) as later:
        await later.tap("没解决，帮我登记", on=shown)
        assert (await newest_case(later.database)).text == ASKED


async def test_without_cards_a_question_is_filed(sqlite_database: Database, town: Town) -> None:
    async with talk(sqlite_database, town, classifier=Clerk()) as chat:
        await chat.say(ASKED)
        assert len(await all_cases(chat.database)) == 1


async def test_whoever_can_hardly_come_is_offered_a_runner(chat: Conversation) -> None:
    await chat.say(ASKED)
    assert chat.labels[-1] == "帮我代办"
    await chat.tap("帮我代办")
    [errand] = await errands(chat)
    assert (errand.item_code, errand.runner_code) == ("E18", "R00")


async def test_an_errand_in_one_message(chat: Conversation) -> None:
    replies = await chat.say("帮我妈代办低保，她走不动，住荷塘村")
    assert len(replies) == 1
    [errand] = await errands(chat)
    for part in (errand.number, "最低生活保障申请", "1. 全家身份证复印件", "4. 信息核对授权书",
                 "陈助跑", "0571-5550201", "11月24日前"):  # fmt: skip
        assert part in replies[0].text
    assert (errand.area, errand.applicant_type) == ("荷塘村", "elderly")
    assert chat.labels == ["取消代办"]
    assert await all_cases(chat.database) == []


async def test_the_same_errand_asked_for_twice_is_one(chat: Conversation) -> None:
    await chat.say("帮我代办低保，住荷塘村")
    await chat.say("帮我代办一下低保，荷塘村的，麻烦了")
    [errand] = await errands(chat)
    assert errand.number in chat.last.text
    await chat.tap("取消代办")
    await chat.say("还是帮我代办低保吧，荷塘村")
    assert [e.state for e in await errands(chat)] == ["cancelled", "requested"]


async def test_an_errand_without_a_place_asks_once_and_may_be_left(chat: Conversation) -> None:
    await chat.say("帮我代办社保卡")
    assert "住哪个村" in chat.last.text
    assert chat.labels[:2] == ["荷塘村", "新塘村"]
    await chat.tap("新塘村")
    assert "周助跑" in chat.last.text
    [errand] = await errands(chat)
    assert (errand.runner_code, errand.area, errand.grid) == ("R02", "新塘村", "新塘村网格")
    await chat.say("帮我代办老年卡")
    await chat.say("我家在香樟雅苑3幢")
    assert [e.runner_code for e in await errands(chat)] == ["R02", "R06"]


async def test_a_place_nobody_knows_leaves_the_errand_at_the_counter(chat: Conversation) -> None:
    await chat.say("帮我代办社保卡")
    await chat.say("跳过")
    assert "助跑台" in chat.last.text
    assert [e.runner_code for e in await errands(chat)] == ["R00"]


async def test_an_errand_without_an_item_asks_which(chat: Conversation) -> None:
    await chat.say("帮我代办")
    assert "31件事" in chat.last.text
    await chat.say("生育登记，我在清溪村")
    [errand] = await errands(chat)
    assert (errand.item_code, errand.runner_code) == ("E15", "R03")


async def test_what_is_in_no_catalogue_becomes_a_case(chat: Conversation) -> None:
    await chat.say("帮我代办一件事")
    await chat.say("把祖坟迁到后山去")
    case = await newest_case(chat.database)
    assert case.text == "帮我代办一件事\n把祖坟迁到后山去"
    assert await errands(chat) == []


async def test_an_errand_nobody_explained_is_filed_after_a_while(chat: Conversation) -> None:
    await chat.say("帮我代办一件事")
    chat.clock.advance(minutes=31)  # type: ignore[attr-defined]
    await remind_of_unanswered(chat.database, channels=("memory",), clock=chat.clock)
    await chat.service.settle()
    assert (await newest_case(chat.database)).text == "帮我代办一件事"


async def test_a_complaint_about_runners_is_no_errand(chat: Conversation) -> None:
    await chat.say("你们那个代办的助跑员态度太差")
    assert await errands(chat) == []
    assert len(await all_cases(chat.database)) == 1


async def step(chat: Conversation, town: Town, what: ErrandStep, **data: Any) -> Errand:
    [errand] = await errands(chat)
    async with chat.database.transaction() as session:
        changed = await step_errand(
            session, errand.number, what, data, actor=RUNNER, town=town, now=chat.clock()
        )
    chat.clock.advance(hours=1)  # type: ignore[attr-defined]
    await chat.service.settle()
    return changed


async def test_the_citizen_hears_of_each_step_and_signs_with_one_tap(
    chat: Conversation, served_town: Town
) -> None:
    await chat.say("帮我代办生育登记，新塘村")
    await step(chat, served_town, ErrandStep.TAKE)
    assert "周助跑接手" in chat.last.text
    await step(chat, served_town, ErrandStep.RECEIVE, papers=["1", "2"])
    await step(chat, served_town, ErrandStep.DELIVER, result="登记好了，手册在村里领")
    assert "登记好了，手册在村里领" in chat.last.text
    assert chat.labels == ["收到了", "没收到"]
    shown = chat.last
    await chat.tap("收到了")
    assert "双方都已确认" in chat.last.text
    [errand] = await errands(chat)
    assert (errand.state, errand.confirmed_at is not None) == ("confirmed", True)
    chat.clock.advance(minutes=5)  # type: ignore[attr-defined]
    await chat.tap("没收到", on=shown)  # too late: both have signed
    [errand] = await errands(chat)
    assert errand.state == "confirmed"
    async with chat.database.reading() as session:
        lines = list(await session.scalars(select(ErrandEvent).order_by(ErrandEvent.seq)))
    assert lines[-1].action == "confirm"


async def test_not_received_goes_back_to_the_runner(chat: Conversation, served_town: Town) -> None:
    await chat.say("帮我代办生育登记，新塘村")
    await step(chat, served_town, ErrandStep.TAKE)
    await step(chat, served_town, ErrandStep.RECEIVE, papers=["1", "2"])
    await step(chat, served_town, ErrandStep.DELIVER, result="好了")
    await chat.tap("没收到")
    [errand] = await errands(chat)
    assert (errand.state, errand.delivered_at) == ("collected", None)


async def test_an_errand_can_be_cancelled_but_not_a_strangers(
    chat: Conversation, served_town: Town
) -> None:
    [mine] = await chat.say("帮我代办生育登记，新塘村")
    stranger = Conversation(chat.service, chat.channel, chat.database, chat.clock, "2")
    await stranger.say("你好")
    await stranger.tap("取消代办", on=mine)
    assert [e.state for e in await errands(chat)] == ["requested"]
    await chat.tap("取消代办", on=mine)
    assert [e.state for e in await errands(chat)] == ["cancelled"]
    assert "已取消" in chat.last.text


async def test_who_is_forgotten_leaves_figures_and_no_words(chat: Conversation) -> None:
    await chat.say(ASKED)
    await chat.say("帮我妈代办低保，她走不动，住荷塘村")
    await chat.say("删除我的数据")
    await chat.tap("删除")
    [row], [errand] = await consultations(chat), await errands(chat)
    assert (row.contact_id, row.text, row.tag, row.card_code) == (None, "", {}, "HJ01")
    assert (errand.contact_id, errand.text, errand.state) == (None, "", "cancelled")


def test_the_tag_of_the_clerk_is_a_consult() -> None:
    """The fixture says what the tests above rest on."""
    tag = make_tag(**dict(Clerk.table[2][1]))
    assert (tag.request_type, tag.category) == ("consult", "bm.hukou")
