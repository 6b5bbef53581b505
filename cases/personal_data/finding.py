"""All kinds together.

find_personal_data(text, *, public=()) -> tuple[PersonalSpan, …]    in order, none overlapping
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cases.personal_data.codes import find_codes
from cases.personal_data.numbers import find_numbers
from cases.personal_data.people import find_doors, find_names
from cases.personal_data.spans import PersonalSpan, choose, level


def find_personal_data(text: str, *, public: Collection[str] = ()) -> tuple[PersonalSpan, ...]:
    """Where a text says who somebody is. ``public``: numbers that are nobody's."""
    plain = level(text)
    numbers = list(find_numbers(plain, public))
    phones = {span.start for span in numbers if span.kind == "phone"}
    names = list(find_names(plain, phones))
    return choose([*numbers, *find_codes(plain), *names, *_again(plain, names), *find_doors(plain)])


def _again(plain: str, names: Iterable[PersonalSpan]) -> Iterator[PersonalSpan]:
    """A name that was given once is a name wherever it stands."""
    for name in {plain[span.start : span.end] for span in names}:
        if len(name) > 1:
            for match in re.finditer(re.escape(name), plain):
                yield PersonalSpan(*match.span(), "name")
