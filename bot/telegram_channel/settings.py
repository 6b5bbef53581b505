"""How to reach Telegram; built by the composition root from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

WEBHOOK_PATH = "/channels/telegram/webhook"
OFFICIAL_API = "https://api.telegram.org"


@dataclass(frozen=True)
class TelegramSettings:
    """``api_url`` is the root of a Bot API server, without ``/bot``. Without ``webhook_url``
    updates are polled. Without ``webhook_secret`` the secret header is not checked, which only
    a test server that cannot send it should need."""

    token: str
    api_url: str = OFFICIAL_API
    webhook_url: str | None = None
    webhook_secret: str | None = None
    poll_seconds: int = 25
    #: How long an answer of the server is waited for; after that sending was ambiguous.
    answer_seconds: float = 10.0
    #: At most this long a receipt waits for the file that came with the words.
    download_seconds: float = 6.0

    @property
    def root(self) -> str:
        """``api_url`` without a closing slash."""
        return self.api_url.rstrip("/")

    @property
    def full_webhook_url(self) -> str | None:
        """The address to register: our own path where only a host was given."""
        if not self.webhook_url:
            return None
        parts = urlsplit(self.webhook_url)
        path = parts.path if parts.path.strip("/") else WEBHOOK_PATH
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

    def __repr__(self) -> str:
        """Without the secrets, for logs and tracebacks."""
        return f"TelegramSettings(api_url={self.api_url!r}, webhook={bool(self.webhook_url)})"
