"""Calls to DingTalk's two API hosts: tokens, pace, time-outs, and both error families as `PlatformError`.

New API (api host): HTTP status with `{"code", "message"}`, token in a header. Old API (oapi host): HTTP 200
always with `{"errcode", "errmsg"}`, token in the query. Error codes: facts of live bodies, KB api/0012,
0013.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson

from bot.adapters.base import PlatformError

Body = Mapping[str, Any]
STALE_OLD = {"40014", "40001", "42001", "33001"}
BAN_SECONDS = 300.0
MONTHLY_SECONDS = 3600.0


class Pace:
    """A token bucket for each API. 18 calls a second after a burst of 2 stay under 20 in any one second."""

    def __init__(self, rate: float = 18.0, burst: int = 2) -> None:
        self._rate = rate
        self._burst = burst
        self._full_at: dict[str, float] = {}

    async def turn(self, api: str) -> None:
        """Wait for this API's turn; turns are given in the order of asking."""
        now = asyncio.get_running_loop().time()
        full = max(self._full_at.get(api, now), now) + 1 / self._rate
        self._full_at[api] = full
        wait = full - now - self._burst / self._rate
        if wait > 0:
            await asyncio.sleep(wait)


class Token:
    """An access token, fetched once for all who wait and again at 80 % of its life (less a little jitter)."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[str, float]]],
        clock: Callable[[], datetime],
        dice: random.Random,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._dice = dice
        self._lock = asyncio.Lock()
        self._value = ""
        self._renew_at: datetime | None = None

    async def get(self, refused: str = "") -> str:
        """A token; never the one that was just `refused`. Raises PlatformError."""
        async with self._lock:
            if not self._value or self._value == refused or self._old():
                self._value, life = await self._fetch()
                life *= 0.8 - 0.05 * self._dice.random()
                self._renew_at = self._clock() + timedelta(seconds=life)
            return self._value

    def _old(self) -> bool:
        return self._renew_at is None or self._clock() >= self._renew_at


class Client:
    """The two hosts with one app's credentials. Every method raises PlatformError and nothing else."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        client_id: str,
        client_secret: str,
        api_base: str,
        oapi_base: str,
        clock: Callable[[], datetime],
        dice: random.Random,
        timeout: float = 5.0,
    ) -> None:
        self._http = http
        self._id = client_id
        self._secret = client_secret
        self._api = api_base.rstrip("/")
        self._oapi = oapi_base.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._pace = Pace()
        self._token = Token(self._new_token, clock, dice)
        self._old_token = Token(self._gettoken, clock, dice)
        self._old_needed = False

    async def open(self, method: str, path: str, body: Body) -> dict[str, Any]:
        """A call of the new API that needs no token."""
        return await self._new(method, path, body, {})

    async def call(self, method: str, path: str, body: Body) -> dict[str, Any]:
        """A call of the new API; a token that turns out to be invalid is fetched again, once."""
        token = await self._token.get()
        try:
            return await self._new(method, path, body, {"x-acs-dingtalk-access-token": token})
        except PlatformError as refused:
            if refused.code != "InvalidAuthentication":
                raise
        token = await self._token.get(refused=token)
        return await self._new(method, path, body, {"x-acs-dingtalk-access-token": token})

    async def as_person(self, token: str, path: str) -> dict[str, Any]:
        """A GET of the new API with a person's own token."""
        return await self._new("GET", path, None, {"x-acs-dingtalk-access-token": token})

    async def old(self, path: str, make: Callable[[], Any], **query: str) -> dict[str, Any]:
        """A POST of the old API; `make` builds the body anew for each try (JSON dict or FormData).

        The new API's token works there in official code; where it does not, /gettoken's is used from then on.
        """
        token = await self._any_token()
        try:
            return await self._old(path, make(), {**query, "access_token": token})
        except PlatformError as refused:
            if refused.code not in STALE_OLD:
                raise
        self._old_needed = True
        token = await self._old_token.get(refused=token)
        return await self._old(path, make(), {**query, "access_token": token})

    async def try_old(self) -> None:
        """Whether the old API's host answers and knows the app."""
        await self._gettoken()

    async def webhook(self, url: str, body: Body) -> None:
        """A message to a conversation by the address that came with a message of it."""
        await self._pace.turn("sessionWebhook")
        checked_old(*await self._send("POST", url, json=body))

    async def _any_token(self) -> str:
        return await (self._old_token if self._old_needed else self._token).get()

    async def _new_token(self) -> tuple[str, float]:
        body = {"appKey": self._id, "appSecret": self._secret}
        answer = await self.open("POST", "/v1.0/oauth2/accessToken", body)
        return str(answer.get("accessToken", "")), float(answer.get("expireIn", 7200))

    async def _gettoken(self) -> tuple[str, float]:
        query = {"appkey": self._id, "appsecret": self._secret}
        answer = checked_old(*await self._send("GET", f"{self._oapi}/gettoken", params=query))
        return str(answer.get("access_token", "")), float(answer.get("expires_in", 7200))

    async def _new(
        self, method: str, path: str, body: Body | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        await self._pace.turn(f"{method} {path}")
        return checked_new(*await self._send(method, self._api + path, json=body, headers=headers))

    async def _old(self, path: str, body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        await self._pace.turn(path)
        kind = "data" if isinstance(body, aiohttp.FormData) else "json"
        return checked_old(*await self._send("POST", self._oapi + path, params=query, **{kind: body}))

    async def _send(self, method: str, url: str, **how: Any) -> tuple[int, Any]:
        """Status and parsed body; None for a body that is not JSON."""
        try:
            async with self._http.request(
                method, url, timeout=self._timeout, allow_redirects=False, **how
            ) as answer:
                raw = await answer.read()
        except aiohttp.ClientConnectorError as lost:
            raise PlatformError(
                f"连不上 {url.partition('?')[0]}：{lost.os_error}", code="unreachable"
            ) from lost
        except (TimeoutError, aiohttp.ClientError, OSError) as lost:
            what = f"钉钉没有应答（{type(lost).__name__}）"
            raise PlatformError(what, code="no_answer", ambiguous=True) from lost
        return answer.status, _parsed(raw)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def checked_new(status: int, body: Any) -> dict[str, Any]:
    """The body of a good answer of the new API. Raises PlatformError."""
    if not isinstance(body, dict):
        raise _strange(status)
    if status < 300 and "punish" not in body:
        return body
    if body.get("status") == 1111 or "punish" in body:
        raise PlatformError("钉钉暂时封禁了本机出口地址", code="1111", retry_after=BAN_SECONDS)
    code = str(body.get("code", status))
    raise _refusal(status, code, f"{body.get('message', '')} ({code})", _scopes(body))


WAITS = {
    "QpsLimitForAppkeyAndApi": 1.0,
    "send.too.fast": 1.0,
    "QpsLimit": 5.0,
    "QpmLimit": 60.0,
    "ApiCountLimit": MONTHLY_SECONDS,
    "InvalidAuthentication": 60.0,
    "invalidClientIdOrSecret": 60.0,
    "authFailed": 60.0,
}
"""Seconds to wait, by a part of the code, the first that fits. ApiCountLimit: the month's quota is gone."""


def _refusal(status: int, code: str, text: str, scopes: str) -> PlatformError:
    if status == 401 and code != "authFailed":
        code = "InvalidAuthentication"
    wait = next((seconds for part, seconds in WAITS.items() if part in code), None)
    if wait is None and status == 429:
        wait = 5.0
    if wait is not None:
        return PlatformError(text, code=code, retry_after=wait)
    if status >= 500:
        return PlatformError(text, code=code, ambiguous=True)
    if scopes:
        text = f"应用缺少权限 {scopes}，请在开放平台申请"
    return PlatformError(text, code=code, permanent=True, gone=code == "param.cardNotExist")


def _scopes(body: Body) -> str:
    detail = body.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    return "、".join(map(str, scopes)) if isinstance(scopes, list) else ""


def checked_old(status: int, body: Any) -> dict[str, Any]:
    """The body of a good answer of the old API. Raises PlatformError with the inner `sub_code` if any."""
    if not isinstance(body, dict) or (status >= 500 and "errcode" not in body):
        raise _strange(status)
    if "punish" in body:
        raise PlatformError("钉钉暂时封禁了本机出口地址", code="1111", retry_after=BAN_SECONDS)
    code = str(body.get("errcode", 0))
    if code == "0":
        return body
    if code == "88" and body.get("sub_code"):
        code = str(body["sub_code"])
    text = f"{body.get('sub_msg') or body.get('errmsg', '')} ({code})"
    waits = {"-1": 1.0, "90018": 1.0, "90002": 5.0, "410100": 60.0, "90030": 60.0, "90020": MONTHLY_SECONDS}
    if code in waits or code in STALE_OLD or code == "40096":
        raise PlatformError(text, code=code, retry_after=waits.get(code, 60.0))
    raise PlatformError(text, code=code, permanent=True)


def _strange(status: int) -> PlatformError:
    """An answer that is not JSON: a proxy's error page, or the page shown to banned addresses."""
    text = f"钉钉返回了无法识别的内容（HTTP {status}）"
    if status >= 500 or status < 300:
        return PlatformError(text, code=str(status), ambiguous=True)
    return PlatformError(text, code=str(status), retry_after=BAN_SECONDS)
