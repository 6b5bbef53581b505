"""The pages' own style and scripts, with addresses that change when the file does.

add_static(app)                       serves /static/…
static_address(name) -> str           /static/desk.css?v=1a2b3c4d
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"


def add_static(app: web.Application) -> None:
    """Serve ``/static/…``."""
    app.router.add_static("/static/", FOLDER, append_version=False)


@cache
def static_address(name: str) -> str:
    """The address of a file with a mark of its content."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={digest}"
