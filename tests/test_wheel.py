"""What is shipped works: the built wheel alone, from an empty folder, with its own rows."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.crash.server import Server

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built and unpacked into a folder of its own (dependencies are at hand)."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_the_wheel_carries_rows_texts_templates_and_migrations(installed):
    """Everything read by path at run time."""
    for name in (
        "training_data/taxonomy.csv",
        "training_data/examples/zf.light.csv",
        "cases/sample_town/policy.toml",
        "cases/message_templates/zh.toml",
        "cases/migrations/env.py",
        "bot/texts/zh.toml",
        "bot/web_channel/templates",
        "intake_api/templates",
    ):
        assert (installed / name).exists(), name
    assert not (installed / "tests").exists()


async def test_a_first_start_from_an_empty_folder(installed, tmp_path):
    """Database, town, model, pages: all from the wheel; a later start finds them there."""
    environ = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    where = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", "import intake_api; print(intake_api.__file__)"],
        capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ, **environ},
    )  # fmt: skip
    assert where.stdout.startswith(str(installed))
    server = Server(tmp_path / "data", cwd=tmp_path, **environ)
    (tmp_path / "data").mkdir()
    for _ in range(2):
        server.start()
        await server.ready(within=600)
        async with aiohttp.ClientSession() as client:
            for page in ("/chat", "/login", "/track", "/openapi.json", "/healthz", "/docs"):
                async with client.get(server.address + page) as response:
                    assert response.status == 200, page
        assert await asyncio.to_thread(server.stop) == 0
    log = server.log.read_text(encoding="utf-8")
    assert "/chat" in log and "setup?token=" in log and "Traceback" not in log
