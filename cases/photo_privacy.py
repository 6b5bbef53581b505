"""A photo without what the camera wrote into it: where, when, with which device.

strip_metadata(content) -> bytes | None      None: a format we cannot clean
"""

from __future__ import annotations

import re

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TALK = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"})
_WEBP_TALK = frozenset({b"EXIF", b"XMP "})
#: JFIF and Adobe's colour transform: without them colours may come out wrong.
_JPEG_KEPT = frozenset({0xE0, 0xEE})
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
#: Markers that are nothing but themselves: restarts, and one for arithmetic coding.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
#: A reader of pictures leaps over what stands between two segments, and so do we.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
#: In the data of a picture 0xFF is followed by zero or by a restart; anything else ends it.
_BEHIND_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def strip_metadata(content: bytes) -> bytes | None:
    """The same picture; ``None`` for what is no JPEG, PNG or WebP, or is broken."""
    if content.startswith(b"\xff\xd8"):
        return _strip_jpeg(content)
    if content.startswith(_PNG):
        return _strip_png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _strip_webp(content)
    return None


def _strip_jpeg(content: bytes) -> bytes | None:
    kept = bytearray(content[:2])
    at, scanned = 2, False
    while found := _MARKER.search(content, at):
        at, marker = found.start(), content[found.start() + 1]
        if marker in (_SOI, _EOI):
            # The picture ends where it says; phones hide a second one, or a film, behind it.
            return bytes(kept) + bytes((0xFF, _EOI))
        end = at + 2
        if marker not in _BARE:
            end += int.from_bytes(content[end : end + 2], "big")
        if marker == _SOS:
            scanned = True
            behind = _BEHIND_SCAN.search(content, end)
            end = behind.start() if behind else len(content)
        talks = 0xE0 <= marker <= 0xEF and marker not in _JPEG_KEPT
        if not talks and marker != 0xFE:
            kept += content[at:end]
        at = end
    # A photo that was cut off while it was sent is kept as far as it came.
    return bytes(kept) if scanned else None


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
    # The file ends where it says; what hangs behind is no part of the picture.
    end = min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    while at + 8 <= end:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        size += 8 + size % 2
        if content[at : at + 4] not in _WEBP_TALK:
            kept += content[at : at + size]
        at += size
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + bytes(kept)
