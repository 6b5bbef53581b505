"""Deadlines over weekends, holidays and 调休, as dates one can check on a wall calendar."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cases.deadlines import choose_time_class, handling_deadline, step_deadline

ZONE = ZoneInfo("Asia/Shanghai")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("event", "days", "due"),
    [
        ("2026-11-20T16:00", 1, "2026-11-23T17:30"),  # Friday afternoon → Monday
        ("2026-11-23T09:00", 3, "2026-11-26T17:30"),  # dispatched Monday → Thursday
        ("2026-11-21T10:00", 1, "2026-11-23T17:30"),  # Saturday → Monday is day 1
        ("2026-02-13T10:00", 1, "2026-02-14T17:30"),  # Friday → 调休 Saturday is worked
        ("2026-02-14T10:00", 1, "2026-02-24T17:30"),  # before Spring Festival, nine days off
        ("2026-09-30T10:00", 3, "2026-10-10T17:30"),  # National Day, then a worked Saturday
        ("2026-12-31T10:00", 1, "2027-01-04T17:30"),  # New Year into a provisional year
        ("2026-04-03T20:00", 1, "2026-04-07T17:30"),  # Friday night, 清明 on Sunday and Monday
    ],
)
def test_working_days(town, event, days, due):
    """Day 1 is the first working day after the event; due at the end of office hours."""
    assert town.calendar.add_days(at(event), days) == at(due)


@pytest.mark.parametrize(
    ("event", "hours", "due"),
    [
        ("2026-11-23T09:00", 4, "2026-11-23T14:30"),  # over the lunch break
        ("2026-11-23T16:30", 4, "2026-11-24T12:00"),  # into the next morning
        ("2026-11-20T17:00", 1, "2026-11-23T09:30"),  # over the weekend
        ("2026-11-22T12:00", 1, "2026-11-23T10:00"),  # from a Sunday
        ("2026-11-23T12:30", 1, "2026-11-23T14:30"),  # begun in the break
    ],
)
def test_office_hours(town, event, hours, due):
    """Nights, breaks and days off do not count."""
    assert town.calendar.add_hours(at(event), hours) == at(due)


def test_critical_clocks_run_at_night(town):
    """A quarter of an hour is a quarter of an hour."""
    night = at("2026-11-22T02:00")
    assert step_deadline(town, "dispatch", "critical", night) == at("2026-11-22T02:15")
    assert step_deadline(town, "contact", "critical", night) == at("2026-11-22T04:00")
    assert step_deadline(town, "contact", "urgent", night) == at("2026-11-23T02:00")


@pytest.mark.parametrize(
    ("time_class", "due"),
    [("Q1", "2026-11-24"), ("G3", "2026-11-26"), ("C5", "2026-11-30"), ("??", "2026-11-26")],
)
def test_one_three_and_five_days(town, time_class, due):
    """1 / 3 / 5 working days from dispatch; an unknown class counts as the general one."""
    assert handling_deadline(town, time_class, at("2026-11-23T10:00")) == at(f"{due}T17:30")


@pytest.mark.parametrize(
    ("category_class", "request_type", "expected"),
    [
        ("C5+S", "complaint", "C5"),  # the statutory procedure runs beside
        ("G3", "help", "G3"),
        ("C5", "consult", "Q1"),  # a question is answered in a day, whatever it is about
        ("C5", "praise", "Q1"),
        ("", None, "G3"),
    ],
)
def test_time_class(category_class, request_type, expected):
    """The request type decides first."""
    assert choose_time_class(category_class, request_type) == expected
