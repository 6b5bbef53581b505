"""A registry file into the tables, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, select

from cases.addresses.loading import clear_registry, load_registry
from cases.errors import TownDataError
from cases.models import AddressAlias, AddressUnit, Base
from cases.storage.schema import sync_url
from cases.town import SAMPLE_TOWN

HEAD = "code,district,street,community,group,grid,estate,road,number,building,unit,room,aliases\n"


async def load(database, path, now):
    told: list[str] = []
    return await load_registry(database, path, now=now, refuse=told.append), told


async def count(database, *conditions):
    async with database.reading() as session:
        return await session.scalar(select(func.count(AddressUnit.code)).where(*conditions))


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding=encoding)
    return path


async def test_the_sample_town_has_its_addresses(database):
    async with database.reading() as session:
        unit = await session.get(AddressUnit, "0101-E1-6-2-501")
    assert unit is not None
    assert (unit.full_name, unit.grid) == (
        "云荷县风荷镇风荷社区风荷路118号风荷苑6幢2单元501室", "风荷社区网格",
    )  # fmt: skip


async def test_the_same_file_again_changes_nothing(database, now):
    before = await count(database)
    loaded, told = await load(database, SAMPLE_TOWN / "addresses.csv", now)
    assert (loaded.added, loaded.changed, loaded.derived, told) == (0, 0, 0, [])
    assert loaded.same > 600
    assert await count(database) == before


async def test_a_changed_row_is_brought_up_to_date(database, now, tmp_path):
    file = write(
        tmp_path / "r.csv", "0101-E1,云荷县,风荷镇,风荷社区,,新网格,风荷苑,风荷路,118号,,,,荷苑"
    )
    loaded, _ = await load(database, file, now)
    assert (loaded.added, loaded.changed) == (0, 1)
    async with database.reading() as session:
        unit = await session.get(AddressUnit, "0101-E1")
        query = select(AddressAlias.alias).where(AddressAlias.code == "0101-E1")
        aliases = list(await session.scalars(query))
    assert unit is not None
    assert (unit.grid, aliases) == ("新网格", ["荷苑"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_the_encodings_of_spreadsheets(database, now, tmp_path, encoding):
    file = write(tmp_path / "r.csv", "X1,,,柳湾村,,,,,,,,,", encoding=encoding)
    loaded, told = await load(database, file, now)
    assert (loaded.added, told) == (1, [])
    assert await count(database, AddressUnit.name == "柳湾村") == 1


async def test_a_bad_row_is_named_and_the_others_are_loaded(database, now, tmp_path):
    file = write(
        tmp_path / "登记表.csv",
        ",,,柳湾村,,,,,,,,,",
        "X1,,,柳湾村,,,,,,,,,",
        "X1,,,桃湾村,,,,,,,,,",
        "X2,,,柳湾村,,,,,,,,,",
        "X3,,,,,,,,,6幢,,,",
        "X4,,,梅湾村,,,=HYPERLINK(1),,,,,,",
        "X5,,,=cmd|calc,,,,,,,,,",
        "X 6,,,杏湾村,,,,,,,,,",
        '"=""007""",,,竹湾村,,,,,,,,,',
    )
    loaded, told = await load(database, file, now)
    assert loaded.added == 2
    assert loaded.refused == len(told) == 7
    assert [line.split("：")[0] for line in sorted(told)] == [
        f"登记表.csv 第 {line} 行" for line in (2, 4, 5, 6, 7, 8, 9)
    ]
    assert "编码 X1" in next(line for line in told if "第 5 行" in line)
    assert "公式" in next(line for line in told if "第 8 行" in line)
    assert await count(database, AddressUnit.code == "007") == 1


async def test_a_code_of_its_own_takes_the_place_of_what_was_implied(database, now, tmp_path):
    room = write(tmp_path / "a.csv", "X9,县,镇,柳社区,,柳网格,柳苑,,,3幢,1单元,201室,")
    loaded, _ = await load(database, room, now)
    assert loaded.derived == 6
    implied = (AddressUnit.name == "3幢", AddressUnit.derived, AddressUnit.grid == "柳网格")
    assert await count(database, *implied) == 1
    building = write(tmp_path / "b.csv", "X8,县,镇,柳社区,,柳网格,柳苑,,,3幢,,,")
    loaded, _ = await load(database, building, now)
    assert (loaded.added, loaded.derived) == (1, 0)
    assert await count(database, *implied) == 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"PK", "另存为 CSV"),
        ("a.csv", "名称,面积\n".encode(), "code"),
        ("a.csv", "编码,面积\n".encode(), "estate"),
        ("a.csv", b"\xff\xfe\x00c\x00o\x00d\x00e", "UTF-8"),
        ("a.csv", b"code,code,road\n", "两次"),
    ],
)
async def test_a_file_that_is_no_registry(sqlite_database, now, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TownDataError, match=says) as caught:
        await load(sqlite_database, tmp_path / name, now)
    assert name in caught.value.sentence


async def test_a_file_that_is_not_there(sqlite_database, now, tmp_path):
    with pytest.raises(TownDataError, match="没有找到"):
        await load(sqlite_database, tmp_path / "none.csv", now)


async def test_chinese_headings_do_as_well(database, now, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text("编码,社区,村组,门牌号\nX1,柳湾村,三组,12号\n", encoding="gb18030")
    await load(database, file, now)
    async with database.reading() as session:
        unit = await session.get(AddressUnit, "X1")
    assert unit is not None
    assert (unit.village_group, unit.number, unit.full_name) == ("3", "12", "柳湾村三组12号")


async def test_everything_can_be_cleared(database):
    async with database.transaction() as session:
        await clear_registry(session)
    assert await count(database) == 0


async def test_tables_and_migration_agree(sqlite_database):
    engine = create_engine(sync_url(sqlite_database.url))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert [line for line in found if "address" in str(line)] == []
