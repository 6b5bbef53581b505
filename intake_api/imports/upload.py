"""A large file from a form, straight to the disk.

    await take_upload(request, folder) -> TakenFile(name, path, source)

The token of the page is checked before a byte of the file is kept. What is too large is read to
its end and thrown away, so that the browser hears our answer instead of a broken connection.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePath

from aiohttp import BodyPartReader, web

from cases.errors import InvalidData
from intake_api.accounts.csrf import FIELD, check_origin
from intake_api.accounts.sessions import load_staff
from intake_api.imports.order_files import MOST_BYTES, SUFFIXES, clean_cell
from intake_api.problem_json import Problem

_LONGEST_FIELD = 1_000
_PIECE = 256 * 1024
_LONGEST_NAME = 100
_CHOOSE = "请先选一个文件（.xlsx、.csv 或 .jsonl）。"
_TOO_LARGE = f"文件超过 {MOST_BYTES // 2**20} MB，请按日期或编号分成几个文件。"


@dataclass(frozen=True)
class TakenFile:
    """``path`` below the folder; ``name`` is what the sender calls it."""

    name: str
    path: str
    source: str


async def take_upload(request: web.Request, folder: Path) -> TakenFile:
    """Raises ``InvalidData`` for no file or a large one, ``Problem`` for a foreign form."""
    check_origin(request)
    staff = await load_staff(request)
    if staff is None:
        raise Problem("cross_site")
    try:
        reader = await request.multipart()
        fields: dict[str, str] = {}
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or not part.name:
                continue
            if part.filename is None:
                raw = await part.read_chunk(_LONGEST_FIELD)
                fields[part.name] = raw.decode("utf-8", "replace").replace("\x00", "").strip()
                await part.release()
            elif part.name == "file":
                if not hmac.compare_digest(staff.csrf.encode(), fields.get(FIELD, "").encode()):
                    raise Problem("cross_site")
                return await _keep(part, fields.get("source", ""), folder)
    except (ValueError, AssertionError, RuntimeError) as error:
        raise Problem("bad_request") from error
    raise InvalidData(_CHOOSE, field="file")


async def _keep(part: BodyPartReader, source: str, folder: Path) -> TakenFile:
    name = PurePath(clean_cell((part.filename or "").replace("\\", "/"))).name
    suffix = PurePath(name).suffix.lower()
    path = folder / f"{secrets.token_hex(16)}{suffix if suffix in SUFFIXES else '.csv'}"
    size = 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            while piece := await part.read_chunk(_PIECE):
                size += len(piece)
                if size > 2 * MOST_BYTES:
                    raise Problem("body_too_large")
                if size <= MOST_BYTES:
                    await asyncio.to_thread(file.write, piece)
        if not size:
            raise InvalidData(_CHOOSE, field="file")
        if size > MOST_BYTES:
            raise InvalidData(_TOO_LARGE, field="file")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return TakenFile(name[-_LONGEST_NAME:] or "file", path.name, source[:64] or "import")
