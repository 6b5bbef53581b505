"""Model folders that cost nothing, a running application, and small trainings that are real."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cases.actors import Actor
from cases.lifecycle import Role
from classifier.artefact import FORMAT
from classifier.registry import ModelRegistry
from intake_api.retraining.folders import registry_of
from intake_api.settings import Settings
from tests.intake_api.conftest import both_houses, house

__all__ = ["both_houses", "house"]

ADMIN = Actor(Role.ADMIN, "李主任")


def registry_at(folder: Path) -> ModelRegistry:
    """The registry of an application whose data folder this is."""
    return registry_of(Settings(data_dir=folder))


def put_model(registry: ModelRegistry, model_id: str, **comparison: Any) -> Path:
    """A folder that reads like a model, with what a training found out about it."""
    folder = registry.root / model_id
    folder.mkdir(parents=True)
    content = {name: f"{model_id} {name}".encode() for name in ("arrays.npz", "vocabulary.txt")}
    for name, raw in content.items():
        (folder / name).write_bytes(raw)
    meta = {
        "format": FORMAT,
        "id": model_id,
        "strength": "lexical",
        "facts": {"created": "2026-11-23T01:00:00+00:00", "rows": 320},
        "metrics": {},
        "sha256": {name: hashlib.sha256(raw).hexdigest() for name, raw in content.items()},
    }
    (folder / "model.json").write_text(json.dumps(meta), encoding="utf-8")
    if comparison:
        text = json.dumps(compare(model_id, **comparison), ensure_ascii=False)
        (folder / "comparison.json").write_text(text, encoding="utf-8")
        (folder / "card.md").write_text("# 模型卡\n\n用 320 条例句训练。\n", encoding="utf-8")
        (folder / "charts").mkdir()
        picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>'
        (folder / "charts" / "confusion.svg").write_text(picture, encoding="utf-8")
    return folder


def compare(model_id: str, **given: Any) -> dict[str, Any]:
    """A comparison as the training writes it."""
    return {
        "passed": True,
        "reasons": [],
        "warnings": [],
        "champion": "m1",
        "challenger": model_id,
        "tests": [
            measured("name", "frozen", "留作考试的本地诉求", 60, right(0.8), right(0.85), 0.9),
            measured("name", "shipped", "随软件附带的例句", 300, right(0.9), right(0.85), 0.001),
        ],
        "platforms": [measured("platform", "zf", "综合执法", 40, 0.9, 0.9, 1.0)],
        "categories": [
            measured("category", "zf.light", "路灯", 9, 0.6, 0.9, 1.0),
            measured("category", "zf.dog", "养犬", 8, 0.9, 0.7, 0.3),
        ],
        "calibration": {"champion": 0.05, "challenger": 0.03, "p": 1.0, "n": 60},
        "critical": {"champion": 1.0, "challenger": 1.0, "n": 7, "p": 1.0},
    } | given


def measured(
    kind: str, code: str, title: str, n: int, before: Any, after: Any, p: float
) -> dict[str, Any]:
    """One line of a comparison."""
    return {kind: code, "title": title, "n": n, "champion": before, "challenger": after, "p": p}


def right(share: float) -> dict[str, Any]:
    """Figures of a model, as far as the page looks."""
    return {"accuracy": share}
