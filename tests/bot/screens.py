"""What the citizen sees on the far end, checked where each far end lets itself be asked.

Our own Bot API server keeps everything, telemelya keeps what it was sent, lo-bot-api-emulator
keeps which calls it accepted; the browser shows a page.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import httpx
from aiohttp import web

from cases.models import OutboxMessage
from tests.fakes.telegram_server import TelegramServer

_FILE_METHODS = ("sendPhoto", "sendDocument")


class Screen(Protocol):
    """One far end. Each check fails unless it comes true within a moment."""

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        """The message of that row now contains ``says`` above these buttons."""
        ...

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        """These files arrived, in this order: (name, content)."""
        ...

    async def typing_shown(self) -> int:
        """How often it was shown that somebody is typing."""
        ...


async def until_true(met: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + 10
    while not await met():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


class ScreenServer(TelegramServer):
    """Our own server with the methods of this page. ``fields`` of every call are in ``calls``."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fields = {
            name: value if isinstance(value, str) else (value.filename, value.file.read())
            for name, value in (await request.post()).items()
        }
        self.calls.append((request.match_info["method"], fields))
        return await super()._handle(request)

    async def _answer(self, method: str, fields: dict[str, Any]) -> Any:
        answer = await super()._answer(method, fields)
        if method not in _FILE_METHODS and not method.startswith("editMessage"):
            return answer
        number = int(fields.get("message_id") or 500_000 + len(self.calls))
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        return {"message_id": number, "date": 1, "chat": chat}

    def of(self, *methods: str) -> list[dict[str, Any]]:
        return [fields for method, fields in self.calls if method in methods]

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        async def seen() -> bool:
            edits = [
                fields
                for fields in self.of("editMessageText", "editMessageReplyMarkup")
                if fields["message_id"] == row.external_id
            ]
            return bool(edits) and says in edits[-1]["text"] and _labels(edits[-1]) == labels

        await until_true(seen, f"the card never said {says!r}")

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        sent = [fields.get("photo") or fields["document"] for fields in self.of(*_FILE_METHODS)]
        assert sent == files

    async def typing_shown(self) -> int:
        return [fields["action"] for fields in self.of("sendChatAction")].count("typing")


class TelemelyaScreen:
    """Asks telemelya what it was sent."""

    def __init__(self, root: str, token: str) -> None:
        self._root, self._token = root, token

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        async def seen() -> bool:
            edits = [
                sent
                for sent in await self._sent("editMessageText")
                if str(sent["message_id"]) == row.external_id
            ]
            return bool(edits) and says in edits[-1]["text"] and _labels(edits[-1]) == labels

        await until_true(seen, f"the card never said {says!r}")

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        sent = await self._sent("sendPhoto")
        assert [await self._download(photo["file_id"]) for photo in sent] == [c for _, c in files]

    async def typing_shown(self) -> int:
        return [sent["action"] for sent in await self._sent("sendChatAction")].count("typing")

    async def _sent(self, method: str) -> list[dict[str, Any]]:
        answer = await self._get("/api/v1/test/responses", headers={"Authorization": "Bearer key"})
        return [sent for sent in answer.json()["responses"] if sent["method"] == method]

    async def _download(self, file_id: str) -> bytes:
        async with httpx.AsyncClient(base_url=self._root, trust_env=False) as http:
            found = await http.post(f"/bot{self._token}/getFile", data={"file_id": file_id})
        path = found.raise_for_status().json()["result"]["file_path"]
        return (await self._get(f"/file/bot{self._token}/{path}")).content

    async def _get(self, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self._root, trust_env=False) as http:
            return (await http.get(path, **options)).raise_for_status()


class LoScreen:
    """Reads the emulator's journal: it keeps no texts, but refuses what the Bot API would."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        async def accepted() -> bool:
            return bool(self._accepted("editMessageText"))

        await until_true(accepted, "no edit was accepted")

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        assert len(self._accepted(*_FILE_METHODS)) == len(files)

    async def typing_shown(self) -> int:
        return len(self._accepted("sendChatAction"))

    def _accepted(self, *methods: str) -> list[str]:
        lines = [json.loads(line) for line in self._journal.read_text().splitlines()]
        calls = [line for line in lines if line.get("method") in methods]
        assert all(200 <= call["status"] < 300 for call in calls), calls
        return [call["method"] for call in calls]


def _labels(fields: dict[str, Any]) -> list[str]:
    markup = fields.get("reply_markup")
    table = json.loads(markup) if isinstance(markup, str) else markup or {}
    return [button["text"] for row in table.get("inline_keyboard", ()) for button in row]
