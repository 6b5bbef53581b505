"""``/training/models``: every model, how it compares, 启用 where it passed, 退回上一个.

Pictures are SVG files that the training drew. They are shown by ``<img>`` only, and served with a
policy under which they can do nothing but be looked at.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from cases.errors import CaseError
from cases.use_cases.served_models import list_events, list_servers
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.pages.training import require_trainer
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.retraining.folders import registry_of
from intake_api.retraining.promotion import (
    earlier_model,
    find_model,
    list_models,
    promote_model,
    roll_back,
    why_not,
)
from intake_api.retraining.reports import CARD, CHARTS, read_report
from intake_api.texts import load_texts

_ID = r"{model:[A-Za-z0-9][A-Za-z0-9_-]{0,63}}"
_CHART = r"{chart:[a-z_]{1,40}}"
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def show_models(request: web.Request) -> web.Response:
    """The list, who serves which, and who let them."""
    await require_trainer(request)
    done = load_texts("retraining")["notices"].get(request.query.get("done", ""), "")
    return await _page(request, message=done)


async def _page(request: web.Request, message: str = "", *, bad: bool = False) -> web.Response:
    registry = registry_of(request.app[SETTINGS])
    cards = await asyncio.to_thread(list_models, registry)
    served = registry.served()
    async with request.app[DATABASE].reading() as session:
        events = await list_events(session)
        servers = await list_servers(session, now_of(request))
    context = {
        "cards": cards,
        "names": {card.id: card for card in cards},
        "passed": await asyncio.to_thread(
            lambda: {card.id: _passed(registry.root / card.id) for card in cards}
        ),
        "serving": served[0] if served else "",
        "earlier": await asyncio.to_thread(earlier_model, registry),
        "events": events,
        "servers": servers,
        "texts": load_texts("retraining"),
        "message": message,
        "bad": bad,
    }
    return render(request, "training_models.html", context, status=422 if bad else 200)


def _passed(folder: Any) -> bool | None:
    report = read_report(folder)
    return report.passed if report else None


async def show_model(request: web.Request) -> web.Response:
    """One model: the comparison, the pictures, its card."""
    await require_trainer(request)
    return await _model_page(request)


async def _model_page(request: web.Request, message: str = "") -> web.Response:
    registry, model_id = registry_of(request.app[SETTINGS]), request.match_info["model"]
    card = await asyncio.to_thread(find_model, registry, model_id)
    if card is None:
        raise Problem("not_found")
    report = await asyncio.to_thread(read_report, registry.root / model_id)
    serving = (registry.served()[:1] or ("",))[0]
    town = request.app[TOWN]()
    context = {
        "card": card,
        "report": report,
        "against": why_not(card, report, serving),
        "serving": serving,
        "town": town,
        "texts": load_texts("retraining"),
        "message": message,
    }
    return render(request, "training_model.html", context, status=422 if message else 200)


async def promote(request: web.Request) -> web.Response:
    """Let it serve, where it passed."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    try:
        await promote_model(
            request.app[DATABASE],
            registry_of(request.app[SETTINGS]),
            request.match_info["model"],
            serving=form.get("serving", ""),
            actor=staff.actor,
            now=now_of(request),
        )
    except CaseError as error:
        return await _model_page(request, error.sentence)
    raise web.HTTPSeeOther("/training/models?done=promoted")


async def rollback(request: web.Request) -> web.Response:
    """Back to the model before."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    try:
        await roll_back(
            request.app[DATABASE],
            registry_of(request.app[SETTINGS]),
            serving=form.get("serving", ""),
            actor=staff.actor,
            now=now_of(request),
        )
    except CaseError as error:
        return await _page(request, error.sentence, bad=True)
    raise web.HTTPSeeOther("/training/models?done=rolled_back")


async def send_chart(request: web.Request) -> web.Response:
    """One picture."""
    await require_trainer(request)
    content = await _file(request, CHARTS, f"{request.match_info['chart']}.svg")
    return web.Response(
        body=content,
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": _SVG_POLICY,
            "Cache-Control": "private, max-age=86400",  # a model's folder never changes
        },
    )


async def send_card(request: web.Request) -> web.Response:
    """The card as a file to hand on."""
    await require_trainer(request)
    content = await _file(request, CARD)
    name = f"model-{request.match_info['model']}.md"
    return web.Response(
        body=content,
        content_type="text/markdown",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _file(request: web.Request, *parts: str) -> bytes:
    # Every part is a name that a route's pattern let through: no way out of the folder.
    folder = registry_of(request.app[SETTINGS]).root / request.match_info["model"]
    try:
        return await asyncio.to_thread(folder.joinpath(*parts).read_bytes)
    except OSError as error:
        raise Problem("not_found") from error


def add_routes(app: web.Application) -> None:
    """Register the pages."""
    app.router.add_get("/training/models", show_models)
    app.router.add_post("/training/models/rollback", rollback)
    app.router.add_get(f"/training/models/{_ID}", show_model)
    app.router.add_post(f"/training/models/{_ID}/promote", promote)
    app.router.add_get(f"/training/models/{_ID}/card.md", send_card)
    app.router.add_get(f"/training/models/{_ID}/charts/{_CHART}.svg", send_chart)
