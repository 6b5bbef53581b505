"""The machine's tag in the town's present categories.

    settle_tag(tag, town) -> Tag

A model knows the categories it was trained on. When the town retires one, the tag takes its
successor; where only a person can tell which (the category was split, or is none of ours), the
tag asks for one, and what it says of urgency and kind still counts.
"""

from __future__ import annotations

from dataclasses import replace

from cases.classification import Alternative, Tag
from cases.town import Town


def settle_tag(tag: Tag, town: Town) -> Tag:
    """The same opinion, in categories that staff can choose."""
    code = town.current_code(tag.category)
    others = _settle_alternatives(tag, code, town)
    if code is None:
        return replace(tag, decision="human", alternatives=others)
    if code == tag.category:
        return tag if others == tag.alternatives else replace(tag, alternatives=others)
    row = town.categories[code]
    return replace(
        tag,
        category=code,
        category_name=row.name,
        platform=row.platform,
        platform_name=row.platform_name,
        alternatives=others,
    )


def _settle_alternatives(tag: Tag, first: str | None, town: Town) -> tuple[Alternative, ...]:
    """Each category once; what a split one may have become stands in for it."""
    found: dict[str, float] = {}
    row = town.retired.get(tag.category)
    if first is None and row:
        found |= dict.fromkeys(
            (code for code in row.may_become if code in town.categories), tag.confidence
        )
    for other in tag.alternatives:
        code = town.current_code(other.category)
        if code is not None and code != first:
            found.setdefault(code, other.confidence)
    return tuple(
        Alternative(town.categories[code].platform, code, confidence)
        for code, confidence in found.items()
    )
