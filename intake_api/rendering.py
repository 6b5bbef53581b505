"""Jinja2 pages.

    setup_rendering(app)
    render(request, template, context, *, status=200) -> web.Response

Every page gets ``staff`` (or None), ``csrf``, the words for states, roles, actions and fields, the
filters for times, ``masked`` for citizens' words in lists and ``masked_in`` for what was cut out of
them, by its whole text; autoescape is on and stays on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jinja2
from aiohttp import web

from cases.personal_data import mask_part, mask_text
from intake_api.accounts.keys import CLOCK, SETTINGS
from intake_api.accounts.sessions import STAFF
from intake_api.calls.draft_form import text_mark
from intake_api.static_files import static_address
from intake_api.texts import load_texts
from intake_api.wording import age_words, due_words, field_words, format_day, format_time

ENVIRONMENT = web.AppKey("jinja", jinja2.Environment)


def setup_rendering(app: web.Application) -> None:
    """Build the environment with the words and filters that pages use."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("intake_api", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    zone = app[SETTINGS].timezone
    environment.globals.update(
        labels=load_texts("labels"), static=static_address, wording=field_words
    )
    environment.filters.update(
        time=lambda at: format_time(at, zone),
        day=lambda at: format_day(at, zone),
        age=age_words,
        due=due_words,
        mark=text_mark,
        masked=lambda text: mask_text(text or ""),
        masked_in=lambda part, whole, public=(): mask_part(part or "", whole or "", public=public),
    )
    app[ENVIRONMENT] = environment


def render(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """One page."""
    staff = request.get(STAFF)
    now: datetime = request.app[CLOCK]()
    page = request.app[ENVIRONMENT].get_template(template)
    text = page.render(
        staff=staff,
        csrf=staff.csrf if staff else "",
        now=now,
        path=request.path,
        **context,
    )
    return web.Response(text=text, status=status, content_type="text/html")
