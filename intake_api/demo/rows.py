"""The rows of the demo, and the tag that a row says the machine gave."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from cases.classification import Alternative, Reason, Tag
from cases.town import Town


def read_rows(name: str) -> dict[str, Any]:
    """One of the ``.toml`` files beside this module."""
    source = resources.files(__package__).joinpath(name)
    return tomllib.loads(source.read_text(encoding="utf-8"))


def read_tag(row: dict[str, Any], town: Town) -> Tag | None:
    """The tag of a row; ``None`` where it names no category."""
    if "category" not in row:
        return None
    category = town.categories[row["category"]]
    confidence = row.get("confidence", 0.93)
    return Tag(
        platform=category.platform,
        platform_name=category.platform_name,
        category=category.code,
        category_name=category.name,
        confidence=confidence,
        decision=row.get("decision", "auto"),
        alternatives=tuple(
            Alternative(town.categories[code].platform, code, (1 - confidence) * share)
            for code, share in zip(row.get("others", ()), (0.6, 0.25), strict=False)
        ),
        request_type=row.get("type", "complaint"),
        urgency=row.get("urgency", "normal"),
        flags=tuple(row.get("flags", ())),
        reasons=tuple(Reason(term, 0.3) for term in row.get("reasons", ())),
        model="demo",
    )
