"""``pytest --quick`` leaves out what took long the last time somebody looked.

``tests/slow_tests.txt`` names them, one ``file::function`` a line, or a whole file; a new test is
quick until it is measured. ``pytest --note-slow`` (``make timings``) writes the list anew. The
hooks are imported by ``tests/conftest.py``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("slow_tests.txt")
SLOW = 0.15  # seconds of one case, set-up included


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two switches."""
    parser.addoption("--quick", action="store_true", help="leave out what slow_tests.txt names")
    parser.addoption("--note-slow", action="store_true", help="write slow_tests.txt anew")


def pytest_configure(config: pytest.Config) -> None:
    """The process that hears of every test writes the list."""
    if config.getoption("--note-slow") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Stopwatch())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file that is slow throughout is not even imported."""
    if not config.getoption("--quick") or collection_path.suffix != ".py":
        return None
    return _relative(collection_path) in _read_list() or None


def leave_out_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow ones are taken out of ``items``."""
    if not config.getoption("--quick"):
        return
    slow = _read_list()
    out = [item for item in items if _function(item.nodeid) in slow]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if _function(item.nodeid) not in slow]


class Stopwatch:
    """Adds up what each test took."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Set-up, call and tear-down, one after the other."""
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        """By function: one slow case makes it slow. A file without a quick one is named whole."""
        functions = {_function(node) for node in self.seconds}
        slow = {_function(node) for node, took in self.seconds.items() if took > SLOW}
        files = {name.split("::")[0] for name in functions}
        whole = files - {name.split("::")[0] for name in functions - slow}
        named = {name for name in slow if name.split("::")[0] not in whole} | whole
        LIST.write_text("".join(f"{name}\n" for name in sorted(named)), encoding="utf-8")


def _read_list() -> frozenset[str]:
    return frozenset(LIST.read_text(encoding="utf-8").split())


def _function(node: str) -> str:
    return node.partition("[")[0]


def _relative(path: Path) -> str:
    return path.relative_to(LIST.parents[1]).as_posix()
