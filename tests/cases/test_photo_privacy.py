"""Where the picture ends: a second one or a film behind it goes, and a cut-off one stays."""

from __future__ import annotations

import pytest

from cases.photo_privacy import strip_metadata

SECRET = b"GPS 30.2741 120.1551"


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data


def photo(
    *before: bytes, scan: bytes = b"pix\xff\x00els\xff\xd0more", end: bytes = b"\xff\xd9"
) -> bytes:
    return b"\xff\xd8" + b"".join(before) + segment(0xDA, b"head") + scan + end


JFIF, TABLE = segment(0xE0, b"JFIF\0"), segment(0xDB, b"table")
#: The thumbnail that a camera keeps among the rest is a whole picture with an end of its own.
EXIF = segment(0xE1, b"Exif\0\0" + SECRET + photo(TABLE))
CLEAN = photo(JFIF, TABLE)
FILM = b"\0\0\0\x18ftypmp42" + SECRET + b"\xff\xd9" + SECRET


@pytest.mark.parametrize("behind", [b"", SECRET, photo(EXIF), FILM, FILM + photo(EXIF), b"\xff"])
def test_nothing_stays_behind_the_picture(behind: bytes) -> None:
    assert strip_metadata(photo(JFIF, EXIF, TABLE) + behind) == CLEAN


def test_a_picture_of_several_scans_is_whole() -> None:
    """Progressive: tables and more data follow the first; a remark between them goes."""
    scans = b"one" + segment(0xC4, b"codes") + segment(0xDA, b"head") + b"two\xff\x00"
    dirty = b"one" + segment(0xFE, SECRET) + scans[3:]
    assert strip_metadata(photo(JFIF, EXIF, scan=dirty) + FILM) == photo(JFIF, scan=scans)


@pytest.mark.parametrize(
    "scan", [b"pix", b"", b"pix\xff", b"pix\xff\x00", b"p" + segment(0xC4, b"codes")]
)
def test_what_was_cut_off_stays_as_far_as_it_came(scan: bytes) -> None:
    assert strip_metadata(photo(JFIF, EXIF, scan=scan, end=b"")) == photo(JFIF, scan=scan, end=b"")


def test_a_second_picture_behind_a_cut_off_one_goes() -> None:
    cut = photo(JFIF, EXIF, scan=b"pix", end=b"")
    assert strip_metadata(cut + photo(EXIF)) == photo(JFIF, scan=b"pix")


def test_what_stands_between_two_segments_goes() -> None:
    assert strip_metadata(photo(JFIF, SECRET, EXIF, b"\xff\xff", TABLE)) == CLEAN


@pytest.mark.parametrize(
    "content", [b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8" + EXIF, b"\xff\xd8" + SECRET]
)
def test_no_picture_at_all_is_broken(content: bytes) -> None:
    assert strip_metadata(content) is None


def test_a_webp_ends_where_it_says() -> None:
    chunk = b"VP8 " + (4).to_bytes(4, "little") + b"data"
    whole = b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk
    hidden = b"mpvd" + len(SECRET).to_bytes(4, "little") + SECRET
    assert strip_metadata(whole + hidden) == whole
