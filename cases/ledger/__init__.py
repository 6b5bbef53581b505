"""What the ledger says about the machine: arithmetic on counts, no database.

    Share(right, of)                                    a share with its interval
    weigh_bins(bins) -> Reliability                     promised against kept
    lay_out_weeks(counts, starts, platform_of) -> […]   automatic share and real precision, by week
    compare_mix(before, after) -> MixShift              has the mix of categories moved?
    compare_confidence(before, after) -> ConfidenceShift
    find_new_words(recent, earlier, …) -> list[NewWord]
    advise(…) -> list[Advice]                           what to do next, as keys of texts

A prediction is *right* or *wrong* once a person has decided, and *open* before: open ones are never
counted as right. An accepted return without a new category counts as wrong.
"""

from cases.ledger.advice import Advice, advise
from cases.ledger.drift import (
    ConfidenceShift,
    MixShift,
    Moments,
    compare_confidence,
    compare_mix,
)
from cases.ledger.new_words import NewWord, find_new_words
from cases.ledger.reliability import EDGES, Bin, Reliability, weigh_bins
from cases.ledger.shares import Share
from cases.ledger.weeks import Count, Week, lay_out_weeks, sum_weeks, week_starts

__all__ = [
    "EDGES",
    "Advice",
    "Bin",
    "ConfidenceShift",
    "Count",
    "MixShift",
    "Moments",
    "NewWord",
    "Reliability",
    "Share",
    "Week",
    "advise",
    "compare_confidence",
    "compare_mix",
    "find_new_words",
    "lay_out_weeks",
    "sum_weeks",
    "week_starts",
    "weigh_bins",
]
