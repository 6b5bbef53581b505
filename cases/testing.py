"""Fakes and factories, shipped beside the real thing.

``KeywordClassifier`` tags by a small table and never blocks; ``make_tag`` and ``make_draft``
give a plain example of which a test changes one thing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.classification import Alternative, Reason, Tag
from cases.use_cases.file_case import CaseDraft

_LIGHT = Tag(
    platform="zf",
    platform_name="综合执法",
    category="zf.light",
    category_name="路灯照明",
    confidence=0.95,
    decision="auto",
    alternatives=(
        Alternative("zf", "zf.road", 0.02),
        Alternative("bm", "bm.utility", 0.01),
    ),
    request_type="help",
    urgency="normal",
    reasons=(Reason("路灯", 0.5),),
    model="keywords",
)


def make_tag(**changes: Any) -> Tag:
    """A sure tag for a broken street light, with some fields changed."""
    return replace(_LIGHT, **changes)


def make_draft(**changes: Any) -> CaseDraft:
    """A draft about a broken street light on a named road."""
    return replace(
        CaseDraft(text="朝晖路桥头三盏路灯不亮，晚上漆黑一片", channel="test", tag=make_tag()),
        **changes,
    )


class KeywordClassifier:
    """Tags by the first keyword found: sure, unsure (``suggest``) or out of its depth."""

    table: tuple[tuple[str, dict[str, Any]], ...] = (
        (
            "着火",
            {"platform": "zz", "platform_name": "综治工作", "category": "zz.fire",
             "category_name": "消防隐患", "urgency": "critical"},
        ),
        ("路灯", {}),
        (
            "噪",
            {"category": "zf.noise", "category_name": "社会生活噪声", "decision": "suggest",
             "confidence": 0.55, "request_type": "complaint",
             "alternatives": (Alternative("zf", "zf.construction", 0.3),
                              Alternative("zz", "zz.neighbor", 0.1))},
        ),
        (
            "社保",
            {"platform": "bm", "platform_name": "便民服务", "category": "bm.social_ins",
             "category_name": "社保医保与公积金", "request_type": "consult"},
        ),
    )  # fmt: skip

    async def classify(self, text: str) -> Tag:
        """The first row whose keyword occurs; otherwise ``na.unclear`` for a person."""
        for keyword, changes in self.table:
            if keyword in text:
                return make_tag(**changes)
        return make_tag(
            platform="na",
            platform_name="不派单",
            category="na.unclear",
            category_name="信息不足",
            confidence=0.4,
            decision="human",
            alternatives=(),
            reasons=(),
        )


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present moment."""
        return self.now

    def advance(self, **delta: float) -> None:
        """Move on, by ``timedelta`` keywords."""
        self.now += timedelta(**delta)
