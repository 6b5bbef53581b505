"""Server-rendered pages; each module offers ``add_routes(app)``."""

from __future__ import annotations

from aiohttp import web


def add_pages(app: web.Application) -> None:
    """Register every page."""
    from intake_api.pages import (
        answers,
        case_follow,
        case_page,
        chats,
        desk,
        docs,
        errands,
        home,
        login,
        place_sheet,
        places,
        setup,
        track,
    )

    staff = (desk, chats, case_page, case_follow, answers, errands, places, place_sheet)
    for module in (home, login, setup, *staff, track, docs):
        module.add_routes(app)
