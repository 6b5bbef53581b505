"""Where it happened, as far as the words say: a first, cautious reading.

Only what is written is taken, as an exact piece of the text; nothing is guessed or completed.
"""

from __future__ import annotations

import re

#: What names of places end in; a single character only where it does not open another word.
_TAIL = (
    r"(?:大道|公路|国道|省道|路口|街道|社区|小区|花园|花苑|公寓|大厦|广场|市场|菜场|超市|商场|商城|"
    r"学校|小学|中学|大学|学院|幼儿园|医院|卫生院|公园|车站|公交站|地铁站|高铁站|火车站|收费站|工业区|"
    r"工业园|开发区|新村|新城|家园|雅苑|佳苑|嘉园|名苑|华庭|豪庭|山庄|大桥|桥头|立交|水库|码头|"
    r"酒店|宾馆|便民中心|办事处|"
    r"路(?![灯面况过人上费线由程障牌基肩])|街(?![面坊上头])|巷(?![子里])|弄(?![得坏堂])|"
    r"村(?![民委里子口道])|屯|苑|园(?![林区])|镇(?![里上长])|乡(?![下里亲])|"
    r"桥(?![头洞下])|厂(?![里区家房])|(?<=[甲乙丙丁\d])区|岛|港(?!口))"
)
#: Words after which a place begins; everything up to them is cut away.
_BEFORE = re.compile(
    r"(?:[今昨前明]天|[今昨]晚|早上|上午|中午|下午|晚上|半夜|凌晨|夜里|最近|现在|每天|每晚|"
    r"反映|占|没|走|修|堵|封|建|咨询|投诉|举报|来电|位于|地址|地点|住在|住址|家住|现住|居住在|"
    r"坐落在|就在|发生在|开在|"
    r"经过|途经|路过|来到|去到|到达|沿着|靠近|附近的|旁边的|对面的|门口的|从|在|到|于|往|是|的|"
    r"对面|由|把|被|我们|咱们|他们|你们|我家|俺们|请|关于|去|来|有|要|一个|这个|那个|这条|那条|该|本)"
)
_NUMBERED = (
    r"(?:\d{1,5}(?:-\d{1,5})*(?:号楼|号|栋|幢|座|期|组|队|单元|室|层|弄|路段)|\d{3,4}(?!\d)|"
    r"[东南西北]{1,2}(?:侧|门|段|面|口|区)|[A-Z]\d{0,2}[座栋区]|[与和](?=\S{1,8}(?:路|街))|"
    r"交叉口|交汇处|路口|门口|门前|附近|旁边?|对面|边上|楼下|地下室|地铁口|出口|入口|转角)"
)
_NAME = rf"[\u4e00-\u9fffA-Za-z0-9]{{1,10}}?{_TAIL}"
_PLACE = re.compile(rf"{_NAME}(?:[与和]?{_NAME})*(?:{_NUMBERED})*")
#: Counted things ("三盏路灯") are not named places.
_COUNTED = re.compile(r"[一二三四五六七八九十几多两半这那每][个条排盏辆家户处台张些边]")
_LABELLED = re.compile(r"(?:地址|地点|位置|事发地)[:：是为]\s*([^，。；;！!\n（(]{3,60})")
#: What ends like a place but names none.
_GENERIC = re.compile(
    r"^(?:知道|报道|通道|管道|渠道|味道|公里|家里|哪里|这里|那里|心里|村里|夜里|小区|社区|街道|马路|"
    r"道路|走路|修路|学校|医院|市场|超市|公园|工地|农村|本村|全村|工厂|地区|消防通道|人行道|机动车道|"
    r"非机动车道|盲道|下水道|楼道|过道|轨道|隧道|车道|河道|绿化带|停车场|住宅区|居民区|市区|城区|"
    r"辖区|片区|景区|校园|幼儿园|花园|公交站|高速|派出所|银行|酒店|宾馆|广场|商场|大道|公路|社会|"
    r"一路|半路|铁路|思路|网路|线路|套路|电路|没路|出路|管路|丝路|同城|上城|商城|河|塘|桥|厂|"
    r"(?:整|这|那|每|各|几|一|两|全|某|老|新|旧|多|好几|哪)[条个座家片栋幢所]?(?:小区|路|街|村|厂|桥|河|巷|区|镇|学校|"
    r"社区)|"
    r"(?:学校|小区|医院|公园|超市|市场|幼儿园|村|工地|广场)(?:门口|门前|附近|旁边?|对面|边上|楼下|"
    r"[东南西北]门)?)$"
)


def find_place(text: str) -> str | None:
    """The place a text names, as an exact substring, or ``None``."""
    span = find_place_span(text)
    return text[span[0] : span[1]] if span else None


def find_place_span(text: str) -> tuple[int, int] | None:
    """Like ``find_place``, as ``(start, end)`` offsets into ``text``.

    A labelled address ("地址：…") wins; otherwise the longest name found first counts.
    """
    labelled = _LABELLED.search(text)
    if labelled:
        return labelled.span(1)
    best: tuple[int, int] | None = None
    for match in _PLACE.finditer(text):
        start, end = _trim(text, match.start(), match.end())
        name = text[start:end]
        if len(name) < 3 or _GENERIC.match(name) or _COUNTED.search(name):
            continue
        if best is None or (end - start) > (best[1] - best[0]) + 2:
            best = (start, end)
    return best


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut away the words before the name itself begins."""
    for word in _BEFORE.finditer(text, start, end):
        start = min(word.end(), end)
    return start, end
