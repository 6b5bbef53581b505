"""Twenty calls at the desk with the shipped model: pasted, put right by keyboard, filed.

Keys are counted as a person presses them: Ctrl and V are two. Median at most six.
"""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import Case
from cases.storage.database import Database
from cases.town import Town
from classifier.model import load_model
from classifier.tag import Tag
from tests.intake_api.conftest import House, build_house
from tests.intake_api.test_browser import Visit, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

CALLS = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "desk_calls.toml").read_text(encoding="utf-8")
)["call"]
MEDIAN_KEYS = 6
TO_FIND_IN_THE_LIST = 6  # Tab to the long list, two letters, arrows: what a practised person needs


class RealTagger:
    """The shipped model in this process: one test, no load."""

    def __init__(self, folder: Path) -> None:
        self.model = load_model(folder)

    async def classify(self, text: str) -> Tag:
        return self.model.tag(text)

    async def classify_many(self, texts: list[str]) -> list[Tag]:
        return self.model.tag_many(texts)


@pytest.fixture
async def desk(
    sqlite_database: Database, town: Town, now: datetime, tmp_path: Path, shipped_model: Path
) -> AsyncIterator[House]:
    built = await build_house(
        sqlite_database, town, now, tmp_path, tagger=RealTagger(shipped_model)
    )
    yield built
    await built.client.close()


class Agent:
    """Presses keys and counts them."""

    def __init__(self, here: Visit) -> None:
        self.page = here.page
        self.keys = 0

    async def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            await self.page.keyboard.press(key)
            self.keys += 2 if "+" in key else 1

    async def paste(self, text: str) -> None:
        await self.page.wait_for_selector("#paste:focus")
        await self.page.evaluate(
            """text => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                const box = document.activeElement;
                const event = new ClipboardEvent(
                    "paste", { clipboardData: data, bubbles: true, cancelable: true });
                if (box.dispatchEvent(event)) {
                    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
                    box.dispatchEvent(new InputEvent(
                        "input", { inputType: "insertFromPaste", bubbles: true }));
                }
            }""",
            text,
        )
        self.keys += 2  # Ctrl, V
        await self.page.wait_for_selector("[data-draft]")

    async def drafts(self) -> list[list[str]]:
        """The three categories that each draft offers."""
        found: list[list[str]] = await self.page.evaluate(
            """() => [...document.querySelectorAll("[data-draft]")].map(draft =>
                [...draft.querySelectorAll("[data-categories] input")].map(one => one.value))"""
        )
        return found

    async def chosen(self, position: int) -> str:
        found: str = await self.page.evaluate(
            """at => document.querySelectorAll("[data-draft]")[at]
                .querySelector("[data-categories] :checked")?.value ?? "" """,
            position,
        )
        return found


async def file_call(agent: Agent, call: dict[str, Any]) -> int:
    """As a good agent would: put right what is wrong, leave out what is no matter."""
    agent.keys = 0
    await agent.paste(call["text"])
    wanted = [set(matter.split("|")) for matter in call["matters"]]
    offered = await agent.drafts()
    here = 0
    for position, options in enumerate(offered):
        if position >= len(wanted):
            await agent.press("j", position - here)
            here = position
            await agent.press("x")  # not a matter of its own
            continue
        right = wanted[position]
        if await agent.chosen(position) in right:
            continue
        await agent.press("j", position - here)
        here = position
        place = next((i for i, code in enumerate(options, start=1) if code in right), None)
        if place:
            await agent.press(str(place))
            continue
        draft = agent.page.locator("[data-draft]").nth(position)
        await draft.locator("[data-other]").select_option(sorted(right)[0])
        agent.keys += TO_FIND_IN_THE_LIST
    await agent.press("Control+Enter")
    await agent.page.wait_for_url("**/desk?filed=*")
    return agent.keys


async def test_twenty_calls(browser: Any, desk: House) -> None:
    here = await visit(browser, desk, viewport={"width": 1360, "height": 860})
    await here.login(await desk.add_user(Role.AGENT))
    agent = Agent(here)
    pressed = {}
    for number, call in enumerate(CALLS, start=1):
        before = await filed(desk)
        pressed[number] = await file_call(agent, call)
        new = (await filed(desk))[len(before) :]
        wanted = [set(matter.split("|")) for matter in call["matters"]]
        assert len(new) == len(wanted), (number, [case.text for case in new])
        for case, right in zip(new, wanted, strict=True):
            assert case.category in right, (number, case.category)
        for position, words in enumerate(call.get("says", ())):
            texts = [case.text for case in new]
            for word in words:
                found = [i for i, text in enumerate(texts) if word in text]
                assert found == [position], (number, word, texts)
        await here.open("/desk")
    assert here.troubles == []
    print(f"keys: {pressed}, median {statistics.median(pressed.values())}")
    assert len(pressed) == 20
    assert statistics.median(pressed.values()) <= MEDIAN_KEYS


async def filed(desk: House) -> list[Case]:
    async with desk.database.reading() as session:
        return list(await session.scalars(select(Case).order_by(Case.id)))
