"""Photos and documents that staff send to a citizen, under the limits of citizens' own.

    store_upload(data_dir, name, content) -> AttachmentDraft      raises InvalidData in words
    too_large(name) -> InvalidData                                for what was not even read
    file_headers(name, mime) -> dict                              to hand a stored file to a browser

The bytes go through ``cases.attachments`` like everything a citizen sends; sending them is
``cases.outgoing_files``.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

from cases.attachments import LARGEST_PHOTO, sniff_type, store_attachment
from cases.errors import InvalidData
from cases.use_cases.file_case import AttachmentDraft

LARGEST_DOCUMENT = 20 * 1024 * 1024
MOST_FILES = 5
_MIB = 1024 * 1024
_PDF = "application/pdf"
_ZIP = b"PK\x03\x04"
#: Office files are archives: what kind they are only their name says, on the way out too.
_OFFICE = frozenset({".docx", ".xlsx"})
#: What a browser may show in a page; everything else it only saves.
SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def store_upload(data_dir: Path, name: str, content: bytes) -> AttachmentDraft:
    """Write an uploaded file and describe it. Raises ``InvalidData`` for one that is empty, too
    large or of a kind we do not send. Blocking: call it in a thread."""
    name = clean_name(name)
    if not content:
        raise InvalidData(f"文件“{name}”是空的，请重新选择。", field="files")
    mime = _type_of(name, content)
    if mime is None:
        raise InvalidData(
            f"文件“{name}”不能发送，只能附照片、PDF、Word（docx）或 Excel（xlsx）文件。",
            field="files",
        )
    photo = mime.startswith("image/")
    largest = LARGEST_PHOTO if photo else LARGEST_DOCUMENT
    if len(content) > largest:
        raise too_large(name, largest)
    kind = "photo" if photo else "document"
    return store_attachment(data_dir, data=content, kind=kind, mime=mime, name=name)


def too_large(name: str, largest: int = LARGEST_DOCUMENT) -> InvalidData:
    """The refusal of a file over the limit."""
    sentence = f"文件“{clean_name(name)}”超过 {largest // _MIB}MB，请换一个小一点的。"
    return InvalidData(sentence, field="files")


def clean_name(name: str) -> str:
    """The last part of whatever a browser calls a file, printable and short."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    return "".join(c for c in last if c.isprintable())[-100:].strip() or "附件"


def file_headers(name: str, mime: str | None) -> dict[str, str]:
    """Headers for a stored file: pictures are shown, everything else is saved, nothing runs."""
    shown = mime in SHOWN_TYPES
    return {
        "Content-Type": mime if shown and mime else "application/octet-stream",
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; "
        f"filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=3600",
    }


def _type_of(name: str, content: bytes) -> str | None:
    found = sniff_type(content)
    if found is not None:
        return found[0] if found[0].startswith("image/") or found[0] == _PDF else None
    office = content.startswith(_ZIP) and Path(name).suffix.lower() in _OFFICE
    return "application/octet-stream" if office else None
