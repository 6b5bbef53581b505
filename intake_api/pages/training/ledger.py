"""``/training/ledger``: every prediction and what became of it, to look through and take home.

GET /training/ledger?…                 filters in the address, 50 lines a page
GET /training/ledger/export.{csv,xlsx}?…    the same filters, personal data masked
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from cases.case_number import parse_number
from cases.personal_data import mask_part
from cases.use_cases.ledger_figures import read_models
from cases.use_cases.ledger_rows import (
    OUTCOMES,
    LedgerFilter,
    LedgerLine,
    count_lines,
    list_lines,
    read_answers,
)
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.labelling.ledger_file import KINDS, send_ledger
from intake_api.pages.training import require_trainer
from intake_api.rendering import render
from intake_api.texts import load_texts

PERIODS = (28, 91, 364, 0)
PAGE_LINES = 50
_ASKED = ("days", "category", "final", "outcome", "decision", "model", "number")
_LONGEST = 100
_MODELS_OF = timedelta(days=364)


async def show_ledger(request: web.Request) -> web.Response:
    """The table."""
    await require_trainer(request)
    asked = _asked(request)
    wanted = _wanted(request, asked)
    before = request.query.get("before", "")
    async with request.app[DATABASE].reading() as session:
        lines = await list_lines(
            session,
            wanted,
            limit=PAGE_LINES,
            before=int(before)
            if before.isascii() and before.isdigit() and len(before) < 16
            else None,
        )
        count = await count_lines(session, wanted)
        models = await read_models(session, now_of(request) - _MODELS_OF)
    town = request.app[TOWN]()
    context: dict[str, Any] = {
        "town": town,
        "texts": load_texts("training"),
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "days": asked["days"],
        "periods": PERIODS,
        "outcomes": OUTCOMES,
        "models": models,
        "categories": town.grouped_categories(),
        "count": count,
        "lines": [_line(line, town.public_numbers) for line in lines],
        "older": lines[-1].word.id if len(lines) == PAGE_LINES else None,
    }
    return render(request, "training_ledger.html", context)


async def export_ledger(request: web.Request) -> web.StreamResponse:
    """The same lines as a file."""
    await require_trainer(request)
    return await send_ledger(request, _wanted(request, _asked(request)), request.match_info["kind"])


def _asked(request: web.Request) -> dict[str, str]:
    asked = {
        name: request.query.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in _ASKED
    }
    if asked["days"] not in map(str, PERIODS):
        asked["days"] = str(PERIODS[1])
    if asked["outcome"] not in OUTCOMES:
        asked["outcome"] = ""
    return asked


def _wanted(request: web.Request, asked: dict[str, str]) -> LedgerFilter:
    days = int(asked["days"])
    automatic = asked["decision"] == "automatic"
    return LedgerFilter(
        # A number is looked up wherever it is.
        since=now_of(request) - timedelta(days=days) if days and not asked["number"] else None,
        category=asked["category"] or None,
        final=asked["final"] or None,
        outcome=asked["outcome"] or None,
        decision=None if automatic else asked["decision"] or None,
        automatic=True if automatic else None,
        model=asked["model"] or None,
        number=(parse_number(asked["number"]) or "-") if asked["number"] else None,
    )


def _line(line: LedgerLine, public: Sequence[str]) -> dict[str, Any]:
    word = line.word
    verdict = ""
    if word.final_category is not None:
        verdict = "right" if word.final_category == word.category else "wrong"
    return {
        "number": line.number,
        "summary": mask_part(line.summary, line.text, public=public),
        "word": word,
        "answers": read_answers(word),
        "verdict": verdict or ("misrouted" if word.misrouted else "open"),
    }


def add_routes(app: web.Application) -> None:
    """Register the table and its exports."""
    app.router.add_get("/training/ledger", show_ledger)
    app.router.add_get(f"/training/ledger/export.{{kind:{'|'.join(KINDS)}}}", export_ledger)
