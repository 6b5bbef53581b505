"""People who label, texts to be labelled, and a running application."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cases.actors import Actor
from cases.labels.keys import clean_text, text_key
from cases.lifecycle import Role
from cases.models import LabelText, User
from cases.storage.database import Database
from cases.testing import make_tag
from cases.use_cases.label_texts import IMPORT, new_text
from cases.use_cases.label_votes import Ballot
from tests.intake_api.conftest import both_houses, house

__all__ = ["both_houses", "house"]

LIGHT = Ballot("zf.light", "help", "normal")
ROAD = Ballot("zf.road", "help", "normal")
MATTERS = (
    "朝晖路桥头三盏路灯不亮，晚上漆黑一片",
    "风荷苑楼下烧烤摊油烟呛人，窗户都不敢开",
    "小区南门的垃圾一个星期没有人清运",
    "办理社保卡要带哪些材料，在哪个窗口办",
    "人行道上的井盖翘起来了，骑车差点摔倒",
    "楼上半夜拖椅子，敲门也不理人",
    "健身房突然关门，办的年卡不给退",
    "菜场门口流动摊贩把路都占了",
    "工地半夜还在打桩，吵得孩子睡不着",
    "厂里拖欠三个月工资，老板联系不上",
    "流浪狗成群追着放学的孩子跑",
    "河水发黑发臭，怀疑有厂在偷排",
)


async def add_people(database: Database, now: datetime, *names: str) -> list[Actor]:
    """Dispatchers who label."""
    async with database.transaction() as session:
        users = [
            User(name=name, role=Role.DISPATCHER.value, active=True, created_at=now)
            for name in names
        ]
        session.add_all(users)
        await session.flush()
        return [Actor(Role.DISPATCHER, user.name, user_id=user.id) for user in users]


async def add_texts(
    database: Database,
    now: datetime,
    texts: Sequence[str] = MATTERS,
    *,
    ranked: bool = True,
    category: str = "",
) -> list[LabelText]:
    """Texts in the queue, in their order; settled as imported ones where a category is given."""
    found = []
    async with database.transaction() as session:
        for place, words in enumerate(texts):
            text = clean_text(words)
            at = now - timedelta(hours=place)
            tag = make_tag().to_dict()
            row = new_text(text_key(text), text, at=at, now=now, source=IMPORT, tag=tag)
            if category:
                row.state, row.category, row.how = "settled", category, "imported"
                row.settled_at, row.request_type, row.urgency = now, "help", "normal"
            elif ranked:
                row.rank, row.why = place, "uncertain"
            session.add(row)
            found.append(row)
    return found


async def get_text(database: Database, number: int) -> LabelText:
    """As it stands now."""
    async with database.reading() as session:
        row = await session.get(LabelText, number)
    assert row is not None
    return row
