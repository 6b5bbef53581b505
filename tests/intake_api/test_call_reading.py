"""From an export or an order to drafts: over HTTP and on the desk's page."""

from __future__ import annotations

import json

from cases.lifecycle import Role
from tests.intake_api.conftest import House

PATH = "/api/v1/transcripts"
WHISPER = json.dumps(
    {
        "segments": [
            {"start": 0, "end": 2, "text": "您好请问有什么可以帮您"},
            {"start": 2, "end": 5, "text": "兴业路三盏路灯不亮"},
            {"start": 5, "end": 7, "text": "希望快点修好"},
            {"start": 7, "end": 9, "text": "好的已为您登记"},
        ]
    }
)
ORDER = (
    "市民来电反映：兴业路路灯不亮，希望尽快修，请路灯所核实处理！2026-11-10路灯所答复：经核实，"
    "已更换灯泡。市民再次来电反映：昨天又灭了，请路灯所核实处理！"
)


async def post(house: House, text: str) -> dict:
    answer = await house.client.post(
        PATH, json={"text": text, "dry_run": True}, headers=await house.token()
    )
    assert answer.status == 200
    return await answer.json()


async def test_an_export_comes_back_as_the_text_its_spans_refer_to(house: House) -> None:
    """The desk's lines are in the text and not in the draft."""
    body = await post(house, WHISPER)
    [draft] = body["drafts"]
    for quote in (draft["place"], draft["demand"]):
        assert body["text"][slice(*quote["span"])] == quote["text"]
    assert (draft["place"]["text"], draft["demand"]["text"]) == ("兴业路", "希望快点修好")
    assert "登记" in body["text"]
    assert [part["kind"] for part in draft["parts"]] == ["complaint", "demand"]


async def test_an_order_answered_before_is_a_repeat(house: House) -> None:
    """The unit's answer is quoted, and what is tagged does not contain it."""
    [draft] = (await post(house, ORDER))["drafts"]
    assert [reply["text"] for reply in draft["reply"]] == ["经核实，已更换灯泡。"]
    assert draft["category"] == "zf.light" and "repeat" in draft["flags"]
    assert "repeat" not in (await post(house, "兴业路路灯不亮"))["drafts"][0]["flags"]


async def test_a_list_about_one_thing_is_one_draft(house: House) -> None:
    """Two numbers with one tag are one matter; with two tags, two."""
    one = await post(house, "1、兴业路的路灯坏了三盏；2、幼儿园门口的路灯也不亮")
    two = await post(house, "1、兴业路的路灯坏了三盏；2、楼下烧烤店的油烟直往屋里灌")
    assert (len(one["drafts"]), len(two["drafts"])) == (1, 2)


async def test_the_page_marks_the_parts_and_names_what_to_check(house: House) -> None:
    """Quiet grounds for the parts, one sentence about the broken times, nothing lost."""
    csrf = await house.login(Role.AGENT)
    answer = await house.client.post("/desk/read", data={"csrf": csrf, "text": ORDER})
    page = await answer.text()
    for kind in ("complaint", "demand", "reply"):
        assert f'<mark class="part {kind}">' in page
    assert '<mark class="reply">经核实，已更换灯泡。</mark>' in page
    broken = "1\n99:99:99 --> 谁知道\n市民：兴业路路灯不亮，请修一下\n"
    answer = await house.client.post("/desk/read", data={"csrf": csrf, "text": broken})
    page = await answer.text()
    assert "字幕里有些时间不对" in page and "兴业路" in page
