"""Request type, urgency and flags by rule, one row per judgement."""

from __future__ import annotations

import pytest

from classifier.cue_rules import judge_flags, judge_request_type, judge_urgency, read_cues
from tests.growth import LINEAR_ENOUGH, growth


@pytest.mark.parametrize(
    "text",
    [
        "我家楼道着火了，快来人",  # open fire
        "楼下电瓶车冒烟了",
        "一进厨房就有很重的煤气味",  # gas
        "路灯杆漏电，摸着麻手",
        "电线掉在地上冒火花",
        "小区门口的井盖不见了",  # missing manhole cover
        "人行道塌了一个大洞",
        "我和孩子被困在电梯里",  # trapped
        "老公拿着刀追我",  # violence
        "有人要跳楼",  # self-harm
        "有人要跳楼大家快来",
        "我不想活了",
        "再不解决我就和你们同归于尽",  # threat: tone does not count, threats do
        "三十多个工人聚集在公司门口讨薪",  # crowd
        "我爸八十岁了，老年痴呆，早上走失至今没回家",
        "刚刚被骗转了两万，能不能止付",  # within 24 hours
        "全班十几个孩子吃完午饭都吐了",
        "外墙瓷砖往下掉，差点砸到人",
        "有人把我反锁，被关在屋里了",
        "隔壁仓库堆了好多汽油桶",
        "我家樓道著火了",  # traditional
        "村民堵路不让车过",  # people, not cars
        "工人在门口拉横幅堵路",
        "马路中间有个井盖那么大的洞",
        "宿舍楼下有个人企图猥亵女生",
        "孩子的头卡在栏杆里了",
        "工人被压在塌下来的墙底下",
        "老人喘不过气，脸都紫了",
        "我妈吃了半瓶安眠药，叫不醒",
        "我妈不见了，她有老年痴呆",
        "他说再去告状就打断我的腿",
        "卫生院门口煤气管道爆裂了",  # no danger word of the first list
        "整栋楼在晃动，地砖都裂了",
        "楼顶的墙体脱落砸到我的车",
        "路边下水道的板盖不见了",
        "朋友昨晚被讨债公司的人带走，不知道在哪",
        "空调插头冒烟了",
        "有个醉汉躺在路口",
        "爸爸在救护车上抢救，车一直不走",
        "真想一死了之",
        "工地门口有七个工人在讨薪",
        "一辆货车接了根管子往河里排黑水",
        "正在往塘里偷排废水",
        "树枝还在往下断，底下有人走",
    ],
)
def test_critical(text: str) -> None:
    assert judge_urgency(text) == "critical"


@pytest.mark.parametrize(
    "text",
    [
        "没有着火，只是想问灭火器在哪里领",  # negated
        "并没有发生爆炸，就是声音大",
        "上个月电动车被偷了",  # past
        "去年我们楼里着火过一次，想了解后来怎么处理的",  # past lowers by one level
        "担心以后会着火，希望装个烟感",  # feared only
        "万一着火怎么办，消防通道请清理一下",
        "气死我了！！！急急急！！！路边垃圾没人扫",  # tone alone
        "火车站附近的公交什么时候恢复",  # 火 in another word
        "社区消防演练什么时候搞",
        "房子着火后保险怎么赔",  # about, not of
        "我要办居住证，需要什么材料",
        "挥泪跳楼价，买回来是假货",  # how shops shout
        "清仓跳楼大甩卖",
        "跳楼机的安全带松了",
        "自杀式降价",
        "工地半夜还在打桩",  # 打 something
        "还在打电话推销",
        "市民反映:有三辆车堵路，请通知挪车",  # cars, not people
        "夜市的摊子堵路",
        "这条拥堵路段什么时候拓宽",
        "救命通道天天被私家车占着",
        "那是老人看病的救命钱，平台不肯退",
        "隔壁阳台的雨棚打起来了",  # put up
        "开发商绑架消费者，捆绑卖车位",
        "管子埋在地下，路面一直没有恢复",
        "排气管冒黑烟的摩托车太多",
        "管道离窗太近，怕小偷，也有燃气泄漏的隐患",
        "孩子走失的事已经找到了，撤销工单",
        "户口的事卡在居委会这一关",  # held up, in an office
        "银行卡在外地被冻结了",
        "补助款一直压在村里没有发",
        "作业多得孩子喘不过气来",
        "吵得老人吃安眠药也睡不着",
        "去年冬天发生了三起火灾",
        "楼道里充电极易引发火灾",
        "饭店厨房起火，保安及时扑灭",
        "馆子要动用明火的手续怎么办",
        "祖传跌打伤科，想开个诊所",
        "有人天天在小区里聚众打牌",
        "围墙外有人随意倾倒垃圾",
        "左转灯和人行灯互相冲突，请现场看看",
        "土地证不见了，户主是我父亲",
        "低音炮震得感觉房子要塌了",
        "充电的线就在楼梯口，一旦短路，发生火灾谁都跑不出来",  # feared in the clause before
        "电梯三天两头坏，经常有人被困",  # what happens again and again
        "孩子整天像被关在教室里",
        "外卖的包装漏气，东西坏了",
        "业主群被几个人绑架了，别人的意见发不出来",
        "带了半死不活的鱼来退货",
        "下沉式广场的楼梯太滑",
        "丈夫是业务员，公司被查，人也被公安带走了，请从轻",
        "狗被捕犬车带走了",
        "死鱼躺在草边没人捡",
        "隔壁还在打麻将",
        "小孩天天在打架子鼓",
        "煤气灶打不着火",
        "前面的货车一路冒黑烟的",
        "不想活动了",
        "电梯坏了，没困人",
    ],
)
def test_not_critical(text: str) -> None:
    assert judge_urgency(text) != "critical"


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("我们小区从昨晚开始停水", "urgent"),  # supply
        ("楼上正在砸墙装修", "urgent"),  # going on now
        ("工地凌晨两点还在施工", "urgent"),
        ("整栋楼都闻得到，五十多户受影响", "urgent"),  # many households
        ("污水横流，溢到马路上", "urgent"),
        ("几年前我们村停过水", "normal"),  # over and done with
        ("楼下烧烤店油烟太大", "normal"),
        ("医保卡丢了怎么补办", "normal"),
        ("", "normal"),
    ],
)
def test_urgent_or_normal(text: str, urgency: str) -> None:
    assert judge_urgency(text) == urgency


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("感谢李师傅半夜来修水管，给他点个赞", "praise"),  # thanks and no demand
        ("感谢上次的处理，但是油烟还在，请尽快解决", "complaint"),  # thanks with a demand
        ("建议在学校门口增设斑马线", "suggest"),
        ("能不能加开一班早上的公交车", "suggest"),
        ("市民来电咨询：老年证在哪里办", "consult"),
        ("请问落户需要什么材料？", "consult"),
        ("这种黑店你们到底管不管？", "complaint"),  # a question whose aim is enforcement
        ("举报菜场二楼有人聚众赌博", "report"),
        ("这家诊所无证行医", "report"),
        ("路灯坏了，麻烦修一下", "help"),  # nobody to blame
        ("路灯坏了，反映多次没人管", "complaint"),  # now somebody is
        ("小区停水了", "help"),
        ("我要投诉物业不作为", "complaint"),
        ("楼下跳广场舞太吵，扰民", "complaint"),
    ],
)
def test_request_type(text: str, expected: str) -> None:
    assert judge_request_type(text) == expected


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("我已经反映过三次了", ("repeat",)),
        ("第一次反映", ()),
        ("我们三十多户业主联名反映", ("group",)),
        ("请对我的信息保密", ("anonymous",)),
        ("八十岁老人腿脚不便，能不能上门办理认证", ("vulnerable", "errand")),
        ("物业说归城管，城管说归物业，互相推诿", ("cross_dept",)),
        ("幼儿园门口总有人卖烟给学生", ("minor",)),
        ("路灯不亮", ()),
    ],
)
def test_flags(text: str, flags: tuple[str, ...]) -> None:
    assert judge_flags(text) == flags


@pytest.mark.parametrize("filler", ["(", "1", "没有", "楼", "多次", "井盖", "12 ", "老人孩子"])
def test_endless_text_is_read_quickly(filler: str) -> None:
    read_cues(filler)  # the patterns are compiled once
    assert growth(read_cues, filler * (20_000 // len(filler))) < LINEAR_ENOUGH
