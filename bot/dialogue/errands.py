"""帮我代办: what is to be run, who runs, and the citizen's side of the record.

::

    take_errand(state, incoming, facts)         a rule: "帮我代办 …"
    hear_item / hear_area                       answers to "哪一件？" and "住哪个村（社区）？"
    tap_item / tap_area / tap_errand            the buttons for them, and the signature

One message is enough: the item by its words, the runner by the place named. What is missing is
asked once each; what stays unclear becomes a case with the words that were said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.dialogue.facts import Facts
from bot.dialogue.filing import file_now, is_critical, join_words, waiting_case
from bot.dialogue.service_actions import CancelErrand, PlaceErrand, RequestErrand, SignErrand
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Outcome, Turn, button
from bot.incoming import Incoming
from bot.words import digest, means
from cases.callbacks import Callback
from cases.errands import ErrandItemRow
from cases.errands.catalogue import is_errand
from cases.notifications import format_moment

_COMPLAINS = ("complaint", "report", "praise", "suggest")
_AREA_LENGTH = 40


def take_errand(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Somebody wants an errand run: open its record, or ask which one it is."""
    book = facts.town.errands
    if not book or not incoming.is_plain_text or waiting_case(facts) is not None:
        return None
    if is_critical(facts.tag) or not is_errand(incoming.text):
        return None
    if (
        facts.tag is not None
        and facts.tag.request_type in _COMPLAINS
        and not _names_item(incoming.text, facts)
    ):
        return None
    state = replace(
        state.at_rest(),
        last_digest=digest(incoming.text),
        last_text_at=incoming.at,
        last_case_id=None,
    )
    items = book.pick_items(incoming.text)
    if len(items) == 1:
        return _request(state, incoming, facts, items[0], incoming.text)
    return _ask_item(replace(state, kept=incoming.text), incoming, facts, items)


def hear_item(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Which item, in words; if still none, or with pictures, a person reads both messages."""
    if not incoming.says_something:
        return None
    text = join_words(state, incoming)
    items = facts.town.errands.pick_items(incoming.text)
    if items and incoming.is_plain_text and not is_critical(facts.tag):
        return _request(state.at_rest(), incoming, facts, items[0], text)
    return file_now(state, incoming, text)


def hear_area(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A village or estate; anything longer is a message of its own."""
    short = len(incoming.text.strip()) <= _AREA_LENGTH
    if state.record_id is None or not incoming.is_plain_text or not short:
        return None
    if means(incoming.text, "skip"):
        return Turn(state.at_rest()).saying(facts.texts.say("errand.area_skipped"))
    runner, area = facts.town.errands.find_runner(incoming.text)
    if area is None:
        return None
    return Turn(state.at_rest(), action=PlaceErrand(state.record_id, runner.code, area))


def tap_item(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    """One of the items offered; the words said before come along."""
    item = facts.town.errands.items.get(tap.value)
    if item is None:
        return None
    if state.step is not Step.ASKING_ITEM:
        return _request(state.leave_question(), incoming, facts, item, item.name)
    return _request(state.at_rest(), incoming, facts, item, state.kept or item.name)


def tap_area(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    """One of the grids; ``stamp`` is the errand."""
    runner = facts.town.errands.runners.get(tap.value)
    if runner is None or not runner.areas:
        return None
    placed = PlaceErrand(tap.stamp, runner.code, runner.areas[0])
    return Turn(state.leave_question(), action=placed)


def tap_errand(
    state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback
) -> Turn | None:
    """[收到了] [没收到] [取消代办]; ``stamp`` is the errand."""
    if tap.value == "cancel":
        return Turn(state.leave_question(), action=CancelErrand(tap.stamp))
    if tap.value in ("got", "not"):
        return Turn(state, action=SignErrand(tap.stamp, received=tap.value == "got"))
    return None


def errand_requested(turn: Turn, action: RequestErrand, outcome: Outcome, facts: Facts) -> Turn:
    """Number, checklist, runner and dates; where nobody said where, the grids to choose from."""
    told, say = outcome.details, facts.texts.say
    item, errand_id = facts.town.errands.items[action.item], int(told["id"])
    lines = [say("errand.opened", number=told["number"], item=item.name), say("errand.papers")]
    lines += [f"{place}. {paper}" for place, paper in enumerate(item.materials, start=1)]
    lines.append(_say_runner(action.runner, facts))
    take, due = _day(told["take_due"], facts), _day(told["due"], facts)
    lines.append(say("errand.dates", take=take, due=due))
    cancel = (button(say("button.cancel_errand"), "errand", 0, errand_id, "cancel"),)
    if action.area is not None:
        return turn.saying("\n".join(lines), cancel)
    lines.append(say("errand.ask_area"))
    state = turn.state
    if not state.holds:
        state = replace(state.asking(Step.ASKING_AREA, facts.now), record_id=errand_id)
    grids = [
        button(runner.areas[0], "area", 0, errand_id, runner.code)
        for runner in facts.town.errands.runners.values()
        if runner.areas
    ]
    rows = [tuple(grids[start : start + 3]) for start in range(0, len(grids), 3)]
    return replace(turn, state=state).saying("\n".join(lines), *rows, cancel)


def errand_placed(turn: Turn, action: PlaceErrand, outcome: Outcome, facts: Facts) -> Turn:
    """Who it is now."""
    return turn.saying(_say_runner(action.runner, facts))


def errand_signed(turn: Turn, action: SignErrand, outcome: Outcome, facts: Facts) -> Turn:
    """Both have signed, or the runner hears that nothing came."""
    key = "errand.signed" if action.received else "errand.objected"
    return turn.saying(facts.texts.say(key, number=outcome.details["number"]))


def errand_cancelled(turn: Turn, action: CancelErrand, outcome: Outcome, facts: Facts) -> Turn:
    """Gone, and how to have it back."""
    return turn.saying(facts.texts.say("errand.cancelled", number=outcome.details["number"]))


def _request(
    state: DialogueState, incoming: Incoming, facts: Facts, item: ErrandItemRow, text: str
) -> Turn:
    runner, area = facts.town.errands.find_runner(text)
    return Turn(state, action=RequestErrand(text, item.code, runner.code, area))


def _ask_item(
    state: DialogueState, incoming: Incoming, facts: Facts, items: list[ErrandItemRow]
) -> Turn:
    say = facts.texts.say
    asking = state.asking(Step.ASKING_ITEM, incoming.at)
    if items:
        rows = [(button(item.name, "run", 0, asking.stamp, item.code),) for item in items]
        return Turn(asking).saying(say("errand.which"), *rows)
    groups = say("media.joiner").join(facts.town.errands.groups)
    count = len(facts.town.errands.items)
    return Turn(asking).saying(say("errand.catalogue", count=count, groups=groups))


def _names_item(text: str, facts: Facts) -> bool:
    return len(facts.town.errands.pick_items(text)) == 1


def _say_runner(code: str, facts: Facts) -> str:
    runner = facts.town.errands.runners[code]
    key = "errand.counter" if runner.is_default else "errand.runner"
    return facts.texts.say(
        key, runner=runner.name, grid=runner.grid, phone=runner.phone, point=runner.point
    )


def _day(moment: datetime, facts: Facts) -> str:
    return format_moment(facts.town, moment, facts.texts.language)
