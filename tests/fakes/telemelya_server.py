"""Runs telemelya with its storage in memory; started by its own environment's python.

Replaced: Redis by fakeredis, the object store by a dict. Nothing else.
"""

from __future__ import annotations

import sys

import fakeredis.aioredis
import uvicorn
from telemelya.server import media, state


class DictMedia:
    """The media manager's methods over a dict."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def ping(self) -> bool:
        return True

    async def upload(
        self, session_id: str, file_id: str, filename: str, data: bytes, content_type: str = ""
    ) -> str:
        key = f"{session_id}/{file_id}/{filename}"
        self.files[key] = data
        return key

    async def download(self, session_id: str, file_id: str, filename: str) -> bytes | None:
        return self.files.get(f"{session_id}/{file_id}/{filename}")

    async def download_by_key(self, key: str) -> bytes | None:
        return self.files.get(key)

    async def cleanup_session(self, session_id: str) -> None: ...


async def _connect() -> None:
    state.state_manager._redis = fakeredis.aioredis.FakeRedis(decode_responses=True)


media.media_manager = DictMedia()
state.state_manager.connect = _connect

if __name__ == "__main__":
    from telemelya.server.app import app

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
