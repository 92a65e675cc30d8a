"""A tiny DingTalk for these tests: tickets, links that a test drives by hand, and API answers in a script."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from bot.adapters.dingtalk import Deadlines, DingTalk, DingTalkConfig
from bot.adapters.dingtalk_stream import Timing

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "recorded" / "dingtalk.json").read_text("utf-8")
)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "/v1.0/oauth2/accessToken": {"accessToken": "token-1", "expireIn": 7200},
    "/v1.0/card/instances/createAndDeliver": {
        "success": True,
        "result": {"outTrackId": "k", "deliverResults": [{"spaceType": "IM_ROBOT", "success": True}]},
    },
    "/v1.0/card/instances": {"success": True, "result": True},
    "/v1.0/robot/oToMessages/batchSend": {
        "processQueryKey": "query-1",
        "invalidStaffIdList": [],
        "flowControlledStaffIdList": [],
    },
    "/media/upload": {"errcode": 0, "errmsg": "ok", "media_id": "@lAD1"},
    "/gettoken": {"errcode": 0, "access_token": "old-1", "expires_in": 7200},
}


class Wire:
    """One link as the platform sees it; `received` holds the acks."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.answers_pings = True

    async def push(self, frame: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def ack(self, seconds: float = 2.0) -> dict[str, Any]:
        return await asyncio.wait_for(self.received.get(), seconds)


class Cloud:
    """`script[path]`: answers to give in turn before the good one; `calls`: (method, path, body, headers)."""

    def __init__(self) -> None:
        self.script: dict[str, list[tuple[int, Any]]] = {}
        self.calls: list[tuple[str, str, Any, dict[str, str]]] = []
        self.wires: list[Wire] = []
        self.opens = 0
        self.open_status = 200
        self._linked = asyncio.Condition()
        self.base = ""

    async def wire(self, number: int, seconds: float = 3.0) -> Wire:
        async with self._linked:
            await asyncio.wait_for(self._linked.wait_for(lambda: len(self.wires) >= number), seconds)
        return self.wires[number - 1]

    def bodies(self, path: str) -> list[Any]:
        return [body for _, where, body, _ in self.calls if where == path]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1.0/gateway/connections/open", self._open)
        app.router.add_get("/connect", self._connect)
        app.router.add_route("*", "/{path:.*}", self._api)
        return app

    async def _open(self, request: web.Request) -> web.Response:
        self.opens += 1
        if self.open_status != 200:
            return web.json_response({"code": "authFailed", "message": "鉴权失败"}, status=self.open_status)
        return web.json_response({"endpoint": f"{self.base.replace('http', 'ws')}/connect", "ticket": "t 1"})

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query["ticket"] == "t 1"
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        wire = Wire(socket)
        async with self._linked:
            self.wires.append(wire)
            self._linked.notify_all()
        async for message in socket:
            if message.type is WSMsgType.PING and wire.answers_pings:
                await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                await wire.received.put(json.loads(message.data))
        wire.gone.set()
        return socket

    async def _api(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            body: Any = await request.json()
        else:
            body = dict(await request.post())
        path = request.path
        self.calls.append((request.method, path, body, {**request.headers, **request.query}))
        if self.script.get(path):
            status, answer = self.script[path].pop(0)
        else:
            status, answer = 200, GOOD[path]
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, content_type="text/html")
        return web.json_response(answer, status=status)


def config(base: str, **other: str) -> DingTalkConfig:
    settled = {
        "client_id": "dingapp",
        "client_secret": "secret",
        "robot_code": "dingapp",
        "corp_id": "dingcorp",
        "form_template": "form.schema",
        "task_template": "task.schema",
        "api_base": base,
        "oapi_base": base,
        "login_base": base,
    }
    return DingTalkConfig(**(settled | other))


@asynccontextmanager
async def cloud_and_adapter(
    timing: Timing | None = None, deadlines: Deadlines | None = None, **other: str
) -> AsyncIterator[tuple[Cloud, DingTalk]]:
    cloud = Cloud()
    server = TestServer(cloud.app())
    await server.start_server()
    cloud.base = str(server.make_url("")).rstrip("/")
    async with aiohttp.ClientSession() as http:
        yield (
            cloud,
            DingTalk(
                config(cloud.base, **other),
                http,
                clock=lambda: NOW,
                random=random.Random(1),
                timing=timing or Timing(first_wait=0.05),
                deadlines=deadlines,
            ),
        )
    await server.close()
