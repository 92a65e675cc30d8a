"""What the two clouds share: company, clock, record of traffic, chats, media, knobs; and the middleware
all API calls pass.
"""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.chats import Chats, Counters
from sandbox.clock import Clock
from sandbox.faults import Dice, Faults, defaults
from sandbox.journal import Journal
from sandbox.media import Media
from sandbox.people import Company, Platform
from sandbox.wire import Bus, Exchange, Wire, readable

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WECOM_PATHS = ("/cgi-bin/", "/connect/oauth2/", "/wwopen/", "/wwlogin/")
WARNINGS = web.RequestKey("warnings", list[str])
DINGTALK_PATHS = ("/v1.0/", "/topapi/", "/gettoken", "/media/", "/robot/", "/oauth2/")


class Refusal(Exception):
    """The platform's error answer: HTTP status and JSON body, as documented for the API family."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


class Window:
    """A sliding window of calls by the sandbox clock, for each key."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def admits(self, key: str, limit: int) -> bool:
        """Count one more for the key unless the window is full; 0 means no limit."""
        now, seen = self._clock.now(), self._seen[key]
        while seen and seen[0] <= now - self._seconds:
            seen.popleft()
        if limit and len(seen) >= limit:
            return False
        seen.append(now)
        return True


class Cloud:
    """Everything both platforms stand on. `guards` and `busy` are filled by the platforms: access check,
    "system busy" body.
    """

    def __init__(self, company: Company, base_url: str, *, seed: int = 1, folder: Path | None = None) -> None:
        self.company = company
        self.base_url = base_url
        self.clock = Clock()
        self.bus = Bus()
        self.wire = Wire(self.bus)
        self.journal = Journal(folder)
        self.chats = Chats(self.bus, self.journal)
        self.media = Media(self.journal)
        self.dice = Dice(seed)
        self.faults: dict[Platform, Faults] = {p: defaults(p) for p in Platform}
        self.counters: dict[Platform, Counters] = {p: Counters() for p in Platform}
        self.guards: dict[Platform, Callable[[web.Request], None]] = {}
        self.busy: dict[Platform, Callable[[str], Refusal]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.journal.close()


def platform_of(path: str) -> Platform | None:
    if path.startswith(WECOM_PATHS):
        return Platform.WECOM
    return Platform.DINGTALK if path.startswith(DINGTALK_PATHS) else None


def traffic(cloud: Cloud) -> Any:
    """The middleware: knobs, access check, record. Pages of the sandbox itself pass untouched."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        platform = platform_of(request.path)
        if platform is None:
            return await handler(request)
        started = time.perf_counter()
        exchange = cloud.wire.begin(
            cloud.clock.now(), platform, "to_cloud", request.path, channel="http", method=request.method
        )
        request[WARNINGS] = exchange.warnings
        await _note_request(request, exchange)
        response, worked = await _answer(cloud, platform, request, handler)
        faults = cloud.faults[platform]
        if worked and faults.slow_ms:
            await asyncio.sleep(faults.slow_ms / 1000)
        exchange.status, exchange.response = response.status, _response_text(response)
        exchange.ms = round((time.perf_counter() - started) * 1000, 1)
        if worked and cloud.dice.falls(faults.drop_rate):
            exchange.warnings.append("回答被丢弃(故障注入)")
            if request.transport:
                request.transport.abort()
        cloud.wire.done(exchange)
        return response

    return middleware


async def _answer(
    cloud: Cloud, platform: Platform, request: web.Request, handler: Handler
) -> tuple[web.StreamResponse, bool]:
    """The answer, and whether the platform really worked on the call (slow and lost answers come only
    then).
    """
    faults = cloud.faults[platform]
    if faults.down:
        return web.Response(
            status=503, text="<html>503 Service Temporarily Unavailable</html>", content_type="text/html"
        ), False
    if cloud.dice.falls(faults.error_rate):
        return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html"), False
    try:
        if cloud.dice.falls(faults.busy_rate):
            raise cloud.busy[platform](request.path)
        cloud.guards[platform](request)
        return await handler(request), True
    except Refusal as refusal:
        return answer(refusal.body, refusal.status), True
    except web.HTTPException as page:
        return page, True


async def _note_request(request: web.Request, exchange: Exchange) -> None:
    body = await _body_for_log(request)
    query = {k: v for k, v in request.query.items() if k not in ("access_token", "corpsecret", "appsecret")}
    exchange.request = body if not query else {"query": query, "body": body}


async def _body_for_log(request: web.Request) -> Any:
    if not request.content_type.startswith("multipart/"):
        return readable(await request.read(), request.content_type)
    try:
        form = await request.post()
    except ValueError as mistake:
        raise web.HTTPBadRequest(text="bad multipart body") from mistake
    return {k: f"<{v.filename}>" if isinstance(v, web.FileField) else str(v) for k, v in form.items()}


def _response_text(response: web.StreamResponse) -> Any:
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return None
    if "Location" in response.headers:
        return {"Location": response.headers["Location"]}
    return readable(response.body, response.content_type)


def answer(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda b: json.dumps(b, ensure_ascii=False))


def warn(request: web.Request, text: str) -> None:
    """Note something the real service keeps silent about."""
    request[WARNINGS].append(text)


def short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
