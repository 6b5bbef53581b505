"""Callbacks, summaries, attachments, notices: small parts with sharp edges."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.actors import Actor
from cases.attachments import attachment_path, sniff_type, store_attachment
from cases.callbacks import Callback, decode, encode
from cases.lifecycle import Role, State
from cases.notifications import format_moment, load_templates, render_notice
from cases.summary import LONGEST, summarise
from cases.testing import make_draft, make_tag
from cases.use_cases.act import act
from cases.use_cases.file_case import file_case
from cases.use_cases.timers import run_timers


def test_a_button_says_nothing_personal_and_comes_back_whole():
    data = encode("rate", 123456789, 2, "5")
    assert len(data.encode()) <= 64
    assert decode(data) == Callback("rate", 123456789, 2, "5")


@given(st.text(max_size=80))
def test_any_callback_is_read_or_refused(data):
    decode(data)


def test_a_button_that_would_not_fit_is_refused_at_once():
    with pytest.raises(ValueError, match="64"):
        encode("cat", 1, 1, "x" * 60)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("市民来电反映：新塘村路灯整条不亮。请处理。", "新塘村路灯整条不亮"),
        ("尊敬的领导：您好！我是翠微苑业主，物业费涨了一倍。", "我是翠微苑业主，物业费涨了一倍"),
        ("喂，你好。楼上一直漏水", "楼上一直漏水"),
        ("路灯不亮", "路灯不亮"),
        ("您好", "您好"),
    ],
)
def test_a_summary_skips_greetings_and_formulas(text, summary):
    assert summarise(text) == summary


@given(st.text(min_size=1, max_size=300))
def test_a_summary_is_one_short_line(text):
    short = summarise(text)
    assert len(short) <= LONGEST and "\n" not in short


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPrest", "image/webp"),
        (b"\x00\x00\x00\x18ftypheicrest", "image/heic"),
    ],
)
def test_a_file_is_what_its_bytes_say(content, mime):
    assert sniff_type(content)[0] == mime


def test_a_page_that_calls_itself_a_photo_is_none(tmp_path):
    """Stored as bytes without a type a browser would run."""
    assert sniff_type(b"<html><script>") is None
    draft = store_attachment(tmp_path, data=b"<html>", kind="photo", mime="image/png", name="a.png")
    assert draft.path.endswith(".bin")


def test_the_same_photo_is_kept_once_and_paths_stay_inside(tmp_path):
    one = store_attachment(tmp_path, data=b"\xff\xd8\xff1", kind="photo")
    two = store_attachment(tmp_path, data=b"\xff\xd8\xff1", kind="photo")
    assert one.path == two.path and attachment_path(tmp_path, one.path).read_bytes()
    with pytest.raises(ValueError, match="outside"):
        attachment_path(tmp_path, "../../etc/passwd")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_notice_can_be_rendered_without_a_hole(language):
    """No braces reach a citizen, whatever is missing."""
    for key, value in load_templates(language).items():
        if isinstance(value, str):
            assert "{" not in render_notice(language, key, number="1")


def test_a_deadline_reads_as_people_say_it(town):
    assert format_moment(town, datetime(2026, 11, 26, 9, 30, tzinfo=UTC)) == "11月26日"
    assert format_moment(town, datetime(2026, 11, 26, 2, 5, tzinfo=UTC)) == "11月26日 10:05"
    assert format_moment(town, None) == ""


async def test_the_clock_archives_urges_and_gives_up_waiting(database, town, now):
    """Each by its own date, and again tomorrow without doing it twice."""
    dispatcher = Actor(Role.DISPATCHER, "王派单")
    async with database.transaction() as session:
        asked = await file_case(
            session,
            make_draft(tag=make_tag(decision="human")),
            actor=Actor.bot(),
            town=town,
            now=now,
        )
        await act(
            session, asked.number, "request_info", {"missing": "地点"},
            actor=dispatcher, town=town, now=now,
        )  # fmt: skip
        running = await file_case(session, make_draft(), actor=Actor.bot(), town=town, now=now)
    at = now + timedelta(days=4)
    assert await run_timers(database, town, lambda: at) == 2
    async with database.reading() as session:
        asked = await session.get(type(asked), asked.id)
        running = await session.get(type(running), running.id)
    assert (asked.state, asked.wants_person) == (State.SUBMITTED, True)
    assert running.urged_at == at
    assert await run_timers(database, town, lambda: at) == 0


async def test_two_desks_at_once_do_not_both_win(database, town, now):
    """The row lock serialises them; the second finds another state."""
    async with database.transaction() as session:
        case = await file_case(
            session,
            make_draft(tag=make_tag(decision="human")),
            actor=Actor.bot(),
            town=town,
            now=now,
        )

    async def accept(name):
        async with database.transaction() as session:
            await act(
                session,
                case.number,
                "accept",
                {"category": "zf.light", "request_type": "help", "urgency": "normal"},
                actor=Actor(Role.DISPATCHER, name),
                town=town,
                now=now,
            )

    results = await asyncio.gather(accept("a"), accept("b"), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "TransitionForbidden"]
