"""Calls over HTTP: exact spans, several matters, the same call twice."""

from __future__ import annotations

import pytest

from intake_api.schemas.transcripts import TranscriptAnswer
from tests.intake_api.conftest import House

CALL = (
    "坐席：您好，这里是便民热线。\n"
    "市民：你好，我姓王，电话13800001234。昨天晚上朝晖路三盏路灯全灭了，请尽快派人修一下。\n"
    "坐席：好的，我帮您登记。"
)
PATH = "/api/v1/transcripts"


async def test_every_field_is_an_exact_quotation(house: House) -> None:
    answer = await house.client.post(
        PATH,
        json={"text": CALL, "received_at": "2026-11-22T09:00:00+08:00"},
        headers=await house.token(),
    )
    body = await answer.json()
    assert answer.status == 201
    TranscriptAnswer.model_validate(body)
    quotes = [body["caller"]["name"], body["caller"]["phone"]]
    for draft in body["drafts"]:
        quotes += [draft["place"], draft["time"], draft["demand"], *draft["history"]]
        assert CALL[slice(*draft["span"])].strip()
    for quote in filter(None, quotes):
        assert CALL[slice(*quote["span"])] == quote["text"]
    [draft] = body["drafts"]
    assert draft["category"] == "zf.light"
    assert draft["time"]["at"] == "2026-11-21T20:00+08:00"
    [case] = body["cases"]
    assert (case["channel"], case["caller_phone"]) == ("phone", "13800001234")


async def test_the_same_call_twice_gives_the_same_cases(both_houses: House) -> None:
    house, headers = both_houses, await both_houses.token()
    body = {"text": CALL, "source_system": "pbx", "source_id": "call-77"}
    first = await house.client.post(PATH, json=body, headers=headers)
    again = await house.client.post(PATH, json=body, headers=headers)
    assert (first.status, again.status) == (201, 200)
    one, two = await first.json(), await again.json()
    assert [c["number"] for c in one["cases"]] == [c["number"] for c in two["cases"]]
    assert one["drafts"] == two["drafts"]


async def test_two_at_once_file_one(both_houses: House) -> None:
    import asyncio

    house, headers = both_houses, await both_houses.token()
    body = {"text": CALL, "source_system": "pbx", "source_id": "call-78"}
    answers = await asyncio.gather(
        *(house.client.post(PATH, json=body, headers=headers) for _ in range(5))
    )
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    numbers = {(await answer.json())["cases"][0]["number"] for answer in answers}
    assert len(numbers) == 1


async def test_a_dry_run_files_nothing(house: House) -> None:
    headers = await house.token()
    answer = await house.client.post(PATH, json={"text": CALL, "dry_run": True}, headers=headers)
    body = await answer.json()
    assert (answer.status, body["cases"], len(body["drafts"])) == (200, [], 1)
    listed = await (await house.client.get("/api/v1/cases", headers=headers)).json()
    assert listed["cases"] == []


async def test_turns_are_read_as_one_text(house: House) -> None:
    turns = [
        {"speaker": "坐席", "text": "请讲"},
        {"speaker": "市民", "text": "朝晖路路灯不亮，请修一下"},
    ]
    answer = await house.client.post(PATH, json={"turns": turns}, headers=await house.token())
    body = await answer.json()
    assert answer.status == 201
    [draft] = body["drafts"]
    assert body["text"][slice(*draft["place"]["span"])] == draft["place"]["text"]


async def test_the_callers_system_knows_better_who_called(house: House) -> None:
    body = {"text": CALL, "caller": {"name": "李女士", "phone": "13900005678"}}
    answer = await house.client.post(PATH, json=body, headers=await house.token())
    [case] = (await answer.json())["cases"]
    assert (case["caller_name"], case["caller_phone"]) == ("李女士", "13900005678")


@pytest.mark.parametrize("text", ["喂", "谢谢，再见", "👍", "？？？", "123", "hello there"])
async def test_nothing_that_was_said_is_lost(house: House, text: str) -> None:
    answer = await house.client.post(PATH, json={"text": text}, headers=await house.token())
    body = await answer.json()
    assert answer.status == 201, body
    assert [case["text"] for case in body["cases"]] == [text]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": CALL, "turns": [{"text": "x"}]},
        {"text": CALL, "source_id": "1"},
        {"turns": []},
        {"text": "   "},
        {"text": CALL, "received_at": "yesterday"},
        {"text": CALL, "received_at": "2026-11-22T09:00:00"},
        {"text": CALL, "dry_run": "yes"},
        {"text": CALL, "colour": "red"},
    ],
)
async def test_a_wrong_body_is_422(house: House, body: dict[str, object]) -> None:
    answer = await house.client.post(PATH, json=body, headers=await house.token())
    problem = await answer.json()
    assert answer.status == 422
    assert problem["errors"]
    assert "13800001234" not in str(problem)
