"""The one client for calls to other systems: flows, rules and the SMS gateway.

Each name is resolved once for each call, every address it has is looked at, and the connection goes to exactly
those addresses: a name that answers differently a moment later (DNS rebinding) wins nothing. No redirects, no proxy
from the environment, ten seconds, 64 KiB of answer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.net.addresses import Allowed, check_address, check_url

LIMIT = aiohttp.ClientTimeout(total=10, sock_connect=5)
LARGEST_ANSWER = 64 * 1024


class Unreached(Exception):
    """Nobody answered. `arrived` True when the other side may have got the call all the same."""

    def __init__(self, message: str, *, arrived: bool) -> None:
        super().__init__(message)
        self.arrived = arrived


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; `body` at most 64 KiB of it."""

    status: int
    body: bytes
    retry_after: float | None = None


class GuardedResolver(AbstractResolver):
    """Gives only addresses that may be called; one bad address of a name forbids the name."""

    def __init__(self, allowed: Allowed, inner: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for one in found:
            check_address(ip_address(one["host"].partition("%")[0]), host, port, self._allowed)
        return found

    async def close(self) -> None:
        await self._inner.close()


class Outbound:
    """Posts to other systems. `close` at the end."""

    def __init__(self, allowed: Allowed, resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        """Made with the first call: it belongs to the loop that runs then."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self._allowed, self._resolver),
                use_dns_cache=False,
                limit=32,
                limit_per_host=8,
                force_close=True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), timeout=LIMIT
            )
        return self._session

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """One call. Raises Forbidden, Unreached."""
        check_url(url, self._allowed)
        try:
            async with self._open().request(
                method, url, data=body, headers=dict(headers), allow_redirects=False
            ) as answer:
                return Answered(answer.status, await _head(answer), _seconds(answer.headers))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ssl.SSLError):
                raise Unreached("对方的证书不被信任", arrived=False) from error
            raise Unreached("连接不上对方", arrived=False) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreached(f"对方没有应答（{type(error).__name__}）", arrived=True) from error

    async def close(self) -> None:
        """End connections."""
        if self._session is not None:
            await self._session.close()


async def _head(answer: aiohttp.ClientResponse) -> bytes:
    """The beginning of the body; what is longer is left."""
    body = b""
    with suppress(asyncio.IncompleteReadError):
        while len(body) < LARGEST_ANSWER:
            piece = await answer.content.read(LARGEST_ANSWER - len(body))
            if not piece:
                break
            body += piece
    return body


def _seconds(headers: Mapping[str, Any]) -> float | None:
    text = str(headers.get("Retry-After", ""))
    return min(float(text), 3600.0) if text.isdecimal() else None
