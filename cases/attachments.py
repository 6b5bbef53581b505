"""Files that citizens send, kept beside the database under the hash of their content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cases.use_cases.file_case import AttachmentDraft

FOLDER = "attachments"
LARGEST_PHOTO = 10 * 1024 * 1024
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"OggS", "audio/ogg", ".ogg"),
    (b"%PDF-", "application/pdf", ".pdf"),
)


def sniff_type(content: bytes) -> tuple[str, str] | None:
    """(mime, suffix) by the first bytes, or ``None``: what a file calls itself is not asked."""
    for magic, mime, suffix in _MAGIC:
        if content.startswith(magic):
            return mime, suffix
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", ".webp"
    if content[4:8] == b"ftyp":
        heic = content[8:12] in (b"heic", b"heix", b"mif1")
        return ("image/heic", ".heic") if heic else ("video/mp4", ".mp4")
    return None


def store_file(data_dir: Path, content: bytes) -> tuple[str, str]:
    """Write the bytes durably and return ``(path, mime)``; ``path`` is relative to the
    attachments folder. The same bytes again are the same file. Blocking: call it in a thread.
    """
    mime, suffix = sniff_type(content) or ("application/octet-stream", ".bin")
    digest = hashlib.sha256(content).hexdigest()
    relative = f"{digest[:2]}/{digest}{suffix}"
    target = data_dir / FOLDER / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
    return relative, mime


def store_attachment(
    data_dir: Path,
    *,
    data: bytes,
    kind: str,
    mime: str | None = None,
    name: str | None = None,
) -> AttachmentDraft:
    """Write a file that came in and describe it for ``file_case`` or ``amend_case``.

    The type found in the bytes wins over the one that was claimed. Blocking.
    """
    path, found = store_file(data_dir, data)
    known = found if found != "application/octet-stream" else mime
    return AttachmentDraft(kind, known, name[:200] if name else None, len(data), path)


def attachment_path(data_dir: Path, relative: str) -> Path:
    """The file behind a stored path. Raises ``ValueError`` for one that leads outside."""
    root = (data_dir / FOLDER).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise ValueError("attachment path leads outside its folder")
    return path
