"""A photo without what the camera wrote into it: where, when, with which device.

strip_metadata(content) -> bytes | None      None: a format we cannot clean
"""

from __future__ import annotations

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TALK = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"})
_WEBP_TALK = frozenset({b"EXIF", b"XMP "})
#: JFIF and Adobe's colour transform: without them colours may come out wrong.
_JPEG_KEPT = frozenset({0xE0, 0xEE})


def strip_metadata(content: bytes) -> bytes | None:
    """The same picture; ``None`` for what is no JPEG, PNG or WebP, or is broken."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _strip_jpeg(content)
        if content.startswith(_PNG):
            return _strip_png(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _strip_webp(content)
    except IndexError:
        return None
    return None


def _strip_jpeg(content: bytes) -> bytes:
    kept = bytearray(content[:2])
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xDA:
            break
        size = 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        talks = 0xE0 <= marker <= 0xEF and marker not in _JPEG_KEPT
        if not talks and marker != 0xFE:
            kept += content[at : at + size]
        at += size
    # The picture ends where it says; phones hide a second one, or a film, behind it.
    end = content.rfind(b"\xff\xd9", at)
    return bytes(kept + (content[at : end + 2] if end > 0 else content[at:]))


def _strip_png(content: bytes) -> bytes:
    kept = bytearray(_PNG)
    at = len(_PNG)
    while at + 8 <= len(content):
        size = 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind not in _PNG_TALK:
            kept += content[at : at + size]
        at += size
        if kind == b"IEND":
            break
    return bytes(kept)


def _strip_webp(content: bytes) -> bytes:
    kept = bytearray()
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        size += 8 + size % 2
        if content[at : at + 4] not in _WEBP_TALK:
            kept += content[at : at + size]
        at += size
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + bytes(kept)
