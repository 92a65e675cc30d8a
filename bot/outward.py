"""Calls to other systems that rules asked for: signed, without redirects, repeated by the outbox until accepted.

Headers: `webhook-id` (the outbox row, the same on each try), `webhook-timestamp`, `webhook-signature`
(`v1,` + base64 of HMAC-SHA-256 over `id.timestamp.body`, key: `secret_of`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import aiohttp

from bot.adapters.base import PlatformError
from core import canon
from core.keys import Keys
from core.store.outbox import OutboxRow

LIMIT = aiohttp.ClientTimeout(total=15)
AGAIN = (408, 425, 429)


def secret_of(keys: Keys) -> bytes:
    """The key that receivers check signatures with; the admin page shows it in hex."""
    return keys.derive("outward")


def headers(secret: bytes, id_: str, at: int, body: bytes) -> dict[str, str]:
    """What stands above the body."""
    mac = hmac.new(secret, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


class Outward:
    """Sends the outbox rows of kind `http`."""

    def __init__(self, http: aiohttp.ClientSession, keys: Keys) -> None:
        self._http = http
        self._secret = secret_of(keys)

    async def send(self, row: OutboxRow) -> None:
        """Raises PlatformError: permanent for refusals, ambiguous where nobody knows whether it arrived."""
        body = canon.dumps(row.body["json"]).encode()
        given = headers(self._secret, row.id, int(time.time()), body)
        try:
            async with self._http.request(
                str(row.body["method"]),
                str(row.body["url"]),
                data=body,
                headers=given,
                timeout=LIMIT,
                allow_redirects=False,
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PlatformError(f"对方没有应答：{type(error).__name__}", ambiguous=True) from error
        if 200 <= status < 300:
            return
        permanent = 300 <= status < 500 and status not in AGAIN
        raise PlatformError(f"对方回答 {status}", permanent=permanent)
