"""What comes over a link: pings and events are answered at once, callbacks go to a reader, a few at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog

from bot.adapters.counters import FRAMES_REFUSED
from bot.adapters.dingtalk_frames import (
    BOT_TOPIC,
    CARD_TOPIC,
    BadFrame,
    Frame,
    Link,
    parse_frame,
    response_data,
)

BUSY = "系统忙，请稍后再点一次"
FAILED = "操作没有完成，请稍后再点一次"
EVENT_DONE = '{"status":"SUCCESS","message":"success"}'
log = structlog.get_logger(__name__)


class Reader(Protocol):
    """What is done with callbacks."""

    async def take(self, frame: Frame, ack: Callable[[Mapping[str, Any]], Awaitable[bool]]) -> None:
        """Handle one callback and call `ack` with its response, once, or not at all (it comes again)."""

    def sorry(self, frame: Frame, text: str) -> Mapping[str, Any] | None:
        """The response that tells who pressed; None leaves the frame without an ack, so it comes again."""


class Intake:
    """At most `handlers` callbacks at once, `waiting` more in line; beyond that the platform is told."""

    def __init__(self, reader: Reader, *, handlers: int, waiting: int) -> None:
        self._reader = reader
        self._handlers = handlers
        self._room = waiting
        self._active: set[asyncio.Task[None]] = set()
        self._waiting: deque[tuple[Frame, Link]] = deque()
        self._ended = False
        self.pinged = False

    async def take(self, link: Link, raw: bytes) -> None:
        """One frame; a bad one is counted and refused, the link lives on."""
        try:
            frame = parse_frame(raw, link.heard)
        except BadFrame as bad:
            FRAMES_REFUSED.labels("dingtalk", str(bad)).inc()
            log.warning("dingtalk_bad_frame", reason=str(bad), size=len(raw))
            if bad.message_id:
                await link.write(400, bad.message_id, "{}", "bad request")
            return
        match frame.type:
            case "SYSTEM":
                await self._system(link, frame)
            case "EVENT":
                await link.write(200, frame.message_id, EVENT_DONE)
            case "CALLBACK" if frame.topic in (BOT_TOPIC, CARD_TOPIC):
                await self._callback(link, frame)
            case _:
                await link.write(404, frame.message_id, "{}", "not implemented")

    async def end(self) -> None:
        """Give up what waits and what runs; what was not acked comes again."""
        self._ended = True
        self._waiting.clear()
        tasks = list(self._active)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _system(self, link: Link, frame: Frame) -> None:
        if frame.topic == "disconnect":
            link.end("disconnect")
            return
        self.pinged = self.pinged or frame.topic == "ping"
        await link.write(200, frame.message_id, frame.raw)

    async def _callback(self, link: Link, frame: Frame) -> None:
        if len(self._active) < self._handlers:
            link.hold()
            self._start(link, frame)
        elif len(self._waiting) < self._room:
            link.hold()
            self._waiting.append((frame, link))
        else:
            FRAMES_REFUSED.labels("dingtalk", "queue_full").inc()
            response = self._reader.sorry(frame, BUSY)
            if response is not None:
                await link.write(200, frame.message_id, response_data(response))

    def _start(self, link: Link, frame: Frame) -> None:
        task = asyncio.create_task(self._handle(link, frame))
        self._active.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._active.discard(task)
        if self._waiting and not self._ended:
            frame, link = self._waiting.popleft()
            self._start(link, frame)

    async def _handle(self, link: Link, frame: Frame) -> None:
        held = [link]

        async def ack(response: Mapping[str, Any]) -> bool:
            written = await link.write(200, frame.message_id, response_data(response))
            while held:
                held.pop().release()
            return written

        try:
            await self._reader.take(frame, ack)
        except Exception:
            FRAMES_REFUSED.labels("dingtalk", "handler_error").inc()
            log.exception("dingtalk_handler_failed", topic=frame.topic)
            response = self._reader.sorry(frame, FAILED) if held else None
            if response is not None:
                await ack(response)
        finally:
            while held:
                held.pop().release()
