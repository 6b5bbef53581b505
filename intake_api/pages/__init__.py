"""Server-rendered pages; each module offers ``add_routes(app)``."""

from __future__ import annotations

from aiohttp import web


def add_pages(app: web.Application) -> None:
    """Register every page."""
    from intake_api.pages import (
        answers,
        case_page,
        chats,
        desk,
        docs,
        errands,
        home,
        login,
        setup,
        track,
    )

    for module in (home, login, setup, desk, chats, case_page, track, docs, answers, errands):
        module.add_routes(app)
