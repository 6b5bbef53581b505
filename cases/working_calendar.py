"""Working days and office hours, with holidays and 调休 as data.

The rules of the field: day 1 is the first working day *after* the event, and a deadline of
N days is the end of office hours on day N. Hours marked "24 x 7" do not come through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: A loop over days that finds no working day in this many has no calendar to work with.
_MOST_DAYS = 400


@dataclass(frozen=True)
class OfficeHours:
    """Local opening times of one working day, with a lunch break."""

    starts: time = time(9, 0)
    break_starts: time = time(12, 0)
    break_ends: time = time(13, 30)
    ends: time = time(17, 30)

    def spans(self) -> tuple[tuple[time, time], ...]:
        """The stretches of one day in which the office works, in order."""
        if self.break_starts >= self.break_ends:
            return ((self.starts, self.ends),)
        return ((self.starts, self.break_starts), (self.break_ends, self.ends))


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked. ``exceptions`` maps a day to True (调休) or False (holiday);
    every other Monday to Friday is worked."""

    zone: ZoneInfo
    hours: OfficeHours = OfficeHours()
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether the office works on this local day."""
        return self.exceptions.get(day, day.weekday() < 5)

    def add_days(self, event: datetime, days: int) -> datetime:
        """The end of office hours on the ``days``-th working day after ``event``.

        ``event`` is aware; the result is aware, in the town's zone. Raises ``ValueError``
        when the calendar holds no working day within about a year.
        """
        day = event.astimezone(self.zone).date()
        for _ in range(days):
            day = self._next_working(day)
        return datetime.combine(day, self.hours.ends, tzinfo=self.zone)

    def add_hours(self, event: datetime, hours: float) -> datetime:
        """``hours`` of office time after ``event``; nights, breaks and holidays do not count."""
        return self.add_time(event, timedelta(hours=hours))

    def add_time(self, event: datetime, left: timedelta) -> datetime:
        """Like ``add_hours``, for a length of office time."""
        moment = event.astimezone(self.zone)
        day = moment.date()
        if not self.is_working(day):
            day = self._next_working(day)
        for _ in range(_MOST_DAYS):
            for starts, ends in self.hours.spans():
                begin = max(moment, datetime.combine(day, starts, tzinfo=self.zone))
                end = datetime.combine(day, ends, tzinfo=self.zone)
                if begin >= end:
                    continue
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            day = self._next_working(day)
        raise ValueError("the calendar holds no office hours")

    def time_between(self, begins: datetime, ends: datetime) -> timedelta:
        """How much office time lies between two moments; none where the second comes first."""
        start, stop = begins.astimezone(self.zone), ends.astimezone(self.zone)
        worked = timedelta()
        day = start.date()
        while day <= stop.date():
            if self.is_working(day):
                for opens, closes in self.hours.spans():
                    begin = max(start, datetime.combine(day, opens, tzinfo=self.zone))
                    end = min(stop, datetime.combine(day, closes, tzinfo=self.zone))
                    worked += max(end - begin, timedelta())
            day += timedelta(days=1)
        return worked

    def is_open(self, moment: datetime) -> bool:
        """Whether the office works at this moment."""
        local = moment.astimezone(self.zone)
        return self.is_working(local.date()) and any(
            starts <= local.time() < ends for starts, ends in self.hours.spans()
        )

    def _next_working(self, day: date) -> date:
        for _ in range(_MOST_DAYS):
            day += timedelta(days=1)
            if self.is_working(day):
                return day
        raise ValueError("the calendar holds no working day")
