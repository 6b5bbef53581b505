"""All cards at hand and which of them answers a text.

    AnswerBook.of(cards)                    built once, then only read; a few milliseconds
    book.find(text, day, …) -> Found        one card, choices (two or three), or neither
    book.nearest(text, day) -> [card]       for staff: whatever the text may be about

A card comes into question when its topic words occur, or the text is almost one of its own
questions. Among those the wording decides: how much of what the citizen wrote, and of what people
usually ask, the two have in common, counted in pieces of two and three characters, rare pieces
more than common ones. No machine learning here: staff see on the card itself why it was chosen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from cases.answers.card import AnswerCard
from cases.answers.text import clauses, is_question, read_rule, squeeze

MOST_CHOICES = 3
#: Of the score, what the usual question has to show for; the rest is the citizen's own words.
_SHARE_OF_QUESTION = 0.55
#: A piece nobody asked with so far still weighs something.
_UNHEARD = 0.35
_LONGEST = 2000


@dataclass(frozen=True)
class Found:
    """One card to answer with, or some to choose from; both empty: no card."""

    card: AnswerCard | None = None
    choices: tuple[AnswerCard, ...] = ()
    score: float = 0.0

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of whatever was found, best first."""
        return (self.card.code,) if self.card else tuple(card.code for card in self.choices)

    def __bool__(self) -> bool:
        return self.card is not None or bool(self.choices)


@dataclass(frozen=True)
class Weighed:
    """The pieces of a wording and what they weigh together."""

    pieces: frozenset[str]
    weight: float


@dataclass(frozen=True)
class AnswerBook:
    """The cards by their codes."""

    cards: Mapping[str, AnswerCard] = field(default_factory=dict)

    @classmethod
    def of(cls, cards: Iterable[AnswerCard]) -> AnswerBook:
        """A book of these cards."""
        return cls({card.code: card for card in cards})

    def find(self, text: str, day: date, categories: Collection[str] = ()) -> Found:
        """The answer to a question; nothing for what is none, or where no card is sure.

        ``categories`` are those the classifier thinks of: a card of another has to fit the
        words almost wholly. Empty: it was not asked.
        """
        if len(text) > _LONGEST or not is_question(text):
            return Found()
        ranked = [
            (score, card)
            for score, card in self._rank(text, day)
            if not categories or card.category in categories or score >= read_rule("unexpected")
        ]
        is_long = len(squeeze(text)) >= read_rule("long_from")
        if not ranked or ranked[0][0] < read_rule("sure_long" if is_long else "sure"):
            return Found()
        best, card = ranked[0]
        close = [c for score, c in ranked if best - score < read_rule("margin")]
        if len(close) == 1:
            return Found(card=card, score=best)
        return Found(choices=tuple(close[:MOST_CHOICES]), score=best)

    def nearest(self, text: str, day: date, limit: int = MOST_CHOICES) -> list[AnswerCard]:
        """Cards whose topic the text touches, question or not; for staff beside a case."""
        ranked = self._rank(text[:_LONGEST], day)
        return [card for score, card in ranked[:limit] if score >= read_rule("near")]

    def _rank(self, text: str, day: date) -> list[tuple[float, AnswerCard]]:
        squeezed = squeeze(text)
        pieces = [self._weighed(piece) for piece in {squeezed, *clauses(text)}]
        known = read_rule("known_wording")
        ranked = []
        for card in self.cards.values():
            if not card.is_valid(day):
                continue
            score = self._score(card, pieces)
            if score >= known or card.topic.fits(squeezed):
                ranked.append((score, card))
        return sorted(ranked, key=lambda pair: (-pair[0], pair[1].code))

    def _score(self, card: AnswerCard, texts: list[Weighed]) -> float:
        asked = self._asked[card.code]
        return max(self._alike(text, question) for text in texts for question in asked)

    def _alike(self, text: Weighed, question: Weighed) -> float:
        common = text.pieces & question.pieces
        if not common:
            return 0.0
        shared = self._weigh(common)
        return (
            _SHARE_OF_QUESTION * shared / question.weight
            + (1 - _SHARE_OF_QUESTION) * shared / text.weight
        )

    def _weighed(self, text: str) -> Weighed:
        pieces = _pieces(text)
        return Weighed(pieces, self._weigh(pieces))

    def _weigh(self, pieces: Iterable[str]) -> float:
        weights = self._weights
        return sum(weights.get(piece, _UNHEARD) for piece in pieces)

    @cached_property
    def _asked(self) -> dict[str, list[Weighed]]:
        return {
            code: [self._weighed(text) for text in _wordings(card)]
            for code, card in self.cards.items()
        }

    @cached_property
    def _weights(self) -> dict[str, float]:
        """Rarer among the cards weighs more; one card counts once however often it says it."""
        counts = Counter(
            piece
            for card in self.cards.values()
            for piece in frozenset[str]().union(*map(_pieces, _wordings(card)))
        )
        most = math.log(1 + len(self.cards))
        return {piece: math.log(1 + len(self.cards) / n) / most for piece, n in counts.items()}


def _wordings(card: AnswerCard) -> list[str]:
    return [squeeze(text) for text in (card.title, *card.questions)]


def _pieces(text: str) -> frozenset[str]:
    return frozenset(text[i : i + n] for n in (2, 3) for i in range(len(text) - n + 1))
