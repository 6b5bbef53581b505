"""When each step of a case is due: 1 day to dispatch, 3 or 5 to settle, minutes if critical.

The figures are the town's policy (``policy.toml``); this module only knows which of them
applies. Sources: 寿光 1/3/5 working days, Beijing 2 h / 24 h for 特急 / 紧急.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cases.town import Town


def step_deadline(town: Town, step: str, urgency: str, now: datetime) -> datetime:
    """When ``step`` (accept, dispatch, sign, contact) is due for a case of this urgency."""
    rules: dict[str, Any] = town.policy[step]
    if urgency == "critical":
        if "critical_minutes" in rules:
            return now + timedelta(minutes=rules["critical_minutes"])
        return now + timedelta(hours=rules["critical_hours"])
    if urgency == "urgent":
        return now + timedelta(hours=rules["urgent_hours"])
    if "normal_work_hours" in rules:
        return town.calendar.add_hours(now, rules["normal_work_hours"])
    return town.calendar.add_days(now, rules["normal_days"])


def handling_deadline(town: Town, time_class: str, now: datetime) -> datetime:
    """When the result is due, counted from dispatch."""
    days: dict[str, int] = town.policy["handling"]["days"]
    return town.calendar.add_days(now, days.get(time_class, days["G3"]))


def rework_deadline(town: Town, now: datetime) -> datetime:
    """When a reopened case has to be settled again."""
    return town.calendar.add_days(now, town.policy["rework"]["days"])


def review_deadline(town: Town, now: datetime) -> datetime:
    """When a reply has to be reviewed and the case closed."""
    return town.calendar.add_days(now, town.policy["review"]["close_days"])


def return_deadline(town: Town, now: datetime) -> datetime:
    """When a dispatcher has to decide on a returned order."""
    return town.calendar.add_hours(now, town.policy["review"]["return_work_hours"])


def choose_time_class(category_class: str, request_type: str | None) -> str:
    """``Q1`` for questions and praise whatever the category, else the category's own class.

    A class such as ``C5+S`` (a statutory procedure besides) keeps its first part.
    """
    if request_type in ("consult", "praise"):
        return "Q1"
    return category_class.split("+")[0] or "G3"
