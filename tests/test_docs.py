"""Documents that fail a test when they go stale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]
FAMILIES = ("addresses", "audit", "cases", "db", "labels", "models", "taxonomy", "tokens", "users")


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    from intake_api.cli import run

    assert run([*command, "--help"]) == 0
    return capsys.readouterr().out


def documented_commands() -> list[tuple[str, ...]]:
    found = set()
    for line in re.findall(r"^huying ([^#\n]+)", README, re.MULTILINE):
        words = line.split()
        depth = 2 if words[0] in FAMILIES else 1
        found.add(tuple(words[:depth]))
    return sorted(found)


@pytest.mark.parametrize("command", documented_commands(), ids=" ".join)
def test_every_command_of_the_readme_exists_with_its_options(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = help_of(capsys, *command)
    for line in re.findall(r"^huying ([^#\n]+)", README, re.MULTILINE):
        if tuple(line.split()[: len(command)]) == command:
            for option in re.findall(r"--[a-z-]+", line):
                assert option in text, option


def test_every_setting_is_in_the_help_of_serve(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    from intake_api.settings import ROWS

    text = help_of(capsys, "serve")
    assert [row.variable for row in ROWS if row.variable not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_and_picture_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_file_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    folders = "bot|cases|classifier|intake_api|training_data|tests|benchmarks|docs|scripts"
    pattern = rf"`((?:{folders})/[\w./-]+)`"
    for name in re.findall(pattern, text):
        assert (ROOT / name).exists(), name


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_version_is_in_the_changelog():
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version and f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
