"""A choice made edits the card that offered it: item 15 and its like."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases.models import OutboxMessage
from tests.bot.channel_suite.world import LIGHT, NOISE, World
from tests.bot.screens import ScreenServer
from tests.bot.wires import TelegramWire, Wire
from tests.fakes.telegram_server import refuse

pytestmark = pytest.mark.timeout(180)


async def test_15_rating_edits_the_card_and_can_be_changed_from_it(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    card = wire.card("基本满意")
    assert len(await wire.tap("满意")) == 1
    await wire.check_card(card, "✓ 您的评价：满意", ["修改评价"])
    await wire.check_card(card, "路灯已修好。", ["修改评价"])
    wire.clock.advance(days=2)
    (question,) = await wire.press(await wire.data_on(card, "修改评价"), "修改评价")
    assert "想改成哪一个" in question
    again = wire.card("基本满意")
    assert again.id != card.id
    assert "评价已更新" in (await wire.tap("一般"))[0]
    for either in (card, again):
        await wire.check_card(either, "✓ 您的评价：一般", ["修改评价"])
    assert (await wire.case()).satisfaction == 3


async def test_15_reminder_and_closing_both_lose_their_buttons(wire: Wire) -> None:
    from cases.use_cases.timers import run_timers

    await wire.say(LIGHT)
    await wire.close_case()
    closing = wire.card("满意")
    wire.clock.advance(days=2)
    await run_timers(wire.database, wire.town, wire.clock)
    await wire.hear()
    reminder = wire.card("满意")
    assert reminder.id != closing.id
    await wire.press(wire.buttons()["基本满意"], "基本满意")
    for card in (closing, reminder):
        await wire.check_card(card, "✓ 您的评价：基本满意", ["修改评价"])


async def test_15_typed_rating_edits_the_card_too(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    card = wire.card("满意")
    await wire.say("5")
    await wire.check_card(card, "✓ 您的评价：满意", ["修改评价"])


async def test_16_unhappy_card_says_so_and_offers_nothing(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    card = wire.card("满意")
    await wire.tap("不满意")
    await wire.check_card(card, "✓ 您的评价：不满意", [])


async def test_16_reopened_from_the_status_leaves_no_button(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    closing = wire.card("满意")
    await wire.say((await wire.case()).number)
    status = wire.card("没解决，重新办理")
    await wire.tap("没解决，重新办理")
    for card in (closing, status):
        await wire.check_card(card, "✓ 已重新办理", [])


async def test_03_confirmed_tag_leaves_the_other_buttons(wire: Wire) -> None:
    await wire.say(NOISE)
    card = wire.card("改类别")
    assert len(await wire.tap("对")) == 1
    await wire.check_card(card, "✓ 类别：", ["跳过", "撤销"])


async def test_03_corrected_tag_edits_receipt_and_list(wire: Wire) -> None:
    await wire.say(NOISE)
    receipt = wire.card("改类别")
    await wire.tap("改类别")
    choices = wire.card("其他")
    assert choices.id != receipt.id
    await wire.tap(wire.labels[0])
    await wire.check_card(receipt, "✓ 类别：", ["跳过", "撤销"])
    await wire.check_card(choices, "✓ 类别：", [])


async def test_03_tag_left_to_a_person_says_so(wire: Wire) -> None:
    await wire.say(NOISE)
    card = wire.card("改类别")
    await wire.tap("改类别")
    await wire.tap("其他")
    await wire.check_card(card, "✓ 类别由工作人员核对", ["跳过", "撤销"])


@pytest.mark.parametrize(
    ("how", "mark"), [("button", "✓ 地点先不填"), ("荷塘小区3幢", "✓ 地点：荷塘小区3幢")]
)
async def test_04_place_settled_takes_the_skip_button_away(wire: Wire, how: str, mark: str) -> None:
    await wire.say(NOISE)
    card = wire.card("跳过")
    await (wire.tap("跳过") if how == "button" else wire.say(how))
    await wire.check_card(card, mark, ["对", "改类别", "撤销"])


@pytest.mark.parametrize("how", ["button", "撤销"])
async def test_11_taken_back_leaves_no_button(wire: Wire, how: str) -> None:
    await wire.say(LIGHT)
    card = wire.card("撤销")
    await (wire.tap("撤销") if how == "button" else wire.say(how))
    await wire.check_card(card, "✓ 已撤销", [])


@pytest.mark.parametrize(
    "why",
    [
        refuse(400, "Bad Request: message is not modified"),
        refuse(400, "Bad Request: message to edit not found"),
        refuse(400, "Bad Request: message can't be edited"),
        refuse(404, "Not Found"),
    ],
    ids=lambda refusal: refusal.description,
)
async def test_15_refused_edit_is_silent_and_the_answer_comes_once(
    world: World, why: object
) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    await wire.close_case()
    assert world.server is not None
    world.server.faults["editMessageText"] = [why]  # type: ignore[list-item]
    assert len(await wire.tap("满意")) == 1
    assert world.server.faults["editMessageText"] == [], "the edit was tried"
    assert len(await wire.say("我的诉求")) == 1, "the line goes on"
    assert await edit_states(wire) == ["sent"]
    assert answers(world.server, "谢谢您的评价") == 1


async def test_15_edit_that_is_slowed_down_comes_later(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    await wire.close_case()
    card = wire.card("满意")
    assert world.server is not None
    world.server.faults["editMessageText"] = [refuse(429, "Too Many Requests", retry_after=1)]
    await wire.tap("满意")
    await wire.check_card(card, "✓ 您的评价：满意", ["修改评价"])
    assert answers(world.server, "谢谢您的评价") == 1


async def test_15_long_closing_keeps_its_words(world: World) -> None:
    """Where the line no longer fits under the last part, only the buttons change."""
    wire = world.wire
    await wire.say(LIGHT)
    from tests.bot.desk import settle_case

    text = "已到现场查看。" * 571
    await settle_case(wire.database, wire.town, await wire.case(), wire.clock(), text=text)
    await wire.hear()
    card = wire.card("满意")
    assert isinstance(wire, TelegramWire)
    await wire.tap("满意")
    server = world.server
    assert server is not None
    edits = server.of("editMessageText", "editMessageReplyMarkup")
    assert [edit["message_id"] for edit in edits] == [card.external_id]
    assert all(len(edit.get("text", "")) <= 4096 for edit in edits)


async def edit_states(wire: Wire) -> list[str]:
    async with wire.database.reading() as session:
        rows = select(OutboxMessage.state).where(OutboxMessage.kind == "edit")
        return list(await session.scalars(rows))


def answers(server: ScreenServer, words: str) -> int:
    return sum(words in sent["text"] for sent in server.sent)
