"""Telegram simulators that nobody here wrote, each in an environment of its own.

The environments are made once, under ``.venv-sims/`` at the root of the repository, from the
normal package index. Where that cannot be done the tests skip, loudly; in CI they fail.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv-sims"
TELEMELYA = ("telemelya", ("telemelya[client]==0.2.2", "fakeredis==2.40.0"))
LO = ("lo", ("lo-bot-api-emulator==0.3.6",))
_STARTS_WITHIN = 30.0
_INSTALLS_WITHIN = 300.0


def ensure_environment(name: str, packages: tuple[str, ...]) -> Path:
    """The ``bin`` folder of an environment with ``packages``; made under a lock, since several
    test processes may want it at once."""
    home = ENVIRONMENTS / name
    done = home / "installed.txt"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_text() != "\n".join(packages):
            try:
                venv.create(home, with_pip=True, clear=True)
                subprocess.run(
                    [home / "bin" / "pip", "install", "--quiet", *packages],
                    check=True,
                    capture_output=True,
                    timeout=_INSTALLS_WITHIN,
                )
            except (subprocess.SubprocessError, OSError) as error:
                _give_up(f"the simulator {name} could not be installed: {error}")
            done.write_text("\n".join(packages))
    return home / "bin"


@contextmanager
def run_telemelya() -> Iterator[str]:
    """A running telemelya; yields its root address."""
    home = ensure_environment(*TELEMELYA)
    port = free_port()
    script = ROOT / "tests" / "fakes" / "telemelya_server.py"
    with _running([str(home / "python"), str(script), str(port)], port, "/") as root:
        yield root


@contextmanager
def run_lo(journal: Path) -> Iterator[str]:
    """A running lo-bot-api-emulator that writes ``journal``; yields its root address."""
    home = ensure_environment(*LO)
    port = free_port()
    command = [
        str(home / "lo-bot-api-emulator"),
        f"--port={port}",
        "--enable-control",
        "--allow-insecure-loopback-webhooks",
        f"--journal={journal}",
    ]
    with _running(command, port, "/") as root:
        yield root


def lo_verdict(journal: Path, *methods: str, allow: tuple[str, ...] = ()) -> tuple[bool, str]:
    """The emulator's own judgement of what we sent it."""
    home = ensure_environment(*LO)
    command = [str(home / "lo-bot-api-emulator"), "verdict", str(journal), "--require-response"]
    command += [part for method in methods for part in ("--require-method", method)]
    command += [part for refusal in allow for part in ("--allow-refusal", refusal)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode == 0, done.stdout


@contextmanager
def _running(command: list[str], port: int, path: str) -> Iterator[str]:
    root = f"http://127.0.0.1:{port}"
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    try:
        deadline = time.monotonic() + _STARTS_WITHIN
        while not _answers(root + path):
            if server.poll() is not None or time.monotonic() > deadline:
                said = server.stderr.read().decode()[-2000:] if server.stderr else ""
                _give_up(f"{command[0]} did not start: {said}")
            time.sleep(0.1)
        yield root
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _give_up(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    print(f"\n*** NOT TESTED against a Telegram simulator: {why}", file=sys.stderr)
    pytest.skip(why)
