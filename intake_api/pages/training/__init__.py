"""``/training``: where staff look after the model; each module offers ``add_routes(app)``.

    await require_trainer(request) -> Staff      dispatchers and administrators, nobody else
    add_training_pages(app)

Pages extend ``training_frame.html``, which holds the navigation of the room.
"""

from __future__ import annotations

from aiohttp import web

from cases.lifecycle import Role
from intake_api.accounts.sessions import Staff
from intake_api.pages.staff import require_staff
from intake_api.problem_json import Problem

TRAINERS = frozenset({Role.DISPATCHER, Role.ADMIN})


async def require_trainer(request: web.Request) -> Staff:
    """Somebody who may correct labels and choose the model that serves."""
    staff = await require_staff(request)
    if staff.actor.role not in TRAINERS:
        raise Problem("permission_denied")
    return staff


def add_training_pages(app: web.Application) -> None:
    """Register every page of the room."""
    from intake_api.pages.training import (
        agreement,
        categories,
        home,
        label,
        label_files,
        ledger,
        models,
        retrain,
        suspects,
    )

    for module in (
        home,
        ledger,
        models,
        retrain,
        label,
        label_files,
        agreement,
        suspects,
        categories,
    ):
        module.add_routes(app)
