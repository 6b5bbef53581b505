"""Errands (助跑代办): what runners do for people, who runs where, and in which steps."""

from cases.errands.catalogue import ErrandBook, ErrandItemRow, RunnerRow
from cases.errands.steps import STEPS, ErrandState, ErrandStep

__all__ = ["STEPS", "ErrandBook", "ErrandItemRow", "ErrandState", "ErrandStep", "RunnerRow"]
