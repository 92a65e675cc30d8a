"""Where words leave the house, for administrators: e-mail, SMS, groups, calls to other systems, people's addresses."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, answer, ask, body, reading, wrong
from connect.hooks import outward_secret
from core.canon import sha256
from core.commands import Command, DropGroup, RetryParked, SaveGroup, SetContact, TryChannel
from core.contacts import WAYS
from core.errors import NotFound
from core.queries import reach
from core.store.access import Session
from core.store.groups import GROUP_PLACE

PREFIX = "/admin/api"
_KEY = re.compile(r"[A-Za-z0-9_-]{8,100}")


class ReachPages:
    """Their endpoints."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get(f"{PREFIX}/reach", guarded(self.overview)),
            web.post(f"{PREFIX}/reach/try", guarded(self.attempt)),
            web.get(PREFIX + "/reach/secret/{kind}/{key}", guarded(self.secret)),
            web.post(f"{PREFIX}/groups", guarded(self.add_group)),
            web.put(PREFIX + "/groups/{id}", guarded(self.rename_group)),
            web.delete(PREFIX + "/groups/{id}", guarded(self.drop_group)),
            web.get(PREFIX + "/people/{id}/contact", guarded(self.contact)),
            web.put(PREFIX + "/people/{id}/contact", guarded(self.set_contact)),
            web.post(f"{PREFIX}/outbox/retry-all", guarded(self.retry_all)),
        ]

    async def overview(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """Which ways are set up, the groups, the other systems."""
        found = await reading(
            self._deps, lambda uow: {"groups": reach.groups(uow), "destinations": reach.destinations(uow)}
        )
        return answer({"channels": self._channels(), "allow": self._deps.settings.outward_allow, **found})

    def _channels(self) -> list[dict[str, Any]]:
        settings = self._deps.settings
        sender = settings.mail_from or settings.mail_user
        mail = f"经 {settings.mail_host} 以 {sender} 发出" if settings.mail_host else ""
        sms = f"经网关 {urlsplit(settings.sms_url).netloc} 发出" if settings.sms_url else ""
        return [
            {"key": "mail", "name": "邮件", "on": bool(mail), "text": mail or "没有设置 ZHONGSHU_MAIL_HOST"},
            {"key": "sms", "name": "短信", "on": bool(sms), "text": sms or "没有设置 ZHONGSHU_SMS_URL"},
        ]

    async def attempt(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A test message by e-mail, SMS or into a group."""
        sent = await body(request, "channel", "to")
        channel = sent.text("channel", required=True, longest=10)
        if channel not in ("mail", "sms", "group"):
            raise wrong("channel", "只能试 mail、sms 或 group。")
        return await self._do(
            TryChannel(session.person, channel, sent.text("to", required=True, longest=100))
        )

    async def secret(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What another system checks the calls of one definition with."""
        kind, key = request.match_info["kind"], request.match_info["key"]
        keys = self._deps.keys
        if keys is None or not await reading(self._deps, lambda uow: reach.calls_out(uow, kind, key)):
            raise NotFound("这个定义不调用别的系统。")
        return answer({"secret": outward_secret(keys, kind, key)})

    async def add_group(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A group by hand: DingTalk's openConversationId, a WeCom robot's webhook, a chat of the app."""
        sent = await body(request, "name", "way", "address")
        way = sent.text("way", required=True, longest=12)
        if way not in WAYS:
            raise wrong("way", "只能是 robot、webhook 或 appchat。")
        address = _address(way, sent.text("address", required=True, longest=500).strip())
        stored = address
        if way == "webhook":
            if self._deps.keys is None:
                raise wrong("way", "没有主密钥，不能保存 webhook 地址。")
            stored = self._deps.keys.seal(GROUP_PLACE, address)
        name = sent.text("name", required=True, longest=60)
        command = SaveGroup(session.person, "", name, WAYS[way], way, stored, sha256(address))
        return await self._do(command)

    async def rename_group(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Another name."""
        name = (await body(request, "name")).text("name", required=True, longest=60)
        return await self._do(SaveGroup(session.person, request.match_info["id"], name))

    async def drop_group(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Forget it."""
        return await self._do(DropGroup(session.person, request.match_info["id"]))

    async def contact(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A person's addresses in full; the list shows telephone numbers masked."""
        found = await reading(self._deps, lambda uow: uow.people.get(request.match_info["id"]))
        if found is None:
            raise NotFound
        return answer({"email": found.email, "mobile": found.mobile})

    async def set_contact(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Change them."""
        sent = await body(request, "email", "mobile")
        email, mobile = sent.text("email", longest=100), sent.text("mobile", longest=30)
        return await self._do(SetContact(session.person, request.match_info["id"], email, mobile))

    async def retry_all(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """Every parked message tries again."""
        return await self._do(RetryParked(session.person))

    async def _do(self, command: Command) -> web.StreamResponse:
        outcome = await ask(self._deps, command)
        return answer({"message": outcome.message})


def _address(way: str, text: str) -> str:
    """The key out of a pasted webhook address; other addresses as they are."""
    if way != "webhook":
        if not re.fullmatch(r"[\x21-\x7e]{4,200}", text):
            raise wrong("address", "群的编号只有字母、数字和符号，没有空格。")
        return text
    key = (parse_qs(urlsplit(text).query).get("key") or [""])[0] if "://" in text else text
    if not _KEY.fullmatch(key):
        raise wrong("address", "请粘贴群机器人的 Webhook 地址，里面要有 key=…。")
    return key
