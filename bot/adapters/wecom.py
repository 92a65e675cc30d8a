"""WeCom: the callback route, and the Adapter over cards, crypto and API.

A callback is believed (wecom_crypto), read (wecom_xml), handed to `receive` and answered inside five seconds;
a later answer is pushed as a card update with the press's own code.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from random import Random
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot.adapters import wecom_check
from bot.adapters.base import Handle, PlatformError
from bot.adapters.counters import FRAMES_REFUSED
from bot.adapters.wecom_api import CODE_LIFE, WeComApi, WeComConfig
from bot.adapters.wecom_cards import render, render_update
from bot.adapters.wecom_crypto import CallbackError, Signed, encrypted_of
from bot.adapters.wecom_limits import TEXT_BYTES
from bot.adapters.wecom_xml import Unread, card_reply, parse, text_reply
from bot.cards import Answer, Card, Click, File, Message, Picture, Receive, Said, Text

PATH = "/callbacks/wecom"
BODY_BYTES = 64 * 1024
ANSWER_SECONDS = 4.5  # the platform gives up after 5
SURE_SECONDS = 3.0  # a later answer may have missed those 5: the outbox shows it once more
BODY_SECONDS = 4.0
CLOSE_SECONDS = 3.0
AT_ONCE = 256
SEND_TRIES = 3
ONLY_TEXT = Text("暂时只认识文字，输入 帮助 看看能做什么")
REFUSED_TEXT = "forbidden"

__all__ = ["PATH", "WeCom", "WeComConfig"]

log = structlog.get_logger(__name__)


class WeCom:
    """One self-built app; `clock` tells UTC, `random` is a SystemRandom in production.

    last_refusal  why the last callback was not believed (a key of `wecom_crypto.REFUSALS`, or another short
                  code), "" when none was, or when one has been believed since
    """

    name = "wecom"

    def __init__(
        self,
        config: WeComConfig,
        http: aiohttp.ClientSession,
        *,
        clock: Callable[[], datetime],
        random: Random,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._config = config
        self._clock = clock
        self._random = random
        self._answer_seconds = answer_seconds
        self._api = WeComApi(config, http, clock)
        self._cipher = wecom_check.cipher_of(config)
        self._receive: Receive | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self.last_refusal = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self._verify, allow_head=False), web.post(PATH, self._callback)]

    async def run(self, receive: Receive) -> None:
        """Callbacks come through the routes; this only opens and closes the door behind them."""
        if self._cipher is None:
            log.error("wecom_callback_off", reason="token or aes key malformed")
        self._receive = receive
        try:
            await asyncio.Event().wait()
        finally:
            self._receive = None

    def healthy(self) -> bool:
        return self._receive is not None and self._cipher is not None

    async def close(self) -> None:
        """Answers under way get three seconds; what is left is cancelled."""
        if self._running:
            _, left = await asyncio.wait(self._running, timeout=CLOSE_SECONDS)
            for task in left:
                task.cancel()

    async def send(self, to: str, message: Message, key: str) -> Handle:
        if isinstance(message, Text):
            return await self._api.send_text(to, message, key)
        if isinstance(message, Picture):
            return await self._api.send_picture(to, message, key)
        if isinstance(message, File):
            return await self._api.send_file(to, message, key)
        return await self._api.send_card(to, self._drawn(render, message, key, self._config.home_url), key)

    async def send_group(self, way: str, address: str, text: Text, _key: str) -> None:
        await self._api.send_group(way, address, text)

    async def update(self, to: str, handle: Handle, card: Card) -> Handle:
        """Uses the handle's code up; PlatformError(gone=True) without one, or when 72 hours are over."""
        expired = handle.code_expires_at is not None and handle.code_expires_at <= self._clock()
        if not handle.code or expired:
            raise PlatformError("这张卡片已不能更新", code="no_code", gone=True)
        await self._api.update_card(to, handle.code, self._drawn(render_update, card, self._config.home_url))
        return Handle(handle.external_id)

    def login_url(self, back: str, state: str) -> str:
        return self._api.login_url(back, state)

    async def login(self, code: str) -> str:
        return await self._api.member_of(code)

    async def check(self) -> list[wecom_check.Finding]:
        """What is wrong with the settings, for `doctor`; makes two calls to the platform at most."""
        return await wecom_check.findings(self._config, self._api, self.last_refusal)

    async def _verify(self, request: web.Request) -> web.Response:
        """The console's "save": answers the decrypted echostr, to the byte."""
        if self._cipher is None:
            return web.Response(status=503)
        try:
            # Base64 has no blank: it is a plus that came without its percent sign.
            plain = self._open(request, _one(request, "echostr").replace(" ", "+"))
        except CallbackError as error:
            return self._refuse(error)
        return web.Response(text=plain)

    async def _callback(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        if self._cipher is None or self._receive is None or len(self._running) >= AT_ONCE:
            return web.Response(status=503)
        try:
            xml = self._open(request, encrypted_of(await _body(request)))
            said = parse(xml)
        except CallbackError as error:
            return self._refuse(error)
        if said is None:
            return web.Response()
        if isinstance(said, Unread):
            return self._passive(
                text_reply(said.actor, self._config.corp_id, ONLY_TEXT.text, self._seconds())
            )
        return await self._answered(said, self._receive, started + self._answer_seconds)

    def _open(self, request: web.Request, encrypted: str) -> str:
        assert self._cipher is not None  # noqa: S101  both routes have looked
        parts = (_one(request, name) for name in ("msg_signature", "timestamp", "nonce"))
        plain = self._cipher.open(encrypted, Signed(*parts), self._clock().timestamp())
        self.last_refusal = ""
        return plain

    def _refuse(self, error: CallbackError) -> web.Response:
        """One text for every reason; the reason goes to the log, the counter and `last_refusal`."""
        self.last_refusal = error.reason
        FRAMES_REFUSED.labels(platform=self.name, reason=error.reason).inc()
        log.warning("callback_refused", platform=self.name, reason=error.reason)
        return web.Response(status=413 if error.reason == "too_large" else 403, text=REFUSED_TEXT)

    async def _answered(self, said: Click | Said, receive: Receive, until: float) -> web.Response:
        work = self._start(_answer(receive, said))
        await asyncio.wait({work}, timeout=max(until - time.monotonic(), 0))
        if not work.done():
            self._start(self._answer_late(said, work))
            return web.Response()
        answer = work.result()
        try:
            reply = self._reply_of(said, answer)
        except PlatformError as error:  # our own card is at fault: a retry by the platform would not mend it
            log.warning("answer_not_drawn", platform=self.name, reason=str(error))
            return web.Response()
        if reply:
            sure = time.monotonic() < until - self._answer_seconds + SURE_SECONDS
            return self._passive(reply, answer.shown if sure else None)
        return _Taken(then=lambda: self._start(self._push(said, answer)))

    def _reply_of(self, said: Click | Said, answer: Answer) -> str:
        """The passive reply's XML; "" when there is none, or when only a call can bring the answer."""
        to, sender, message = said.actor, self._config.corp_id, answer.message
        if isinstance(message, Text) and len(message.text.encode()) <= TEXT_BYTES:
            return text_reply(to, sender, message.text, self._seconds())
        if isinstance(message, Card) and isinstance(said, Click):
            card = self._drawn(render_update, message, self._config.home_url)
            return card_reply(to, sender, card, self._seconds())
        return ""

    async def _answer_late(self, said: Click | Said, work: asyncio.Task[Answer]) -> None:
        """After the ack went out without an answer."""
        try:
            answer = await work
        except Exception:  # the ack is out: nobody is left to tell but the log
            log.exception("late_answer_failed", platform=self.name)
            return
        await self._push(said, answer)

    async def _push(self, said: Click | Said, answer: Answer) -> None:
        """Brings an answer by a call: a card in place of the pressed one, anything else as a message."""
        message = answer.message
        try:
            if isinstance(message, Card) and isinstance(said, Click):
                handle = Handle(said.card, said.code, self._clock() + CODE_LIFE)
                await self._patient(lambda: self.update(said.actor, handle, message))
            elif message is not None:
                key = f"reply-{hashlib.sha256(said.delivery.encode()).hexdigest()[:40]}"
                await self._patient(lambda: self.send(said.actor, message, key))
        except PlatformError as error:
            log.warning("answer_not_shown", platform=self.name, code=error.code, gone=error.gone)
            return
        await answer.shown()

    async def _patient(self, call: Callable[[], Awaitable[Handle]]) -> None:
        """A few tries a second apart: somebody is looking at the screen, but nothing waits for the result."""
        for left in reversed(range(SEND_TRIES)):
            try:
                await call()
            except PlatformError as error:
                wait = error.retry_after or 1.0
                if error.permanent or error.gone or not left or wait > ANSWER_SECONDS:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    def _passive(self, xml: str, shown: Callable[[], Awaitable[None]] | None = None) -> web.Response:
        assert self._cipher is not None  # noqa: S101  a callback was opened before
        sealed = self._cipher.seal(
            xml,
            timestamp=str(self._seconds()),
            nonce=str(self._random.randrange(10**9, 10**10)),
            salt=self._random.randbytes(16),
        )
        if shown is None:
            return web.Response(text=sealed, content_type="application/xml")
        after = shown
        return _Taken(sealed, lambda: self._start(_call(after)))

    def _drawn(self, draw: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        try:
            return draw(*arguments)
        except ValueError as error:
            raise PlatformError(str(error), code="card", permanent=True) from error

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _seconds(self) -> int:
        return int(self._clock().timestamp())


class _Taken(web.Response):
    """A response that starts something once its last byte has been handed to the connection."""

    def __init__(self, text: str = "", then: Callable[[], object] = lambda: None) -> None:
        super().__init__(text=text, content_type="application/xml")
        self._then = then

    async def write_eof(self, data: bytes = b"") -> None:
        await super().write_eof(data)
        self._then()


async def _answer(receive: Receive, said: Click | Said) -> Answer:
    return await receive(said)


async def _call(shown: Callable[[], Awaitable[None]]) -> None:
    await shown()


def _one(request: web.Request, name: str) -> str:
    """The query value, which is there exactly once."""
    values = request.query.getall(name, [])
    if len(values) != 1 or not values[0]:
        raise CallbackError("query")
    return values[0]


async def _body(request: web.Request) -> bytes:
    """At most 64 KiB, within four seconds; no Content-Length is believed."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise CallbackError("too_large")
    except TimeoutError:
        raise CallbackError("slow_body") from None
    return bytes(body)
