"""Which card answers a text: measured on questions and complaints written apart from the cards."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from cases.answers import AnswerBook
from cases.answers.loading import read_card_file
from cases.answers.text import is_question, squeeze
from cases.town import SAMPLE_TOWN

QUESTIONS = Path(__file__).with_name("questions.csv")
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def book() -> AnswerBook:
    return AnswerBook.of(read_card_file(SAMPLE_TOWN / "answer_cards.toml"))


def rows(split: str) -> list[tuple[str, str]]:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [(r["text"], r["card"]) for r in csv.DictReader(file) if r["split"] == split]


def test_the_questions_are_enough_and_none_is_a_cards_own(book: AnswerBook) -> None:
    every = rows("tune") + rows("held")
    own = {squeeze(q) for card in book.cards.values() for q in card.questions}
    assert len([text for text, card in every if card]) >= 150
    assert len([text for text, card in every if not card]) >= 100
    assert len({text for text, _ in every}) == len(every)
    assert [text for text, _ in every if squeeze(text) in own] == []
    assert {card for _, card in every if card} <= set(book.cards)


@pytest.mark.parametrize("split", ["tune", "held"])  # the rules were set looking at "tune" only
def test_an_answer_is_right_nine_times_in_ten(book: AnswerBook, split: str) -> None:
    given = right = wanted = unasked = 0
    for text, card in rows(split):
        found = book.find(text, DAY)
        wanted += bool(card)
        given += bool(found)
        right += bool(card) and card in found.codes
        unasked += bool(found) and not card
    print(f"{split}: {right}/{given} right, {right}/{wanted} answered, {unasked} unasked")
    assert right / given >= 0.95
    assert right / wanted >= 0.8
    assert unasked <= 1


def test_every_card_is_found_by_its_own_questions(book: AnswerBook) -> None:
    """A card nobody can reach is no card."""
    missed = [
        (code, text)
        for code, card in book.cards.items()
        for text in card.questions
        if code not in book.find(text, DAY).codes
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("居住证怎么办", True),
        ("居住证办理", True),  # a bare topic
        ("居住證怎麼辦？", True),
        ("居住证办了一个月还没拿到", False),  # about a matter under way
        ("上个月申请的低保批下来了吗", False),
        ("你们窗口态度太差了，怎么投诉没人理", False),
        ("下水道堵了归谁管", True),  # broken, but the question is whose
        ("下水道堵了，臭死了，怎么办", False),
        ("路灯坏了三天", False),
        ("居住证" + "我家的事情说来话长" * 20 + "怎么办", False),  # a story is for a person
    ],
)
def test_a_question_is_told_from_a_complaint(text: str, asks: bool) -> None:
    assert is_question(text) is asks


def test_traditional_and_full_width_letters_are_read(book: AnswerBook) -> None:
    assert book.find("請問居住證怎麼辦？", DAY).codes == ("HJ01",)
    assert book.find("１２３１５怎么投诉", DAY).codes == ("SJ04",)


def test_a_card_is_shown_only_while_it_holds(book: AnswerBook) -> None:
    from dataclasses import replace

    old = replace(book.cards["HJ01"], valid_until=date(2026, 11, 1))
    assert not AnswerBook.of([old]).find("居住证怎么办", DAY)
    assert AnswerBook.of([old]).find("居住证怎么办", date(2026, 11, 1)).codes == ("HJ01",)
    later = replace(old, valid_from=date(2027, 1, 1), valid_until=None)
    assert not AnswerBook.of([later]).find("居住证怎么办", DAY)


def test_two_cards_that_fit_alike_are_left_to_the_citizen(book: AnswerBook) -> None:
    from dataclasses import replace

    first = book.cards["HJ01"]
    twin = replace(first, code="HJ99", title="另一张")
    found = AnswerBook.of([first, twin]).find("居住证怎么办", DAY)
    assert found.card is None
    assert set(found.codes) == {"HJ01", "HJ99"}


def test_another_category_has_to_fit_almost_wholly(book: AnswerBook) -> None:
    text = "我租的房子没有房产证，可以申请居住证不"
    assert book.find(text, DAY, ["bm.hukou"]).codes == ("HJ01",)
    assert not book.find(text, DAY, ["bm.transit"])
    assert book.find("居住证怎么办", DAY, ["bm.transit"]).codes == ("HJ01",)


@pytest.mark.parametrize("text", ["", "？", "👍", "\x00", "a" * 100_000, "居住证" * 5000])
def test_odd_texts_get_no_card(book: AnswerBook, text: str) -> None:
    assert not book.find(text, DAY)


def test_staff_see_cards_beside_a_complaint(book: AnswerBook) -> None:
    found = book.nearest("居住证办了一个多月还没拿到，派出所一直说在做", DAY)
    assert [card.code for card in found] == ["HJ01"]
