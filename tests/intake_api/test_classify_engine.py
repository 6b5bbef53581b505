"""``huying classify --engine``: what goes with what."""

from __future__ import annotations

import pytest

from intake_api.cli import run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["路灯不亮", "--engine", "spark"], "local or dask"),
        (["路灯不亮", "--engine", "dask"], "--in and --out"),
        (["--in", "a.csv", "--out", "b.csv", "--resume"], "--engine dask"),
        (["--in", "a.csv", "--out", "b.csv", "--scheduler", "tcp://x:1"], "--engine dask"),
    ],
)
def test_wrong_usage_says_what_goes_together(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["classify", *words]) == 2
    assert said in capsys.readouterr().err
