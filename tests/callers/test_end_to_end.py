"""From the pasted call at the desk to the rating: every message in the file drop."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.service import BotService
from bot.sms_channel.channel import SmsChannel
from bot.sms_channel.file_drop import FileDrop
from cases.lifecycle import Role
from cases.testing import KeywordClassifier
from tests.intake_api.conftest import House, csrf_of

CALL = """坐席：您好，请讲。
市民：朝晖路桥头三盏路灯不亮，晚上漆黑一片，老人走路害怕，请尽快修一下。
坐席：联系电话是？
市民：13800001234。"""


async def test_a_call_from_the_desk_to_the_rating(house: House, tmp_path: Path) -> None:
    sms = SmsChannel(FileDrop(tmp_path / "sms", clock=house.clock))
    service = BotService(
        database=house.database,
        classifier=KeywordClassifier(),
        town_provider=lambda: house.town,
        data_dir=tmp_path,
        channels=(sms,),
        clock=house.clock,
    )
    await house.login(Role.AGENT)
    page = await (await house.client.get("/desk")).text()
    answer = await house.client.post("/desk/read", data={"csrf": csrf_of(page), "text": CALL})
    drafts = await answer.text()
    data = {
        "csrf": csrf_of(drafts),
        "read_id": "abcdef",
        "pasted": CALL,
        "caller_phone": "13800001234",
        "d0-file": "1",
        "d0-text": "朝晖路桥头三盏路灯不亮，晚上漆黑一片，老人走路害怕，请尽快修一下。",
        "d0-category": "zf.light",
        "d0-request_type": "help",
        "d0-urgency": "normal",
        "d0-place": "朝晖路桥头",
    }
    done = await (await house.client.post("/desk/file", data=data)).text()
    assert "已立案 1 件" in done
    found = re.search(r'class="number" href="/desk/cases/([\d-]+)"', done)
    assert found is not None
    number = found[1]
    await service.settle()
    handler, dispatcher = await house.token(Role.HANDLER), await house.token(Role.DISPATCHER)
    for headers, action, more in (
        (handler, "sign", {}),
        (handler, "contact", {"method": "电话", "content": "已联系"}),
        (handler, "reply", {"outcome": "solved", "text": "三盏都换了"}),
        (dispatcher, "close", {}),
    ):
        status, body = await house.act(headers, number, action, **more)
        assert status == 200, body
        house.clock.advance(minutes=1)
        await service.settle()
    await service.stop()
    [file] = (tmp_path / "sms").iterdir()
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    assert {row["phone"] for row in rows} == {"13800001234"}
    assert ["路灯管理所" in texts[0], "已开始处理" in texts[1]] == [True, True]
    assert "已答复" in texts[2] and "评价" in texts[3] and len(texts) == 4
    assert all(number in text and len(text) <= 70 for text in texts)
