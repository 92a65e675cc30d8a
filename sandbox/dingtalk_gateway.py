"""DingTalk's stream gateway: tickets, links, frames, acks, redelivery, disconnect (facts: protocol of the
stream mode).

A push goes to ONE link of the app, chosen at random among those that subscribed to its topic.
"""

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.cloud import Cloud, Json, Refusal, answer
from sandbox.passes import OneUse, PassRefused
from sandbox.people import Platform
from sandbox.wire import Exchange

PING_SECONDS = 20
TICKET_SECONDS = 90
CLOSE_SECONDS = 10
FRAME_LIMIT = 256 * 1024
REMEMBERED = 20_000
BOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
Topic = tuple[str, str]


@dataclass(eq=False)
class Link:
    """One websocket of the app. Once `draining`, nothing is pushed to it any more, acks are still read."""

    id: str
    request: web.Request
    socket: web.WebSocketResponse
    topics: frozenset[Topic]
    draining: bool = False


@dataclass(eq=False)
class Delivery:
    """One push until it is acked or given up; `accept` judges the ack, `sent` counts the frames that found
    a link.
    """

    accept: Callable[[Json], bool]
    acked: asyncio.Future[Json] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    attempts: int = 0
    sent: int = 0
    closed: bool = False
    record: Exchange | None = None


@dataclass(frozen=True)
class _Push:
    topic: Topic
    data: Json
    headers: Json
    delivery: Delivery


@dataclass(frozen=True)
class _Sent:
    delivery: Delivery
    exchange: Exchange
    started: float


def ok(ack: Json) -> bool:
    return ack.get("code") == 200


class Gateway:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._tickets: OneUse[frozenset[Topic]] = OneUse(cloud.clock, TICKET_SECONDS)
        self._sent: dict[str, _Sent] = {}
        self._numbers = itertools.count(1)
        self.links: list[Link] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1.0/gateway/connections/open", self._open), web.get("/connect", self._connect)]

    async def _open(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
            topics = frozenset((s["type"], s["topic"]) for s in body["subscriptions"])
        except (ValueError, TypeError, KeyError) as mistake:
            raise Refusal(
                400, {"requestid": secrets.token_hex(8), "code": "InvalidParameter", "message": "参数错误"}
            ) from mistake
        app = self._cloud.company.dingtalk
        if (body.get("clientId"), body.get("clientSecret")) != (app.client_id, app.client_secret):
            raise Refusal(
                401, {"requestid": secrets.token_hex(8), "code": "authFailed", "message": "鉴权失败"}
            )
        endpoint = f"ws://{request.host}/connect"
        return answer({"endpoint": endpoint, "ticket": self._tickets.issue(topics)})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self._cloud.faults[Platform.DINGTALK].down:
            return web.Response(status=503)
        try:
            topics = self._tickets.use(request.query.get("ticket", ""))
        except PassRefused:
            return web.Response(status=403, text="invalid ticket")
        socket = web.WebSocketResponse(max_msg_size=FRAME_LIMIT)
        await socket.prepare(request)
        link = Link(secrets.token_hex(8), request, socket, topics)
        self.links.append(link)
        pings = self._cloud.spawn(self._ping(link))
        try:
            await self._read(link)
        finally:
            pings.cancel()
            self.links.remove(link)
        return socket

    async def _read(self, link: Link) -> None:
        async for message in link.socket:
            if message.type is WSMsgType.TEXT and not self._zombie:
                try:
                    frame = json.loads(message.data)
                except ValueError:
                    continue
                if isinstance(frame, dict):
                    self._take_ack(frame)

    @property
    def _zombie(self) -> bool:
        return self._cloud.faults[Platform.DINGTALK].zombie

    def _take_ack(self, ack: Json) -> None:
        sent = self._sent.get(str((ack.get("headers") or {}).get("messageId")))
        if sent is None:
            return
        sent.exchange.ms = round((time.perf_counter() - sent.started) * 1000, 1)
        sent.exchange.status, sent.exchange.response = int(ack.get("code") or 0), _with_data(ack)
        if sent.delivery.closed:
            sent.exchange.warnings.append("迟到的应答,已忽略")
        elif sent.delivery.accept(ack) and not sent.delivery.acked.done():
            sent.delivery.acked.set_result(ack)
        self._cloud.wire.done(sent.exchange)

    async def _ping(self, link: Link) -> None:
        while not link.socket.closed:
            await asyncio.sleep(PING_SECONDS)
            if not self._zombie and not link.draining:
                await self._write(link, self._frame("SYSTEM", "ping", {"opaque": secrets.token_hex(6)}, {}))

    async def deliver(
        self,
        topic: Topic,
        data: Json,
        *,
        attempts: int,
        wait: float,
        headers: Json | None = None,
        accept: Callable[[Json], bool] = ok,
    ) -> Delivery:
        """Start pushing; the returned delivery's `acked` is set by the first good ack. Goes on in the
        background.
        """
        delivery = Delivery(accept)
        push = _Push(topic, data, headers or {}, delivery)
        await self._attempt(push)
        self._cloud.spawn(self._again(push, attempts, wait))
        return delivery

    async def _again(self, push: _Push, attempts: int, wait: float) -> None:
        delivery = push.delivery
        while True:
            pause = asyncio.ensure_future(self._cloud.clock.sleep(wait))
            waiting: set[asyncio.Future[Any]] = {delivery.acked, pause}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if delivery.acked.done() or delivery.attempts >= attempts:
                break
            await self._attempt(push)
        delivery.closed = True
        if not delivery.acked.done():
            delivery.acked.cancel()

    async def _attempt(self, push: _Push) -> None:
        push.delivery.attempts += 1
        faults = self._cloud.faults[Platform.DINGTALK]
        if faults.slow_push_ms:
            await asyncio.sleep(faults.slow_push_ms / 1000)
        for _ in range(2 if self._cloud.dice.falls(faults.duplicate_rate) else 1):
            await self._push_once(push)

    async def _push_once(self, push: _Push) -> None:
        delivery, now = push.delivery, self._cloud.clock.now()
        link = self._choose(push.topic)
        frame = self._frame(*push.topic, push.data, push.headers)
        what = push.headers.get("eventType") or push.topic[1]
        record = self._cloud.wire.begin(
            now, Platform.DINGTALK, "from_cloud", what, channel="stream", method=push.topic[0]
        )
        record.request, record.attempt = push.data, delivery.attempts
        self._cloud.counters[Platform.DINGTALK].pushes += 1
        if link is None:
            record.warnings.append("没有可用的 Stream 连接")
        elif self._zombie:
            record.warnings.append("连接已失联(故障注入),未送达")
        else:
            delivery.sent += 1
            delivery.record = record
            self._sent[frame["headers"]["messageId"]] = _Sent(delivery, record, time.perf_counter())
            while len(self._sent) > REMEMBERED:
                del self._sent[next(iter(self._sent))]
            await self._write(link, frame)
        self._cloud.wire.done(record)

    def _choose(self, topic: Topic) -> Link | None:
        fit = [
            link
            for link in self.links
            if topic in link.topics and not link.draining and not link.socket.closed
        ]
        return self._cloud.dice.random.choice(fit) if fit else None

    def _frame(self, kind: str, topic: str, data: Json, headers: Json) -> Json:
        now = self._cloud.clock.now()
        message_id = f"{secrets.token_hex(4)}_{next(self._numbers)}_{int(now * 1000):x}"
        fixed = {
            "topic": topic,
            "messageId": message_id,
            "contentType": "application/json",
            "time": str(int(now * 1000)),
        }
        return {
            "specVersion": "1.0",
            "type": kind,
            "headers": headers | fixed,
            "data": json.dumps(data, ensure_ascii=False),
        }

    async def _write(self, link: Link, frame: Json) -> None:
        try:
            await link.socket.send_str(json.dumps(frame, ensure_ascii=False))
        except (ConnectionError, RuntimeError):
            link.draining = True

    async def disconnect(self) -> None:
        """SYSTEM disconnect on every link; nothing more is delivered there and TCP ends after 10 s."""
        for link in tuple(self.links):
            await self._write(
                link, self._frame("SYSTEM", "disconnect", {"reason": "persistent connection is timeout"}, {})
            )
            link.draining = True
            self._cloud.spawn(self._close_later(link))

    async def _close_later(self, link: Link) -> None:
        await self._cloud.clock.sleep(CLOSE_SECONDS)
        await link.socket.close()

    def cut(self) -> None:
        """End every link without a word, as a network failure does."""
        for link in tuple(self.links):
            link.draining = True
            if link.request.transport is not None:
                link.request.transport.abort()

    async def garbage(self) -> None:
        for link in self.links:
            await link.socket.send_str("{not json")

    async def close(self) -> None:
        for link in tuple(self.links):
            await link.socket.close()


def _with_data(ack: Json) -> Json:
    """The ack with its data string opened, for the log."""
    try:
        return ack | {"data": json.loads(ack.get("data") or "null")}
    except (ValueError, TypeError):
        return ack
