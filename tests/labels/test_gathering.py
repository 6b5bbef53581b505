"""What desks decide becomes labels; what is offered for labelling; doubts; the frozen set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import LabelRoom, LabelText, PredictionEntry
from cases.storage.database import Database
from cases.testing import make_draft, make_tag
from cases.town import Town, load_town
from cases.use_cases.categories import retire_category
from cases.use_cases.file_case import file_case
from cases.use_cases.label_filling import Offer, fill_queue, needs_filling, top_of
from cases.use_cases.label_queue import claim_next
from cases.use_cases.label_suspects import count_suspects, next_suspects, record_suspects
from cases.use_cases.label_votes import answer_suspect, cast_vote
from cases.use_cases.labels import (
    gather_labels,
    mark_held_out,
    training_rows,
)
from intake_api.labelling.view import pick_with_classifier, suspect_view
from tests.labels.conftest import MATTERS, ROAD, add_people, add_texts, get_text

AGENT = Actor(Role.AGENT, "小周")


async def file(
    database: Database, town: Town, now: datetime, texts: Sequence[str], **draft: Any
) -> list[int]:
    numbers = []
    for text in texts:
        async with database.transaction() as session:
            case = await file_case(
                session,
                make_draft(text=text, channel="phone", **draft),
                actor=AGENT,
                town=town,
                now=now,
            )
            numbers.append(case.id)
    return numbers


async def decide(database: Database, case: int, at: datetime | None, **final: Any) -> None:
    values = {"final_at": at, **{f"final_{name}": value for name, value in final.items()}}
    values["how"] = "corrected" if at else None
    async with database.transaction() as session:
        await session.execute(
            update(PredictionEntry).where(PredictionEntry.case_id == case).values(**values)
        )


async def rows_of(database: Database) -> dict[str, str]:
    async with database.reading() as session:
        return {row.text[:6]: row.category for row in await training_rows(session)}


RIGHT = {"category": "zf.road", "request_type": "help", "urgency": "urgent", "by": "小李"}


async def test_a_decided_case_is_a_label_without_the_person(
    database: Database, town: Town, now: datetime
) -> None:
    text = "我是张建国，电话13800001234，风荷路的井盖翘起来了，请尽快来修"
    (case,) = await file(database, town, now, [text])
    await decide(database, case, now, **RIGHT)
    assert await gather_labels(database, now) == 1
    async with database.reading() as session:
        (row,) = await training_rows(session)
    assert row.category == "zf.road" and row.source == "case" and row.group == f"case-{case}"
    assert "13800001234" not in row.text and "张建国" not in row.text and "井盖" in row.text
    assert row.at == now and row.urgency == "urgent"
    # Again: nothing new; corrected later: the newer word counts; taken back: no label.
    assert await gather_labels(database, now) == 0
    later = now + timedelta(hours=1)
    await decide(database, case, later, **RIGHT | {"category": "zf.light"})
    assert await gather_labels(database, later) == 1
    async with database.reading() as session:
        assert (await training_rows(session))[0].category == "zf.light"
    nothing = dict.fromkeys(RIGHT)
    await decide(database, case, None, **nothing)
    assert await gather_labels(database, later) == 1
    async with database.reading() as session:
        assert await training_rows(session) == []


async def test_what_somebody_labelled_on_purpose_is_not_overwritten(
    database: Database, town: Town, now: datetime
) -> None:
    await add_texts(database, now, MATTERS[:1], category="zf.light")
    (case,) = await file(database, town, now, MATTERS[:1])
    await decide(database, case, now + timedelta(hours=1), **RIGHT)
    assert await gather_labels(database, now + timedelta(hours=1)) == 0
    assert list((await rows_of(database)).values()) == ["zf.light"]


async def test_of_two_cases_with_the_same_words_the_later_decision_is_the_label(
    database: Database, town: Town, now: datetime
) -> None:
    """Whichever case the text came from; only that decision, taken back, takes the label back."""
    await file(database, town, now, MATTERS[:1])
    (first,) = await file(database, town, now, MATTERS[:1])
    await fill_queue(database, pick=first_come, town=town, now=now)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    assert text.case_id == first
    (second,) = await file(database, town, now, MATTERS[:1])
    await decide(database, second, now, **RIGHT)
    for minutes in (1, 30):
        gathered = await gather_labels(database, now + timedelta(minutes=minutes))
        assert gathered == (1 if minutes == 1 else 0)
        found = await get_text(database, text.id)
        assert (found.state, found.category, found.misrouted) == ("settled", "zf.road", False)
        assert found.case_id == second
    # The other one is decided at the very same moment: whoever reads both says the same each time.
    await decide(database, first, now, **RIGHT | {"category": "zf.light"})
    assert await gather_labels(database, now + timedelta(minutes=31)) == 0
    await decide(database, second, None, **dict.fromkeys(RIGHT))
    await decide(database, first, None, **dict.fromkeys(RIGHT))
    assert await gather_labels(database, now + timedelta(hours=1)) == 1
    found = await get_text(database, text.id)
    assert (found.state, found.category, found.request_type, found.urgency) == ("open", "", "", "")


async def test_drafts_of_one_call_tell_one_story(
    database: Database, town: Town, now: datetime
) -> None:
    cases = []
    for index, text in enumerate(MATTERS[:2]):
        cases += await file(
            database, town, now, [text], source_system="hotline", source_id="A1", source_index=index
        )
    for case in cases:
        await decide(database, case, now, **RIGHT)
    await gather_labels(database, now)
    async with database.reading() as session:
        assert len({row.group for row in await training_rows(session)}) == 1


async def test_the_frozen_set_only_grows(database: Database, town: Town, now: datetime) -> None:
    texts = await add_texts(database, now, category="zf.light")
    async with database.transaction() as session:
        assert await mark_held_out(session, [texts[0].key, texts[1].key, "unknown"], now) == 2
        assert await mark_held_out(session, [texts[1].key, texts[2].key], now) == 1
    async with database.reading() as session:
        held = {row.key for row in await training_rows(session) if row.held_out}
    assert held == {text.key for text in texts[:3]}


def first_come(offers: Sequence[Offer], count: int, known: Sequence[str]) -> list[tuple[str, str]]:
    return [(offer.key, "uncertain") for offer in offers][:count]


async def test_the_queue_holds_cases_that_nobody_judged(
    database: Database, town: Town, now: datetime
) -> None:
    cases = await file(database, town, now, MATTERS[:4])
    await file(database, town, now - timedelta(days=100), [MATTERS[5]])
    await decide(database, cases[0], now, **RIGHT)
    async with database.reading() as session:
        assert await needs_filling(session, 0, town, now)
    assert await fill_queue(database, pick=first_come, town=town, now=now) == 3
    async with database.reading() as session:
        assert not await needs_filling(session, 0, town, now)
        texts = list(await session.scalars(select(LabelText).order_by(LabelText.rank)))
    assert {text.case_id for text in texts} == set(cases[1:])
    assert top_of(texts[0].tag)[0] == ("zf.light", 0.95)


async def test_the_real_picker_says_why(database: Database, town: Town, now: datetime) -> None:
    (case, *_) = await file(database, town, now, MATTERS[:6], tag=make_tag(confidence=0.4))
    async with database.transaction() as session:
        await session.execute(
            update(PredictionEntry).where(PredictionEntry.case_id == case).values(misrouted=True)
        )
    await fill_queue(database, pick=pick_with_classifier, town=town, now=now)
    async with database.reading() as session:
        texts = list(await session.scalars(select(LabelText).where(LabelText.rank.is_not(None))))
    assert {text.case_id: text.why for text in texts}[case] == "misrouted"
    assert {text.why for text in texts} <= {"misrouted", "uncertain", "diverse"}


async def test_what_a_changed_scheme_left_open_comes_first(
    database: Database, town: Town, now: datetime
) -> None:
    old = replace(town.categories["zf.road"], code="zf.old", may_become=("zf.road", "zf.light"))
    changed = replace(town, retired={"zf.old": old})
    (text,) = await add_texts(database, now, MATTERS[:1], category="zf.old")
    await add_texts(database, now, MATTERS[1:3], ranked=False)
    (anna,) = await add_people(database, now, "甲")
    await fill_queue(database, pick=first_come, town=changed, now=now)
    async with database.transaction() as session:
        found = await claim_next(session, anna.user_id or 0, town=changed, now=now)
    assert found is not None and (found.id, found.why) == (text.id, "scheme")


def doubt(text: LabelText, suggested: str, score: float) -> dict[str, Any]:
    return {"key": text.key, "category": text.category, "suggested": suggested, "score": score}


async def test_doubts_are_recorded_once_and_not_asked_again(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    texts = await add_texts(database, now, MATTERS[:3], category="zf.road")
    listed = [
        doubt(text, "zf.light", score) for text, score in zip(texts, (0.9, 0.8, 0.7), strict=True)
    ]
    listed.append({"key": "f" * 16, "category": "zf.road", "suggested": "zf.ad", "score": 1.0})
    for _ in range(2):
        async with database.transaction() as session:
            assert await record_suspects(session, listed, "model-1", town, now) == 3
    async with database.transaction() as session:
        waiting = await next_suspects(session, 5)
        assert [text.id for _, text in waiting] == [text.id for text in texts]
        assert len(await next_suspects(session, 5, after=texts[0].id)) == 2
        await answer_suspect(session, texts[0].id, "keep", actor=anna, town=town, now=now)
        await answer_suspect(session, texts[1].id, "correct", actor=anna, town=town, now=now)
    async with database.transaction() as session:
        # The next model doubts the first again, and would undo what a person corrected.
        again = [doubt(texts[0], "zf.light", 0.9), doubt(texts[1], "zf.light", 0.9)]
        assert await record_suspects(session, again, "model-2", town, now) == 0
        assert await count_suspects(session) == 0
    assert (await get_text(database, texts[1].id)).category == "zf.light"


async def test_a_doubt_about_a_label_of_a_replaced_category_is_asked(
    database: Database, town: Town, now: datetime
) -> None:
    """Training reads such a label as its successor's, and that is what it doubts."""
    (anna,) = await add_people(database, now, "甲")
    text, other = await add_texts(database, now, MATTERS[:2], category="zf.light")
    async with database.transaction() as session:
        await retire_category(
            session, "zf.light", "zf.road", actor=anna, now=now, expected_version=0
        )
    async with database.transaction() as session:
        changed = await load_town(session)
        listed = [
            {"key": text.key, "category": "zf.road", "suggested": "zf.noise", "score": 0.9},
            # Neither a doubt between two that are one by now, nor one about another label.
            {"key": other.key, "category": "zf.road", "suggested": "zf.light", "score": 0.9},
        ]
        assert await record_suspects(session, listed, "m1", changed, now) == 1
    async with database.transaction() as session:
        ((doubted, held),) = await next_suspects(session, 5)
        view = suspect_view(doubted, held, town=changed)
        assert (view.given.code, view.suggested and view.suggested.code) == ("zf.road", "zf.noise")
        await answer_suspect(session, text.id, "keep", actor=anna, town=changed, now=now)
    async with database.transaction() as session:
        assert await record_suspects(session, listed[:1], "m2", changed, now) == 0


async def test_there_is_one_room(database: Database) -> None:
    async with database.reading() as session:
        assert len(list(await session.scalars(select(LabelRoom)))) == 1


async def test_the_faster_of_two_annotators_is_not_left_without_texts(
    database: Database, town: Town, now: datetime
) -> None:
    """What waits for the second person is nothing for the first."""
    (anna,) = await add_people(database, now, "甲")
    labels = {**town.policy.get("labels", {}), "queue": 4, "refill_below": 2}
    small = replace(town, policy={**town.policy, "labels": labels})
    await add_texts(database, now, MATTERS, ranked=False)
    done = 0
    while done <= len(MATTERS):
        now += timedelta(minutes=1)
        user = anna.user_id or 0
        async with database.reading() as session:
            empty = await needs_filling(session, user, small, now)
        if empty:
            await fill_queue(database, pick=first_come, town=small, now=now)
        async with database.transaction() as session:
            text = await claim_next(session, user, town=small, now=now)
            if text is None:
                break
            await cast_vote(session, text.id, ROAD, actor=anna, town=small, two=True, now=now)
        done += 1
    assert done == len(MATTERS)
