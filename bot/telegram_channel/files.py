"""Brings a file that Telegram keeps into our own data folder."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from telegram import Bot

from bot.incoming import IncomingFile
from cases.attachments import store_file

LOGGER = logging.getLogger(__name__)


async def fetch_file(
    bot: Bot, file: IncomingFile, *, data_dir: Path, within: float
) -> IncomingFile:
    """The file with its ``path``; unchanged (only Telegram's id) when that fails or is slow.

    The id stays good, so staff's view can fetch it later; the citizen is not kept waiting.
    """
    if file.path is not None or not file.external_file_id:
        return file
    if file.is_oversize:
        return file
    try:
        async with asyncio.timeout(within):
            remote = await bot.get_file(file.external_file_id)
            content = bytes(await remote.download_as_bytearray())
            path, mime = await asyncio.to_thread(store_file, data_dir, content)
    except Exception as error:
        LOGGER.warning("attachment not fetched: %s", type(error).__name__)
        return file
    return replace(file, path=path, size=len(content), mime=file.mime or mime)
