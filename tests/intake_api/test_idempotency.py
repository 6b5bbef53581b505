"""The same key: the same answer, and the work done once."""

from __future__ import annotations

import asyncio

from tests.intake_api.conftest import LIGHT, House

PATH = "/api/v1/cases"


async def count(house: House, headers: dict[str, str]) -> int:
    answer = await house.client.get(PATH, headers=headers)
    return len((await answer.json())["cases"])


async def test_a_repeated_key_replays_the_first_answer(both_houses: House) -> None:
    house, headers = both_houses, await both_houses.token()
    keyed = {**headers, "Idempotency-Key": "k-1"}
    first = await house.client.post(PATH, json={"text": LIGHT}, headers=keyed)
    again = await house.client.post(PATH, json={"text": LIGHT}, headers=keyed)
    assert (first.status, again.status) == (201, 201)
    assert await first.read() == await again.read()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await count(house, headers) == 1


async def test_the_same_key_for_another_request_is_422(house: House) -> None:
    headers = {**await house.token(), "Idempotency-Key": "k-1"}
    await house.client.post(PATH, json={"text": LIGHT}, headers=headers)
    answer = await house.client.post(PATH, json={"text": LIGHT + "！"}, headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (422, "idempotency_key_reused")


async def test_two_tokens_may_use_the_same_key(house: House) -> None:
    for _ in range(2):
        headers = {**await house.token(), "Idempotency-Key": "k-1"}
        answer = await house.client.post(PATH, json={"text": LIGHT}, headers=headers)
        assert "Idempotency-Replayed" not in answer.headers


async def test_five_at_once_file_one_case(both_houses: House) -> None:
    house, headers = both_houses, await both_houses.token()
    keyed = {**headers, "Idempotency-Key": "k-2"}
    answers = await asyncio.gather(
        *(house.client.post(PATH, json={"text": LIGHT}, headers=keyed) for _ in range(5))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({await answer.read() for answer in answers}) == 1
    assert await count(house, headers) == 1


async def test_a_refusal_may_be_tried_again(house: House) -> None:
    agent = await house.token()
    number = (await house.file(agent))["number"]
    keyed = {**await house.token("handler"), "Idempotency-Key": "k-3"}
    status, _ = await house.act(keyed, number, "reply", outcome="solved", text="好了")
    assert status == 409
    status, _ = await house.act(keyed, number, "sign")
    assert status == 200


async def test_an_unusable_key_is_400(house: House) -> None:
    for key in ("", "a b", "x" * 201):
        headers = {**await house.token(), "Idempotency-Key": key}
        answer = await house.client.post(PATH, json={"text": LIGHT}, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (400, "bad_header")
