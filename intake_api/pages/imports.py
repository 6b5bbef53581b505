"""``/desk/import``: a file of orders up, looked at, begun, watched; what was left out as a file.

The file waits in the data folder; nothing is written before somebody has seen the preview and
presses the button. ``intake_api.imports.keeper`` does the work.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from sqlalchemy import select

from cases.errors import CaseError
from cases.imports.columns import FIELDS, field_labels
from cases.lifecycle import Role
from cases.models import OrderImport
from cases.personal_data import mask_name, mask_part, mask_phone, mask_text
from cases.summary import summarise
from cases.use_cases.import_orders import (
    READY,
    RUNNING,
    ImportedFile,
    cancel_import,
    new_import,
    read_refused,
    start_import,
)
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.imports.keeper import KEEPER, ImportKeeper, imports_folder
from intake_api.imports.order_import import Preview, digest_of, known_among, look_at
from intake_api.imports.refused_rows import write_refused
from intake_api.imports.upload import take_upload
from intake_api.keeping import keep
from intake_api.pages.staff import require_intake
from intake_api.problem_json import Problem
from intake_api.rendering import render

_ID = r"{import:\d{1,15}}"
_LISTED, _SHOWN_REFUSED = 20, 50
#: Who may look at files that others brought.
_ALL = frozenset({Role.DISPATCHER, Role.ADMIN})


async def show_imports(request: web.Request) -> web.Response:
    """The form, and what was read in lately."""
    return await _list(request, await require_intake(request))


async def _list(
    request: web.Request, staff: Staff, message: str = "", source: str = ""
) -> web.Response:
    query = select(OrderImport).order_by(OrderImport.id.desc()).limit(_LISTED)
    if staff.actor.role not in _ALL:
        query = query.where(OrderImport.actor_id == staff.actor.user_id)
    async with request.app[DATABASE].reading() as session:
        jobs = list(await session.scalars(query))
    context = {"jobs": jobs, "message": message, "source": source or "import"}
    return render(request, "imports.html", context, status=422 if message else 200)


async def upload(request: web.Request) -> web.Response:
    """Take the file; one that is no use is refused here, before it is kept."""
    staff = await require_intake(request)
    folder = imports_folder(request.app[SETTINGS].data_dir)
    town, now, source = request.app[TOWN](), now_of(request), ""
    try:
        taken = await take_upload(request, folder)
        source, path = taken.source, folder / taken.path
        try:
            preview = await asyncio.to_thread(look_at, path, town, now)
            digest = await asyncio.to_thread(digest_of, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except CaseError as error:
        return await _list(request, staff, error.sentence, source)
    what = ImportedFile(source, taken.name, digest, preview.header, taken.path)
    async with request.app[DATABASE].transaction() as session:
        job = new_import(what, actor=staff.actor, state=READY, now=now)
        session.add(job)
        await session.flush()
    raise web.HTTPSeeOther(f"/desk/import/{job.id}")


async def show_import(request: web.Request) -> web.Response:
    """The preview before it is begun, how far it is, or what became of it."""
    staff = await require_intake(request)
    job = await _job(request, staff)
    if job.state == READY:
        return await _show_preview(request, job)
    async with request.app[DATABASE].reading() as session:
        refused = await read_refused(session, job.id, _SHOWN_REFUSED)
    context = {"job": job, "refused": refused, "running": job.state == RUNNING}
    return render(request, "import.html", context)


async def _show_preview(request: web.Request, job: OrderImport) -> web.Response:
    path = imports_folder(request.app[SETTINGS].data_dir) / (job.path or "-")
    try:
        preview = await asyncio.to_thread(look_at, path, request.app[TOWN](), now_of(request))
    except CaseError as error:
        return await _list(request, await require_intake(request), error.sentence)
    known = await known_among(request.app[DATABASE], job.source, preview)
    town = request.app[TOWN]()
    context: dict[str, Any] = {
        "job": job,
        "preview": preview,
        "known": known,
        "new": len(preview.source_ids) - known,
        "columns": [(field_labels()[f], _header(preview, f)) for f in FIELDS],
        "first": [
            {
                "line": order.line,
                "text": mask_part(summarise(order.text), order.text, public=town.public_numbers),
                "at": order.received_at,
                "name": mask_name(order.name),
                "phone": mask_phone(order.phone),
                "place": mask_text(order.place or ""),
                "unit": town.unit_name(order.unit),
            }
            for order in preview.first
        ],
    }
    return render(request, "import_preview.html", context)


def _header(preview: Preview, field: str) -> str:
    at = preview.columns.get(field)
    return "" if at is None else preview.header[at]


async def start(request: web.Request) -> web.Response:
    """Begin, or go on after a stop."""
    return await _change(request, start_import)


async def cancel(request: web.Request) -> web.Response:
    """Stop with the next batch; what was filed stays."""
    return await _change(request, cancel_import)


async def _change(request: web.Request, deed: Any) -> web.Response:
    staff = await require_intake(request)
    await checked_form(request)
    job = await _job(request, staff)
    async with request.app[DATABASE].transaction() as session:
        await deed(session, job.id, now_of(request))
    request.app[KEEPER].wake()
    raise web.HTTPSeeOther(f"/desk/import/{job.id}")


async def show_progress(request: web.Request) -> web.Response:
    """The numbers for the small question of imports.js."""
    job = await _job(request, await require_intake(request))
    names = ("state", "rows", "taken", "known", "refused", "cases")
    return web.json_response({name: getattr(job, name) for name in names})


async def send_refused(request: web.Request) -> web.Response:
    """The rows that could not be taken, to be mended and sent up again."""
    job = await _job(request, await require_intake(request))
    async with request.app[DATABASE].reading() as session:
        rows = await read_refused(session, job.id)
    return web.Response(
        body=await asyncio.to_thread(write_refused, job.header, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="refused-{job.id}.csv"'},
    )


async def _job(request: web.Request, staff: Staff) -> OrderImport:
    async with request.app[DATABASE].reading() as session:
        job = await session.get(OrderImport, int(request.match_info["import"]))
    mine = job is not None and job.actor_id == staff.actor.user_id
    if job is None or not (mine or staff.actor.role in _ALL):
        raise Problem("not_found")
    return job


def add_routes(app: web.Application) -> None:
    """Register the pages and the keeper."""
    app[KEEPER] = ImportKeeper(app)
    app.cleanup_ctx.append(keep(KEEPER))
    app.router.add_get("/desk/import", show_imports)
    app.router.add_post("/desk/import", upload)
    app.router.add_get(f"/desk/import/{_ID}", show_import)
    app.router.add_get(f"/desk/import/{_ID}/progress", show_progress)
    app.router.add_get(f"/desk/import/{_ID}/refused.csv", send_refused)
    app.router.add_post(f"/desk/import/{_ID}/start", start)
    app.router.add_post(f"/desk/import/{_ID}/cancel", cancel)
