"""Settings come from one list of rows and from nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from intake_api.accounts.secret_key import form_is_signed, load_secret, sign_form
from intake_api.settings import ROWS, Settings, SettingsError, field_names


def test_rows_and_fields_are_the_same_list() -> None:
    assert {row.name for row in ROWS} == field_names()
    for row in ROWS:
        assert getattr(Settings(), row.name) == row.default


def test_every_row_has_help_and_a_variable() -> None:
    for row in ROWS:
        assert row.help
        assert row.variable.startswith("HUYING_")


def test_reads_the_environment_it_is_given() -> None:
    settings = Settings.from_env(
        {"HUYING_PORT": "9000", "HUYING_DATA_DIR": "/tmp/x", "HUYING_ONLY": "api, worker"}
    )
    assert settings.port == 9000
    assert settings.only == ("api", "worker")
    assert settings.database == "sqlite+aiosqlite:////tmp/x/huying.db"


def test_an_override_wins_and_none_does_not() -> None:
    environ = {"HUYING_PORT": "9000"}
    assert Settings.from_env(environ, port=1234).port == 1234
    assert Settings.from_env(environ, port=None).port == 9000


def test_an_empty_variable_is_unset() -> None:
    assert Settings.from_env({"HUYING_TELEGRAM_TOKEN": ""}).telegram_token is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HUYING_PORT", "many"),
        ("HUYING_PORT", "70000"),
        ("HUYING_TIMEZONE", "Mars/Olympus"),
        ("HUYING_ONLY", "api,kitchen"),
        ("HUYING_DEMO", "perhaps"),
        ("HUYING_TELEGRAM_API_URL", "ftp://x"),
        ("HUYING_LOG_FORMAT", "xml"),
        ("HUYING_CLASSIFIER_WORKERS", "0"),
    ],
)
def test_names_the_variable_that_cannot_be_used(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env({variable: value})


def test_secrets_are_masked() -> None:
    settings = Settings.from_env(
        {
            "HUYING_TELEGRAM_TOKEN": "123:very-secret",
            "HUYING_SECRET_KEY": "also-secret",
            "HUYING_SMS_SECRET": "third-secret",
        }
    )
    shown = repr(settings)
    for name in ("secret_key", "webhook_secret", "sms_secret"):
        shown = shown.replace(name, "")
    assert "secret" not in shown


def test_cookies_are_secure_behind_https_only() -> None:
    assert Settings(public_url="https://huying.example").secure_cookies
    assert not Settings().secure_cookies


def test_the_secret_is_kept_private_and_stays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    first = load_secret(settings)
    file = tmp_path / "new" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_secret(settings) == first
    assert len(first) == 32


def test_a_signed_form_is_bound_to_purpose_and_time(now) -> None:  # type: ignore[no-untyped-def]
    from datetime import timedelta

    token = sign_form(b"k", "login", now)
    assert form_is_signed(b"k", "login", token, now)
    assert not form_is_signed(b"k", "setup", token, now)
    assert not form_is_signed(b"other", "login", token, now)
    assert not form_is_signed(b"k", "login", token, now + timedelta(hours=13))
    assert not form_is_signed(b"k", "login", token, now - timedelta(hours=1))
    for junk in ("", ".", "1.", "x.y", "９.abc", "1" * 40 + ".z", token + "é"):
        assert not form_is_signed(b"k", "login", junk, now)
