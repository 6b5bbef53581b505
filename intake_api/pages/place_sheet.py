"""``/desk/places/sheet``: stickers on A4 of the places ticked or found; the browser prints them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web

from cases.models import Place
from cases.use_cases.places import list_places
from intake_api.accounts.keys import DATABASE, TOWN
from intake_api.chat_doors import find_doors, guessed_root
from intake_api.pages.places import read_search
from intake_api.pages.staff import require_staff
from intake_api.qr import qr_svg
from intake_api.rendering import render
from intake_api.texts import load_texts

#: Stickers on a page, by size.
SIZES = {"small": 8, "large": 2}
#: ``texts/places.toml`` says so in ``print.too_many``.
MOST_PRINTED = 200
_CHOICE = ("token", "all", "q")


async def show_sheet(request: web.Request) -> web.Response:
    """``?token=…`` as often as needed, or ``?all=1&q=…``; ``size``; ``only=web`` leaves Telegram
    out. Places that are switched off are never printed."""
    await require_staff(request)
    places = await _chosen(request)
    if not places or len(places) > MOST_PRINTED:
        raise web.HTTPSeeOther(f"/desk/places?print={_trouble(request, places)}")
    size = request.query.get("size", "")
    size = size if size in SIZES else "small"
    only_web = request.query.get("only") == "web"
    stickers = []
    for place in places:
        doors = await find_doors(request, f"loc_{place.token}")
        shown = [doors.web] if only_web else doors.all
        stickers.append((place, [(door, qr_svg(door.address)) for door in shown]))
    each = SIZES[size]
    context = {
        "town": request.app[TOWN](),
        "texts": load_texts("places")["sticker"],
        "pages": [stickers[start : start + each] for start in range(0, len(stickers), each)],
        "count": len(stickers),
        "size": size,
        "sizes": SIZES,
        "only_web": only_web,
        "has_telegram": doors.telegram is not None,
        "waiting": doors.waiting,
        "guessed": guessed_root(request),
        "choice": urlencode([pair for pair in request.query.items() if pair[0] in _CHOICE]),
    }
    return render(request, "place_sheet.html", context)


async def _chosen(request: web.Request) -> Sequence[Place]:
    """The places in use that the address names, one more than may be printed at most."""
    most = MOST_PRINTED + 1
    async with request.app[DATABASE].reading() as session:
        if request.query.get("all"):
            found = await list_places(session, read_search(request), only_active=True, limit=most)
            return found.places
        tokens = list(dict.fromkeys(request.query.getall("token", [])))[:most]
        rows = [await session.get(Place, token) for token in tokens]
    return [place for place in rows if place is not None and place.active]


def _trouble(request: web.Request, places: Sequence[Place]) -> str:
    if places:
        return "too_many"
    return "all_off" if request.query.get("token") or request.query.get("all") else "none"


def add_routes(app: web.Application) -> None:
    """Register the sheet."""
    app.router.add_get("/desk/places/sheet", show_sheet)
