"""One stream link and the frames on it: reading a frame, writing its ack (protocol.md of developerpedia)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

BOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"


class BadFrame(ValueError):
    """A frame that cannot be read; the text is the reason, `message_id` is "" when even that is missing."""

    def __init__(self, reason: str, message_id: str = "") -> None:
        super().__init__(reason)
        self.message_id = message_id


@dataclass(frozen=True, slots=True)
class Frame:
    """One downstream frame. `data`: the parsed content; `raw`: the text it came as, a ping's answer."""

    type: str
    topic: str
    message_id: str
    data: Mapping[str, Any]
    raw: str
    at: float


@dataclass(eq=False)
class Link:
    """One websocket. `heard`: last frame or pong; `framed`: last frame; `pending`: frames not yet acked."""

    socket: aiohttp.ClientWebSocketResponse[bool]
    opened: float
    heard: float
    framed: float
    over: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""
    pending: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.idle.set()

    def hold(self) -> None:
        """One more frame that may still need the link."""
        self.pending += 1
        self.idle.clear()

    def release(self) -> None:
        self.pending -= 1
        if self.pending == 0:
            self.idle.set()

    def end(self, why: str) -> None:
        self.why = self.why or why
        self.over.set()

    async def write(self, code: int, message_id: str, data: str, message: str = "OK") -> bool:
        """Send an ack; False when the link is gone, then the platform delivers again."""
        headers = {"messageId": message_id, "contentType": "application/json"}
        frame = {"code": code, "headers": headers, "message": message, "data": data}
        try:
            await self.socket.send_str(orjson.dumps(frame).decode())
        except (ConnectionError, aiohttp.ClientError, RuntimeError):
            return False
        return not self.socket.closed


def response_data(response: Mapping[str, Any]) -> str:
    """An ack's `data` for a callback."""
    return orjson.dumps({"response": response}).decode()


def parse_frame(raw: bytes | str, at: float) -> Frame:
    """One frame; unknown fields are ignored, missing ones tolerated. Raises BadFrame."""
    try:
        outer = orjson.loads(raw)
    except orjson.JSONDecodeError as mistake:
        raise BadFrame("not_json") from mistake
    headers = outer.get("headers") if isinstance(outer, dict) else None
    if not isinstance(headers, dict):
        raise BadFrame("no_headers")
    message_id = headers.get("messageId")
    message_id = message_id if isinstance(message_id, str) else ""
    text = outer.get("data", "")
    try:
        data = orjson.loads(text) if isinstance(text, str) and text else text or {}
    except orjson.JSONDecodeError as mistake:
        raise BadFrame("data_not_json", message_id) from mistake
    if not isinstance(data, dict):
        raise BadFrame("data_not_object", message_id)
    raw_text = text if isinstance(text, str) else "{}"
    return Frame(str(outer.get("type", "")), str(headers.get("topic", "")), message_id, data, raw_text, at)
