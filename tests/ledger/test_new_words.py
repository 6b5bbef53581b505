"""Words that rise, found without a dictionary and without anybody's name."""

from __future__ import annotations

from datetime import datetime
from random import Random

from cases.ledger import find_new_words
from cases.storage.database import Database
from cases.use_cases.ledger_words import read_new_words
from tests.ledger.filling import Past, fill

OLD = [
    "桥头三盏路灯不亮请修一下",
    "楼下饭店油烟太大",
    "小区垃圾没有清运",
    "夜里施工噪声吵人",
    "下水道堵了污水外溢",
]
NEW = [
    f"{before}无人机{after}"
    for before in ("半夜有", "又看到", "隔壁放", "每晚都是")
    for after in ("在楼顶盘旋", "吵得睡不着", "飞到窗口", "撞了树", "拍我家阳台")
]


def test_a_new_matter_is_found_as_one_word() -> None:
    recent = [OLD[i % 5] for i in range(200)] + NEW
    found = find_new_words(recent, [OLD[i % 5] for i in range(600)])
    assert found[0].term == "无人机"
    assert (found[0].recent, found[0].earlier) == (20, 0)
    assert sum("无人机" in word.term for word in found) == 1, "not once for each piece of it"


def test_the_same_town_has_no_new_words() -> None:
    draw = Random(3)
    texts = [draw.choice(OLD) + draw.choice(OLD) for _ in range(900)]
    assert find_new_words(texts[:300], texts[300:]) == []


def test_nothing_to_compare_with() -> None:
    assert find_new_words(NEW * 3, []) == []
    assert find_new_words([], OLD) == []


async def test_a_name_that_everybody_says_is_no_new_word(
    sqlite_database: Database, now: datetime
) -> None:
    """Twenty neighbours name the same man: a burst of a name, not of a matter."""
    past = [Past(40 + i / 10, text=OLD[i % 5]) for i in range(400)]
    past += [
        Past(i / 10, text=f"我叫欧阳建国，家住和平里{i}栋，{NEW[i]}，电话13800001{i:03d}")
        for i in range(20)
    ]
    await fill(sqlite_database, now, past)
    async with sqlite_database.reading() as session:
        terms = [word.term for word in await read_new_words(session, now)]
    assert "无人机" in terms
    assert not any("欧阳" in term or "建国" in term for term in terms), terms
