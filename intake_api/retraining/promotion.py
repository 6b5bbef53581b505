"""Letting a model serve, or the one before it, with the reasons against it (启用、退回).

    list_models(registry) -> [ModelCard]                newest first, broken ones marked
    why_not(card, report, serving) -> [sentence]        empty: it may be promoted
    await promote_model(database, registry, model_id, serving=…, actor=…, now=…)
    await roll_back(database, registry, serving=…, actor=…, now=…) -> id
        both raise InvalidData in one sentence; ``serving``: what the person saw serving

The registry's pointer is the deed; the row beside it says who did it. The row is written first, in
a transaction that commits when the pointer has moved.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases.actors import Actor
from cases.errors import InvalidData
from cases.storage.database import Database
from cases.use_cases.served_models import PROMOTED, ROLLED_BACK, record_event
from classifier.errors import ClassifierError
from classifier.registry import ModelRegistry
from intake_api.retraining.reports import Report, read_report
from intake_api.texts import load_texts


@dataclass(frozen=True)
class ModelCard:
    """One model of the registry; ``meta`` is empty where its folder cannot be read."""

    id: str
    created: datetime | None
    strength: str
    rows: int
    serving: bool
    meta: Mapping[str, Any]

    @property
    def broken(self) -> bool:
        """Whether its folder cannot be read."""
        return not self.meta


def list_models(registry: ModelRegistry) -> list[ModelCard]:
    """Every folder of the registry; reads a small file for each."""
    from classifier.artefact import read_meta  # numpy: a quarter of a second of every start

    served = registry.served()
    cards = []
    for path in sorted(registry.root.glob("[!.]*/model.json"), reverse=True):
        folder = path.parent
        serving = served[:1] == (folder.name,)
        try:
            meta = read_meta(folder)
            facts = meta["facts"]
            card = ModelCard(
                folder.name,
                _moment(facts["created"]),
                meta["strength"],
                facts["rows"],
                serving,
                meta,
            )
        except (ClassifierError, KeyError, TypeError, ValueError):
            card = ModelCard(folder.name, None, "", 0, serving, {})
        cards.append(card)
    return cards


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def find_model(registry: ModelRegistry, model_id: str) -> ModelCard | None:
    """The one of this name."""
    return next((card for card in list_models(registry) if card.id == model_id), None)


def earlier_model(registry: ModelRegistry) -> str | None:
    """What a rollback would go back to."""
    served = registry.served()
    return next((known for known in served[1:] if (registry.root / known).is_dir()), None)


def why_not(card: ModelCard, report: Report | None, serving: str) -> list[str]:
    """What keeps it from being promoted, for a person; empty when nothing does."""
    words: dict[str, str] = load_texts("retraining")["refusals"]
    if card.serving:
        return [words["serving"]]
    if card.broken:
        return [words["broken"]]
    if report is None:
        return [words["no_report"]]
    if not report.passed:
        return list(report.reasons) or [words["not_passed"]]
    if report.champion != (serving or None):
        return [words["stale"].format(champion=report.champion or "—", serving=serving or "—")]
    return []


async def promote_model(
    database: Database,
    registry: ModelRegistry,
    model_id: str,
    *,
    serving: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Let it serve, if it may."""
    await asyncio.to_thread(_check, registry, model_id, serving)
    async with database.transaction() as session:
        await record_event(
            session, PROMOTED, model_id, before_id=serving or None, actor=actor, now=now
        )
        _check_unmoved(registry, serving)
        await asyncio.to_thread(registry.promote, model_id)


def _check(registry: ModelRegistry, model_id: str, serving: str) -> None:
    words: dict[str, str] = load_texts("retraining")["refusals"]
    _check_unmoved(registry, serving)
    card = find_model(registry, model_id)
    if card is None:
        raise InvalidData(words["unknown"], field="model")
    reasons = why_not(card, read_report(registry.root / model_id), serving)
    if reasons:
        raise InvalidData("；".join(reason.rstrip("。；") for reason in reasons) + "。")
    if not _is_whole(registry.root / model_id, card.meta):
        raise InvalidData(words["broken"], field="model")


def _check_unmoved(registry: ModelRegistry, serving: str) -> None:
    """What was compared, and what the person saw, is what serves."""
    if (registry.served()[:1] or ("",))[0] != serving:
        raise InvalidData(load_texts("retraining")["refusals"]["moved"], field="serving")


def _is_whole(folder: Path, meta: Mapping[str, Any]) -> bool:
    """Whether its files are those it was registered with: found out here, not by the processes
    that answer citizens."""
    try:
        return all(
            hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
            for name, digest in meta["sha256"].items()
        )
    except (OSError, KeyError, AttributeError):
        return False


async def roll_back(
    database: Database,
    registry: ModelRegistry,
    *,
    serving: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Back to the model before; pressed twice it goes back once."""
    words: dict[str, str] = load_texts("retraining")["refusals"]
    _check_unmoved(registry, serving)
    earlier = earlier_model(registry)
    if earlier is None:
        raise InvalidData(words["no_earlier"], field="model")
    async with database.transaction() as session:
        await record_event(session, ROLLED_BACK, earlier, before_id=serving, actor=actor, now=now)
        _check_unmoved(registry, serving)
        await asyncio.to_thread(registry.rollback)
    return earlier
