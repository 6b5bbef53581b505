"""Sentences with personal data in them, made anew from a seed; nobody's numbers, nobody's words.

make_items(count, seed) -> [Item(text, secret, kind)]     ``secret`` stands in ``text`` as it is
LOOKALIKES                                                what looks alike and has to stay
core_of(item), leaked(item, shown)
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cn import ric

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高郑梁谢宋唐许邓冯韩曹曾彭肖蔡潘田董袁余叶蒋杜苏魏吕丁沈"
)
GIVEN = (
    "建国",
    "秀英",
    "伟",
    "芳",
    "志强",
    "丽娟",
    "桂花",
    "晓东",
    "海燕",
    "浩然",
    "雨桐",
    "永福",
    "玉兰",
    "国庆",
)
REGIONS = ("330106", "330103", "320102", "110105", "440305", "510104", "420106", "610113", "230102")
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_SPOKEN_1 = str.maketrans("0123456789", "〇一二三四五六七八九")
_DIGIT = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")


@dataclass(frozen=True)
class Item:
    """A complaint with one secret in it; ``core`` is what must not be read out of what is shown."""

    text: str
    secret: str
    kind: str
    core: str


Maker = Callable[[random.Random], tuple[str, str]]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def _grouped(digits: str, sizes: tuple[int, ...], sep: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return sep.join([*parts, *([digits[at:]] if digits[at:] else [])])


def mobile(rng: random.Random) -> tuple[str, str]:
    number = "1" + rng.choice("3456789") + _digits(rng, 9)
    ways = (
        number,
        number,
        _grouped(number, (3, 4, 4), " "),
        _grouped(number, (3, 4, 4), "-"),
        _grouped(number, (3, 3, 3, 2), " "),
        _grouped(number, (4, 3, 4), " "),
        _grouped(number, (3, 4, 4), "\u3000"),
        _grouped(number, (3, 4, 4), "—"),
        _grouped(number, (3, 4, 4), "."),
        f"+86 {number}",
        f"+86-{_grouped(number, (3, 4, 4), '-')}",
        f"0086{number}",
        f"86{number}",
        number.translate(_WIDE),
        number.translate(_SPOKEN),
        number.translate(_SPOKEN_1),
        _grouped(number, (3, 4, 4), " ").translate(_SPOKEN),
        f"{number}转{_digits(rng, 4)}",
        number[:3] + "\u200b" + number[3:],
    )
    return rng.choice(ways), number[3:]


def landline(rng: random.Random) -> tuple[str, str]:
    area = rng.choice(("0571", "010", "021", "0755", "0898", "0731"))
    number = rng.choice("2345678") + _digits(rng, 7)
    ways = (
        f"{area}-{number}",
        f"{area}{number}",
        f"({area}){number}",
        f"（{area}）{number}",
        f"{area} {number[:4]} {number[4:]}",
        f"{area}—{number}",
        f"{area}-{number}转{_digits(rng, 3)}",
        f"{area}-{number}-{_digits(rng, 3)}",
        f"{area}-{number}".translate(_WIDE),
        f"+86-{area[1:]}-{number}",
    )
    return rng.choice(ways), number


def identity(rng: random.Random) -> tuple[str, str]:
    body = f"{rng.choice(REGIONS)}{rng.randint(1945, 2012)}"
    body += f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body += _digits(rng, 3)
    number = body + ric.calc_check_digit(body)
    ways = (
        number,
        number.lower(),
        _grouped(number, (6, 8, 4), " "),
        _grouped(number, (6, 8, 4), "-"),
        _grouped(number, (6, 4, 4, 4), " "),
        _grouped(number, (4, 4, 4, 4, 2), " "),
        number.translate(_WIDE),
        _grouped(number, (6, 8, 4), "\u3000"),
    )
    return rng.choice(ways), number[4:14]


def old_identity(rng: random.Random) -> tuple[str, str]:
    number = (
        f"{rng.choice(REGIONS)}{rng.randint(30, 85)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    )
    number += _digits(rng, 3)
    return rng.choice((number, _grouped(number, (6, 6, 3), " "), number.translate(_WIDE))), number[
        4:11
    ]


def bank_card(rng: random.Random) -> tuple[str, str]:
    body = rng.choice(("622202", "621661", "622848", "435745", "552245", "955880")) + _digits(
        rng, rng.choice((9, 12))
    )
    number = body + luhn.calc_check_digit(body)
    ways = (
        number,
        _grouped(number, (4, 4, 4, 4), " "),
        _grouped(number, (4, 4, 4, 4), "-"),
        number.translate(_WIDE),
    )
    return rng.choice(ways), number[4:-4]


def plate(rng: random.Random) -> tuple[str, str]:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    here = rng.choice("浙沪京苏皖粤鲁川云渝") + rng.choice("ABCDEFGH")
    tail = "".join(rng.choice(letters + "0123456789") for _ in range(4)) + str(rng.randrange(10))
    green = rng.choice("DF") + rng.choice(letters + "0123456789") + _digits(rng, 4)
    ways = (
        (here + tail, tail),
        (f"{here}·{tail}", tail),
        (f"{here} {tail}", tail),
        (f"{here}-{tail}", tail),
        ((here + tail).lower(), tail.lower()),
        (here + green, green),
        (f"{here}·{green}", green),
        (here + tail[:4] + rng.choice("学警挂"), tail[:4]),
        (f"粤Z{_digits(rng, 4)}港", ""),
        (f"使{(six := _digits(rng, 6))}", six),
    )
    if not any(c.isdigit() for c in tail[:4]):
        ways = ways[:7]
    return rng.choice(ways)


def email(rng: random.Random) -> tuple[str, str]:
    local = rng.choice(("zhang", "wang.li", "chen_88", "lxm-2001")) + str(rng.randint(10, 9999))
    host = rng.choice(("example.com", "mail.example.cn", "example.org"))
    return rng.choice((f"{local}@{host}", f"{local}＠{host}", f"{local.upper()}@{host}")), local


def passport(rng: random.Random) -> tuple[str, str]:
    number = rng.choice(("E", "G", "EA", "EJ")) + _digits(rng, 8)
    number = number[:9]
    return rng.choice((number, number.lower(), number.translate(_WIDE))), number[1:7]


def wechat(rng: random.Random) -> tuple[str, str]:
    name = rng.choice(("lxm", "fenghe_", "wangjg-", "Abc")) + _digits(rng, 5)
    return rng.choice(
        (f"微信号：{name}", f"微信号是{name}", f"加微信号 {name}", f"vx：{name}", f"VX{name}")
    ), name


def qq(rng: random.Random) -> tuple[str, str]:
    number = str(rng.randint(1, 9)) + _digits(rng, rng.choice((6, 8, 9)))
    return rng.choice(
        (f"QQ：{number}", f"QQ号{number}", f"qq是{number}", f"扣扣号 {number}")
    ), number[1:]


def name(rng: random.Random) -> tuple[str, str]:
    given = rng.choice(GIVEN)
    whole = rng.choice((*SURNAMES, "欧阳", "司徒", "上官")) + given
    ways = (
        f"我叫{whole}",
        f"我叫{whole}，",
        f"我的名字叫{whole}。",
        f"姓名：{whole}",
        f"姓名 {whole}，",
        f"联系人：{whole}",
        f"联系人是{whole}，",
        f"投诉人：{whole}；",
        f"我是{whole}，",
        f"本人{whole}，",
        f"市民{whole}反映，",
        f"村民{whole}称",
        f"业主{whole}来电，",
        f"我女儿{whole}，",
        f"申请人：{whole}\n",
        f"本人叫{whole}住在这里，",
    )
    return rng.choice(ways), given if len(given) > 1 else whole


def titled(rng: random.Random) -> tuple[str, str]:
    surname, title = rng.choice(SURNAMES), rng.choice(("女士", "先生", "大爷", "阿姨", "师傅"))
    shown = rng.choice(
        (f"市民{surname}{title}来电，", f"{surname}{title}反映，", f"我是{surname}{title}，")
    )
    return shown, surname + title


def rare_name(rng: random.Random) -> tuple[str, str]:
    whole = rng.choice(("阿依古丽", "买买提·吐尔逊", "乜建新", "么晓红", "呼延雪"))
    return rng.choice((f"姓名：{whole}", f"联系人：{whole}。", f"我叫{whole}，")), whole[1:]


def door(rng: random.Random) -> tuple[str, str]:
    house, stairs, room = (
        rng.randint(1, 60),
        rng.randint(1, 4),
        f"{rng.randint(1, 28)}0{rng.randint(1, 6)}",
    )
    said = room.translate(str.maketrans("0123456789", "零一二三四五六七八九"))
    ways = (
        f"{house}幢{stairs}单元{room}室",
        f"{house}栋{stairs}单元{room}",
        f"{house}号楼{room}室",
        f"{house}幢{room}",
        f"{house}-{stairs}-{room}",
        f"{house}座{room}房",
        f"{house}栋 {stairs}单元 {room}室",
        f"{house}幢{stairs}单元{said}室".translate(_WIDE),
        f"{house}幢{said}室",
    )
    where = rng.choice(("风荷苑", "柳浪花园", "荷塘小区", "桂语公寓"))
    return f"{where}{rng.choice(ways)}", room


def house_number(rng: random.Random) -> tuple[str, str]:
    number = str(rng.randint(101, 998))
    ways = (f"我住在朝晖路{number}号", f"家住柳浪村8组{number}号", f"家庭住址：荷塘巷{number}号")
    return rng.choice(ways), number


MAKERS: dict[str, tuple[Maker, ...]] = {
    "phone": (mobile, mobile, mobile, landline),
    "id_card": (identity, identity, old_identity),
    "bank_card": (bank_card,),
    "plate": (plate,),
    "email": (email,),
    "passport": (passport,),
    "account": (wechat, qq),
    "name": (name, name, titled, rare_name),
    "door": (door, door, house_number),
}
OPENINGS = (
    "桥头的路灯坏了三天，",
    "楼下烧烤摊油烟很大，",
    "小区门口垃圾没人清运，",
    "工资拖了两个月没发，",
    "",
)
ENDINGS = (
    "，请尽快处理。",
    "，麻烦派人来看看",
    "。晚上一直吵到十二点。",
    "\n已经反映过两次了。",
    "，谢谢！",
)
LABELS = {
    "phone": (
        "我的手机是{}",
        "联系电话：{}",
        "电话{}",
        "打{}找我",
        "可拨打 {} 联系",
        "号码{}",
        "{}",
    ),
    "id_card": ("身份证号{}", "身份证：{}", "证件号码 {}", "{}"),
    "bank_card": ("工资卡号{}", "银行卡 {}", "卡号：{}", "打到{}这张卡"),
    "plate": ("车牌{}的货车", "车牌号：{}", "一辆{}轿车", "车号是{}"),
    "email": ("邮箱{}", "请回复到 {} 这里", "{}"),
    "passport": ("护照{}", "护照号：{}", "护照号码是{}"),
    "account": ("{}",),
    "name": ("{}",),
    "door": ("{}", "漏水的是{}", "地址：{}"),
}


def make_items(count: int, seed: int = 7) -> list[Item]:
    """``count`` complaints, every kind as often as the others."""
    rng = random.Random(seed)
    items = []
    for position in range(count):
        kind = list(MAKERS)[position % len(MAKERS)]
        maker = rng.choice(MAKERS[kind])
        secret, core = maker(rng)
        label = "{}" if maker in (house_number,) else rng.choice(LABELS[kind])
        said = label.format(secret)
        if maker is landline and label == "{}":
            said = f"电话{secret}"
        text = rng.choice(OPENINGS) + said + rng.choice(ENDINGS)
        items.append(Item(text, secret, kind, core or secret))
    return items


def squeeze(text: str) -> str:
    """What a reader would make of it: one width, no separators, digits as digits."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_DIGIT)
    return "".join(c for c in plain if c.isalnum() or c in "@*")


def leaked(item: Item, shown: str) -> bool:
    """Whether the core of the secret can still be read."""
    return squeeze(item.core) in squeeze(shown)


#: (text, what has to stand in it as it was)
LOOKALIKES: tuple[str, ...] = (
    "编号2611-2312-3456的诉求什么时候办好",
    "昨天报的2611-2254-3218还没有回音",
    "订单号202611231380013800，一直没有发货",
    "快递单号13800138000没有送到",
    "欠了12000元工资，合同金额 138000 元",
    "2026年11月23日晚上10点30分，下了三趟138路公交",
    "K138路公交不停站，B12路改线了",
    "根据《治安管理处罚法》第58条和国发〔2026〕12号文",
    "打了12345和12315，也打过110、119、96110",
    "本镇热线0571-5550100一直占线",
    "客服电话400-800-8820打不通，95588也打不通",
    "李记面馆和王大妈饺子馆的油烟很大",
    "李先生牛肉面馆门口排污",
    "张阿姨水果店占道经营",
    "老刘烧烤店凌晨还在放音乐",
    "我是高中生，放学路上没有路灯",
    "我是农民，去年种的水稻",
    "我是路过的，看见井盖没了",
    "我是温州人，想办居住证",
    "居民严重不满，希望解决",
    "业主强烈要求更换物业",
    "风荷苑3幢楼下有人烧垃圾",
    "朝晖路12号门口的窨井盖坏了",
    "5号楼和6号楼之间堆满了杂物",
    "行政服务中心302室态度不好",
    "人民医院住院部502室没有空调",
    "统一社会信用代码91330106MA2B00001X的公司",
    "面积120平米，每平米18000元",
    "电表读数 00123456，水表 004512",
    "经度120.123456789，纬度30.123456789",
    "QQ群在闲聊，没有人管",
    "京东和沪杭甬高速都没有问题",
    "A市B区的道路，V5版本的软件",
    "万元户、马上、任何人、明天上午",
    "单号 6222021201001234 的包裹",
    "第3组的路灯坏了，三单元门口也黑",
    "广播从早上6:00到晚上22:00",
    "每户补贴2000元，共计1380000元",
)
PUBLIC = ("0571-5550100",)
