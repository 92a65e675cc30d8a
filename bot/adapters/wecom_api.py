"""Calls to WeCom: token, messages, card updates, media, login. Errors leave as PlatformError.

Wire format: developer.work.weixin.qq.com, paths 91039 (token), 90236 (send), 94945 (update), 90253 (media),
91023 (login). A call is repeated here only for a refused token, once; every other repeat is the outbox's.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import orjson

from bot.adapters.base import Handle, PlatformError
from bot.adapters.wecom_errors import MEDIA_GONE, TASK_EXISTS, TOKEN_SPENT, error_of, lost, update_error_of
from bot.adapters.wecom_limits import pieces
from bot.adapters.wecom_tokens import AccessToken, MemberLimit
from bot.cards import File, Picture, Text

TIMEOUT = aiohttp.ClientTimeout(total=5, sock_connect=3)
CODE_LIFE = timedelta(hours=72)
MEDIA_LIFE = timedelta(days=2)  # the platform keeps them for three
MEDIA_KEPT = 64
STATE = re.compile(r"[A-Za-z0-9]{1,128}")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WeComConfig:
    """One self-built app (自建应用). `home_url`, the product's address, opens from cards without a link."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    api_base: str = "https://qyapi.weixin.qq.com"
    login_base: str = "https://open.weixin.qq.com"
    home_url: str = ""

    @classmethod
    def from_settings(cls, settings: Any) -> Self | None:
        """None while no corp id is set: then WeCom is off."""
        if not settings.wecom_corp_id:
            return None
        return cls(
            corp_id=settings.wecom_corp_id,
            agent_id=settings.wecom_agent_id,
            secret=settings.wecom_secret.get_secret_value(),
            token=settings.wecom_token.get_secret_value(),
            aes_key=settings.wecom_aes_key.get_secret_value(),
            api_base=settings.wecom_api_base.rstrip("/"),
            login_base=settings.wecom_login_base.rstrip("/"),
            home_url=settings.base_url,
        )


class WeComApi:
    """The REST side of one app."""

    def __init__(
        self, config: WeComConfig, http: aiohttp.ClientSession, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._http = http
        self._clock = clock
        self._token = AccessToken(self._fetch_token, self._now)
        self._limit = MemberLimit(self._now)
        self._media: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def send_card(self, to: str, card: Mapping[str, Any], key: str) -> Handle:
        """Sends once for ever: a task id that exists is an earlier try of ours that arrived."""
        try:
            answer = await self._send(to, {"msgtype": "template_card", "template_card": card}, key)
        except PlatformError as error:
            if error.code == str(TASK_EXISTS):
                return Handle(key, repeated=True)
            raise
        code = str(answer.get("response_code") or "")
        return Handle(key, code, self._clock() + CODE_LIFE if code else None)

    async def send_text(self, to: str, text: Text, key: str) -> Handle:
        parts = pieces(text.text)
        if not parts:
            raise PlatformError("消息是空的", permanent=True)
        for number, part in enumerate(parts):
            await self._send(to, {"msgtype": "text", "text": {"content": part}}, f"{key}.{number}")
        return Handle(key)

    async def send_picture(self, to: str, picture: Picture, key: str) -> Handle:
        try:
            await self._send_image(to, await self._media_id(picture), key)
        except PlatformError as error:
            if error.code != str(MEDIA_GONE):
                raise
            self._media.clear()
            await self._send_image(to, await self._media_id(picture), key)
        return Handle(key)

    async def send_file(self, to: str, file: File, key: str) -> Handle:
        """Uploaded anew for each try: the platform drops none of them, so a repeat may be seen twice."""

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("media", file.data, filename=file.name, content_type="application/octet-stream")
            return data

        answer = await self.call("media/upload", query={"type": "file"}, form=form)
        media = str(answer.get("media_id") or "")
        if not media:
            raise lost("media_id", ambiguous=False)
        await self._send(to, {"msgtype": "file", "file": {"media_id": media}}, key)
        return Handle(key)

    async def send_group(self, way: str, address: str, text: Text) -> None:
        """Into the group of a robot's webhook (`address` is its key), or a chat that the app made (its id)."""
        for part in pieces(text.text):
            body: dict[str, Any] = {"msgtype": "text", "text": {"content": part}}
            if way == "webhook":
                _right(await self._request("webhook/send", "", body, {"key": address}))
            else:
                await self.call("appchat/send", {"chatid": address, **body})

    async def update_card(self, to: str, code: str, card: Mapping[str, Any]) -> None:
        """Uses up `code`; PlatformError(gone=True) when it was spent already."""
        body = {
            "userids": [to],
            "agentid": self._config.agent_id,
            "response_code": code,
            "template_card": card,
        }
        try:
            answer = await self.call("message/update_template_card", body)
        except PlatformError as error:
            raise update_error_of(error) from error
        _must_reach(to, answer)

    async def member_of(self, code: str) -> str:
        """The userid behind a login code; raises PlatformError for outsiders and spent codes."""
        answer = await self.call("auth/getuserinfo", query={"code": code})
        member = answer.get("userid") or answer.get("UserId")
        if not isinstance(member, str) or not member:
            raise PlatformError("您不是本企业的成员，无法登录", code="outsider", permanent=True)
        return member

    def login_url(self, back: str, state: str) -> str:
        """The silent login inside WeCom's own browser; raises ValueError for a state it would not return."""
        if not STATE.fullmatch(state):
            raise ValueError("state: 1 to 128 letters and digits")
        query = {
            "appid": self._config.corp_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": self._config.agent_id,
        }
        return f"{self._config.login_base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    async def token(self) -> str:
        return await self._token.get()

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Answer:
        """One call with the token; a refused token is renewed once. `form` makes a fresh form each time."""
        token = await self._token.get()
        answer = await self._request(path, token, body, query, form)
        if answer["errcode"] in TOKEN_SPENT:
            token = await self._token.refused(token)
            answer = await self._request(path, token, body, query, form)
        return _right(answer)

    async def _send(self, to: str, content: Mapping[str, Any], key: str) -> Answer:
        self._limit.take(to)
        body = {
            "touser": to,
            **content,
            "agentid": self._config.agent_id,
            "enable_duplicate_check": 1,
            # The platform drops equal requests within the interval. An interval of its own for each key keeps
            # a second message with the same words apart, and is equal when this one is repeated.
            "duplicate_check_interval": 1800 + zlib.crc32(key.encode()) % 1800,
        }
        answer = await self.call("message/send", body)
        _must_reach(to, answer)
        return answer

    async def _send_image(self, to: str, media: str, key: str) -> None:
        await self._send(to, {"msgtype": "image", "image": {"media_id": media}}, key)

    async def _media_id(self, picture: Picture) -> str:
        """Uploaded once for equal bytes, so that a repeated send is the same request."""
        digest = hashlib.sha256(picture.data).hexdigest()
        known = self._media.get(digest)
        if known and known[1] > self._clock():
            return known[0]
        name = re.sub(r"[^A-Za-z0-9._-]", "_", picture.name) or "picture.png"

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("media", picture.data, filename=name, content_type="image/png")
            return data

        answer = await self.call("media/upload", query={"type": "image"}, form=form)
        media = str(answer.get("media_id") or "")
        if not media:
            raise lost("media_id", ambiguous=False)
        self._media[digest] = media, self._clock() + MEDIA_LIFE
        if len(self._media) > MEDIA_KEPT:
            self._media.popitem(last=False)
        return media

    async def _fetch_token(self) -> tuple[str, float]:
        query = {"corpid": self._config.corp_id, "corpsecret": self._config.secret}
        answer = _right(await self._request("gettoken", "", query=query))
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(life, int | float) or life <= 0:
            raise lost("access_token", ambiguous=False)
        return token, float(life)

    async def _request(
        self,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Answer:
        """One HTTP exchange; the answer has an int `errcode`."""
        url = f"{self._config.api_base}/cgi-bin/{path}"
        params = {**({"access_token": token} if token else {}), **(query or {})}
        # Raw UTF-8, because the platform counts bytes.
        data = form() if form else orjson.dumps(body) if body is not None else None
        headers = {"Content-Type": "application/json"} if body is not None else {}
        method = "GET" if data is None else "POST"
        try:
            async with self._http.request(
                method, url, params=params, data=data, headers=headers, timeout=TIMEOUT
            ) as response:
                return _answer(response.status, await response.read())
        except aiohttp.ClientConnectorError:
            raise lost("连接不上", ambiguous=False) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise lost(type(error).__name__, ambiguous=True) from None  # the text may hold the token's URL

    def _now(self) -> float:
        return self._clock().timestamp()


def _answer(status: int, raw: bytes) -> Answer:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise lost(f"HTTP {status}", ambiguous=True) from None
    if status != 200 or not isinstance(answer, dict):
        raise lost(f"HTTP {status}", ambiguous=True)
    answer.setdefault("errcode", 0)
    if not isinstance(answer["errcode"], int):
        raise lost("errcode", ambiguous=True)
    return answer


def _right(answer: Answer) -> Answer:
    if answer["errcode"]:
        raise error_of(answer["errcode"], str(answer.get("errmsg", "")))
    return answer


def _must_reach(to: str, answer: Answer) -> None:
    """Raises for our one receiver among the refused: "a|b" from send, a list from update, in lower case."""
    for kind in ("invaliduser", "unlicenseduser"):
        listed = answer.get(kind) or ""
        names = listed if isinstance(listed, list) else str(listed).split("|")
        if to.lower() in (str(name).lower() for name in names):
            raise PlatformError(f"企业微信送不到 {to}（{kind}）", code=kind, permanent=True)
