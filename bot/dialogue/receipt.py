"""Putting a case into the citizen's words: the receipt after filing, the line for /status."""

from __future__ import annotations

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.turn import Button, button
from bot.dialogue.vague import is_vague
from bot.incoming import FileKind, IncomingFile
from cases.lifecycle import State
from cases.notifications import format_moment, state_name

SCOPE = "na.scope"
#: At most this many categories to choose from, besides "other".
CHOICES = 3
#: From this share of the first guess's confidence on the second is asked about beside it.
CLOSE_RIVAL = 0.7


def is_dispatchable(category: str | None, facts: Facts) -> bool:
    """Whether a unit answers for the category (``na.*`` has none)."""
    row = facts.town.categories.get(category or "")
    return row is not None and row.dispatchable


def name_category(category: str | None, facts: Facts) -> str:
    """The category in the citizen's words and language."""
    return facts.town.plain_name(category, facts.texts.language)


def is_suggestion(case: CaseView, facts: Facts) -> bool:
    """Whether the citizen's word on the category is wanted: it would send the case on, but in
    danger a person decides."""
    return (
        case.state is State.SUBMITTED
        and case.urgency != "critical"
        and case.decision == "suggest"
        and is_dispatchable(case.category, facts)
    )


def find_rival(case: CaseView, facts: Facts) -> str | None:
    """The category almost as likely as the first: asking which of two tells more than asking
    whether the first is right."""
    tag = facts.tag
    if tag is None or not tag.alternatives or tag.category != case.category:
        return None
    second = tag.alternatives[0]
    close = second.confidence >= CLOSE_RIVAL * tag.confidence
    return second.category if close and is_dispatchable(second.category, facts) else None


def describe_receipt(case: CaseView, facts: Facts) -> str:
    """What the citizen holds: number, code, what was understood, who has it, until when."""
    say = facts.texts.say
    lines = [say("receipt.number", number=case.number, code=case.tracking_code)]
    if case.urgency == "critical":
        lines.insert(0, say("receipt.danger"))
    lines.append(describe_course(case, facts))
    return "\n".join(lines)


def describe_course(case: CaseView, facts: Facts) -> str:
    """One sentence: dispatched to whom, or who looks at it next."""
    say = facts.texts.say
    category = name_category(case.category, facts)
    if case.unit and case.state not in (State.SUBMITTED, State.ACCEPTED):
        return say_dispatched("receipt", case, facts)
    if case.state is State.ACCEPTED:
        return say("receipt.accepted", category=category)
    rival = find_rival(case, facts)
    if is_suggestion(case, facts) and rival is not None:
        return say("receipt.rival", first=category, second=name_category(rival, facts))
    if is_suggestion(case, facts):
        return say("receipt.suggested", category=category)
    if case.category == SCOPE:
        return say("receipt.scope")
    return say("receipt.person")


def say_dispatched(section: str, case: CaseView, facts: Facts) -> str:
    """The unit and, where there is a deadline, the day."""
    blanks = {
        "category": name_category(case.category, facts),
        "unit": facts.town.unit_name(case.unit),
        "number": case.number,
    }
    if case.due_at is None:
        return facts.texts.say(f"{section}.dispatched_open", **blanks)
    return facts.texts.say(f"{section}.dispatched", due=say_due(case, facts), **blanks)


def say_due(case: CaseView, facts: Facts) -> str:
    """The deadline as people say it."""
    return format_moment(facts.town, case.due_at, facts.texts.language)


def needs_place(case: CaseView, facts: Facts, text: str = "") -> bool:
    """Whether we ask where it is; ``text``: the words it was filed with."""
    if case.place or case.has_pin:
        return False
    row = facts.town.categories.get(case.category or "")
    if case.urgency == "critical" and is_vague(case, facts, text):
        return True  # whatever it is, somebody has to find it
    return row is not None and row.dispatchable and row.needs_place


def receipt_buttons(
    case: CaseView, facts: Facts, stamp: int, *, asks_place: bool, can_undo: bool = True
) -> tuple[tuple[Button, ...], ...]:
    """[对] [改类别] where we are not sure, [类别不对] where we are; then [跳过] [撤销]."""
    say = facts.texts.say
    first: tuple[Button, ...] = ()
    rival = find_rival(case, facts)
    if is_suggestion(case, facts) and rival is not None:
        first = (
            button(name_category(case.category, facts), "ok", case.id, stamp),
            button(name_category(rival, facts), "cat", case.id, stamp, rival),
            button(say("button.other"), "other", case.id, stamp, "list"),
        )
    elif is_suggestion(case, facts):
        first = (
            button(say("button.right"), "ok", case.id, stamp),
            button(say("button.change"), "other", case.id, stamp, "list"),
        )
    elif is_dispatchable(case.category, facts) and case.is_open:
        first = (button(say("button.wrong"), "other", case.id, stamp, "list"),)
    second: tuple[Button, ...] = ()
    if asks_place:
        second += (button(say("button.skip"), "noplace", case.id, stamp),)
    if can_undo and case.is_open and case.urgency != "critical":
        second += (button(say("button.undo"), "undo", case.id, stamp),)
    return tuple(row for row in (first, second) if row)


def category_buttons(case: CaseView, facts: Facts, stamp: int) -> tuple[tuple[Button, ...], ...]:
    """The machine's next guesses, one a row, then "other"."""
    guesses = [case.category, *case.alternatives] if case.state is State.SUBMITTED else []
    guesses = guesses or list(case.alternatives)
    codes = list(dict.fromkeys(c for c in guesses if c and is_dispatchable(c, facts)))
    if case.decision != "human" and case.category in codes:
        codes.remove(case.category)
    rows = [
        (button(name_category(code, facts), "cat", case.id, stamp, code),)
        for code in codes[:CHOICES]
    ]
    other = button(facts.texts.say("button.other"), "other", case.id, stamp, "none")
    return (*rows, (other,))


def describe_status(case: CaseView, facts: Facts) -> str:
    """The answer to "how far is it?"."""
    say = facts.texts.say
    named = is_dispatchable(case.category, facts)
    category = name_category(case.category, facts) if named else say("status.untagged")
    parts = [
        say(
            "status.line",
            number=case.number,
            category=category,
            state=state_name(case.shown or case.state, facts.texts.language),
        )
    ]
    if case.unit:
        parts.append(say("status.unit", unit=facts.town.unit_name(case.unit)))
    if case.due_at and case.is_open and case.unit:
        parts.append(say("status.due", due=say_due(case, facts)))
    if case.reply:
        parts.append(say("status.reply", text=case.reply))
    return "\n".join(parts)


def name_files(files: tuple[IncomingFile, ...], facts: Facts) -> str:
    """照片、视频 – each kind once, in the order it came."""
    kinds = list(dict.fromkeys(file.kind for file in files)) or [FileKind.DOCUMENT]
    say = facts.texts.say
    return say("media.joiner").join(say(f"media.{kind}") for kind in kinds)
