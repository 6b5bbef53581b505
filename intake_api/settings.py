"""Settings: one frozen object, read once from an environment mapping.

    Settings.from_env(environ, **overrides) -> Settings     raises SettingsError (one sentence)
    ROWS                                                    name, variable, default, help

``ROWS`` is the only list: the defaults, the ``HUYING_`` names, the help of ``huying serve`` and
the documentation are all read from it. Reading settings touches no disk; secrets are wrapped so
that a log line or a traceback shows ``**********``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

PREFIX = "HUYING_"
ROLES = ("api", "bot", "worker")
LOG_FORMATS = ("text", "json")
STRENGTHS = ("lexical", "semantic")


class SettingsError(ValueError):
    """A variable holds something that cannot be used; the text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: field name, default, help, and how a string becomes its value."""

    name: str
    default: Any
    help: str
    parse: Callable[[str], Any] = str

    @property
    def variable(self) -> str:
        """``HUYING_…``"""
        return PREFIX + self.name.upper()


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"": False, "0": False, "false": False, "no": False, "off": False}
    if text.strip().lower() not in known:
        raise ValueError("use 1 or 0")
    return known[text.strip().lower()]


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError("use a number between 0 and 65535")
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("use a number above 0")
    return number


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("use a name such as Asia/Shanghai") from error


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(part.strip() for part in text.split(",") if part.strip())
    if not set(roles) <= set(ROLES):
        raise ValueError(f"use any of {', '.join(ROLES)}, separated by commas")
    return roles


def _log_format(text: str) -> str:
    if text not in LOG_FORMATS:
        raise ValueError(f"use one of {', '.join(LOG_FORMATS)}")
    return text


def _strength(text: str) -> str:
    if text not in STRENGTHS:
        raise ValueError(f"use one of {', '.join(STRENGTHS)}")
    return text


def _root_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("use an address that begins with http:// or https://")
    return text.rstrip("/")


TOWN_ZONE = ZoneInfo("Asia/Shanghai")

ROWS: tuple[Row, ...] = (
    Row("data_dir", Path("huying-data"), "folder for database, models and attachments", Path),
    Row("database_url", None, "SQLAlchemy address; unset: SQLite in the data folder"),
    Row("host", "127.0.0.1", "address to listen on"),
    Row("port", 8000, "port to listen on; 0 takes a free one", _port),
    Row("public_url", None, "address that citizens and staff use, for links", _root_url),
    Row("only", (), "run these roles only: api, bot, worker", _roles),
    Row("demo", False, "add demo users and cases on the first start", _flag),
    Row("telegram_token", None, "bot token; unset: no Telegram", SecretStr),
    Row("telegram_api_url", "https://api.telegram.org", "root of a Bot API server", _root_url),
    Row("telegram_webhook_url", None, "own https address; unset: long polling", _root_url),
    Row("telegram_webhook_secret", None, "secret header of the webhook", SecretStr),
    Row("sms_url", None, "gateway for text messages; unset: files in the data folder", _root_url),
    Row("sms_secret", None, "signs text messages and what the gateway reports back", SecretStr),
    Row("timezone", TOWN_ZONE, "time zone of the town", _timezone),
    Row("secret_key", None, "signs one-time links; unset: kept in the data folder", SecretStr),
    Row("classifier_workers", 1, "processes that hold the model", _positive),
    Row("max_body_kib", 4096, "largest request body in KiB", _positive),
    Row("request_timeout", 30, "seconds after which a request is given up", _positive),
    Row("session_hours", 12, "hours until staff log in again", _positive),
    Row("login_rate", "10/minute", "logins allowed per address"),
    Row("track_rate", "20/minute", "case look-ups allowed per address"),
    Row("trust_proxy", False, "take the caller's address from X-Forwarded-For", _flag),
    Row(
        "strength",
        None,
        "lexical (words only) or semantic (words and sentence encoder); unset: the better at hand",
        _strength,
    ),
    Row("log_format", "text", "text or json", _log_format),
)
BY_NAME = {row.name: row for row in ROWS}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process; see ``ROWS`` for what each means."""

    data_dir: Path = Path("huying-data")
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    only: tuple[str, ...] = ()
    demo: bool = False
    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    sms_url: str | None = None
    sms_secret: SecretStr | None = None
    timezone: ZoneInfo = TOWN_ZONE
    secret_key: SecretStr | None = None
    classifier_workers: int = 1
    max_body_kib: int = 4096
    request_timeout: int = 30
    session_hours: int = 12
    login_rate: str = "10/minute"
    track_rate: str = "20/minute"
    trust_proxy: bool = False
    strength: str | None = None
    log_format: str = "text"

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **overrides: Any) -> Settings:
        """Read ``environ``; an override that is not None wins over the variable.

        An empty variable counts as unset, as `HUYING_TELEGRAM_TOKEN= huying serve` intends.

        :raises SettingsError: naming the variable and what to write instead.
        """
        values: dict[str, Any] = {}
        for row in ROWS:
            if overrides.get(row.name) is not None:
                values[row.name] = overrides[row.name]
            elif environ.get(row.variable):
                values[row.name] = _parse(row, environ[row.variable])
        if values.get("sms_url") and not values.get("sms_secret"):
            raise SettingsError(
                "HUYING_SMS_URL: cannot be used without a secret; set HUYING_SMS_SECRET as well."
            )
        return cls(**values)

    @property
    def database(self) -> str:
        """The database address, SQLite in the data folder when none is set."""
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{(self.data_dir / 'huying.db').resolve()}"

    @property
    def address(self) -> str:
        """What to put before a path in a link."""
        return self.address_at(None)

    def address_at(self, port: int | None) -> str:
        """The same with the port that was really taken."""
        if self.public_url:
            return self.public_url
        host = "localhost" if self.host in ("0.0.0.0", "::", "127.0.0.1") else self.host
        return f"http://{host}:{port or self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may travel over https only."""
        return self.address.startswith("https://")

    def runs(self, role: str) -> bool:
        """Whether this process plays ``role``; without ``only`` it plays all."""
        return not self.only or role in self.only


def _parse(row: Row, text: str) -> Any:
    try:
        return row.parse(text)
    except ValueError as error:
        reason = str(error) if not str(error).startswith("invalid literal") else "use a number"
        shown = "the value" if row.parse is SecretStr else f"“{text}”"
        raise SettingsError(f"{row.variable}: {shown} cannot be used; {reason}.") from error


def describe_rows() -> list[tuple[str, str, str]]:
    """(variable, default as text, help) of every setting, for ``--help`` and the docs."""
    return [(row.variable, _default_text(row), row.help) for row in ROWS]


def _default_text(row: Row) -> str:
    if row.default is None or row.default == ():
        return "–"
    return str(int(row.default)) if isinstance(row.default, bool) else str(row.default)


def field_names() -> set[str]:
    """Names of the fields, to be compared with ``ROWS``."""
    return {field.name for field in fields(Settings)}
