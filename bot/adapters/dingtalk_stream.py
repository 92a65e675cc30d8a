"""The stream link to DingTalk: opening, liveness, hand-over (protocol.md of developerpedia).

Ours on aiohttp instead of `dingtalk_stream`: the released SDK blocks the loop, swallows the first cancel,
acks on the wrong socket and costs 0.35 s to import; its frame classes serve in the tests, which read our
acks with them.

One reader a link. `Link.over` says that a link has to be replaced; the next one is opened first, the old
one then lives until its pending acks are written, at most `handover` seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import structlog

from bot.adapters.base import PlatformError
from bot.adapters.dingtalk_frames import BOT_TOPIC, CARD_TOPIC, Link
from bot.adapters.dingtalk_http import Client
from bot.adapters.dingtalk_intake import Intake, Reader

SUBSCRIPTIONS = [
    {"type": "EVENT", "topic": "*"},
    {"type": "CALLBACK", "topic": BOT_TOPIC},
    {"type": "CALLBACK", "topic": CARD_TOPIC},
]
MAX_FRAME = 4 * 1024 * 1024
LOST = (TimeoutError, aiohttp.ClientError, OSError, RuntimeError)
KINDS = aiohttp.WSMsgType
ENDS = (KINDS.CLOSE, KINDS.CLOSING, KINDS.CLOSED, KINDS.ERROR)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, and how much is handled at once; the defaults suit the real platform, tests pass small ones.

    quiet      nothing heard, not even a pong: half-open
    frameless  no frame although the platform pings as a rule: a zombie
    stable     a link that lived so long starts the waiting times anew
    """

    first_wait: float = 1.0
    longest_wait: float = 60.0
    stable: float = 60.0
    refused_wait: float = 60.0
    ping: float = 20.0
    quiet: float = 60.0
    frameless: float = 90.0
    handover: float = 10.0
    goodbye: float = 3.0
    handlers: int = 64
    waiting: int = 256


class Stream:
    """Keeps one link up until cancelled."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        client: Client,
        credentials: tuple[str, str],
        *,
        dice: random.Random,
        timing: Timing,
    ) -> None:
        self._http = http
        self._client = client
        self._credentials = credentials
        self._dice = dice
        self._timing = timing
        self._link: Link | None = None
        self._links: set[Link] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._refused = False

    def healthy(self) -> bool:
        """True while there is a link on which presses can come."""
        return self._link is not None and not self._link.over.is_set()

    async def run(self, reader: Reader) -> None:
        """Open, read, replace; ends only by cancellation, with every link closed and every task ended."""
        intake = Intake(reader, handlers=self._timing.handlers, waiting=self._timing.waiting)
        failures = 0
        try:
            while True:
                link = await self._opened()
                if link is None:
                    await asyncio.sleep(self._timing.refused_wait if self._refused else self._wait(failures))
                    failures += 1
                    continue
                self._replace(link, intake)
                await link.over.wait()
                lived = _now() - link.opened
                log.info("dingtalk_link_over", why=link.why, lived=round(lived, 1))
                failures = 0 if lived >= self._timing.stable else failures
                if failures or link.why == "closed":
                    await asyncio.sleep(self._wait(failures))
                failures += 1
        finally:
            await self._end(intake)

    async def open_ticket(self) -> str:
        """The websocket's address with a ticket, good for 90 s and one connection. Raises PlatformError."""
        client_id, secret = self._credentials
        body = {
            "clientId": client_id,
            "clientSecret": secret,
            "subscriptions": SUBSCRIPTIONS,
            "ua": "zhongshu/1",
        }
        answer = await self._client.open("POST", "/v1.0/gateway/connections/open", body)
        endpoint, ticket = str(answer.get("endpoint", "")), str(answer.get("ticket", ""))
        if not endpoint.startswith(("ws://", "wss://")):
            raise PlatformError("网关没有返回连接地址", code="no_endpoint")
        return f"{endpoint}?ticket={quote(ticket, safe='')}"

    async def _opened(self) -> Link | None:
        try:
            socket = await self._connect(await self.open_ticket())
        except PlatformError as failed:
            self._refused = failed.code in ("authFailed", "InvalidAuthentication") or failed.permanent
            if self._refused:
                fix = "核对 ZHONGSHU_DINGTALK_CLIENT_ID 与 ZHONGSHU_DINGTALK_CLIENT_SECRET"
                log.error("dingtalk_refused", error=str(failed), fix=fix)  # noqa: TRY400 - no traceback wanted
            else:
                log.warning("dingtalk_open_failed", error=str(failed))
            return None
        except LOST as failed:
            # never the exception's text: it may hold the address with the ticket
            log.warning("dingtalk_handshake_failed", error=type(failed).__name__)
            return None
        self._refused = False
        now = _now()
        return Link(socket, opened=now, heard=now, framed=now)

    async def _connect(self, url: str) -> aiohttp.ClientWebSocketResponse[bool]:
        async with asyncio.timeout(10):
            # bytes, because one text that is not UTF-8 would otherwise end the link; pongs, to see them
            return await self._http.ws_connect(
                url, autoping=False, autoclose=False, max_msg_size=MAX_FRAME, decode_text=False
            )

    def _replace(self, link: Link, intake: Intake) -> None:
        old, self._link = self._link, link
        self._links.add(link)
        link.tasks = [
            asyncio.create_task(self._read(link, intake)),
            asyncio.create_task(self._watch(link, intake)),
        ]
        log.info("dingtalk_link_open")
        if old is not None:
            retiring = asyncio.create_task(self._retire(old))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _retire(self, link: Link) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(link.idle.wait(), self._timing.handover)
        await self._close(link)

    async def _close(self, link: Link) -> None:
        for task in link.tasks:
            task.cancel()
        await asyncio.gather(*link.tasks, return_exceptions=True)
        with contextlib.suppress(*LOST):
            await asyncio.wait_for(link.socket.close(), self._timing.goodbye)
        self._links.discard(link)

    async def _end(self, intake: Intake) -> None:
        """Pending acks first, for a few seconds at most."""
        link, self._link = self._link, None
        if link is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(link.idle.wait(), self._timing.goodbye)
        await intake.end()
        retiring = list(self._retiring)
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, return_exceptions=True)
        # a retirement that was cancelled, perhaps before it began, leaves its link to us
        await asyncio.gather(*(self._close(each) for each in list(self._links)))

    async def _read(self, link: Link, intake: Intake) -> None:
        while True:
            message = await link.socket.receive()
            link.heard = _now()
            if message.type in ENDS:
                link.end("closed")
                await link.socket.close()
                return
            if message.type is KINDS.PING:
                with contextlib.suppress(*LOST):
                    await link.socket.pong(message.data)
            elif message.type in (KINDS.TEXT, KINDS.BINARY):
                link.framed = link.heard
                await intake.take(link, message.data)

    async def _watch(self, link: Link, intake: Intake) -> None:
        """Ping, and end the link when it is half-open or a zombie."""
        while not link.over.is_set():
            await asyncio.sleep(min(self._timing.ping, self._timing.quiet / 3))
            now = _now()
            if now - link.heard >= self._timing.quiet:
                link.end("silent")
            # where the platform never pings, a quiet night has no frames and is no fault
            elif intake.pinged and now - link.framed >= self._timing.frameless:
                link.end("frameless")
            else:
                await self._ping(link)

    async def _ping(self, link: Link) -> None:
        try:
            await asyncio.wait_for(link.socket.ping(), self._timing.ping)
        except LOST:
            link.end("closed")

    def _wait(self, failures: int) -> float:
        """Full jitter: between nothing and 1, 2, 4 … 60 s."""
        limit = min(self._timing.longest_wait, self._timing.first_wait * 2 ** min(failures, 16))
        return self._dice.uniform(0, limit)


def _now() -> float:
    return asyncio.get_running_loop().time()
