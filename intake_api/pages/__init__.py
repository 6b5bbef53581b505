"""Server-rendered pages; each module offers ``add_routes(app)``."""

from __future__ import annotations

from aiohttp import web


def add_pages(app: web.Application) -> None:
    """Register every page."""
    from intake_api.pages import (
        answers,
        callbacks,
        callers,
        case_follow,
        case_merge,
        case_page,
        case_presence,
        chats,
        desk,
        docs,
        errands,
        faithfulness,
        home,
        imports,
        login,
        macros,
        place_sheet,
        places,
        setup,
        short_links,
        track,
    )
    from intake_api.pages.training import add_training_pages

    # Before the page of a case, whose actions would take its path.
    staff = (
        desk,
        chats,
        case_presence,
        case_page,
        case_follow,
        case_merge,
        answers,
        macros,
        errands,
        places,
        place_sheet,
        callers,
        callbacks,
        faithfulness,
        imports,
    )
    for module in (home, login, setup, *staff, track, short_links, docs):
        module.add_routes(app)
    add_training_pages(app)
