"""Forms of the desk that carry files.

    checked_upload(request) -> (Form, list[Upload])         like ``csrf.checked_form``
    store_uploads(request, uploads) -> AttachmentDrafts     raises InvalidData in words
    lost_files(uploads) -> str                              what a refusal adds about them

Read part by part and bounded: what is too large is read to its end and thrown away, so that the
browser hears our answer instead of a broken connection.
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from multidict import MultiDict

from cases.errors import InvalidData
from cases.staff_files import LARGEST_DOCUMENT, MOST_FILES, store_upload, too_large
from cases.use_cases.file_case import AttachmentDraft
from intake_api.accounts.csrf import FIELD, Form, check_origin, checked_form
from intake_api.accounts.keys import SETTINGS
from intake_api.accounts.sessions import load_staff
from intake_api.problem_json import Problem
from intake_api.texts import load_texts

FILES = "files"
_LONGEST_FIELD = 256 * 1024
#: As many files as one may send, each as large as it may be; more is not read at all.
_READ_TO_END = (MOST_FILES + 1) * LARGEST_DOCUMENT


@dataclass(frozen=True)
class Upload:
    """A file of a form; ``oversize``: it was not kept."""

    name: str
    content: bytes
    oversize: bool = False


async def checked_upload(request: web.Request) -> tuple[Form, list[Upload]]:
    """The form of a person who is logged in and its files. A plain form has none."""
    if request.content_type != "multipart/form-data":
        return await checked_form(request), []
    check_origin(request)
    staff = await load_staff(request)
    if staff is None:
        raise Problem("cross_site")
    try:
        form, uploads = await _read(request)
    except (ValueError, AssertionError, RuntimeError) as error:
        raise Problem("bad_request") from error
    if not hmac.compare_digest(staff.csrf.encode(), form.get(FIELD, "").encode()):
        raise Problem("cross_site")
    return form, uploads


async def store_uploads(request: web.Request, uploads: list[Upload]) -> tuple[AttachmentDraft, ...]:
    """Write the files into the data folder; all of them or, with a sentence, none is sent."""
    if len(uploads) > MOST_FILES:
        raise InvalidData(f"一次最多附 {MOST_FILES} 个文件，请分几次发送。", field=FILES)
    for upload in uploads:
        if upload.oversize:
            raise too_large(upload.name)
    folder = request.app[SETTINGS].data_dir
    stored = [
        await asyncio.to_thread(store_upload, folder, upload.name, upload.content)
        for upload in uploads
    ]
    return tuple(stored)


def lost_files(uploads: list[Upload]) -> str:
    """What to add to a refusal: a browser does not keep the files of a form."""
    return str(load_texts("pages")["desk"]["choose_again"]) if uploads else ""


async def _read(request: web.Request) -> tuple[Form, list[Upload]]:
    form: Form = MultiDict()
    uploads: list[Upload] = []
    seen = 0
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        is_file = part.filename is not None
        room = LARGEST_DOCUMENT if is_file else _LONGEST_FIELD
        content, size = await _read_part(part, room, _READ_TO_END - seen)
        seen += size
        if is_file and (size or part.filename):
            uploads.append(Upload(part.filename or "", content, oversize=size > room))
        elif not is_file and size > room:
            raise Problem("body_too_large")
        elif not is_file:
            text = content.decode("utf-8", "replace")
            form.add(part.name, text.replace("\x00", "").replace("\r\n", "\n"))
    return form, uploads


async def _read_part(part: BodyPartReader, room: int, patience: int) -> tuple[bytes, int]:
    """(the content, or nothing where it is larger than ``room``, its size)"""
    content, size = bytearray(), 0
    while chunk := await part.read_chunk(64 * 1024):
        size += len(chunk)
        if size > patience:
            raise Problem("body_too_large")
        if size <= room:
            content += chunk
    return (bytes(content) if size <= room else b""), size
