"""When a notice may ring: not at night, unless it cannot wait or somebody is awake anyway.

send_after(town, now, *, awake=False, urgent=False) -> datetime      the first moment allowed
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cases.town import Town


def send_after(town: Town, now: datetime, *, awake: bool = False, urgent: bool = False) -> datetime:
    """``now``, or the end of the night that ``now`` lies in (town time).

    ``awake``: the citizen wrote a moment ago. ``urgent``: danger, which wakes people up.
    """
    rules = town.policy.get("notices")
    if rules is None or awake or urgent:
        return now
    begins = time.fromisoformat(rules["quiet_from"])
    ends = time.fromisoformat(rules["quiet_until"])
    if begins == ends:
        return now
    local = now.astimezone(town.calendar.zone)
    clock = local.time()
    over_midnight = begins > ends
    quiet = (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends
    if not quiet:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    return datetime.combine(day, ends, tzinfo=town.calendar.zone).astimezone(now.tzinfo)
