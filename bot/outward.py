"""Calls to other systems that rules (`http`) and flows (`webhook`) asked for: signed, repeated until accepted."""

from __future__ import annotations

import time
from typing import Any

from bot.adapters.base import PlatformError
from bot.net.addresses import Forbidden
from bot.net.client import Outbound, Unreached
from bot.net.signature import headers, outward_secret
from core import canon
from core.keys import Keys
from core.store.outbox import OutboxRow

AGAIN = (408, 425, 429)


class Outward:
    """Sends the outbox rows of the kinds `http` and `webhook`."""

    def __init__(self, outbound: Outbound, keys: Keys, base_url: str) -> None:
        self._outbound = outbound
        self._keys = keys
        self._base_url = base_url

    async def http(self, row: OutboxRow) -> None:
        """A rule's call. Raises PlatformError."""
        secret = outward_secret(self._keys, "rule", str(row.body.get("rule", row.person)))
        await self._send(row, str(row.body["method"]), row.body["json"], secret)

    async def webhook(self, row: OutboxRow) -> None:
        """A flow's call; `callback` becomes a whole address. Raises PlatformError."""
        payload = dict(row.body["payload"])
        if "callback" in payload:
            payload["callback"] = self._base_url + payload["callback"]
        secret = outward_secret(self._keys, "flow", str(row.body.get("flow", "")))
        await self._send(row, "POST", payload, secret)

    async def _send(self, row: OutboxRow, method: str, payload: Any, secret: str) -> None:
        """Permanent for refusals, ambiguous where nobody knows whether it arrived."""
        body = canon.dumps(payload).encode()
        given = headers(secret, row.id, int(time.time()), body)
        try:
            answer = await self._outbound.send(method, str(row.body["url"]), body, given)
        except Forbidden as error:
            raise PlatformError(str(error), code="address", permanent=True) from error
        except Unreached as error:
            raise PlatformError(str(error), code="no_answer", ambiguous=error.arrived) from error
        if 200 <= answer.status < 300:
            return
        permanent = 300 <= answer.status < 500 and answer.status not in AGAIN
        raise PlatformError(f"对方回答 {answer.status}", permanent=permanent, retry_after=answer.retry_after)
