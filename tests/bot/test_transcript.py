"""The page of conversations is what the bot really says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.transcript import anonymise, read_scenes, write_conversations

PAGE = Path(__file__).parents[2] / "docs" / "conversations.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
async def test_the_page_is_what_the_bot_says() -> None:
    """Written anew with ``python -m bot.transcript docs/conversations.md``."""
    assert await write_conversations() == PAGE.read_text(encoding="utf-8")


def test_thirteen_conversations_none_of_them_one_sided(page: str) -> None:
    scenes = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert len(scenes) == len(read_scenes()["scenes"]) == 13
    for scene in scenes:
        assert scene.count("**市民**") >= 2
        assert scene.count("**呼应**") >= 2


def test_no_identifier_or_blank_is_read_aloud(page: str) -> None:
    said = "\n".join(line for line in page.splitlines() if line.startswith(">"))
    assert not re.search(r"[{}]|\bNone\b|Traceback|\b(zf|zz|bm|sc|na)\.", said)


def test_numbers_codes_and_links_are_made_up() -> None:
    text = "编号 2611-2345-6789，查询码 ABCD2345。case_abcdefghijklmnopqrstuvwx 2611-2345-6789"
    assert anonymise(text) == ("编号 2611-2300-0018，查询码 K7MP2RTX。case_… 2611-2300-0018")
