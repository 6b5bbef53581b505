"""Is this the same event as that? Pure judging, and the keys by which likely ones are found.

    judge(report, other) -> Verdict      same | different | unsure, with a score and the reasons
    judge_group(report, others)          different as soon as one of them is
    keys_of(report) -> tuple[int, ...]   what the index of candidates keeps of a report

Weights, thresholds and word lists are in ``rules.toml`` and ``matters.toml``. Nothing here knows
a database.
"""

from cases.same_event.judging import Answer, Verdict, judge, judge_group
from cases.same_event.keys import edition, keys_of, lookup_keys
from cases.same_event.report import Report

__all__ = [
    "Answer",
    "Report",
    "Verdict",
    "edition",
    "judge",
    "judge_group",
    "keys_of",
    "lookup_keys",
]
