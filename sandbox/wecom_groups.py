"""Groups of WeCom that something may be posted into: a group robot's webhook, and chats that the app made."""

from aiohttp import web

from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Window, answer
from sandbox.people import Group, Platform
from sandbox.wecom_errors import body_of, refuse

W = Platform.WECOM
PER_MINUTE = 20
TEXT_BYTES = 2048
MARKDOWN_BYTES = 4096


class Groups:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._rate = Window(cloud.clock, 60)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/webhook/send", self._webhook),
            web.post("/cgi-bin/appchat/send", self._appchat),
        ]

    async def _webhook(self, request: web.Request) -> web.Response:
        """No token: who has the key may post."""
        key = request.query.get("key", "")
        group = next((one for one in self._cloud.company.groups.values() if key and one.webhook == key), None)
        if group is None:
            raise refuse(93000)
        message = self._message(await body_of(request))
        if not self._rate.admits(group.key, PER_MINUTE):
            raise refuse(45009)
        self._put(group, message)
        return answer({"errcode": 0, "errmsg": "ok"})

    async def _appchat(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        chat = str(body.get("chatid") or "")
        group = next((one for one in self._cloud.company.groups.values() if chat and one.chat == chat), None)
        if group is None:
            raise refuse(86003)
        self._put(group, self._message(body))
        return answer({"errcode": 0, "errmsg": "ok"})

    def _message(self, body: Json) -> Message:
        kind = body.get("msgtype")
        limits = {"text": TEXT_BYTES, "markdown": MARKDOWN_BYTES}
        if kind not in limits:
            raise refuse(40008)
        content = (body.get(kind) or {}).get("content")
        if not isinstance(content, str) or not content:
            raise refuse(44004, "content")
        if len(content.encode()) > limits[kind]:
            raise refuse(45002)
        return Message("", self._cloud.clock.now(), "bot", str(kind), content)

    def _put(self, group: Group, message: Message) -> None:
        for member in group.members:
            userid = self._cloud.company.account(W, member)
            if userid:
                self._cloud.chats.add(W, userid, Message(**(vars(message) | {"group": group.key})))
                self._cloud.counters[W].messages[userid] += 1
