"""``/training``: what the model is doing, where it is weak, how many labels wait, what to do next.

``?days=`` chooses the time over which promised and kept are compared, ``?category=`` one category.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from cases.ledger import (
    Bin,
    ConfidenceShift,
    Count,
    MixShift,
    Reliability,
    advise,
    compare_confidence,
    compare_mix,
    lay_out_weeks,
    sum_weeks,
    week_starts,
    weigh_bins,
)
from cases.town import Town
from cases.use_cases.ledger_figures import (
    ServedModel,
    Waiting,
    count_corrected_since,
    count_doubts,
    read_bins,
    read_counts,
    read_mix,
    read_models,
    read_waiting,
)
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.labelling.words import WORDS, WordKeeper
from intake_api.pages.training import require_trainer
from intake_api.rendering import render
from intake_api.serving_model import ServingModel, read_serving, unknown_terms
from intake_api.texts import load_texts

WEEKS, LATELY, BEFORE = 26, 4, 12
PERIODS = (28, 91, 364, 0)


@dataclass(frozen=True)
class _Figures:
    counts: list[Count]
    mix: tuple[dict[str, int], dict[str, int]]
    bins: list[Bin]
    waiting: Waiting
    models: list[ServedModel]
    corrected: int
    doubts: tuple[int, int]


async def show_home(request: web.Request) -> web.Response:
    """The overview."""
    await require_trainer(request)
    town, now = request.app[TOWN](), now_of(request)
    days = _days(request)
    starts = week_starts(now, town.calendar.zone, WEEKS)
    serving = await asyncio.to_thread(read_serving, request.app[SETTINGS].data_dir)
    figures = await _read(request, starts, now, days, serving)
    words = await request.app[WORDS].words()
    weeks = lay_out_weeks(figures.counts, starts, _platforms(town))
    lately = sum_weeks(weeks[-LATELY:])
    reliability = _by_category(figures.bins)
    mix = compare_mix(*figures.mix)
    confidence = compare_confidence(
        sum_weeks(weeks[-LATELY - BEFORE : -LATELY]).confidence, lately.confidence
    )
    chosen = request.query.get("category", "")
    chosen = chosen if chosen in reliability else ""
    terms = [word.term for word in words]
    context = {
        "town": town,
        "texts": load_texts("training"),
        "serving": serving,
        "models": figures.models,
        "weeks": weeks,
        "lately": lately,
        "waiting": figures.waiting,
        "days": days,
        "periods": PERIODS,
        "chosen": chosen,
        "whole": reliability[chosen] if chosen else weigh_bins(figures.bins),
        "categories": _weakest_first(reliability),
        "drift": _drift(serving, mix, confidence, figures.mix[1]),
        "words": words,
        "unknown": unknown_terms(serving, terms) if serving else set(),
        "advice": _word_advice(
            town,
            advise(
                lately=lately,
                misrouted=figures.waiting.misrouted,
                disputed=figures.doubts[0],
                suspects=figures.doubts[1],
                corrections=figures.corrected,
                reliability=reliability,
                mix=mix,
                confidence=confidence,
                words=words,
            ),
        ),
    }
    return render(request, "training_home.html", context)


async def _read(
    request: web.Request,
    starts: list[datetime],
    now: datetime,
    days: int,
    serving: ServingModel | None,
) -> _Figures:
    since = now - timedelta(days=days) if days else None
    async with request.app[DATABASE].reading() as session:
        return _Figures(
            await read_counts(session, starts),
            await read_mix(session, starts[-LATELY - BEFORE], starts[-LATELY]),
            await read_bins(session, since),
            await read_waiting(session, starts[0]),
            await read_models(session, starts[0]),
            await count_corrected_since(session, serving.created) if serving else 0,
            await count_doubts(session),
        )


def _days(request: web.Request) -> int:
    asked = request.query.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else PERIODS[1]


def _platforms(town: Town) -> dict[str, str]:
    return {code: row.platform for code, row in town.categories.items()}


def _by_category(bins: Iterable[Bin]) -> dict[str, Reliability]:
    of: dict[str, list[Bin]] = {}
    for one in bins:
        of.setdefault(one.category, []).append(one)
    return {code: weigh_bins(some) for code, some in of.items()}


def _weakest_first(reliability: Mapping[str, Reliability]) -> list[tuple[str, Reliability]]:
    """By how much they promise too much; those that nothing can be said of come last."""

    def key(item: tuple[str, Reliability]) -> tuple[bool, float]:
        one = item[1]
        return one.verdict == "few", (one.kept.value or 0.0) - (one.promised or 0.0)

    return sorted(reliability.items(), key=key)


def _drift(
    serving: ServingModel | None,
    mix: MixShift,
    confidence: ConfidenceShift,
    lately: Mapping[str, int],
) -> dict[str, Any]:
    texts = load_texts("training")
    shifts = {"earlier": mix}
    if serving and serving.mix:
        shifts["training"] = compare_mix(serving.mix, lately)
    sentences = {
        name: texts["mix"][shift.verdict].format(
            against=texts["against"][name],
            index=f"{shift.index:.2f}",
            noise=f"{shift.noise:.2f}",
        )
        for name, shift in shifts.items()
    }
    told = texts["confidence"][confidence.verdict].format(
        before=_percent(confidence.before), after=_percent(confidence.after)
    )
    return {"shifts": shifts, "sentences": sentences, "confidence": confidence, "told": told}


def _word_advice(town: Town, advice: Iterable[Any]) -> list[dict[str, str]]:
    texts = load_texts("training")["advice"]
    return [
        {
            "kind": one.kind,
            "text": texts[one.kind]["text"].format(
                categories="、".join(town.category_name(code) for code in one.codes), **one.values
            ),
            "link": texts[one.kind]["link"],
            "to": texts[one.kind]["to"],
        }
        for one in advice
    ]


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def add_routes(app: web.Application) -> None:
    """Register the overview and what it remembers."""
    app[WORDS] = WordKeeper(app)
    app.router.add_get("/training", show_home)
