"""``/training/files``: files of labelled or unlabelled texts in, every label out."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import select

from cases.errors import CaseError
from cases.labels.rows import FIELDS, label_fields
from cases.models import LabelImport
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.imports.upload import take_upload
from intake_api.keeping import keep
from intake_api.labelling.file_import import (
    FORMATS,
    LabelPreview,
    export_file,
    label_files_folder,
    look_at,
)
from intake_api.labelling.keeper import (
    DONE,
    KEEPER,
    READY,
    RUNNING,
    LabelKeeper,
    forget_file,
    stop_file,
)
from intake_api.labelling.view import choices
from intake_api.pages.training import require_trainer
from intake_api.pages.training.label import done_words
from intake_api.problem_json import Problem
from intake_api.rendering import render

HOME = "/training/files"
_ID = r"{file:\d{1,15}}"
_LISTED = 20
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}


async def show_files(request: web.Request) -> web.Response:
    """The form, the exports, and what was read in lately."""
    await require_trainer(request)
    return await _list(request)


async def _list(request: web.Request, message: str = "") -> web.Response:
    query = select(LabelImport).order_by(LabelImport.id.desc()).limit(_LISTED)
    async with request.app[DATABASE].reading() as session:
        files = list(await session.scalars(query))
    context = {"files": files, "message": message, "done": done_words(request)}
    return render(request, "training_files.html", context, status=422 if message else 200)


async def upload(request: web.Request) -> web.Response:
    """Take the file; nothing is stored as a label before somebody has seen what is in it."""
    staff = await require_trainer(request)
    folder, now = label_files_folder(request.app[SETTINGS].data_dir), now_of(request)
    try:
        taken = await take_upload(request, folder)
        path = folder / taken.path
        try:
            preview = await _look(request, path, None)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except CaseError as error:
        return await _list(request, error.sentence)
    async with request.app[DATABASE].transaction() as session:
        row = LabelImport(
            file=taken.name,
            path=taken.path,
            state=READY,
            actor_id=staff.actor.user_id,
            actor_name=staff.actor.name,
            columns=preview.columns,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        await session.flush()
    raise web.HTTPSeeOther(f"{HOME}/{row.id}")


async def _look(request: web.Request, path: Path, columns: dict[str, int] | None) -> LabelPreview:
    town, now = request.app[TOWN](), now_of(request)
    return await asyncio.to_thread(look_at, path, columns, town=town, now=now)


async def show_file(request: web.Request) -> web.Response:
    """The preview with its columns, how far it is, or what became of it."""
    await require_trainer(request)
    row = await _row(request)
    if row.state == READY:
        return await _preview(request, row, row.columns)
    context = {"file": row, "running": row.state == RUNNING, "finished": row.state == DONE}
    return render(request, "training_file.html", context)


async def change(request: web.Request) -> web.Response:
    """Look again with other columns, begin, stop, or throw the file away."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    row = await _row(request)
    deed = form.get("do", "look")
    if deed == "forget":
        await forget_file(request.app, row)
        raise web.HTTPSeeOther(f"{HOME}?done=cancelled")
    if deed == "stop":
        await stop_file(request.app, row, staff.actor.name)
    if deed == "stop" or row.state != READY:
        raise web.HTTPSeeOther(f"{HOME}/{row.id}")
    columns = _chosen(form)
    try:
        await _look(request, _path(request, row), columns)
    except CaseError as error:
        return await _preview(request, row, row.columns, error.sentence)
    async with request.app[DATABASE].transaction() as session:
        found = await session.get(LabelImport, row.id, with_for_update=True)
        if found is not None and found.state == READY:
            found.columns, found.replace = columns, form.get("replace") == "1"
            found.updated_at = now_of(request)
            if deed == "start":
                found.state = RUNNING
    request.app[KEEPER].wake()
    raise web.HTTPSeeOther(f"{HOME}/{row.id}")


def _chosen(form: Form) -> dict[str, int]:
    return {
        field: int(form[field])
        for field in FIELDS
        if form.get(field, "").isdecimal() and len(form[field]) < 6
    }


async def _preview(
    request: web.Request, row: LabelImport, columns: dict[str, Any], message: str = ""
) -> web.Response:
    try:
        wanted = columns if "text" in columns else None
        preview = await _look(request, _path(request, row), wanted)
    except CaseError as error:
        return await _list(request, error.sentence)
    context = {
        "file": row,
        "preview": preview,
        "fields": [(name, label_fields()[name]) for name in FIELDS],
        "town": request.app[TOWN](),
        "choices": choices(),
        "message": message,
    }
    return render(request, "training_file_preview.html", context, status=422 if message else 200)


async def send_export(request: web.Request) -> web.Response:
    """Every settled label in one file."""
    await require_trainer(request)
    suffix = request.match_info["suffix"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels.{suffix}"
        await export_file(path, request.app[DATABASE], request.app[TOWN]())
        body = await asyncio.to_thread(path.read_bytes)
    day = now_of(request).astimezone(request.app[SETTINGS].timezone).strftime("%Y%m%d")
    return web.Response(
        body=body,
        content_type=_TYPES[suffix],
        headers={"Content-Disposition": f'attachment; filename="labels-{day}.{suffix}"'},
    )


async def _row(request: web.Request) -> LabelImport:
    async with request.app[DATABASE].reading() as session:
        row = await session.get(LabelImport, int(request.match_info["file"]))
    if row is None:
        raise Problem("not_found")
    return row


def _path(request: web.Request, row: LabelImport) -> Path:
    return label_files_folder(request.app[SETTINGS].data_dir) / (row.path or "-")


def add_routes(app: web.Application) -> None:
    """Register the pages and the keeper."""
    app[KEEPER] = LabelKeeper(app)
    app.cleanup_ctx.append(keep(KEEPER))
    app.router.add_get(HOME, show_files)
    app.router.add_post(HOME, upload)
    suffixes = "|".join(name.removeprefix(".") for name in FORMATS)
    app.router.add_get(f"{HOME}/labels.{{suffix:{suffixes}}}", send_export)
    app.router.add_get(f"{HOME}/{_ID}", show_file)
    app.router.add_post(f"{HOME}/{_ID}", change)
