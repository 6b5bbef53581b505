"""Predictions of some weeks, put straight into the tables: the figures have something to add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from cases.case_number import new_number
from cases.models import Case, PredictionEntry
from cases.storage.database import Database


@dataclass(frozen=True)
class Past:
    """One case and what became of the machine's word; ``days`` ago."""

    days: float
    category: str = "zf.light"
    confidence: float = 0.9
    final: str | None = None
    automatic: bool = True
    misrouted: bool = False
    model: str = "m1"
    text: str = "桥头三盏路灯不亮"
    more: tuple[tuple[str, Any], ...] = ()


async def fill(database: Database, now: datetime, past: Sequence[Past]) -> None:
    """The first of ``past`` gets the lowest ids."""
    cases, words, taken = [], [], set[str]()
    for i, one in enumerate(past, start=1):
        at = now - timedelta(days=one.days)
        while (number := new_number(at.date())) in taken:
            pass
        taken.add(number)
        cases.append(
            {
                "id": i, "number": number, "tracking_code": "ABCD2345", "channel": "phone",
                "text": one.text, "summary": one.text[:40], "category": one.category,
                "platform": one.category.split(".")[0], "state": "archived", "flags": [],
                "returned_by": [], "submitted_at": at, "updated_at": at,
            }
        )  # fmt: skip
        how = None if one.final is None else "confirmed"
        if one.final not in (None, one.category):
            how = "corrected"
        words.append(
            {
                "case_id": i, "at": at, "model": one.model, "category": one.category,
                "confidence": one.confidence, "decision": "auto" if one.automatic else "suggest",
                "automatic": one.automatic, "misrouted": one.misrouted,
                "final_category": one.final, "how": how, "returns": [], "return_count": 0,
                "final_by": one.final and "王派单", "final_at": at if one.final else None,
                "final_request_type": one.final and "help",
                "final_urgency": one.final and "normal",
                "tag": {
                    "alternatives": [
                        {"platform": "zf", "category": "zf.road", "confidence": 0.06},
                        {"platform": "zf", "category": "zf.noise", "confidence": 0.02},
                        {"platform": "bm", "category": "bm.utility", "confidence": 0.01},
                    ]
                },
                **dict(one.more),
            }
        )  # fmt: skip
    async with database.transaction() as session:
        await session.execute(insert(Case), cases)
        await session.execute(insert(PredictionEntry), words)


_BEFORE = ("半夜有", "又看到", "隔壁放", "每晚都是")
_AFTER = ("在楼顶盘旋", "吵得睡不着", "飞到窗口", "撞了树", "拍我家阳台")
_MODELS = ("20260501T080000-lexical-a1b2c3", "20261020T080000-lexical-b2c3d4")


def town_of_half_a_year() -> list[Past]:
    """A town whose model promises too much of one category, and meets a new matter lately."""
    kinds = ("zf.light", "zf.noise", "zf.road", "bm.utility", "zz.neighbor", "sj.food")
    past = []
    for i in range(1400):
        days = 170 * i / 1400
        category = kinds[i * i % len(kinds) if days > 28 else i % 2]
        confidence = 0.45 + 0.54 * ((i * 37) % 100) / 100
        automatic = confidence > 0.72
        wrong = i % 3 == 0 if category == "zf.noise" else i % 23 == 0
        final = "zf.construction" if wrong else category
        text = "桥头三盏路灯不亮，晚上看不清"
        if days < 28 and i % 3 == 0:
            text = f"{_BEFORE[i % 4]}无人机{_AFTER[i % 5]}"
        past.append(
            Past(
                days, category, confidence, None if i % 5 == 4 else final, automatic,
                misrouted=i % 5 == 4 and i % 10 == 9 and days < 60, text=text,
                model=_MODELS[days < 30],
            )
        )  # fmt: skip
    return past
