"""The gateway of a provider: each message is a signed POST to the town's address there.

``{"phone", "text"}`` with ``X-Huying-Timestamp``, ``X-Huying-Signature``, ``Idempotency-Key``. The
answer may carry ``{"id": …}``, a refusal ``{"reason": …}``. What an answer means for the message is
the same as with a chat service:

    2xx            sent
    429            come back when it says; 503 likewise where it says when
    401, 403, 3xx  the gateway does not take us: alarm, all of it waits
    410            this number takes no messages any more
    other 4xx      it will never go out like this
    408, 504, cut off after sending: it may have gone out, never blindly again
    other 5xx, no connection: it certainly did not go out
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import httpx

from bot.channel import DeliveryError, Trouble
from bot.sms_channel.gateway import Sms
from bot.sms_channel.signing import IDEMPOTENCY, SIGNATURE, TIMESTAMP, sign

_WITHIN = 10.0
_WAIT = 30.0
_LONGEST_WAIT = 3600.0
_LONGEST_REASON = 120
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class SignedWebhook:
    """``wall`` is the clock that the other side has too."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        wall: Callable[[], float] = time.time,
        within: float = _WITHIN,
    ) -> None:
        self._url = url
        self._secret = secret
        self._wall = wall
        # Not through a proxy of the environment: the secret is for one address.
        self._client = httpx.AsyncClient(timeout=within, trust_env=False, follow_redirects=False)

    async def send(self, sms: Sms) -> str | None:
        """See ``SmsGateway``."""
        body = json.dumps({"phone": sms.phone, "text": sms.text}, ensure_ascii=False).encode()
        timestamp = str(int(self._wall()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: sign(self._secret, timestamp, body),
            IDEMPOTENCY: sms.key,
        }
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except _NEVER_LEFT as error:
            raise DeliveryError(Trouble.NOT_SENT, type(error).__name__) from error
        except httpx.HTTPError as error:
            raise DeliveryError(Trouble.AMBIGUOUS, type(error).__name__) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise DeliveryError(Trouble.STOPPED, type(error).__name__) from error
        trouble = explain(answer)
        if trouble is not None:
            raise trouble
        return _word(answer, "id") or None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def explain(answer: httpx.Response) -> DeliveryError | None:
    """What to do about an answer; ``None``: it is sent."""
    status = answer.status_code
    reason = f"HTTP {status} {_word(answer, 'reason')}".strip()
    if 200 <= status < 300:
        return None
    if status == 429 or (status == 503 and "Retry-After" in answer.headers):
        return DeliveryError(Trouble.WAIT, reason, wait=_wait_of(answer))
    if status in (401, 403):
        return DeliveryError(Trouble.STOPPED, reason)
    if status == 410:
        return DeliveryError(Trouble.UNREACHABLE, reason)
    if status in (408, 504):
        return DeliveryError(Trouble.AMBIGUOUS, reason)
    if 400 <= status < 500:
        return DeliveryError(Trouble.REFUSED, reason)
    if status >= 500:
        return DeliveryError(Trouble.NOT_SENT, reason)
    # A redirect is no answer: whoever set up the address is to correct it.
    return DeliveryError(Trouble.STOPPED, reason)


def _wait_of(answer: httpx.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return min(float(given), _LONGEST_WAIT) if given.isdecimal() and len(given) < 8 else _WAIT


def _word(answer: httpx.Response, name: str) -> str:
    try:
        found = answer.json()
    except ValueError:
        return ""
    value = found.get(name) if isinstance(found, dict) else None
    return str(value)[:_LONGEST_REASON] if isinstance(value, str | int) else ""
