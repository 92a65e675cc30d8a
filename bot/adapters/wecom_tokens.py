"""Two small keepers for calls to WeCom: the access token, and how many messages each member got."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from bot.adapters.base import PlatformError

REFRESH_AT = 0.8
REFETCH_SECONDS = 5.0

PER_MINUTE, MINUTE = 25, 60.0
PER_HOUR, HOUR = 900, 3600.0
SWEEP_ABOVE = 4096


class AccessToken:
    """One token for all callers: fetched by one of them, renewed at 80 % of its life.

    fetch  answers token and life in seconds; raises PlatformError
    now    seconds; the clock of the product
    """

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, float]]], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = self._ends_at = 0.0
        self._refused_at = float("-inf")

    async def get(self) -> str:
        if self._now() < self._renew_at:
            return self._token
        async with self._lock:
            if self._now() >= self._renew_at:
                await self._renew()
            return self._token

    async def refused(self, token: str) -> str:
        """A new token after the platform refused `token`; whoever comes second gets the first one's.

        At most one refetch in 5 seconds: gettoken itself is rate limited, and bans by IP.
        """
        async with self._lock:
            if token == self._token:
                if 0 <= self._now() - self._refused_at < REFETCH_SECONDS:
                    raise PlatformError("企业微信的凭证刚刚换过，又被拒绝", retry_after=REFETCH_SECONDS)
                self._refused_at = self._now()
                self._ends_at = 0.0
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        started = self._now()
        try:
            token, life = await self._fetch()
        except PlatformError as error:
            if error.permanent or started >= self._ends_at:
                raise
            return  # the old one still holds; the next caller tries again
        self._token = token
        self._renew_at, self._ends_at = started + life * REFRESH_AT, started + life


class MemberLimit:
    """Keeps below 30 messages a minute and 1000 an hour a member, above which WeCom drops them silently."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sent: dict[str, deque[float]] = {}

    def take(self, member: str) -> None:
        """Books one message; raises PlatformError(retry_after) when it does not fit now."""
        now, member = self._now(), member.lower()
        self._sweep(now)
        sent = self._sent.setdefault(member, deque())
        while sent and not now - HOUR < sent[0] <= now:  # later than now: the clock was set back
            sent.popleft()
        for room, window in ((PER_MINUTE, MINUTE), (PER_HOUR, HOUR)):
            within = [at for at in sent if at > now - window]
            if len(within) >= room:
                wait = within[-room] + window - now
                raise PlatformError("发给这位成员的消息太密，稍后再发", retry_after=max(wait, 1.0))
        sent.append(now)

    def _sweep(self, now: float) -> None:
        if len(self._sent) > SWEEP_ABOVE:
            self._sent = {who: at for who, at in self._sent.items() if at and at[-1] > now - HOUR}
