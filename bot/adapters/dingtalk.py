"""DingTalk behind the adapter seam: the stream brings presses and messages, the API takes cards."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import random
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog

from bot.adapters.base import Handle, PlatformError
from bot.adapters.counters import FRAMES_REFUSED
from bot.adapters.dingtalk_api import Api
from bot.adapters.dingtalk_cards import (
    NAME,
    BadCallback,
    Reply,
    clip,
    is_form,
    note_only,
    parse_click,
    parse_said,
    render,
    response,
    summary,
)
from bot.adapters.dingtalk_doctor import Finding, examine
from bot.adapters.dingtalk_frames import CARD_TOPIC, Frame
from bot.adapters.dingtalk_http import Client
from bot.adapters.dingtalk_stream import Stream, Timing
from bot.cards import Answer, Card, Click, File, Message, Picture, Receive, Text

KEY_LIMIT = 100
TEXT_BYTES = 4000
Ack = Callable[[Mapping[str, Any]], Awaitable[bool]]
log = structlog.get_logger(__name__)


class Secret(Protocol):
    def get_secret_value(self) -> str: ...


class DingTalkSettings(Protocol):
    """The part of the settings that concerns DingTalk; `core.settings.Settings` has it."""

    dingtalk_client_id: str
    dingtalk_robot_code: str
    dingtalk_corp_id: str
    dingtalk_form_template: str
    dingtalk_task_template: str
    dingtalk_api_base: str
    dingtalk_oapi_base: str
    dingtalk_login_base: str

    @property
    def dingtalk_client_secret(self) -> Secret: ...


@dataclass(frozen=True)
class DingTalkConfig:
    """One internal app of one organisation. `robot_code` equals the client id for an app's own bot."""

    client_id: str
    client_secret: str = field(repr=False)
    robot_code: str
    corp_id: str
    form_template: str
    task_template: str
    api_base: str = "https://api.dingtalk.com"
    oapi_base: str = "https://oapi.dingtalk.com"
    login_base: str = "https://login.dingtalk.com"
    space: str = "IM_ROBOT"


def from_settings(settings: DingTalkSettings) -> DingTalkConfig | None:
    """None while DingTalk is off, that is without a client id."""
    if not settings.dingtalk_client_id:
        return None
    return DingTalkConfig(
        client_id=settings.dingtalk_client_id,
        client_secret=settings.dingtalk_client_secret.get_secret_value(),
        robot_code=settings.dingtalk_robot_code or settings.dingtalk_client_id,
        corp_id=settings.dingtalk_corp_id,
        form_template=settings.dingtalk_form_template,
        task_template=settings.dingtalk_task_template,
        api_base=settings.dingtalk_api_base,
        oapi_base=settings.dingtalk_oapi_base,
        login_base=settings.dingtalk_login_base,
    )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. A press must be answered within 2 s of its arrival; nothing may be handled for ever.

    sure  an answer given later may have missed the platform's 2 s on its way: the outbox shows it once more
    """

    press: float = 1.8
    sure: float = 1.0
    handling: float = 30.0


class DingTalk:
    """Satisfies `bot.adapters.base.Adapter`."""

    name = NAME

    def __init__(
        self,
        config: DingTalkConfig,
        http: aiohttp.ClientSession,
        *,
        clock: Callable[[], datetime],
        random: random.Random,
        timing: Timing | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._config = config
        self._deadlines = deadlines or Deadlines()
        self._client = Client(
            http,
            client_id=config.client_id,
            client_secret=config.client_secret,
            api_base=config.api_base,
            oapi_base=config.oapi_base,
            clock=clock,
            dice=random,
        )
        self._api = Api(self._client, robot_code=config.robot_code, space=config.space)
        credentials = (config.client_id, config.client_secret)
        self._stream = Stream(http, self._client, credentials, dice=random, timing=timing or Timing())
        self._running: asyncio.Task[None] | None = None

    # --- the seam -----------------------------------------------------------------------------------

    async def run(self, receive: Receive) -> None:
        self._running = asyncio.current_task()
        try:
            await self._stream.run(_Reader(receive, self._api, self, self._deadlines))
        finally:
            self._running = None

    async def send(self, to: str, message: Message, key: str) -> Handle:
        match message:
            case Card():
                return await self._send_card(to, message, key)
            case Text():
                sent = await self._api.say(to, "sampleText", {"content": clip(message.text, TEXT_BYTES)})
            case Picture():
                media = await self._api.upload("image", message.data, message.name)
                sent = await self._api.say(to, "sampleImageMsg", {"photoURL": media})
            case File():
                sent = await self._send_file(to, message)
        return Handle(sent or key)

    async def _send_file(self, to: str, file: File) -> str:
        """DingTalk takes a few kinds of files only: any other goes as an archive that holds it."""
        name, data = file.name, file.data
        if not name.endswith(".pdf"):
            name, data = f"{name.rpartition('.')[0]}.zip", zipped(file)
        media = await self._api.upload("file", data, name)
        param = {"mediaId": media, "fileName": name, "fileType": name.rpartition(".")[2]}
        return await self._api.say(to, "sampleFile", param)

    async def send_group(self, _way: str, address: str, text: Text, _key: str) -> None:
        await self._api.say_group(address, "sampleText", {"content": clip(text.text, TEXT_BYTES)})

    async def update(self, to: str, handle: Handle, card: Card) -> Handle:
        await self._api.update_card(handle.external_id, render(card))
        return replace(handle, repeated=False)

    def login_url(self, back: str, state: str) -> str:
        query = {
            "redirect_uri": back,
            "response_type": "code",
            "client_id": self._config.client_id,
            "scope": "openid",
            "state": state,
            "prompt": "consent",
        }
        return f"{self._config.login_base.rstrip('/')}/oauth2/auth?{urlencode(query)}"

    async def login(self, code: str) -> str:
        return await self._api.person_of_oauth(self._config.client_id, self._config.client_secret, code)

    async def login_jsapi(self, code: str) -> str:
        """The userid behind a code of dd.requestAuthCode, for pages inside DingTalk. Raises PlatformError."""
        return await self._api.person_of_jsapi(code)

    def healthy(self) -> bool:
        return self._stream.healthy()

    async def close(self) -> None:
        running = self._running
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({running}, timeout=5)

    def check(self) -> AsyncIterator[Finding]:
        """Test each setting in turn against the platform, for `zhongshu doctor`."""
        return examine(self._config, self._client, self._api, self._stream.open_ticket)

    # --- inside -------------------------------------------------------------------------------------

    async def _send_card(self, to: str, card: Card, key: str) -> Handle:
        if len(key) > KEY_LIMIT:
            raise PlatformError(
                f"卡片编号超过 {KEY_LIMIT} 个字符：{key}", code="key_too_long", permanent=True
            )
        template = self._config.form_template if is_form(card) else self._config.task_template
        new = await self._api.create_card(to, key, template, render(card), summary(card))
        return Handle(key, repeated=not new)

    async def say_back(self, reply: Reply, message: Card | Text, delivery: str) -> None:
        """Answer a message: text into its group, everything else to the person. Raises PlatformError."""
        if isinstance(message, Text) and self._trusted(reply.url):
            try:
                return await self._api.answer_group(reply.url, reply.to, clip(message.text, TEXT_BYTES))
            except PlatformError as expired:
                log.info("dingtalk_session_refused", error=str(expired))
        await self.send(reply.to, message, f"said-{hashlib.sha256(delivery.encode()).hexdigest()[:24]}")
        return None

    def _trusted(self, url: str) -> bool:
        """A session address comes with a message: only DingTalk's hosts and the configured one are called."""
        if not url:
            return False
        asked, ours = urlsplit(url), urlsplit(self._config.oapi_base)
        official = asked.scheme == "https" and (asked.hostname or "").endswith(".dingtalk.com")
        return official or (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)


def zipped(file: File) -> bytes:
    """A ZIP archive with this one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(file.name, file.data)
    return out.getvalue()


class _Reader:
    """What one frame leads to: `receive`, the ack, and afterwards what the platform must hear."""

    def __init__(self, receive: Receive, api: Api, adapter: DingTalk, deadlines: Deadlines) -> None:
        self._receive = receive
        self._api = api
        self._adapter = adapter
        self._deadlines = deadlines

    async def take(self, frame: Frame, ack: Ack) -> None:
        try:
            async with asyncio.timeout(self._deadlines.handling):
                await (self._press if frame.topic == CARD_TOPIC else self._message)(frame, ack)
        except BadCallback as bad:
            FRAMES_REFUSED.labels(NAME, str(bad)).inc()
            await ack({})
        except PlatformError as failed:
            # what was committed stays; the card converges by the outbox
            log.warning("dingtalk_answer_failed", error=str(failed), code=failed.code)

    def sorry(self, frame: Frame, text: str) -> Mapping[str, Any] | None:
        return response(note_only(text)) if frame.topic == CARD_TOPIC else None

    async def _message(self, frame: Frame, ack: Ack) -> None:
        """The ack says "accepted", so it follows the commit; one that failed or hangs comes again."""
        if frame.data.get("errCode"):
            log.error("dingtalk_quota_used_up", code=frame.data["errCode"], text=frame.data.get("errMsg"))
        parsed = parse_said(frame.data)
        if parsed is None:
            await ack({})
            return
        said, reply = parsed
        answer = await self._receive(said)
        await ack({})
        if answer.message is not None:
            await self._adapter.say_back(reply, answer.message, said.delivery)
        await answer.shown()

    async def _press(self, frame: Frame, ack: Ack) -> None:
        click = parse_click(frame.data, frame.message_id)
        if click is None:
            await ack({})
            return
        left = frame.at + self._deadlines.press - asyncio.get_running_loop().time()
        work = asyncio.ensure_future(self._receive(click))
        try:
            await asyncio.wait({work}, timeout=max(0.0, left))
            if work.done():
                await self._answer_now(frame, work.result(), ack)
            else:
                await ack({})
                await self._answer_late(click, await work)
        finally:
            work.cancel()

    async def _answer_now(self, frame: Frame, answer: Answer, ack: Ack) -> None:
        taken = await ack(response(_variables(answer)))
        if taken and asyncio.get_running_loop().time() - frame.at < self._deadlines.sure:
            await answer.shown()

    async def _answer_late(self, click: Click, answer: Answer) -> None:
        """The press was answered empty in time; what it led to is shown by an update."""
        variables = _variables(answer)
        if variables is not None:
            await self._api.update_card(click.card, variables)
        await answer.shown()


def _variables(answer: Answer) -> dict[str, str] | None:
    match answer.message:
        case Card():
            return render(answer.message)
        case Text():
            return note_only(answer.message.text)
        case None:
            return None
