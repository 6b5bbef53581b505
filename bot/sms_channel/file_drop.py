"""The gateway in the box: each message is a line of ``sms/YYYY-MM-DD.jsonl`` in the data folder.

``{"key", "at", "phone", "text"}``, forced to the disk before it counts as sent. What reads the
folder may be a script, a modem or a person. A message that is sent again, because a process died
between writing and remembering, is found by its key and not written a second time.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.channel import DeliveryError, Trouble
from bot.sms_channel.gateway import Sms

#: A message is sent again within minutes, or after a night that it was held through.
_LOOK_BACK_DAYS = 2


class FileDrop:
    """``clock`` gives the moment in the town's zone: its day names the file."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = asyncio.Lock()

    async def send(self, sms: Sms) -> str | None:
        """See ``SmsGateway``. A full or read-only disk: certainly not sent."""
        async with self._lock:
            try:
                await asyncio.to_thread(self._append, sms, self._clock())
            except OSError as error:
                raise DeliveryError(Trouble.NOT_SENT, type(error).__name__) from error
        return sms.key

    async def close(self) -> None:
        """Nothing is kept open."""

    def _append(self, sms: Sms, now: datetime) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if any(
            _holds(self._path(now - timedelta(days=n)), sms.key) for n in range(_LOOK_BACK_DAYS)
        ):
            return
        row = {
            "key": sms.key,
            "at": now.isoformat(timespec="seconds"),
            "phone": sms.phone,
            "text": sms.text,
        }
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        # One write of one line: a reader sees all of it or nothing.
        file = os.open(self._path(now), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                line = b"\n" + line  # half a line that a power cut left stays a line of its own
            os.write(file, line)
            os.fsync(file)
        finally:
            os.close(file)

    def _path(self, moment: datetime) -> Path:
        return self._folder / f"{moment:%Y-%m-%d}.jsonl"


def _holds(path: Path, key: str) -> bool:
    wanted = f'"key": "{key}"'.encode()
    try:
        with path.open("rb") as file:
            return any(wanted in line for line in file)
    except FileNotFoundError:
        return False
