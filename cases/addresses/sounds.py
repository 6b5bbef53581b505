"""Characters that sound alike, and those that nearly do.

    sound_of("荷") -> "he"           folded: zh=z, ch=c, sh=s, l=n, ang=an, eng=en, ing=in
    how_far("荷", "和") -> 0.22      0 the same, 1 nothing in common, more: never a slip

The readings are in ``syllables.txt`` (common characters) and ``sounds.txt`` (those of place names
that are rarer or have two); a character that is in neither sounds like itself only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

from cases.addresses.words import word_list

_SOUNDS = Path(__file__).with_name("sounds.txt")
_SYLLABLES = Path(__file__).with_name("syllables.txt")
#: The common characters of GB 2312: their rows, and the last of them.
_ROWS, _CELLS, _LAST = range(0xB0, 0xD8), range(0xA1, 0xFF), b"\xd7\xf9"
SAME_SOUND, NEAR_SOUND, OTHER, OPPOSITE = 0.22, 0.34, 1.0, 3.0
_FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"))


@cache
def sound_of(character: str) -> str:
    """The folded sound by which names are looked up; the first reading of several."""
    return _folded(_readings().get(character, (character,))[0])


@cache
def sounds_of(character: str) -> frozenset[str]:
    """Every folded reading of a character."""
    return frozenset(map(_folded, _readings().get(character, (character,))))


def how_far(one: str, other: str) -> float:
    """What it costs to have written one character for the other."""
    if one == other:
        return 0.0
    # Numbers of phases and doors, letters of blocks: the next one is another place.
    if one.isascii() or other.isascii():
        return OPPOSITE
    if one + other in _opposites():
        return OPPOSITE
    readings = _readings()
    if not set(readings.get(one, ())).isdisjoint(readings.get(other, ())):
        return SAME_SOUND
    if not sounds_of(one).isdisjoint(sounds_of(other)):
        return NEAR_SOUND
    return OTHER


def _folded(syllable: str) -> str:
    for full, short in _FOLDS:
        if syllable.startswith(full) and not syllable.isupper():
            syllable = short + syllable[len(full) :]
            break
    return syllable[:-1] if syllable.endswith("ng") else syllable


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {c: (syllable,) for c, syllable in _common()}
    for line in _lines(_SOUNDS):
        syllable, characters = line.split()
        for character in characters:
            known = found.get(character, ())
            if syllable not in known:
                found[character] = (*known, syllable)
    return found


def _common() -> Iterator[tuple[str, str]]:
    pairs = (pair.split() for line in _lines(_SYLLABLES) for pair in line.split(","))
    begins = {character: syllable for syllable, character in pairs}
    syllable = ""
    for row, cell in product(_ROWS, _CELLS):
        if bytes((row, cell)) <= _LAST:
            character = bytes((row, cell)).decode("gb2312")
            syllable = begins.get(character, syllable)
            yield character, syllable


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _opposites() -> frozenset[str]:
    pairs = word_list("opposites", "pairs")
    return frozenset({*pairs, *(pair[::-1] for pair in pairs)})
