"""An invented county's address registry, the same one for the same seed.

    python scripts/make_addresses.py --out addresses.csv [--rows 230000] [--seed 7]
    python scripts/make_addresses.py --sample --out cases/sample_town/addresses.csv

The sample town (风荷镇) is written out below; the other streets are drawn. They are made to be
hard: names that sound alike, the same name in two streets, phases, 东路 beside 西路, estates called
after the road they stand on, village groups, old names. They are put together by chance: a
likeness to a real place is one.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

DISTRICT = "云荷县"
COLUMNS = (
    "code", "district", "street", "community", "group", "grid", "estate", "road", "number",
    "building", "unit", "room", "aliases",
)  # fmt: skip
Row = dict[str, str]


@dataclass(frozen=True)
class Estate:
    """An estate, a market, a school: ``buildings`` × ``units`` × ``floors``, two doors each."""

    name: str
    road: str = ""
    number: str = ""
    buildings: int = 0
    units: int = 1
    floors: int = 6
    aliases: str = ""


@dataclass(frozen=True)
class Community:
    """A community or village with its grid; ``groups`` are houses in each village group."""

    name: str
    estates: tuple[Estate, ...] = ()
    groups: tuple[int, ...] = ()
    aliases: str = ""
    group_aliases: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Street:
    """A street or town: its communities, its roads with the doors on them."""

    name: str
    communities: tuple[Community, ...]
    roads: dict[str, tuple[int, int]]


SAMPLE = Street(
    "风荷镇",
    (
        Community(
            "风荷社区",
            (
                Estate("风荷苑", "风荷路", "118号", 12, 2, aliases="风荷苑小区|风荷花苑"),
                Estate("马浦小区", "马浦巷", "9号", 5, 3, 5, "老机械厂宿舍|机械厂宿舍"),
                Estate("风荷农贸市场", "风荷路", "60号", aliases="风荷菜场|镇菜市场"),
                Estate("风荷镇便民服务中心", "风荷路", "88号", aliases="便民中心|办事大厅"),
                Estate("风荷小学", "风荷路", "135号", aliases="镇小"),
                Estate("风荷路公交总站", "风荷路", "2号", aliases="公交总站"),
            ),
        ),
        Community(
            "朝晖社区",
            (
                Estate("和平里", "朝晖路", "56号", 8, 2, 5),
                Estate("朝晖公寓", "朝晖路", "15号", 2, 1, 11, "烂尾楼"),
                Estate("朝晖新村一区", "朝晖路", "70号", 6, 3, 5),
                Estate("朝晖新村二区", "朝晖路", "92号", 7, 3, 5),
                Estate("风荷镇卫生院", "朝晖路", "33号", aliases="镇卫生院|镇医院"),
            ),
        ),
        Community(
            "香樟社区",
            (
                Estate("香樟雅苑一期", "学院路", "20号", 6, 2, 11),
                Estate("香樟雅苑二期", "学院路", "24号", 8, 2, 11),
                Estate("学院名邸", "学院路", "51号", 4, 1, 18),
                Estate("紫薇花园", "香樟路", "12号", 9, 2, 6),
                Estate("香樟大厦", "香樟路", "1号", 1, 1, 16, "电信大楼"),
            ),
        ),
        Community(
            "荷塘村",
            (Estate("荷塘小区", "荷塘路", "8号", 6, 2, 6, "荷塘安置房|拆迁安置小区"),),
            (14, 12, 16, 9, 11, 13),
            group_aliases={2: "塘下", 5: "沈家墩"},
        ),
        Community(
            "新塘村",
            (Estate("新塘工业园", "新塘路", "1号", 4, aliases="工业园区"),),
            (10, 12, 9, 8, 11),
            group_aliases={4: "庙后头"},
        ),
        Community(
            "清溪村",
            (Estate("清溪港码头", "清溪路", "3号"),),
            (12, 8, 10, 11, 7, 9, 10),
            group_aliases={2: "溪头", 7: "竹园里"},
        ),
    ),
    {
        "风荷路": (2, 140), "朝晖路": (1, 96), "学院路": (18, 54), "香樟路": (1, 30),
        "马浦巷": (1, 20), "荷塘路": (2, 24), "新塘路": (1, 12), "清溪路": (3, 22),
    },
)  # fmt: skip

_FIRST = (
    "嘉盈聚鼎雅瀚御凯荣华鸿景佳美富万千方圆高远大立翠锦云碧金银玉春秋明清东西"
    "南北长永安宁康福瑞祥和丰泰兰梅竹松桂柳荷莲枫樟桐桃杏紫青白龙凤鹤鹭晨星月"
    "虹霞湖江溪河山石古新文德仁义"
)
_SECOND = (
    "湖江溪塘港湾浦桥园林山岭峰岩泉水月云霞风华锦秀景兴盛隆昌泰宁安和平福祥瑞"
    "庆康乐丰禾田苑庭阳光辉晖星辰海天地城门坊"
)
_ESTATE_TAILS = (
    "小区", "花园", "苑", "家园", "公寓", "新村", "名苑", "华庭", "佳苑", "雅苑", "里", "府",
)  # fmt: skip
_ROAD_TAILS = ("路", "路", "路", "路", "街", "巷", "大道", "弄")
_PUBLIC = (
    "小学",
    "幼儿园",
    "农贸市场",
    "卫生院",
    "公园",
    "广场",
    "工业园",
    "宾馆",
    "超市",
    "大厦",
    "饭店",
    "酒店",
    "菜场",
    "修理厂",
    "纸箱厂",
    "汽配城",
    "茶楼",
    "药房",
    "足浴店",
    "驾校",
    "敬老院",
)
_OLD = (
    "老棉纺厂宿舍",
    "粮站宿舍",
    "供销社大院",
    "农机厂宿舍",
    "水泥厂家属院",
    "丝厂宿舍",
    "邮电楼",
)
_PHASES = ("一期", "二期", "三期")
_KIN = "王李张陈沈周吴徐朱胡何郑钱孙高俞蒋姚方许"
_HAMLETS = ("家埭", "家墩", "家桥", "家浜", "家坞", "家门")


def sample_rows() -> Iterator[Row]:
    """The sample town: everything but most of its rooms."""
    for row in street_rows(1, SAMPLE):
        building = "-".join(row["code"].split("-")[:3])
        if not row["room"] or building in _ROOMS_OF_THE_SAMPLE:
            yield row


#: 风荷苑6幢, 和平里2幢, 香樟雅苑二期3幢, 马浦小区1幢.
_ROOMS_OF_THE_SAMPLE = ("0101-E1-6", "0102-E1-2", "0103-E2-3", "0101-E2-1")


def county_rows(seed: int) -> Iterator[Row]:
    """Without end: the sample town, then one drawn street after another."""
    yield from street_rows(1, SAMPLE)
    draw = _Draw(seed)
    number = 2
    while True:
        yield from street_rows(number, draw.street())
        number += 1


def street_rows(number: int, street: Street) -> Iterator[Row]:
    """Every row of a street, what is above before what is below."""
    place = {"district": DISTRICT, "street": street.name}
    for nth, (road, (first, last)) in enumerate(street.roads.items(), start=1):
        code = f"R{number:02}{nth:02}"
        yield _row(place, code=code, road=road)
        standing = [(c, e) for c in street.communities for e in c.estates if e.road == road]
        taken = {estate.number for _, estate in standing}
        keepers = [community for community, _ in standing] or street.communities[-1:]
        for door in range(first, last + 1):
            if f"{door}号" not in taken and door % 3:
                keeper = keepers[door * len(keepers) // (last + 1)]
                yield _row(
                    place,
                    code=f"{code}-{door}",
                    road=road,
                    number=f"{door}号",
                    community=keeper.name,
                    grid=f"{keeper.name}网格",
                )
    for nth, community in enumerate(street.communities, start=1):
        here = {**place, "community": community.name, "grid": f"{community.name}网格"}
        code = f"{number:02}{nth:02}"
        yield _row(here, code=code, aliases=community.aliases)
        for group, houses in enumerate(community.groups, start=1):
            group_code = f"{code}-G{group}"
            there = {**here, "group": f"{group}组"}
            yield _row(there, code=group_code, aliases=community.group_aliases.get(group, ""))
            for house in range(1, houses + 1):
                yield _row(there, code=f"{group_code}-{house}", number=f"{house}号")
        for one, estate in enumerate(community.estates, start=1):
            yield from _estate_rows(f"{code}-E{one}", here, estate)


def _estate_rows(code: str, here: Row, estate: Estate) -> Iterator[Row]:
    there = {**here, "estate": estate.name, "road": estate.road, "number": estate.number}
    yield _row(there, code=code, aliases=estate.aliases)
    for building in range(1, estate.buildings + 1):
        standing = {**there, "building": f"{building}幢"}
        yield _row(standing, code=f"{code}-{building}")
        for unit in range(1, estate.units + 1):
            for floor in range(1, estate.floors + 1):
                for door in (1, 2):
                    room = f"{floor}{door:02}"
                    behind = {**standing, "room": f"{room}室"}
                    if estate.units > 1:
                        behind["unit"] = f"{unit}单元"
                    middle = f"-{unit}" if estate.units > 1 else ""
                    yield _row(behind, code=f"{code}-{building}{middle}-{room}")


def _row(place: Row, **cells: str) -> Row:
    return {column: {**place, **cells}.get(column, "") for column in COLUMNS}


class _Draw:
    """Streets with names that are easily mixed up."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._used: set[str] = {
            "风荷",
            "朝晖",
            "香樟",
            "荷塘",
            "新塘",
            "清溪",
            "和平",
            "学院",
            "紫薇",
        }
        self._estates: list[str] = ["幸福小区"]

    def street(self) -> Street:
        """A street of villages and communities."""
        pick = self._random
        name = self._core()
        roads = dict(self._road() for _ in range(pick.randint(18, 30)))
        for road in [r for r in roads if r.endswith("路") and pick.random() < 0.12]:
            roads[f"{road[:-1]}东路"], roads[f"{road[:-1]}西路"] = roads[road], (1, 60)
            del roads[road]
        names = list(roads)
        communities = [self._community(names) for _ in range(pick.randint(6, 9))]
        communities += [self._village(names) for _ in range(pick.randint(4, 8))]
        return Street(f"{name}{pick.choice(('街道', '镇'))}", tuple(communities), roads)

    def _core(self) -> str:
        while True:
            core = self._random.choice(_FIRST) + self._random.choice(_SECOND)
            if core not in self._used and core[0] != core[1]:
                self._used.add(core)
                return core

    def _road(self) -> tuple[str, tuple[int, int]]:
        pick = self._random
        tail = pick.choice(_ROAD_TAILS)
        return self._core() + tail, (1, pick.randint(20, 260))

    def _community(self, roads: list[str]) -> Community:
        core = self._core()
        estates = [e for _ in range(self._random.randint(5, 9)) for e in self._estate(core, roads)]
        estates += [self._public(core, roads) for _ in range(self._random.randint(6, 14))]
        return Community(f"{core}社区", tuple(estates))

    def _village(self, roads: list[str]) -> Community:
        pick, core = self._random, self._core()
        groups = tuple(pick.randint(8, 30) for _ in range(pick.randint(5, 14)))
        hamlets = {
            group: pick.choice(_KIN) + pick.choice(_HAMLETS)
            for group in range(1, len(groups) + 1)
            if pick.random() < 0.3
        }
        public = (self._public(core, roads),) if pick.random() < 0.5 else ()
        return Community(f"{core}村", public, groups, group_aliases=hamlets)

    def _public(self, core: str, roads: list[str]) -> Estate:
        pick = self._random
        name = core if pick.random() < 0.2 else self._core()
        return Estate(name + pick.choice(_PUBLIC), *self._door(roads))

    def _estate(self, core: str, roads: list[str]) -> list[Estate]:
        pick = self._random
        if pick.random() < 0.04:
            name = pick.choice(self._estates)
        elif pick.random() < 0.15:
            # Called after the community or the road, as so many are.
            name = (core if pick.random() < 0.5 else pick.choice(roads)[:2]) + pick.choice(
                _ESTATE_TAILS
            )
        else:
            name = self._core() + pick.choice(_ESTATE_TAILS)
        self._estates.append(name)
        alias = pick.choice(_OLD) if pick.random() < 0.06 else ""
        phases = _PHASES[: pick.randint(2, 3)] if pick.random() < 0.12 else ("",)
        return [
            Estate(
                name + phase,
                *self._door(roads),
                buildings=pick.randint(3, 22),
                units=pick.randint(1, 3),
                floors=pick.choice((4, 5, 5, 6, 6, 6, 11)),
                aliases=alias if not phase else "",
            )
            for phase in phases
        ]

    def _door(self, roads: list[str]) -> tuple[str, str]:
        return self._random.choice(roads), f"{self._random.randint(1, 130)}号"


def write_rows(path: Path, rows: Iterator[Row]) -> int:
    """A file that spreadsheets open; the number of rows."""
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            written += 1
    return written


def unique(rows: Iterator[Row]) -> Iterator[Row]:
    """An estate that was drawn twice in one community is left out the second time."""
    seen: set[tuple[str, ...]] = set()
    dropped = ""
    for row in rows:
        if dropped and row["code"].startswith(dropped):
            continue
        address = tuple(row[column] for column in COLUMNS[1:12])
        place = (*address[:3], row["estate"]) if row["estate"] and not row["building"] else address
        if place in seen:
            dropped = row["code"] + "-"
            continue
        seen.add(place)
        yield row


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=230_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sample", action="store_true", help="the sample town only")
    given = parser.parse_args()
    rows = sample_rows() if given.sample else islice(unique(county_rows(given.seed)), given.rows)
    print(f"{write_rows(given.out, rows)} rows → {given.out}")


if __name__ == "__main__":
    main()
