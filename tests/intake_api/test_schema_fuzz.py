"""A property-based run over the OpenAPI document: no 5xx, and answers as documented.

Against a real server on the loopback, valid and invalid requests alike. A part of the requests
names cases that exist, so that the run gets behind the 404.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from cases.lifecycle import Role
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from classifier.testing import FakeClassifier
from intake_api.routes.service import api_document
from tests.intake_api.conftest import LIGHT, House, build_house

pytestmark = pytest.mark.fuzz

EXAMPLES = 8
SCHEMA = schemathesis.openapi.from_dict(api_document())
OPERATIONS = {op.label: op for result in SCHEMA.get_all_operations() for op in [result.ok()]}


@dataclass
class Loopback:
    """A server in a thread of its own."""

    address: str
    headers: dict[str, str]
    numbers: list[str]


@pytest.fixture(scope="module")
def server(
    sqlite_template: Path, town: Town, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loopback]:
    import shutil

    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copy(sqlite_template, folder / "huying.db")
    started: list[Loopback] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        database = Database(f"sqlite:///{folder / 'huying.db'}")
        house = await build_house(database, town, FrozenClock()(), folder)
        started.append(await _furnish(house))
        ready.set()
        await asyncio.to_thread(stop.wait)
        await house.client.close()
        await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield started[0]
    stop.set()
    thread.join(10)


async def _furnish(house: House) -> Loopback:
    """Some cases in different states, and a token that may do most."""
    agent, handler = await house.token(Role.AGENT), await house.token(Role.HANDLER)
    texts = [LIGHT, LIGHT, LIGHT, "那个事情到底什么时候办", "着火了快来人"]
    numbers = [(await house.file(agent, text))["number"] for text in texts]
    await house.act(handler, numbers[0], "sign")
    await house.act(handler, numbers[1], "sign")
    await house.act(handler, numbers[1], "contact", method="电话", content="已联系")
    headers = await house.token(Role.ADMIN)
    assert isinstance(house.tagger, FakeClassifier)
    return Loopback(str(house.client.make_url("")).rstrip("/"), headers, numbers)


# Wrong bodies are refused by code that all actions share: a few of them stand for the rest.
SPOT_CHECKED = ("accept", "dispatch", "rate", "supplement")
RUNS = [(label, GenerationMode.POSITIVE) for label in OPERATIONS] + [
    (label, GenerationMode.NEGATIVE)
    for label in OPERATIONS
    if "/api/" in label and ("{number}/" not in label or label.endswith((*SPOT_CHECKED, "history")))
]


@pytest.mark.parametrize(("label", "mode"), RUNS)
def test_no_request_breaks_the_server(label: str, mode: GenerationMode, server: Loopback) -> None:
    operation = OPERATIONS[label]
    known = st.none() | st.sampled_from(server.numbers)
    strategy = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, number=known)
    def run(case: Any, number: str | None) -> None:
        if number and case.path_parameters:
            case.path_parameters["number"] = number
        case.headers.update(server.headers)
        response = case.call(base_url=server.address, headers=server.headers)
        assert response.status_code < 500 or "/readyz" in label, response.text
        checks = schemathesis.checks
        case.validate_response(
            response,
            checks=[checks.not_a_server_error],
        )
        _check_documented(operation, response)

    run()


def _check_documented(operation: Any, response: Any) -> None:
    """Status and media type are those that the document promises."""
    documented = operation.definition.raw["responses"]
    status = str(response.status_code)
    if status == "404" and "{number}" not in operation.path:
        return  # an odd path matched no route at all
    if status in ("400", "405"):
        return  # refused by the HTTP parser or the router, before any route
    assert status in documented, (operation.label, status, response.text)
    media = response.headers["content-type"][0].split(";")[0]
    assert media in documented[status]["content"], (operation.label, status, media)
