"""From words to a case: file at once, ask once, or add to the case just filed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.links import hinted_place
from bot.dialogue.receipt import describe_receipt, receipt_buttons
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import FileCase, Supplement, Turn, button
from bot.dialogue.vague import UNCLEAR, surely_invalid
from bot.incoming import Incoming
from bot.words import digest, means
from cases.classification import Tag
from cases.lifecycle import State

SAME_TEXT_WITHIN = timedelta(seconds=60)
SUPPLEMENT_WITHIN = timedelta(minutes=2)
FILES_WITHIN = timedelta(minutes=10)
#: How long an open case is a likely home for words that name no problem of their own.
WHOSE_WITHIN = timedelta(days=7)
SHORT_TEXT = 15


def file_or_ask(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    """A message with words of its own, no question open about it."""
    tag = facts.tag
    state = replace(
        state,
        last_digest=digest(incoming.text),
        last_text_at=incoming.at,
        last_case_id=None,
        last_message_key=incoming.message_key,
    )
    if is_critical(tag):
        return file_now(state, incoming, incoming.text)
    waiting = waiting_case(facts)
    if waiting is not None and not names_new_problem(tag, waiting):
        return supplement(state, incoming, waiting)
    same = _same_matter(incoming, facts)
    if same is not None:
        return ask_whose(state, incoming, facts, same)
    refused = too_many(state, facts)
    if refused is not None:
        return refused
    if tag is not None and tag.category == UNCLEAR and incoming.is_plain_text:
        whose = _likely_home(incoming, facts)
        if whose is not None:
            return ask_whose(state, incoming, facts, whose)
        return ask_what(state, incoming, facts)
    if surely_invalid(tag):
        return _ask_invalid(state, incoming, facts)
    return file_now(state, incoming, incoming.text)


def too_many(state: DialogueState, facts: Facts, more: int = 1) -> Turn | None:
    """Nobody has so many matters in an hour: they are told where to call."""
    if facts.filed_lately + more <= int(facts.town.policy["citizen"]["cases_per_hour"]):
        return None
    hotline = facts.town.policy["hotline"]
    text = facts.texts.say("flood.cases", count=facts.filed_lately, hotline=hotline)
    return Turn(state).saying(text)


def file_now(
    state: DialogueState, incoming: Incoming, text: str, *, for_person: bool = False
) -> Turn:
    """File ``text`` together with whatever was kept and came along."""
    hint = hinted_place(state, incoming, text)
    location = incoming.location or state.kept_location or hint
    if hint is not None:
        state = replace(state, hint=None, hint_at=None)
    action = FileCase(
        text=text,
        files=tuple(f for f in (*state.kept_files, *incoming.files) if not f.is_oversize),
        place=(hint.title if hint else None) or (location.title if location else None),
        location=location,
        for_person=for_person,
        message_key=incoming.message_key,
    )
    return Turn(state.at_rest(), action=action)


def supplement(state: DialogueState, incoming: Incoming, case: CaseView) -> Turn:
    """What came belongs to ``case``; the open question, if any, is left unless it holds words."""
    action = Supplement(
        case,
        text=incoming.text,
        files=incoming.files,
        location=incoming.location,
        message_key=incoming.message_key,
    )
    return Turn(state.leave_question(), action=action)


def supplement_kept(
    state: DialogueState, incoming: Incoming, case: CaseView, *, place: str | None = None
) -> Turn:
    """What was kept belongs to ``case``, with whatever came since, which may say where it is."""
    action = Supplement(
        case,
        text=state.kept if place else join_words(state, incoming),
        place=place,
        files=(*state.kept_files, *incoming.files),
        location=incoming.location or state.kept_location,
        message_key=incoming.message_key,
    )
    rested = state.at_rest()
    if incoming.album:
        rested = replace(rested, album=incoming.album, album_case_id=case.id)
    return Turn(rested, action=action)


def join_words(state: DialogueState, incoming: Incoming) -> str:
    """The kept words and the new ones."""
    return "\n".join(part for part in (state.kept, incoming.text) if part)


def recent_supplement(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A few words right after filing, or a photo a little later, that name no new problem
    belong to that case."""
    case = facts.newest
    if case is None or not case.takes_more or _names_other_place(facts, case):
        return None
    age = incoming.at - case.filed_at
    if is_critical(facts.tag):
        # 已经打120了, 人醒了: danger that people are on their way to already.
        same = case.urgency == "critical" and age <= FILES_WITHIN and incoming.is_plain_text
        short = len(incoming.text.strip()) < 2 * SHORT_TEXT and not means(incoming.text, "more")
        return supplement(state, incoming, case) if same and short else None
    if incoming.files:
        new = names_new_problem(facts.tag, case)
        return supplement(state, incoming, case) if age <= FILES_WITHIN and not new else None
    if len(incoming.text.strip()) >= SHORT_TEXT or age > SUPPLEMENT_WITHIN:
        return None
    if not names_new_problem(facts.tag, case):
        return supplement(state, incoming, case)
    # A few words are easily mistaken (要求赔钱, 老板还骂人): rather a question than a second case.
    if means(incoming.text, "more") or waiting_case(facts) is not None:
        return None
    if names_new_problem(facts.tag, case, surely=True):
        return ask_whose(state, incoming, facts, case)
    return supplement(state, incoming, case)


def same_again(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The same words within a minute: the same answer, not a second case."""
    if not incoming.is_plain_text or state.last_text_at is None:
        return None
    if digest(incoming.text) != state.last_digest:
        return None
    if incoming.at - state.last_text_at > SAME_TEXT_WITHIN:
        return None
    case = facts.find(state.last_case_id)
    if case is not None:
        asks = state.step is Step.ASKING_PLACE and state.case_id == case.id
        text = f"{facts.texts.say('receipt.again')}\n{describe_receipt(case, facts)}"
        rows = receipt_buttons(case, facts, state.stamp, asks_place=asks)
        return Turn(state).saying(text, *rows, case_id=case.id)
    if state.step is Step.ASKING_WHAT:
        return Turn(state).saying(facts.texts.say("ask.what"))
    return None


def names_new_problem(tag: Tag | None, case: CaseView, *, surely: bool = False) -> bool:
    """Whether the words speak of another matter than ``case``: danger always does.

    ``surely`` asks for the machine's full confidence, where the words are expected to be
    something else (the name of a place).
    """
    if tag is None or tag.platform == "na":
        return is_critical(tag)
    enough = ("auto",) if surely else ("auto", "suggest")
    return is_critical(tag) or (tag.category != case.category and tag.decision in enough)


def _names_other_place(facts: Facts, case: CaseView) -> bool:
    """The same kind of problem somewhere else is another problem."""
    if facts.tag is None or facts.tag.platform == "na" or not (facts.place and case.place):
        return False
    return facts.place not in case.place and case.place not in facts.place


def is_critical(tag: Tag | None) -> bool:
    """Somebody may be in danger: never a question first."""
    return tag is not None and tag.urgency == "critical"


def _keep(state: DialogueState, incoming: Incoming) -> DialogueState:
    """The words wait. Doubted ones kept before are given up for these, their pictures are not."""
    return replace(
        state.at_rest(),
        kept=incoming.text,
        kept_key=incoming.message_key,
        kept_files=(*state.kept_files, *incoming.files),
        kept_location=incoming.location or state.kept_location,
    )


def _ask_invalid(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    asking = _keep(state, incoming).asking(Step.ASKING_FILE, incoming.at)
    say = facts.texts.say
    row = (button(say("button.file"), "file", 0, asking.stamp),)
    return Turn(asking).saying(say("ask.invalid"), row)


def ask_what(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    """The words are kept; the matter is asked for, once."""
    kept = _keep(state, incoming).asking(Step.ASKING_WHAT, incoming.at)
    return Turn(kept).saying(facts.texts.say("ask.what"))


def ask_whose(state: DialogueState, incoming: Incoming, facts: Facts, case: CaseView) -> Turn:
    """Whether the words belong to ``case`` or are another matter."""
    asking = _keep(state, incoming).asking(Step.ASKING_WHOSE, incoming.at, case.id)
    say = facts.texts.say
    refused = case.state is State.REJECTED
    yes = say("button.object" if refused else "button.supplement")
    row = (
        button(yes, "supp", case.id, asking.stamp),
        button(say("button.new"), "new", 0, asking.stamp),
    )
    text = say("ask.object" if refused else "ask.supplement", number=case.number)
    return Turn(asking).saying(text, row, case_id=case.id)


def _same_matter(incoming: Incoming, facts: Facts) -> CaseView | None:
    """An open case of these days about the same kind of thing, as far as the words say at the
    same place: the citizen is asked, so that one lamp does not become three cases."""
    if facts.tag is None or facts.tag.platform == "na":
        return None
    for case in facts.cases:
        fresh = incoming.at - case.filed_at <= WHOSE_WITHIN
        same = case.category == facts.tag.category and not _names_other_place(facts, case)
        if case.takes_more and fresh and same:
            return case
    return None


def waiting_case(facts: Facts) -> CaseView | None:
    """The case about which staff asked the citizen something, if any."""
    return next((case for case in facts.cases if case.state is State.NEED_INFO), None)


def _likely_home(incoming: Incoming, facts: Facts) -> CaseView | None:
    case = facts.newest
    if case is None or incoming.at - case.filed_at > WHOSE_WITHIN:
        return None
    return case if is_home(case) else None


def is_home(case: CaseView) -> bool:
    """Whether more words on the case still move somebody."""
    return case.takes_more or case.can_reopen or case.state is State.REJECTED
