"""One sandbox on a free loopback port for each test, with the control API as `phones` and the bare wire as
`http`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from sandbox import people
from sandbox.app import build
from sandbox.dingtalk_template import parse
from tests.sandbox.template import TEMPLATE

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
COMPANY = {
    "company": {
        "name": "鸿达机电",
        "dingtalk": {
            "corp_id": "dingcorp",
            "client_id": "dingapp",
            "client_secret": "s1",
            "robot_code": "dingapp",
        },
        "wecom": {
            "corp_id": "wwcorp",
            "agent_id": 1000002,
            "secret": "s2",
            "token": "tok",
            "aes_key": AES_KEY,
        },
    },
    "departments": [
        {"id": "sales", "name": "销售部", "head": "wang"},
        {"id": "east", "name": "华东", "parent": "sales"},
    ],
    "people": [
        {
            "id": "wang",
            "name": "王强",
            "department": "sales",
            "dingtalk": {"userid": "wangqiang", "unionid": "u-wang"},
            "wecom": {"userid": "WangQiang"},
        },
        {
            "id": "li",
            "name": "李明",
            "nick": "小李",
            "department": "east",
            "manager": "wang",
            "dingtalk": {"userid": "liming", "unionid": "u-li"},
            "wecom": {"userid": "LiMing"},
        },
    ],
    "groups": [
        {
            "id": "sales-group",
            "name": "销售群",
            "conversation": "cidSales",
            "webhook": "group-robot-key",
            "chat": "chat-of-the-app",
            "members": ["wang", "li"],
        }
    ],
}


class Box:
    """A running sandbox and what tests do with it; JSON in, JSON out."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base = base
        self.http = http

    async def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.base + path, json=body, **kwargs) as response:
            text = await response.text()
            return response.status, json.loads(text) if text[:1] in "{[" and text else text

    async def post(self, path: str, body: Any) -> Any:
        return (await self.call("POST", path, body))[1]

    async def get(self, path: str) -> Any:
        return (await self.call("GET", path))[1]

    async def ding_token(self) -> dict[str, str]:
        body = await self.post("/v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "s1"})
        return {"x-acs-dingtalk-access-token": body["accessToken"]}

    async def ding(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        return await self.call(method, path, body, headers=await self.ding_token())

    async def wecom_token(self) -> str:
        return str((await self.get("/cgi-bin/gettoken?corpid=wwcorp&corpsecret=s2"))["access_token"])

    async def wecom(self, path: str, body: Any) -> Any:
        return await self.post(f"/cgi-bin/{path}?access_token={await self.wecom_token()}", body)

    async def chat(self, platform: str, userid: str) -> list[Any]:
        return list((await self.get(f"/sandbox/api/chats/{platform}/{userid}"))["messages"])

    async def say(self, platform: str, userid: str, text: str, **more: Any) -> Any:
        return await self.post(
            "/sandbox/api/say", {"platform": platform, "userid": userid, "text": text} | more
        )

    async def click(self, platform: str, userid: str, card_id: str, **more: Any) -> Any:
        body = {"platform": platform, "userid": userid, "card_id": card_id} | more
        return await self.post("/sandbox/api/click", body)

    async def faults(self, platform: str, **knobs: Any) -> Any:
        return await self.post("/sandbox/api/faults", {"platform": platform} | knobs)

    async def wire(self) -> list[Any]:
        return list((await self.get("/sandbox/api/wire?limit=1000"))["entries"])


@dataclass
class StreamBot:
    """A stream client of a few lines: keeps what it was pushed and acks with what `answer` gives (None: no
    ack).
    """

    box: Box
    answer: Callable[[dict[str, Any]], Any] = field(default=lambda frame: {"response": None})
    frames: list[dict[str, Any]] = field(default_factory=list)
    socket: Any = None
    reading: Any = None

    async def connect(self) -> "StreamBot":
        topics = [
            {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"},
            {"type": "CALLBACK", "topic": "/v1.0/card/instances/callback"},
            {"type": "EVENT", "topic": "*"},
        ]
        wanted = {"clientId": "dingapp", "clientSecret": "s1", "subscriptions": topics}
        opened = await self.box.post("/v1.0/gateway/connections/open", wanted)
        self.socket = await self.box.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}")
        self.reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        async for message in self.socket:
            frame = json.loads(message.data)
            self.frames.append(frame)
            response = self.answer(frame)
            if isinstance(response, Awaitable):
                response = await response
            if response is not None:
                headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
                ack = {"code": 200, "headers": headers, "message": "OK", "data": json.dumps(response)}
                await self.socket.send_str(json.dumps(ack))

    def data(self, index: int = -1) -> dict[str, Any]:
        return dict(json.loads(self.frames[index]["data"]))

    async def close(self) -> None:
        await self.socket.close()
        self.reading.cancel()


@dataclass
class CallbackApp:
    """The product's callback URL: keeps (query, body) of each request and answers with what `answer`
    gives.
    """

    url: str
    answer: Callable[[Any, str], Any] = field(default=lambda query, body: "")
    got: list[tuple[Any, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.got.append((request.query, body))
        response = self.answer(request.query, body)
        if isinstance(response, Awaitable):
            response = await response
        return response if isinstance(response, web.Response) else web.Response(text=response)


async def serve(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.fixture
async def callback_app() -> AsyncIterator[CallbackApp]:
    port = unused_port()
    receiver = CallbackApp(f"http://127.0.0.1:{port}/callbacks/wecom")
    app = web.Application()
    app.router.add_route("*", "/callbacks/wecom", receiver.handle)
    runner = await serve(app, port)
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def box(callback_app: CallbackApp, tmp_path: Any) -> AsyncIterator[Box]:
    port = unused_port()
    templates = {"form.schema": parse("form.schema", TEMPLATE)}
    templates["draft.schema"] = parse("draft.schema", TEMPLATE, published=False)
    base = f"http://127.0.0.1:{port}"
    app = build(people.parse(COMPANY), base, callback=callback_app.url, templates=templates)
    runner = await serve(app, port)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Box(base, http)
    await runner.cleanup()


@pytest.fixture
async def bot(box: Box) -> AsyncIterator[StreamBot]:
    stream = await StreamBot(box).connect()
    yield stream
    await stream.close()
