"""Files in the forms of the desk: what is taken, what is refused in which words, who sees it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import FormData

from bot.testing import JPEG, PDF, talk
from cases.errors import InvalidData
from cases.lifecycle import Role
from cases.staff_files import LARGEST_DOCUMENT, MOST_FILES, clean_name, file_headers, store_upload
from tests.bot.desk import all_cases, attachments_of, outbox_rows
from tests.intake_api.conftest import House

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
DOCX = b"PK\x03\x04" + b"\0" * 40
Files = list[tuple[str, bytes]]


async def post(house: House, csrf: str, path: str, files: Files, **fields: str) -> tuple[int, str]:
    form = FormData({"csrf": csrf, **fields}, quote_fields=False)
    for name, content in files:
        form.add_field("files", content, filename=name, content_type="application/octet-stream")
    answer = await house.client.post(path, data=form)
    return answer.status, await answer.text()


async def test_person_in_a_chat_sends_files_with_words(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        csrf = await taken(house)
        files = [("整改后.jpg", JPEG), ("回函.pdf", PDF)]
        status, page = await post(house, csrf, "/desk/chats/1/answer", files, text="请看。")
        assert status == 200
        assert "整改后.jpg" in page
        await chat.service.settle()
        words, photo, letter = chat.replies[-3:]
    assert words.text == "agent-x：请看。"
    assert photo.file is not None
    assert letter.file is not None
    assert (photo.file.kind, letter.file.kind) == ("photo", "document")
    (case,) = await all_cases(house.database)
    assert [a.name for a in await attachments_of(house.database, case)] == [n for n, _ in files]


async def test_refusal_keeps_the_words_and_sends_nothing(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say("人工")
        csrf = await taken(house)
        before = len(await outbox_rows(house.database))
        files = [("好.jpg", JPEG), ("坏.exe", b"MZ\0\0")]
        status, page = await post(house, csrf, "/desk/chats/1/answer", files, text="请看。")
        assert status == 422
        assert "坏.exe" in page
        assert "请重新选择" in page
        assert ">请看。</textarea>" in page
        assert len(await outbox_rows(house.database)) == before


async def test_too_many_and_too_large_are_named(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say("人工")
        csrf = await taken(house)
        path = "/desk/chats/1/answer"
        many = [(f"{n}.jpg", JPEG) for n in range(MOST_FILES + 1)]
        status, page = await post(house, csrf, path, many)
        assert status == 422
        assert f"最多附 {MOST_FILES} 个" in page
        large = [("大.pdf", PDF + b"\0" * LARGEST_DOCUMENT)]
        status, page = await post(house, csrf, path, large)
        assert status == 422
        assert "“大.pdf”超过 20MB" in page
        status, page = await post(house, csrf, path, [])
        assert "请写回复内容" in page


async def test_forged_form_with_files_is_refused(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say("人工")
        await taken(house)
        status, _ = await post(house, "wrong", "/desk/chats/1/answer", [("a.jpg", JPEG)])
        assert status == 403
    house.client.session.cookie_jar.clear()
    status, _ = await post(house, "", "/desk/chats/1/answer", [("a.jpg", JPEG)])
    assert status in (200, 401, 403), "to the login page, or refused"


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x--", b"\0\xff" * 50])
async def test_broken_multipart_is_refused_calmly(house: House, body: bytes) -> None:
    await house.login(Role.AGENT)
    answer = await house.client.post(
        "/desk/chats/1/answer",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert 400 <= answer.status < 500
    assert "Traceback" not in await answer.text()


async def test_reply_of_the_unit_brings_photos_to_the_citizen(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        (case,) = await all_cases(house.database)
        handler = await house.token(Role.HANDLER, case.lead_unit)
        await house.act(handler, case.number, "sign")
        await house.act(handler, case.number, "contact", method="phone", content="明天去看")
        csrf = await house.login(Role.HANDLER, case.lead_unit)
        path = f"/desk/cases/{case.number}"
        form = await (await house.client.get(path)).text()
        (reply_form,) = re.findall(rf'action="{path}/reply".*?</form>', form, re.DOTALL)
        assert 'type="file"' in reply_form
        status, page = await post(
            house, csrf, f"{path}/reply", [("整改后.jpg", JPEG)], outcome="solved", text="已修好。"
        )
        assert status == 200, page
        assert "整改后.jpg" in page
        await chat.service.settle()
        words, photo = chat.replies[-2:]
        assert "已修好。" in words.text
        assert photo.text == f"诉求 {case.number} 的附件：整改后.jpg"
        (kept,) = await attachments_of(house.database, case)
        link = f"{path}/files/{kept.id}"
        assert f'src="{link}"' in page
        answer = await house.client.get(link)
        assert await answer.read() == JPEG
        assert answer.headers["Content-Type"] == "image/jpeg"


async def test_refused_step_keeps_no_file_and_says_so(house: House) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(LIGHT)
        (case,) = await all_cases(house.database)
        csrf = await house.login(Role.HANDLER, case.lead_unit)
        path = f"/desk/cases/{case.number}"
        status, page = await post(
            house, csrf, f"{path}/reply", [("a.jpg", JPEG)], outcome="solved", text="已修好。"
        )
        assert status == 409
        assert "请重新选择" in page
        status, page = await post(house, csrf, f"{path}/sign", [("a.jpg", JPEG)])
        assert status == 422
        assert "不能附文件" in page
    assert await attachments_of(house.database, case) == []


async def test_attachment_is_seen_by_who_sees_the_case(house: House, tmp_path: Path) -> None:
    async with talk(house.database, house.town, clock=house.clock) as chat:
        draft = store_upload(tmp_path, "a.jpg", JPEG)
        file = {"kind": "photo", "mime": draft.mime, "name": "a.jpg", "path": draft.path}
        await chat.say(LIGHT, files=[file])
    (case,) = await all_cases(house.database)
    (kept,) = await attachments_of(house.database, case)
    link = f"/desk/cases/{case.number}/files/{kept.id}"
    await house.login(Role.AGENT)
    assert (await house.client.get(link)).status == 200
    assert (await house.client.get(f"/desk/cases/{case.number}/files/{kept.id + 1}")).status == 404
    await house.login(Role.HANDLER, next(u for u in house.town.units if u != case.lead_unit))
    assert (await house.client.get(link)).status == 404
    house.client.session.cookie_jar.clear()
    answer = await house.client.get(link, allow_redirects=False)
    assert answer.status in (302, 303)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("照片.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 9, "photo"),
        ("说是文本.txt", JPEG, "photo"),  # the bytes count, not the name
        ("回函.pdf", PDF, "document"),
        ("表格.xlsx", DOCX, "document"),
        ("函.DOCX", DOCX, "document"),
    ],
)
def test_files_that_are_taken(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    draft = store_upload(tmp_path, name, content)
    assert (draft.kind, draft.name) == (kind, name)
    assert (tmp_path / "attachments" / str(draft.path)).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.jpg", b"", "是空的"),
        ("程序.exe", b"MZ\0\0", "不能发送"),
        ("包.zip", DOCX, "不能发送"),
        ("片.mp4", b"\0\0\0\x18ftypisom", "不能发送"),
        ("大.jpg", JPEG + b"\0" * (10 * 1024 * 1024), "超过 10MB"),
    ],
)
def test_files_that_are_not(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        store_upload(tmp_path, name, content)
    assert not (tmp_path / "attachments").exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\照片\\a.jpg", "a.jpg"),
        ("a\r\nb\x00.jpg", "ab.jpg"),
        ("", "附件"),
        ("长" * 300 + ".jpg", "长" * 96 + ".jpg"),
    ],
)
def test_names_are_the_last_part_and_printable(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_only_pictures_are_shown_and_nothing_runs() -> None:
    page = file_headers("a.html", "text/html")
    assert page["Content-Disposition"] == "attachment; filename*=UTF-8''a.html"
    assert page["Content-Type"] == "application/octet-stream"
    assert "sandbox" in page["Content-Security-Policy"]
    shown = file_headers("图.png", "image/png")
    assert shown["Content-Disposition"] == f"inline; filename*=UTF-8''{quote('图.png')}"


async def taken(house: House) -> str:
    """Somebody at the desk has the first chat; returns the page's token."""
    csrf = await house.login(Role.AGENT)
    status, _ = await post(house, csrf, "/desk/chats/1/take", [])
    assert status == 200
    return csrf
