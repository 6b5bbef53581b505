"""One person's word, two people's, a third's; taken back; nobody's is lost."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from cases.actors import Actor
from cases.errors import InvalidData, RuleBroken
from cases.models import LabelText, LabelVote
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.label_queue import claim_next, claim_text, skip_text
from cases.use_cases.label_undo import take_back
from cases.use_cases.label_votes import (
    Ballot,
    cast_vote,
    read_room,
    set_two_annotators,
)
from cases.use_cases.labels import training_rows
from tests.labels.conftest import LIGHT, ROAD, add_people, add_texts, get_text


async def say(
    database: Database, text: int, ballot: Ballot, actor: Actor, town: Town, now: datetime
) -> LabelText:
    async with database.transaction() as session:
        two = (await read_room(session)).two_annotators
        return await cast_vote(session, text, ballot, actor=actor, town=town, two=two, now=now)


async def switch(database: Database, two: bool, now: datetime) -> int:
    async with database.transaction() as session:
        return await set_two_annotators(session, two, now)


async def test_one_word_settles_a_text(database: Database, town: Town, now: datetime) -> None:
    (anna,) = await add_people(database, now, "甲")
    text, *_ = await add_texts(database, now)
    await say(database, text.id, LIGHT, anna, town, now)
    async with database.reading() as session:
        (row,) = await training_rows(session)
    assert (row.key, row.category, row.source, row.held_out) == (
        text.key,
        "zf.light",
        "desk",
        False,
    )
    assert row.at == text.at and row.request_type == "help"


async def test_two_must_agree_and_the_higher_urgency_counts(
    database: Database, town: Town, now: datetime
) -> None:
    anna, bert = await add_people(database, now, "甲", "乙")
    text, *_ = await add_texts(database, now)
    await switch(database, True, now)
    first = await say(database, text.id, LIGHT, anna, town, now)
    assert first.state == "open"
    urgent = Ballot("zf.light", "help", "urgent")
    second = await say(database, text.id, urgent, bert, town, now)
    assert (second.state, second.how, second.urgency) == ("settled", "agreed", "urgent")


@pytest.mark.parametrize("other", [ROAD, Ballot("zf.light", "complaint", "normal")])
async def test_where_two_differ_a_third_decides(
    database: Database, town: Town, now: datetime, other: Ballot
) -> None:
    anna, bert, cleo = await add_people(database, now, "甲", "乙", "丙")
    text, *_ = await add_texts(database, now)
    await switch(database, True, now)
    await say(database, text.id, LIGHT, anna, town, now)
    assert (await say(database, text.id, other, bert, town, now)).state == "disputed"
    async with database.reading() as session:
        assert await training_rows(session) == []
    for voter in (anna, bert):
        with pytest.raises(RuleBroken, match="第三个人"):
            await say(database, text.id, LIGHT, voter, town, now)
    decided = await say(database, text.id, ROAD, cleo, town, now)
    assert (decided.state, decided.how, decided.category) == ("settled", "decided", "zf.road")


async def test_switched_off_what_waits_is_settled_by_its_one_vote(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    text, *_ = await add_texts(database, now)
    await switch(database, True, now)
    await say(database, text.id, LIGHT, anna, town, now)
    assert await switch(database, False, now) == 1
    assert (await get_text(database, text.id)).how == "single"


async def test_single_mode_gives_nobody_the_text_of_another(
    database: Database, town: Town, now: datetime
) -> None:
    people = await add_people(database, now, *"甲乙丙丁戊己")
    await add_texts(database, now)

    async def claim(actor: Actor) -> int:
        async with database.transaction() as session:
            text = await claim_next(session, actor.user_id or 0, town=town, now=now)
            assert text is not None
            return text.id

    for _ in range(2):
        given = await asyncio.gather(*(claim(actor) for actor in people))
        assert len(set(given)) == len(people)
    # Whoever asks again gets the same; when a claim has lapsed somebody else may have it.
    assert await claim(people[0]) == given[0]
    async with database.transaction() as session:
        later = now + timedelta(minutes=30)
        text = await claim_next(session, people[5].user_id or 0, town=town, now=later)
        assert text is not None and text.rank == 0


async def test_two_annotators_get_the_same_text_and_no_third(
    database: Database, town: Town, now: datetime
) -> None:
    people = await add_people(database, now, "甲", "乙", "丙")
    await add_texts(database, now)
    await switch(database, True, now)
    given = []
    for actor in people:
        async with database.transaction() as session:
            text = await claim_next(session, actor.user_id or 0, town=town, now=now)
            assert text is not None
            given.append(text.id)
    assert len(set(given)) == 3
    await say(database, given[0], LIGHT, people[0], town, now)
    await say(database, given[1], LIGHT, people[1], town, now)
    for actor, begun in ((people[0], given[1]), (people[1], given[0])):
        async with database.transaction() as session:
            # Begun by a colleague: it comes before what nobody has seen.
            text = await claim_next(session, actor.user_id or 0, town=town, now=now)
            assert text is not None and text.id == begun
    async with database.transaction() as session:
        # One has voted, another is at it: that is two.
        text = await claim_next(session, people[2].user_id or 0, town=town, now=now)
        assert text is not None and text.id == given[2]


async def test_two_votes_at_once_are_both_kept(
    database: Database, town: Town, now: datetime
) -> None:
    people = await add_people(database, now, *"甲乙丙丁")
    texts = await add_texts(database, now)
    await asyncio.gather(
        *(
            say(database, text.id, ballot, actor, town, now)
            for text in texts[:6]
            for actor, ballot in zip(people[:2], (LIGHT, ROAD), strict=True)
        )
    )
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(LabelVote)) == 12
    for text in texts[:6]:
        # The late one is no less a word: the two differ.
        assert (await get_text(database, text.id)).state == "disputed"


async def test_a_vote_taken_back_leaves_the_text_as_it_was(
    database: Database, town: Town, now: datetime
) -> None:
    anna, bert = await add_people(database, now, "甲", "乙")
    text, other, *_ = await add_texts(database, now)
    await say(database, text.id, LIGHT, anna, town, now)
    async with database.transaction() as session:
        assert (await take_back(session, anna.user_id or 0, now)).id == text.id
    back = await get_text(database, text.id)
    assert (back.state, back.category, back.rank, back.why) == ("open", "", 0, "uncertain")
    await say(database, other.id, LIGHT, anna, town, now)
    await say(database, other.id, LIGHT, bert, town, now)
    async with database.transaction() as session:
        with pytest.raises(RuleBroken, match="不能再撤回"):
            await take_back(session, anna.user_id or 0, now)
        with pytest.raises(RuleBroken, match="没有可以撤回"):
            await take_back(session, anna.user_id or 0, now + timedelta(days=2))


async def test_what_is_no_label_is_refused(
    sqlite_database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(sqlite_database, now, "甲")
    text, *_ = await add_texts(sqlite_database, now)
    for ballot, sentence in (
        (Ballot("zf.nothing", "help", "normal"), "类别"),
        (Ballot("zf.light", "", "normal"), "诉求类型"),
        (Ballot("zf.light", "help", "soon"), "紧急程度"),
    ):
        with pytest.raises(InvalidData, match=sentence):
            await say(sqlite_database, text.id, ballot, anna, town, now)


async def test_skipped_it_goes_to_somebody_else(
    database: Database, town: Town, now: datetime
) -> None:
    anna, bert = await add_people(database, now, "甲", "乙")
    await add_texts(database, now)
    given = []
    async with database.transaction() as session:
        text = await claim_next(session, anna.user_id or 0, town=town, now=now)
        assert text is not None
        await skip_text(session, text.id, anna.user_id or 0, town=town, now=now)
        for actor in (anna, bert):
            found = await claim_next(session, actor.user_id or 0, town=town, now=now)
            assert found is not None
            given.append(found.id)
    assert given[0] != text.id and given[1] == text.id


async def test_a_text_asked_for_by_name_may_be_labelled_again(
    database: Database, town: Town, now: datetime
) -> None:
    anna, bert = await add_people(database, now, "甲", "乙")
    text, *_ = await add_texts(database, now, category="zf.road")
    async with database.transaction() as session:
        await claim_text(session, text.key, anna.user_id or 0, town=town, now=now)
    async with database.transaction() as session:
        with pytest.raises(RuleBroken, match="正在标"):
            await claim_text(session, text.key, bert.user_id or 0, town=town, now=now)
    again = await say(database, text.id, LIGHT, anna, town, now)
    assert (again.state, again.how, again.category) == ("settled", "corrected", "zf.light")
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, now)
    assert (await get_text(database, text.id)).category == "zf.road"
