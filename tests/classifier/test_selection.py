"""What is shown first to a person who labels."""

from __future__ import annotations

import pytest

from classifier.selection import DIVERSE, MISROUTED, UNCERTAIN, Candidate, pick_next

SURE = (("zf.light", 0.95), ("zf.road", 0.02))
TORN = (("zf.light", 0.45), ("zf.road", 0.43))
STREETS = ("永宁", "风荷", "学院", "望江", "青石", "南门", "北塘", "西街", "东巷", "河沿")


def candidate(key: str, text: str, top: tuple[tuple[str, float], ...] = SURE, **more: bool):
    return Candidate(key, text, top, **more)


def lamps(count: int) -> list[Candidate]:
    """Many messages about one thing, of which the model is sure."""
    return [candidate(f"lamp{i}", f"{STREETS[i % 10]}的路灯不亮{i}") for i in range(count)]


def test_asks_first_where_the_model_hesitates():
    torn = candidate("torn", "路面上的灯杆倒了", TORN)
    first = pick_next([*lamps(9), torn], 1)
    assert [(pick.key, pick.why) for pick in first] == [("torn", UNCERTAIN)]
    assert first[0].score == pytest.approx(0.98)


def test_a_returned_case_is_asked_about_however_sure_the_model_was():
    returned = candidate("back", "井盖响声很大", SURE, misrouted=True)
    picks = pick_next([*lamps(9), returned], 4)
    assert ("back", MISROUTED) in {(pick.key, pick.why) for pick in picks}


def test_returned_cases_leave_room_for_the_rest():
    returned = [candidate(f"back{i}", f"井盖{i}响", TORN, misrouted=True) for i in range(20)]
    whys = [pick.why for pick in pick_next([*returned, *lamps(20)], 10)]
    assert whys.count(MISROUTED) == 3


def test_the_like_of_a_picked_text_waits():
    same = [candidate(f"burst{i}", f"学院巷水管爆裂漫水{i}", TORN) for i in range(5)]
    other = candidate("other", "幼儿园门口摊贩占道", (("zf.street", 0.5), ("zz.campus", 0.4)))
    keys = {pick.key for pick in pick_next([*same, other], 2)}
    assert "other" in keys
    assert len(keys) == 2


def test_what_nothing_labelled_says_is_asked_about_though_the_model_is_sure():
    new = [candidate(f"drone{i}", f"无人机在{STREETS[i]}上空低飞", SURE) for i in range(4)]
    picks = pick_next([*lamps(30), *new], 10, known=[own.text for own in lamps(40)])
    diverse = [pick.key for pick in picks if pick.why == DIVERSE]
    assert diverse and all(key.startswith("drone") for key in diverse)


def test_a_labelled_text_is_not_asked_about_again_however_it_is_spaced():
    picks = pick_next(lamps(2), 5, known=["永宁的 路灯 不亮0！"])
    assert [pick.key for pick in picks] == ["lamp1"]


def test_a_text_sent_twice_takes_one_seat():
    twice = [candidate("a", "路灯不亮", TORN), candidate("b", "路灯不亮。", TORN)]
    assert len(pick_next(twice, 2)) == 1


def test_the_same_question_gets_the_same_answer_and_the_seed_settles_ties():
    pool = lamps(30)
    assert pick_next(pool, 5, seed=3) == pick_next(pool[::-1], 5, seed=3)
    assert len({tuple(p.key for p in pick_next(pool, 5, seed=seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(("count", "found"), [(0, 0), (3, 3), (50, 10)])
def test_never_more_than_asked_for_or_there(count: int, found: int):
    picks = pick_next(lamps(10), count)
    assert len({pick.key for pick in picks}) == len(picks) == found


def test_no_candidates_and_empty_texts_give_no_picks():
    assert pick_next([], 5) == []
    assert pick_next([candidate("a", " 。。 ", TORN)], 5) == []
