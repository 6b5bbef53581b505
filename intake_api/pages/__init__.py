"""Server-rendered pages; each module offers ``add_routes(app)``."""

from __future__ import annotations

from aiohttp import web


def add_pages(app: web.Application) -> None:
    """Register every page."""
    from intake_api.pages import case_page, desk, docs, home, login, setup, track

    for module in (home, login, setup, desk, case_page, track, docs):
        module.add_routes(app)
