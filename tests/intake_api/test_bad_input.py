"""Whatever is sent: one clear problem, nothing lost, nothing leaked."""

from __future__ import annotations

import json

import pytest

from tests.intake_api.conftest import House

SECRET = "13800001234"
WRITES = ("/api/v1/classify", "/api/v1/transcripts", "/api/v1/cases")


async def refused(house: House, path: str, body: bytes, kind: str = "application/json") -> dict:  # type: ignore[type-arg]
    headers = {**await house.token(), "Content-Type": kind}
    answer = await house.client.post(path, data=body, headers=headers)
    text = await answer.text()
    assert answer.content_type == "application/problem+json", text
    problem: dict[str, object] = json.loads(text)
    assert problem["status"] == answer.status
    assert 400 <= answer.status < 500
    assert any("\u4e00" <= character <= "\u9fff" for character in str(problem["detail"]))
    assert SECRET not in text
    return problem


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b"   ", "empty_body"),
        (b"{", "invalid_json"),
        (b'{"text": "13800001234"', "invalid_json"),
        (b"[" * 1_000_000, "invalid_json"),
        (b'{"text":' * 100_000, "invalid_json"),
        (bytes(range(256)) * 20, "invalid_json"),
        (b'\xff\xfe{"text": "x"}', "invalid_json"),
        (b'{"text": "\\ud800"}', "invalid_json"),
        (b"null", "invalid_request"),
        (b"[]", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b"13800001234", "invalid_request"),
        (b'{"text": 13800001234}', "invalid_request"),
        (b'{"text": null}', "invalid_request"),
        (b'{"text": ""}', "invalid_request"),
        (b'{"text": " \\n\\t "}', "invalid_request"),
        (b'{"text": "\\u0000"}', "invalid_request"),
        (b'{"text": {"13800001234": 1}}', "invalid_request"),
        (b'{"13800001234": 1, "text": "a b"}', "invalid_request"),
    ],
)
async def test_refuses_in_one_sentence(house: House, path: str, body: bytes, code: str) -> None:
    assert (await refused(house, path, body))["code"] == code


@pytest.mark.parametrize("path", WRITES)
async def test_ten_megabytes_are_413(house: House, path: str) -> None:
    body = b'{"text": "' + b"a" * 10_000_000 + b'"}'
    assert (await refused(house, path, body))["code"] == "body_too_large"


async def test_a_long_text_is_422(house: House) -> None:
    body = json.dumps({"text": "长" * 20_001}).encode()
    assert (await refused(house, "/api/v1/cases", body))["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/api/v1/cases", "/api/v1/transcripts"])
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z"]
)
async def test_a_call_before_the_telephone_is_422(house: House, path: str, moment: str) -> None:
    body = json.dumps({"text": "路灯不亮", "received_at": moment}).encode()
    assert (await refused(house, path, body))["code"] == "invalid_request"


async def test_another_media_type_is_415(house: House) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        problem = await refused(house, "/api/v1/classify", b"text=x", kind)
        assert problem["code"] == "unsupported_media_type"


@pytest.mark.parametrize("text", ["👍👍👍", "‮⁦", "a\x00b", "Ω" * 500, "'; DROP TABLE cases; --"])
async def test_odd_text_is_filed_all_the_same(both_houses: House, text: str) -> None:
    house, headers = both_houses, await both_houses.token()
    case = await house.file(headers, text)
    assert case["text"] == text.replace("\x00", "")
    answer = await house.client.get("/api/v1/cases", params={"text": text}, headers=headers)
    assert answer.status in (200, 422)


async def test_wrong_paths_and_methods(house: House) -> None:
    headers = await house.token()
    gone = await house.client.get("/api/v1/nothing", headers=headers)
    assert (gone.status, (await gone.json())["code"]) == (404, "not_found")
    wrong = await house.client.put("/api/v1/cases", headers=headers)
    assert (wrong.status, (await wrong.json())["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"]


async def test_an_unforeseen_error_says_nothing_about_itself(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer and the log carry the type and the place, never the words."""

    def broken() -> None:
        raise ValueError(SECRET)

    from intake_api.accounts import keys

    house.client.app._state[keys.TOWN] = broken  # type: ignore[union-attr]
    answer = await house.client.post(
        "/api/v1/cases", json={"text": "路灯不亮"}, headers=await house.token()
    )
    text = await answer.text()
    assert (answer.status, json.loads(text)["code"]) == (500, "internal_error")
    out, err = capsys.readouterr()
    assert SECRET not in text + out + err
    assert "ValueError" in out + err


async def test_the_log_holds_nothing_personal(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = await house.token()
    case = await house.file(headers, "路灯不亮", caller_name="王女士", caller_phone=SECRET)
    await house.client.get(f"/api/v1/cases/{case['number']}", headers=headers)
    await house.client.get("/api/v1/cases", params={"text": "王女士"}, headers=headers)
    await house.client.post("/track", data={"number": case["number"], "code": "ABCDEFGH"})
    out, err = capsys.readouterr()
    for word in (SECRET, "王女士", "路灯", case["number"], case["tracking_code"], "huying_"):
        assert word not in out + err
    assert "/api/v1/cases/{number}" in out + err


async def test_security_headers_are_on_every_answer(house: House) -> None:
    for path in ("/login", "/api/v1/cases", "/static/base.css", "/nothing", "/healthz"):
        answer = await house.client.get(path)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-ID"]


async def test_service_routes(house: House) -> None:
    assert (await house.client.get("/healthz")).status == 200
    assert (await house.client.get("/readyz")).status == 200
    house.tagger.fail_with = RuntimeError("gone")
    answer = await house.client.get("/readyz")
    assert (answer.status, (await answer.json())["classifier"]) == (503, "RuntimeError")
    await house.client.get("/nothing/13800001234")
    text = await (await house.client.get("/metrics")).text()
    assert 'route="/readyz"' in text
    assert 'route="unmatched"' in text
    assert SECRET not in text
