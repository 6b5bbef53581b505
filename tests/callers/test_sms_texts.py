"""Every text message is one message: at most 70 characters, with number and tracking code."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cases.callers.texts import (
    LONGEST,
    fill_link,
    load_sms_texts,
    read_words,
    write_answer,
    write_sms,
)
from cases.models import Case
from cases.notifications import load_templates
from cases.town import Town

KEYS = [key for key, value in load_sms_texts().items() if isinstance(value, list)]
#: Said in a chat only: nobody holds a conversation by text message.
CHAT_ONLY = {
    "chat_taken", "chat_message", "chat_file", "case_file", "chat_returned",
    "send_back", "close_again", "close_answered", "reopen_answered", "unhappy_final",
}  # fmt: skip


def longest_case(town: Town, **changes: Any) -> Case:
    """What takes most room in the sample town."""
    unit = max(town.units.values(), key=lambda unit: len(unit.name))
    moment = datetime(2026, 12, 31, 2, 15, tzinfo=UTC)  # 12月31日10:15
    values: dict[str, Any] = {
        "number": "2612-3100-0000-0000",
        "tracking_code": "ABCDEFGH",
        "lead_unit": unit.code,
        "due_at": moment,
        "step_due_at": moment,
        "outcome": "unsolved",
        "urgency": "normal",
        "link_token": "abcdefghijkl",
    }
    return Case(**{**values, **changes})


def with_answers(town: Town, answers: bool) -> Town:
    callers = {**town.policy["callers"], "sms_answers": answers}
    return replace(town, policy={**town.policy, "callers": callers})


@pytest.mark.parametrize(
    "root", [None, "https://hy.fenghe.gov.cn", "https://huying.fenghezhen.gov.cn"]
)
@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("key", KEYS)
def test_the_longest_values_fit(town: Town, key: str, answers: bool, root: str | None) -> None:
    case = longest_case(town)
    text = fill_link(write_sms(key, case, with_answers(town, answers)), root)
    if not load_sms_texts()[key]:
        assert text == ""
        return
    assert len(text) <= LONGEST, text
    assert case.number in text and case.tracking_code in text and text.startswith("【风荷镇】")
    assert "{" not in text


def test_the_answers_fit(town: Town) -> None:
    case = longest_case(town)
    for key, wording in load_sms_texts()["answers"].items():
        about = case if "{number}" in wording else None
        text = fill_link(write_answer(key, town, about), "https://hy.fenghe.gov.cn")
        assert len(text) <= LONGEST and "{" not in text, text


def test_every_notice_of_a_chat_has_its_text_message() -> None:
    """A new notice is a new key in both files, or is named here."""
    notices = {key for key, value in load_templates("zh").items() if isinstance(value, str)}
    assert notices - CHAT_ONLY <= set(KEYS)


def test_a_short_case_gets_the_fuller_wording(town: Town) -> None:
    case = longest_case(town, number="2612-3100-0000", lead_unit="lighting_office")
    text = write_sms("dispatch", case, town)
    assert "路灯管理所" in text and "12月31日10:15" in text


def test_the_unit_is_left_out_before_the_number(town: Town) -> None:
    unit = replace(
        next(iter(town.units.values())), name="一个名字特别特别特别特别长的承办单位办公室"
    )
    crowded = replace(town, units={**town.units, "long": unit})
    case = longest_case(town, lead_unit="long")
    for key in KEYS:
        text = write_sms(key, case, crowded)
        assert len(fill_link(text, None)) <= LONGEST
        assert not text or case.number in text


def test_danger_comes_first(town: Town) -> None:
    text = write_sms("receipt", longest_case(town, urgency="critical"), town)
    assert re.search("110.*119.*120", text) and len(text) <= LONGEST


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("5", "5"),
        (" １ ", "1"),
        ("3。", "3"),
        ("6", ""),
        ("55", ""),
        ("没解决", "unsolved"),
        ("没解决！！", "unsolved"),
        ("退订", "stop"),
        ("TD", "stop"),
        ("恢复", "resume"),
        ("谢谢，灯亮了", ""),
        ("你们5点来的", ""),
    ],
)
def test_what_a_reply_means(said: str, meaning: str) -> None:
    assert read_words(said) == meaning
