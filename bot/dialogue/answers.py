"""Questions answered at once from the town's cards.

::

    answer_consult(state, incoming, facts)     a rule: the card, or a few to choose from
    hear_solved(state, incoming, facts)        words in answer to "解决了吗？"
    tap_answer(state, incoming, facts, tap)    [解决了] [没解决，帮我登记] [another card]

A card is given only to a question (by the words, and by the classifier where it spoke). Whatever
the card does not settle becomes a case with the words of the question; silence settles nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.dialogue.facts import Facts
from bot.dialogue.filing import is_critical, waiting_case
from bot.dialogue.service_actions import FileConsultation, GiveAnswer, SettleAnswer, ShowAnswer
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Button, Outcome, Turn, button
from bot.incoming import Incoming
from bot.words import digest, means
from cases.answers import AnswerCard, Found, card_text
from cases.callbacks import Callback
from cases.classification import Tag
from cases.errands.catalogue import is_errand

#: What the classifier has to call it, where it understood anything at all.
_CONSULT = "consult"
_WANTS_HELP = frozenset({"vulnerable", "errand"})
_LABEL_LENGTH = 24


def answer_consult(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A question that a card answers is answered, not filed."""
    if not incoming.is_plain_text or waiting_case(facts) is not None:
        return None
    found = look_up(incoming.text, facts)
    if not found:
        return None
    state = replace(
        state.at_rest(),
        kept=incoming.text,
        last_digest=digest(incoming.text),
        last_text_at=incoming.at,
        last_case_id=None,
    )
    action = GiveAnswer(incoming.text, found.codes, incoming.at)
    return Turn(state.asking(Step.ASKING_SOLVED, incoming.at), action=action)


def look_up(text: str, facts: Facts) -> Found:
    """The card for a text, as far as the classifier does not speak against it."""
    tag = facts.tag
    if is_critical(tag) or (tag is not None and not _may_ask(tag)):
        return Found()
    categories = (tag.category, *(a.category for a in tag.alternatives)) if tag else ()
    known = tuple(code for code in categories if not code.startswith("na."))
    return facts.town.answers.find(text, _today(facts), known)


def hear_solved(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Yes, no, thanks, another question, another matter – or more about this one, which is then
    filed together with the question."""
    asked = state.record_id
    if asked is None or not incoming.is_plain_text or is_critical(facts.tag):
        return None
    if means(incoming.text, "solved"):
        return Turn(state.at_rest(), action=SettleAnswer(asked))
    if means(incoming.text, "unsolved"):
        return Turn(state.at_rest(), action=FileConsultation(asked))
    if means(incoming.text, "thanks"):
        return Turn(state.at_rest()).saying(facts.texts.say("talk.thanks"))
    if means(incoming.text, "greeting") or is_errand(incoming.text):
        return None
    if look_up(incoming.text, facts):
        return None
    if _is_another_matter(state, facts):
        return None
    action = FileConsultation(asked, more=incoming.text, message_key=incoming.message_key)
    return Turn(state.at_rest(), action=action)


def tap_answer(
    state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback
) -> Turn | None:
    """A button under a card or a choice of cards; ``stamp`` is the consultation."""
    resting = state.at_rest() if state.record_id == tap.stamp else state
    if tap.value == "yes":
        return Turn(resting, action=SettleAnswer(tap.stamp))
    if tap.value == "no":
        return Turn(resting, action=FileConsultation(tap.stamp))
    if tap.value in facts.town.answers.cards:
        return Turn(state, action=ShowAnswer(tap.stamp, tap.value))
    return None


def answer_given(turn: Turn, action: GiveAnswer, outcome: Outcome, facts: Facts) -> Turn:
    """The card with its two buttons, or the choice."""
    asked = int(outcome.details["id"])
    turn = replace(turn, state=replace(turn.state, record_id=asked))
    cards = [facts.town.answers.cards[code] for code in action.codes]
    if len(cards) == 1:
        return _show(turn, cards[0], asked, facts, action.text)
    say = facts.texts.say
    rows = [(button(card.title[:_LABEL_LENGTH], "kb", 0, asked, card.code),) for card in cards]
    none = button(say("button.no_card"), "kb", 0, asked, "no")
    return turn.saying(say("answer.which"), *rows, (none,))


def answer_shown(turn: Turn, action: ShowAnswer, outcome: Outcome, facts: Facts) -> Turn:
    """The card chosen."""
    card = facts.town.answers.cards[action.code]
    return _show(turn, card, action.consultation_id, facts, "")


def answer_settled(turn: Turn, action: SettleAnswer, outcome: Outcome, facts: Facts) -> Turn:
    """Said once, thanked once."""
    return turn.saying(facts.texts.say("answer.glad"))


def _show(turn: Turn, card: AnswerCard, asked: int, facts: Facts, text: str) -> Turn:
    say = facts.texts.say
    words = f"{card_text(card, facts.texts.language)}\n{say('answer.solved')}"
    row = (
        button(say("button.solved"), "kb", 0, asked, "yes"),
        button(say("button.unsolved"), "kb", 0, asked, "no"),
    )
    return turn.saying(words, row, _offer_errand(text, facts))


def _offer_errand(text: str, facts: Facts) -> tuple[Button, ...]:
    """Who can hardly come is offered somebody who goes; nobody asks for proof."""
    if facts.tag is None or not _WANTS_HELP & set(facts.tag.flags):
        return ()
    items = facts.town.errands.find_items(text)
    if not items:
        return ()
    label = facts.texts.say("button.errand")
    return (button(label, "run", 0, 0, items[0].code),)


def _may_ask(tag: Tag) -> bool:
    """A question by the classifier's word; where it understood nothing, the words decide."""
    return tag.request_type == _CONSULT or tag.platform == "na"


def _is_another_matter(state: DialogueState, facts: Facts) -> bool:
    """The machine is rather sure that the words are about something else than the cards shown."""
    tag = facts.tag
    if tag is None or tag.platform == "na" or tag.decision == "human":
        return False
    shown = facts.town.answers.find(state.kept, _today(facts)).codes
    about = {facts.town.answers.cards[code].category for code in shown}
    return tag.category not in about


def _today(facts: Facts) -> date:
    return facts.now.astimezone(facts.town.calendar.zone).date()
