"""Answer cards (答复卡): what a citizen hears at once who asks how, where or with which papers.

::

    AnswerCard            one card, as data
    AnswerBook.find(text) the card that answers a text, or a few to choose from, or none
    card_text(card)       the card in a citizen's words
"""

from cases.answers.book import AnswerBook, Found
from cases.answers.card import NO_DAYS, AnswerCard
from cases.answers.wording import card_text, cite

__all__ = ["NO_DAYS", "AnswerBook", "AnswerCard", "Found", "card_text", "cite"]
