"""A tiny WeCom for adapter tests: answers what it is told to, remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.wecom import WeCom, WeComConfig

TOKEN, AES_KEY, CORP = "sandboxtoken", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wwCORP"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class FakeWeCom:
    """`queue[path]` holds what to answer next: a dict (JSON), a (status, text) pair, seconds of silence."""

    calls: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    queue: dict[str, deque[Any]] = field(default_factory=dict)
    tokens: int = 0
    life: int = 7200

    def then(self, path: str, *answers: Any) -> None:
        self.queue.setdefault(path, deque()).extend(answers)

    def bodies(self, path: str) -> list[Any]:
        return [body for called, _, body in self.calls if called == path]

    async def handle(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.calls.append((path, dict(request.query), await self._body(request)))
        waiting = self.queue.get(path)
        answer = waiting.popleft() if waiting else self._usual(path)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = self._usual(path)
        if isinstance(answer, tuple):
            return web.Response(status=answer[0], text=answer[1])
        return web.json_response(answer)

    async def _body(self, request: web.Request) -> Any:
        if request.content_type == "multipart/form-data":
            part = (await request.post())["media"]
            return (part.filename, part.content_type, part.file.read())
        raw = await request.read()
        return json.loads(raw) | {"raw": raw} if raw else None

    def _usual(self, path: str) -> dict[str, Any]:
        if path == "gettoken":
            self.tokens += 1
            return {"errcode": 0, "access_token": f"T{self.tokens}", "expires_in": self.life}
        extra = {
            "message/send": {"msgid": "m", "response_code": "RC-send"},
            "media/upload": {"media_id": f"M{len(self.bodies('media/upload'))}", "created_at": "1"},
            "auth/getuserinfo": {"userid": "LiMing"},
        }
        return {"errcode": 0, "errmsg": "ok", **extra.get(path, {})}


@dataclass
class Setup:
    """A fake platform and the adapter that talks to it."""

    cloud: FakeWeCom
    wecom: WeCom
    clock: Clock
    config: WeComConfig
    http: aiohttp.ClientSession


@asynccontextmanager
async def started(answer_seconds: float = 4.5, **changes: Any) -> AsyncIterator[Setup]:
    cloud, clock = FakeWeCom(), Clock()
    app = web.Application()
    app.router.add_route("*", "/cgi-bin/{path:.*}", cloud.handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        values = {
            "corp_id": CORP,
            "agent_id": 1000002,
            "secret": "s",
            "token": TOKEN,
            "aes_key": AES_KEY,
            "api_base": str(server.make_url("")).rstrip("/"),
            "home_url": "https://zs.example.com",
        }
        config = WeComConfig(**(values | changes))
        wecom = WeCom(config, http, clock=clock, random=Random(7), answer_seconds=answer_seconds)
        yield Setup(cloud, wecom, clock, config, http)
        await wecom.close()
