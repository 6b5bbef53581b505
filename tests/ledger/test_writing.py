"""Each step that decides a label writes it, and no other does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.errors import RuleBroken
from cases.lifecycle import Role
from cases.models import LabelText, LabelVote, PredictionEntry
from cases.testing import make_tag
from cases.use_cases.amendments import confirm_tag
from cases.use_cases.case_lookup import find_own_case
from cases.use_cases.ledger_labels import carry_label
from tests.ledger.conftest import LIGHTS, ROADS, Desk

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def label(word: PredictionEntry) -> tuple[str | None, str | None, str | None]:
    return word.final_category, word.how, word.final_by


async def test_what_goes_out_by_itself_is_open(desk: Desk) -> None:
    await desk.file()
    word = await desk.word()
    assert (word.automatic, word.at_filing, word.misrouted) == (True, True, False)
    assert label(word) == (None, None, None)


async def test_accepting_the_suggestion_confirms_it(desk: Desk) -> None:
    await desk.accept(await desk.suggested())
    word = await desk.word()
    assert label(word) == ("zf.light", "confirmed", "小周")
    assert (word.final_request_type, word.final_urgency) == ("help", "normal")
    assert (word.final_at, word.automatic) == (desk.now, False)


async def test_accepting_under_another_category_corrects_it(desk: Desk) -> None:
    await desk.accept(await desk.suggested(), "zf.road", urgency="urgent")
    word = await desk.word()
    assert label(word) == ("zf.road", "corrected", "小周")
    assert (word.category, word.final_urgency) == ("zf.light", "urgent")


async def test_filed_with_a_confirmed_tag_nothing_was_automatic(desk: Desk) -> None:
    confirmed = {"category": "zf.light", "request_type": "help", "urgency": "normal"}
    case = await desk.file(Actor(Role.AGENT, "小周"), confirmed=confirmed)
    assert case.lead_unit == LIGHTS
    word = await desk.word()
    assert (word.automatic, word.how) == (False, "confirmed")


async def test_the_last_correction_counts(desk: Desk) -> None:
    case = await desk.file()
    await desk.act(case, "relabel", category="zf.road")
    await desk.act(case, "relabel", category="zf.light")
    assert label(await desk.word()) == ("zf.light", "confirmed", "王派单")


async def test_a_citizens_choice_is_no_final_label(desk: Desk) -> None:
    case = await desk.suggested()
    async with desk.database.transaction() as session:
        mine = await find_own_case(session, case.number, desk.contact)
        await confirm_tag(
            session, mine, "zf.road", actor=desk.citizen, town=desk.town, now=desk.now
        )
    word = await desk.word()
    assert (word.automatic, word.how) == (False, None)
    await desk.settle(case, ROADS)
    assert label(await desk.word()) == ("zf.road", "handled", "王派单")


async def test_its_own_unit_settled_it(desk: Desk) -> None:
    await desk.settle(await desk.file())
    assert label(await desk.word()) == ("zf.light", "handled", "王派单")


async def test_a_confirmed_label_is_not_taken_over_by_closing(desk: Desk) -> None:
    case = await desk.accept(await desk.suggested())
    await desk.act(case, "dispatch", unit=LIGHTS)
    await desk.settle(case)
    assert label(await desk.word()) == ("zf.light", "confirmed", "小周")


async def test_sending_it_to_the_listed_unit_after_all_confirms(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "reassign", unit=ROADS, reason="试一试")
    assert (await desk.word()).misrouted
    await desk.act(case, "reassign", unit=LIGHTS, reason="还是他们的")
    word = await desk.word()
    assert (word.how, word.misrouted) == ("confirmed", False)


async def test_another_unit_that_settles_it_says_nothing(desk: Desk) -> None:
    case = await desk.file()
    await desk.act(case, "reassign", unit=ROADS, reason="人手不够")
    await desk.settle(case, ROADS)
    word = await desk.word()
    assert (label(word), word.misrouted) == ((None, None, None), False)


async def test_an_accepted_return_opens_the_label_again(desk: Desk) -> None:
    case = await desk.accept(await desk.suggested())
    await desk.act(case, "dispatch", unit=LIGHTS)
    await desk.give_back(case)
    word = await desk.word()
    assert (word.return_count, word.returns[0]["accepted"], word.how) == (1, None, "confirmed")
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    word = await desk.word()
    assert (label(word), word.misrouted) == ((None, None, None), True)
    told = word.returns[0]
    assert (told["unit"], told["reason"], told["proposed_unit"]) == (LIGHTS, "不归我们管", ROADS)
    assert (told["accepted"], told["by"]) == (True, "赵所长")
    await desk.settle(case, ROADS)
    assert (await desk.word()).misrouted, "closing does not say which category it was"


async def test_a_label_put_right_before_the_new_unit_stays(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "relabel", category="zf.road")
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    word = await desk.word()
    assert (label(word), word.misrouted) == (("zf.road", "corrected", "王派单"), False)


async def test_a_refused_return_is_kept_and_changes_nothing(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "refuse_return", reason="清单写明归你们")
    word = await desk.word()
    assert (word.returns[0]["accepted"], word.misrouted, word.how) == (False, False, None)


async def test_a_meeting_settles_the_return(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "consult", units=[LIGHTS, ROADS], reason="两家都说不是自己的")
    await desk.act(case, "conclude", unit=ROADS, minutes="道路所牵头")
    word = await desk.word()
    assert (word.returns[0]["accepted"], word.misrouted) == (True, True)


async def test_a_refused_step_writes_nothing(desk: Desk) -> None:
    """The label is part of the step: both or neither."""
    case = await desk.suggested()
    with pytest.raises(RuleBroken):
        await desk.accept(case, "na.other")
    assert label(await desk.word()) == (None, None, None)


async def test_rejecting_what_was_outside_the_catalogue_confirms_it(desk: Desk) -> None:
    tag = make_tag(category="na.other", platform="na", decision="human")
    case = await desk.file(tag=tag)
    await desk.act(case, "reject", reason="不在受理范围", channel="请拨 110")
    assert label(await desk.word()) == ("na.other", "confirmed", "王派单")


async def test_a_later_reading_is_judged_too_and_the_first_stays(desk: Desk) -> None:
    case = await desk.file()
    async with desk.database.transaction() as session:
        session.add(
            PredictionEntry(
                case_id=case.id, at=desk.now, model="newer", category="zf.road", confidence=0.6,
                decision="suggest", tag={}, at_filing=False,
            )
        )  # fmt: skip
    await desk.act(case, "relabel", category="zf.road")
    async with desk.database.reading() as session:
        rows = list(await session.scalars(select(PredictionEntry).order_by(PredictionEntry.id)))
    assert [(row.at_filing, row.how) for row in rows] == [(True, "corrected"), (False, "confirmed")]


def text_of(case_id: int, **changes: object) -> LabelText:
    said = LabelText(
        case_id=case_id, state="settled", source="desk", category="zf.road", request_type="help",
        urgency="normal", how="single", settled_by="小李", settled_at=AT,
    )  # fmt: skip
    for name, value in changes.items():
        setattr(said, name, value)
    return said


async def carry(desk: Desk, text: LabelText) -> PredictionEntry:
    async with desk.database.transaction() as session:
        await carry_label(session, text, LabelVote(before={}))
    return await desk.word()


async def test_a_label_of_the_training_room_counts(desk: Desk) -> None:
    """And goes when it is taken back."""
    case = await desk.file()
    word = await carry(desk, text_of(case.id))
    assert label(word) == ("zf.road", "labelled", "小李")
    assert word.final_at == AT
    word = await carry(desk, text_of(case.id, state="open", source="case"))
    assert label(word) == (None, None, None)


async def test_a_returned_case_is_labelled_and_open_again(desk: Desk) -> None:
    case = await desk.file()
    await desk.give_back(case)
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    assert not (await carry(desk, text_of(case.id))).misrouted
    assert (await carry(desk, text_of(case.id, state="disputed"))).misrouted


async def test_taking_a_label_back_leaves_what_the_desk_had_said(desk: Desk) -> None:
    case = await desk.accept(await desk.suggested())
    await carry(desk, text_of(case.id))
    before = {"category": "zf.light", "how": "confirmed", "settled_by": "小周", "source": "case"}
    assert label(await carry(desk, text_of(case.id, **before))) == ("zf.light", "confirmed", "小周")
    # Neither an open text nor an older label changes what the desk says.
    older = before | {"category": "zf.noise", "how": "confirmed"}
    assert label(await carry(desk, text_of(case.id, **older)))[0] == "zf.light"
    word = await carry(desk, text_of(case.id, state="open", source="case"))
    assert label(word) == ("zf.light", "confirmed", "小周")
