"""Asking the classifier without depending on it.

    await tag_texts(app, texts) -> list[Tag | None]     None: it did not answer, a person decides

A complaint is filed whether or not the machine has an opinion: its failure is logged, never passed
on. Its opinion comes in the town's present categories. Only ``POST /classify``, which wants nothing
but the opinion, reports a failure.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiohttp import web

from cases.classification import Tag
from cases.settled_tag import settle_tag
from intake_api.accounts.keys import TAGGER, TOWN

log = structlog.get_logger("huying.tagging")


async def tag_texts(app: web.Application, texts: Sequence[str]) -> list[Tag | None]:
    """The tags in the order of the texts."""
    if not texts:
        return []
    try:
        tags = await app[TAGGER].classify_many(list(texts))
    except Exception as error:
        log.warning("classifier failed", error=type(error).__name__, texts=len(texts))
        return [None] * len(texts)
    town = app[TOWN]()
    return [settle_tag(Tag.from_dict(tag.to_dict()), town) for tag in tags]
