"""Webhook steps leave the house: a POST with a stable key, tried again until it is taken.

`webhook-id` is the outbox row's id, the same on each try, so that the receiver can tell a repeat.
"""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.adapters.base import PlatformError

LIMIT = aiohttp.ClientTimeout(total=10)
AGAIN = frozenset({408, 425, 429})


class Webhooks:
    """Sends what webhook steps say."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    async def post(self, body: dict[str, Any], key: str) -> None:
        """One try. Raises PlatformError; permanent when the receiver refuses for good."""
        payload = dict(body["payload"])
        if "callback" in payload:
            payload["callback"] = self._base_url + payload["callback"]
        try:
            async with self._http.post(
                body["url"],
                json=payload,
                headers={"webhook-id": key},
                timeout=LIMIT,
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError) as error:
            raise PlatformError(f"接口没有回应：{type(error).__name__}", ambiguous=True) from error
        if not 200 <= status < 300:
            refused = 300 <= status < 500 and status not in AGAIN
            raise PlatformError(f"接口回了 {status}", permanent=refused)
