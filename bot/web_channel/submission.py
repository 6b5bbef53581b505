"""What the page posts: a sentence, a photo, a place, or a pressed button."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.incoming import FileKind, IncomingFile
from cases.attachments import LARGEST_PHOTO, sniff_type, store_file

LONGEST_TEXT = 4000
_LONGEST_FIELD = 64 * 1024
#: An upload a little too large is read to its end, so that the browser hears our answer.
_READ_TO_END = 64 * 1024 * 1024
_START = re.compile(r"(?:case|loc)_[A-Za-z0-9_-]{8,48}")
_NONCE = re.compile(r"[A-Za-z0-9-]{8,64}")


class RefusedSubmission(Exception):
    """``key`` is the sentence in the texts, ``status`` the HTTP status, ``text`` what the
    citizen wrote, so that they need not write it again."""

    def __init__(self, key: str, status: int, text: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Submission:
    """One post, checked. ``nonce`` is the page's own name for it."""

    csrf: str
    nonce: str
    text: str = ""
    tap: str = ""
    label: str = ""
    latitude: float | None = None
    longitude: float | None = None
    photo: bytes = b""
    start: str = ""

    @property
    def key(self) -> str:
        """The same exactly when the same thing is posted again: a page kept open may send
        another sentence under its old nonce."""
        what = f"{self.text}\0{self.tap}\0{self.latitude}\0{self.longitude}\0{self.start}".encode()
        digest = hashlib.sha256(what + hashlib.sha256(self.photo).digest()).hexdigest()
        return f"{self.nonce}:{digest[:16]}"

    @property
    def is_empty(self) -> bool:
        """Nothing was said."""
        return self.is_silent and not self.start.startswith("case_")

    @property
    def is_silent(self) -> bool:
        """Only a link was opened."""
        return not (self.text or self.tap or self.photo or self.latitude is not None)

    def to_payload(
        self, files: tuple[IncomingFile, ...], message_key: str, language: str
    ) -> dict[str, Any]:
        """What the inbox keeps."""
        payload: dict[str, Any] = {"message_key": message_key, "language": language}
        if self.tap:
            return {**payload, "tap": self.tap}
        payload["text"] = self.text
        if self.start:
            payload["start"] = self.start
        payload["files"] = [asdict(file) for file in files]
        if self.latitude is not None and self.longitude is not None:
            payload["location"] = {"latitude": self.latitude, "longitude": self.longitude}
        return payload

    async def store_files(self, data_dir: Path) -> tuple[IncomingFile, ...]:
        """The photo, written into the data folder."""
        if not self.photo:
            return ()
        path, mime = await asyncio.to_thread(store_file, data_dir, self.photo)
        return (IncomingFile(FileKind.PHOTO, mime=mime, size=len(self.photo), path=path),)


async def read_submission(request: web.Request) -> Submission:
    """Read a form post. Raises ``RefusedSubmission`` with the sentence to show."""
    if (request.content_length or 0) > _READ_TO_END:
        raise RefusedSubmission("chat.too_large", 413)
    fields, photo, oversize = await _read_fields(request)
    text = _clean(fields.get("text", ""))
    if oversize:
        raise RefusedSubmission("chat.too_large", 413, text[:LONGEST_TEXT])
    if len(text) > LONGEST_TEXT:
        raise RefusedSubmission("chat.too_long", 413, text[:LONGEST_TEXT])
    if photo and not (sniff_type(photo) or ("", ""))[0].startswith("image/"):
        raise RefusedSubmission("chat.not_image", 415, text)
    nonce = fields.get("client_id", "")
    latitude, longitude = _degrees(fields, "latitude", 90), _degrees(fields, "longitude", 180)
    located = latitude is not None and longitude is not None
    return Submission(
        csrf=fields.get("csrf", "")[:64],
        nonce=nonce if _NONCE.fullmatch(nonce) else "none",
        text=text,
        tap=_clean(fields.get("tap", ""))[:64],
        label=_clean(fields.get("label", ""))[:64],
        latitude=latitude if located else None,
        longitude=longitude if located else None,
        photo=photo,
        start=read_start(fields.get("start", "")),
    )


def read_start(payload: str) -> str:
    """The payload of a link into the chat; empty where it is none."""
    return payload if _START.fullmatch(payload) else ""


async def _read_fields(request: web.Request) -> tuple[dict[str, str], bytes, bool]:
    if request.content_type == "multipart/form-data":
        try:
            return await _read_multipart(request)
        except (ValueError, AssertionError, RuntimeError) as error:
            raise RefusedSubmission("chat.empty", 400) from error
    body = bytearray()
    async for chunk in request.content.iter_chunked(_LONGEST_FIELD):
        body += chunk
        if len(body) > 4 * _LONGEST_FIELD:
            raise RefusedSubmission("chat.too_long", 413)
    form = _parse_urlencoded(bytes(body))
    return form, b"", False


async def _read_multipart(request: web.Request) -> tuple[dict[str, str], bytes, bool]:
    fields: dict[str, str] = {}
    photo = b""
    oversize = False
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        largest = LARGEST_PHOTO if part.filename is not None else _LONGEST_FIELD
        content, too_large = await _read_part(part, largest)
        oversize = oversize or too_large
        if part.filename is not None:
            photo = content or photo
        else:
            fields[part.name] = content.decode("utf-8", "replace")
    return fields, photo, oversize


async def _read_part(part: BodyPartReader, largest: int) -> tuple[bytes, bool]:
    """The part, counted while it comes in; what is too much is read and thrown away."""
    content, seen = bytearray(), 0
    while chunk := await part.read_chunk(64 * 1024):
        seen += len(chunk)
        if seen > _READ_TO_END:
            raise RefusedSubmission("chat.too_large", 413)
        if seen <= largest:
            content += chunk
    return (bytes(content), False) if seen <= largest else (b"", True)


def _parse_urlencoded(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))
    except ValueError as error:
        raise RefusedSubmission("chat.empty", 400) from error


def _degrees(fields: dict[str, str], name: str, limit: float) -> float | None:
    try:
        value = float(fields.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= limit else None


def _clean(text: str) -> str:
    return (
        text.replace("\x00", "").encode("utf-8", "replace").decode().replace("\r\n", "\n").strip()
    )
