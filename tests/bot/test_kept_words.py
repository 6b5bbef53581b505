"""What a citizen said once is in a case, in the state, or was given up with a word: never lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import CaseView, DialogueState, Facts, Outcome, Step, advance, conclude
from bot.dialogue.turn import Forget
from bot.incoming import FileKind, Incoming, Location
from bot.loose_ends import remind_of_unanswered
from bot.testing import Conversation
from bot.texts import load_texts
from cases.callbacks import encode
from cases.classification import Tag
from cases.history import read_history
from cases.lifecycle import State
from cases.models import Case
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town, load_town
from cases.town_files import load_service_files
from cases.use_cases.act import act
from tests.bot.desk import DISPATCHER, all_cases, attachments_of
from tests.bot.test_dialogue import (
    ASKED_FILE,
    ASKED_WHAT,
    ASKED_WHOSE,
    CASE,
    CLOSED,
    HOLDS_PHOTO,
    NOW,
    OLD,
    PHOTO,
    RESTING,
    TAGS,
    VOICE,
    WAITING,
    said,
)
from tests.conftest import run_apart

PIN = Location(30.1, 120.2)
ASKED_ITEM = replace(RESTING, step=Step.ASKING_ITEM, asked_at=NOW, kept="帮我代办一下")
HOLDING = [
    replace(state, kept_key="m1", asked_at=asked)
    for state in (ASKED_WHAT, HOLDS_PHOTO, ASKED_FILE, ASKED_WHOSE, ASKED_ITEM)
    for asked in (NOW, NOW - timedelta(days=2))
]
WHOLE = replace(ASKED_WHOSE, kept_files=(PHOTO,), kept_location=PIN)
#: Steps in which somebody looks after what nobody answered.
LOOKED_AFTER = {Step.ASKING_WHAT, Step.ASKING_FILE, Step.ASKING_WHOSE, Step.ASKING_ITEM}
CASES = [(), (CASE,), (OLD,), (CLOSED,), (WAITING, OLD), (replace(CASE, state=State.WITHDRAWN),)]
BUTTONS = [
    "ok", "other:none", "other:list", "cat:zf.light", "noplace", "undo", "join", "rate:1", "rate:5",
    "rerate", "solved:no", "solved:yes", "word:no", "reopen", "status", "more", "lang:en",
    "forget:no", "kb:yes", "kb:no", "run:{item}", "area:{grid}", "errand:cancel", "supp", "new",
]  # fmt: skip
TYPED = st.sampled_from(
    [
        "就是那个事情", "怎么还没人来管", "救命", "谢谢", "你好", "人工", "查询", "帮助",
        "你是机器人吗", "2611-2300-0018", "1", "跳过", "没解决", "删除我的数据", "帮我代办社保卡",
        "怎么办居住证", "结束人工", "English", "/link", "/start", "/nonsense",
    ]
)  # fmt: skip
MEDIA: list[dict[str, Any]] = [
    {"files": (PHOTO,)},
    {"files": (PHOTO,), "album": "a1"},
    {"files": (VOICE,)},
    {"files": (replace(PHOTO, path=None, size=10**9),)},
    {"location": PIN},
    {"location": replace(PIN, title="荷塘小区东门")},
    {"sticker": True},
    {"phone": "13800000000"},
    {"unknown": True},
]
DETAILS: dict[str, Any] = {
    "id": 7, "number": "DB-1", "take_due": NOW, "due": NOW, "cases": 1, "served": False,
    "since": NOW, "has_name": False, "muted": False, "files": 0, "numbers": (), "payload": "case_x",
}  # fmt: skip


@pytest.fixture(scope="module")
def served_town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The sample town with its cards, errands and runners."""
    path = tmp_path_factory.mktemp("served") / "huying.db"
    shutil.copy(sqlite_template, path)

    async def load() -> Town:
        database = Database(f"sqlite:///{path}")
        async with database.transaction() as session:
            await load_service_files(session, NOW)
            town = await load_town(session)
        await database.close()
        return town

    return run_apart(load())


@st.composite
def messages(draw: st.DrawFn, item: str, grid: str) -> Incoming:
    """Anything a citizen may do, short of giving the question up."""
    kind = draw(st.sampled_from(["words", "media", "caption", "tap", "edit", "timeout"]))
    if kind == "words":
        return said(draw(TYPED))
    if kind == "media":
        return said(**draw(st.sampled_from(MEDIA)))
    if kind == "caption":
        return said(draw(TYPED), files=(PHOTO,))
    if kind == "edit":
        return replace(said(draw(TYPED), edited=True), message_key="m2")
    if kind == "timeout":
        return Incoming(channel="memory", chat_key="1", at=NOW, timeout=draw(st.integers(0, 1)))
    verb, _, value = draw(st.sampled_from(BUTTONS)).partition(":")
    data = encode(verb, draw(st.integers(0, 1)), 1, value.format(item=item, grid=grid))
    return Incoming(channel="memory", chat_key="1", at=NOW, tap=data)


@settings(max_examples=1500, deadline=None)
@given(data=st.data(), tag=TAGS, state=st.sampled_from(HOLDING), cases=st.sampled_from(CASES))
def test_kept_words_leave_only_into_a_case(
    served_town: Town, data: st.DataObject, tag: Tag | None, state: DialogueState, cases: Any
) -> None:
    errands = served_town.errands
    codes = next(iter(errands.items)), next(iter(errands.runners))
    incoming = data.draw(messages(*codes))
    about: CaseView | None = data.draw(st.sampled_from([None, *cases, CASE, CLOSED]))
    facts = Facts(
        town=served_town,
        texts=load_texts("zh"),
        now=NOW,
        cases=cases,
        page=cases,
        tag=tag,
        tapped=about,
        followed=about,
        replied_to=data.draw(st.sampled_from([None, *cases])) if incoming.text else None,
        mentioned=about,
    )
    turn = advance(state, incoming, facts)
    action = turn.action
    if action is not None:
        done = about or CASE
        turn = conclude(turn, Outcome(case=done, details=DETAILS), incoming, facts)
    if isinstance(action, Forget):
        return
    if state.step is Step.ASKING_FILE and (incoming.text or incoming.timeout is not None):
        return  # doubted, and the citizen was told so: said again or let go
    took = getattr(action, "text", None) or ""
    if state.kept and state.kept not in took:
        assert turn.state.kept == state.kept
        assert turn.state.step is state.step
        assert (turn.state.stamp, turn.state.case_id) == (state.stamp, state.case_id)
    if state.kept_files and PHOTO not in getattr(action, "files", ()):
        assert PHOTO in turn.state.kept_files
        assert turn.state.step in LOOKED_AFTER


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"text": "看这个", "files": (VOICE,)}, "没人来\n看这个"),
        ({"files": (VOICE,)}, "没人来"),
        ({"text": "还是没人"}, "没人来\n还是没人"),
        ({"tap": encode("supp", 1, 1)}, "没人来"),
        ({"timeout": 1}, "没人来"),
    ],
)
def test_what_was_kept_comes_along_whole(town: Town, more: dict[str, Any], text: str) -> None:
    """Words, pictures and the pin, whichever way the question ends."""
    facts = Facts(town=town, texts=load_texts("zh"), now=NOW, cases=(OLD,), tapped=OLD)
    for cases in ((OLD,), ()) if "tap" not in more else ((OLD,),):
        incoming = replace(said(), **more)
        action: Any = advance(WHOLE, incoming, replace(facts, cases=cases)).action
        assert action.text == text
        assert set(action.files) == {PHOTO, *more.get("files", ())}
        assert action.location == PIN


def test_an_album_answers_as_one(town: Town) -> None:
    """The pictures that come a second later go where the first one went."""
    facts = Facts(town=town, texts=load_texts("zh"), now=NOW, cases=(OLD,))
    turn = advance(ASKED_WHOSE, said(files=(PHOTO,), album="a1"), facts)
    later = replace(said(files=(VOICE,), album="a1"), message_key="m10")
    second: Any = advance(turn.state, later, facts).action
    assert (second.case, second.files, second.quiet) == (OLD, (VOICE,), True)


LIGHT = "朝晖路桥头路灯不亮"
MORE = "我们小区里面的路灯也全黑了，老人摔了一跤，请你们一并来看"
SENT = {"kind": FileKind.PHOTO.value, "path": "aa/a.jpg", "mime": "image/jpeg"}


async def ask_whose(chat: Conversation, clock: FrozenClock) -> Any:
    """The first receipt; the question whose MORE is stands open."""
    await chat.say(LIGHT)
    receipt = chat.last
    clock.advance(hours=3)
    await chat.say(MORE)
    assert chat.labels == ["是，补充进去", "不是，另外一件"]
    clock.advance(seconds=20)
    return receipt


async def nobody_answers(chat: Conversation, clock: FrozenClock) -> None:
    clock.advance(minutes=40)
    await remind_of_unanswered(chat.database, channels=("memory",), clock=clock)
    await chat.service.settle()


def words_of(cases: list[Case]) -> str:
    return "\n".join(case.text for case in cases)


async def test_a_photo_instead_of_a_button_brings_the_words_along(
    chat: Conversation, clock: FrozenClock
) -> None:
    await ask_whose(chat, clock)
    await chat.say(files=[SENT])
    assert "已补充到编号" in chat.last.text
    (case,) = await all_cases(chat.database)
    assert MORE in case.text
    assert len(await attachments_of(chat.database, case)) == 1
    heard = len(chat.replies)
    await nobody_answers(chat, clock)
    assert len(chat.replies) == heard


async def test_a_button_of_an_older_card_leaves_the_question_open(
    chat: Conversation, clock: FrozenClock
) -> None:
    receipt = await ask_whose(chat, clock)
    question = chat.last
    await chat.tap("类别不对", on=receipt)
    await chat.tap("其他")
    await chat.tap("不是，另外一件", on=question)
    assert "已登记" in chat.last.text
    assert MORE in [case.text for case in await all_cases(chat.database)]


async def test_left_alone_after_another_button_the_words_are_filed(
    chat: Conversation, clock: FrozenClock
) -> None:
    receipt = await ask_whose(chat, clock)
    await chat.tap("类别不对", on=receipt)
    await chat.tap("其他")
    await nobody_answers(chat, clock)
    assert MORE in words_of(await all_cases(chat.database))


async def test_a_case_taken_back_meanwhile_takes_nothing_more(
    chat: Conversation, clock: FrozenClock
) -> None:
    """The words were asked about for a case that is gone: they become one of their own."""
    await chat.say(LIGHT)
    receipt = chat.last
    clock.advance(seconds=30)
    await chat.say("也是路灯，一整排都不亮，请你们一并来修一下")
    assert chat.labels == ["是，补充进去", "不是，另外一件"]
    await chat.tap("撤销", on=receipt)
    await nobody_answers(chat, clock)
    first, second = sorted(await all_cases(chat.database), key=lambda case: case.id)
    assert (first.state, second.text) == (
        State.WITHDRAWN,
        "也是路灯，一整排都不亮，请你们一并来修一下",
    )


async def test_an_objection_with_a_photo_keeps_both(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await chat.say("人工")
    (case,) = await all_cases(chat.database)
    why = {"reason": "不在受理范围", "channel": "请拨 110"}
    async with chat.database.transaction() as session:
        await act(session, case.number, "reject", why, actor=DISPATCHER, town=town, now=clock())
    clock.advance(minutes=5)
    await chat.say("你们说的不对")
    assert chat.labels == ["是，请再核一次", "不是，另外一件"]
    await chat.say(files=[SENT])
    assert "重新审核" in chat.last.text
    (case,) = await all_cases(chat.database)
    assert case.state == State.SUBMITTED
    assert len(await attachments_of(chat.database, case)) == 1
    async with chat.database.reading() as session:
        entries = await read_history(session, case.id)
    assert "你们说的不对" in [entry.data.get("reason") for entry in entries]


async def test_a_second_objection_is_kept_and_a_person_explains(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await chat.say("人工")
    (case,) = await all_cases(chat.database)
    why = {"reason": "不在受理范围", "channel": "请拨 110"}
    for words in ("你们说的不对", "还是不对，我住的就是这个镇"):
        async with chat.database.transaction() as session:
            await act(session, case.number, "reject", why, actor=DISPATCHER, town=town, now=clock())
        clock.advance(minutes=5)
        await chat.say(words)
        await chat.tap("是，请再核一次")
    assert "没有办成" not in chat.last.text
    assert "联系您" in chat.last.text
    (case,) = await all_cases(chat.database)
    assert (case.state, case.wants_person) == (State.REJECTED, True)
    async with chat.database.reading() as session:
        entries = await read_history(session, case.id)
    assert "还是不对，我住的就是这个镇" in [entry.data.get("text") for entry in entries]


async def test_a_photo_nobody_explained_is_not_called_words(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(files=[SENT])
    await nobody_answers(chat, clock)
    assert "刚才说的" not in chat.last.text
    assert "刚才发来的" in chat.last.text
    assert len(await all_cases(chat.database)) == 1


async def test_asking_to_be_forgotten_and_thinking_better_of_it(
    chat: Conversation, clock: FrozenClock
) -> None:
    await ask_whose(chat, clock)
    await chat.say("删除我的数据")
    await chat.tap("不删")
    await nobody_answers(chat, clock)
    assert MORE in words_of(await all_cases(chat.database))
