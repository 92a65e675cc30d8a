"""The WeCom cloud with its phones: tokens, access check, media, what a member says and presses. Wires the
other wecom_ files.
"""

import itertools
from typing import Any

from aiohttp import web

from sandbox import wecom_cards, wecom_xml
from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Refusal, answer
from sandbox.media import kind_of, media_url
from sandbox.passes import PassRefused, Tokens, Why
from sandbox.people import Person, Platform
from sandbox.wecom_callback import Callback, Push
from sandbox.wecom_contacts import Contacts
from sandbox.wecom_copies import Copy
from sandbox.wecom_errors import refuse
from sandbox.wecom_groups import Groups
from sandbox.wecom_messages import Messages

W = Platform.WECOM
NO_TOKEN = ("/cgi-bin/gettoken", "/cgi-bin/webhook/send")
MB = 1024 * 1024
MEDIA_DAYS = 3
UPLOADS: dict[str, tuple[int, frozenset[str]]] = {
    "image": (10 * MB, frozenset({"png", "jpg"})),
    "voice": (2 * MB, frozenset({"amr"})),
    "video": (10 * MB, frozenset({"mp4"})),
    "file": (20 * MB, frozenset()),
}


class WeCom:
    def __init__(self, cloud: Cloud, callback_url: str | None) -> None:
        self._cloud = cloud
        self._msg_ids = itertools.count(7_000_000_000_000_001 + int(cloud.clock.now()) % 10**6 * 1000)
        self.tokens = Tokens(cloud.clock, renews=False)
        self.callback = Callback(cloud, callback_url)
        self.contacts = Contacts(cloud)
        self.groups = Groups(cloud)
        self.messages = Messages(cloud, callback=callback_url is not None)
        cloud.guards[W] = self._guard
        cloud.busy[W] = lambda path: refuse(-1)

    def routes(self) -> list[web.RouteDef]:
        own = [
            web.get("/cgi-bin/gettoken", self._token),
            web.post("/cgi-bin/media/upload", self._upload),
            web.get("/cgi-bin/media/get", self._download),
        ]
        unknown = [web.route("*", "/cgi-bin/{tail:.*}", self._unknown)]
        return own + self.contacts.routes() + self.messages.routes() + self.groups.routes() + unknown

    async def _unknown(self, request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    def _guard(self, request: web.Request) -> None:
        counters = self._cloud.counters[W]
        counters.api_calls[request.path] += 1
        if not request.path.startswith("/cgi-bin/") or request.path in NO_TOKEN:
            return
        counters.billable_calls += 1
        token = request.query.get("access_token")
        if not token:
            raise refuse(41001)
        try:
            self.tokens.subject_of(token)
        except PassRefused as refused:
            raise refuse(42001 if refused.why is Why.EXPIRED else 40014) from refused

    async def _token(self, request: web.Request) -> web.Response:
        corp, secret = request.query.get("corpid"), request.query.get("corpsecret")
        if not corp:
            raise refuse(41002)
        if not secret:
            raise refuse(41004)
        app = self._cloud.company.wecom
        if corp != app.corp_id:
            raise refuse(40013)
        if secret != app.secret:
            raise refuse(40001)
        token, left = self.tokens.issue(corp)
        return answer({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": left})

    async def _upload(self, request: web.Request) -> web.Response:
        kind = request.query.get("type", "")
        if kind not in UPLOADS:
            raise refuse(40004)
        form = await request.post()
        part = form.get("media")
        if not isinstance(part, web.FileField) or not part.filename:
            raise refuse(41005, "media data missing")
        data, (limit, kinds) = part.file.read(), UPLOADS[kind]
        if len(data) <= 5:
            raise refuse(44001)
        if len(data) > limit:
            raise refuse(40009 if kind == "image" else 45001)
        if kinds and kind_of(data) not in kinds:
            raise refuse(40123 if kind == "image" else 40005)
        now = self._cloud.clock.now()
        upload = self._cloud.media.keep(W, kind, part.filename, data, now)
        created = {"type": kind, "media_id": upload.id, "created_at": str(int(now))}
        return answer({"errcode": 0, "errmsg": ""} | created)

    async def _download(self, request: web.Request) -> web.Response:
        upload = self._cloud.media.find(request.query.get("media_id", ""))
        if upload is None or upload.at + MEDIA_DAYS * 86400 < self._cloud.clock.now():
            raise refuse(40007)
        return web.Response(body=upload.data, content_type=upload.content_type)

    async def say(self, person: Person, text: str, upload: Json | None = None) -> Json:
        """A member writes to the app, or sends a picture."""
        userid = person.accounts[W]
        picture = upload["media_id"] if upload else None
        shown = media_url(picture) if picture else None
        kind = "image" if picture else "text"
        message = Message("", self._cloud.clock.now(), "me", kind, "" if picture else text, media_url=shown)
        self._cloud.chats.add(W, userid, message)
        self._cloud.counters[W].said[userid] += 1
        body: Json = {"MsgType": "text", "Content": text}
        if picture:
            body = {"MsgType": "image", "PicUrl": f"{self._cloud.base_url}{shown}", "MediaId": picture}
        push = await self.callback.push(self._xml(userid, body | {"MsgId": next(self._msg_ids)}), "message")
        self._take_reply(userid, push)
        return _outcome(push)

    async def event(self, userid: str, event: str, data: Json) -> Json:
        push = await self.callback.push(self._xml(userid, {"MsgType": "event", "Event": event} | data), event)
        self._take_reply(userid, push)
        return _outcome(push)

    def xml_sample(self) -> str:
        """A harmless message of nobody, for attacks on the callback URL."""
        return self._xml(
            "sandbox-attacker", {"MsgType": "text", "Content": "攻击", "MsgId": next(self._msg_ids)}
        )

    def _xml(self, userid: str, body: Json) -> str:
        app = self._cloud.company.wecom
        head = {"ToUserName": app.corp_id, "FromUserName": userid, "CreateTime": int(self._cloud.clock.now())}
        return wecom_xml.element("xml", head | body | {"AgentID": app.agent_id})

    def _take_reply(self, userid: str, push: Push) -> None:
        """A passive text reply stands in the chat like any message; pictures and news likewise."""
        if push.reply is None or push.reply.findtext("MsgType") not in ("text", "image"):
            return
        text, media_id = push.reply.findtext("Content") or "", push.reply.findtext("Image/MediaId")
        kind = "image" if media_id else "text"
        shown = media_url(media_id) if media_id else None
        self._cloud.chats.add(
            W, userid, Message("", self._cloud.clock.now(), "bot", kind, text, media_url=shown)
        )
        self._cloud.counters[W].messages[userid] += 1

    async def click(self, person: Person, card_id: str, wish: Json) -> Json:
        """Press a button of this member's copy of a card (answer: docs/sandbox.md, Clicks)."""
        userid = person.accounts[W]
        copy = self.messages.copy_of(card_id, userid)
        self._cloud.counters[W].clicks[userid] += 1
        drawing = copy.drawing()
        button = drawing.pressed(self._wanted(copy, wish))
        if button is None or not button.get("enabled", True):
            text = "卡片上没有这个按钮" if button is None else f"「{button['text']}」不能点"
            return self._flash(copy, text)
        action = drawing.actions[button["key"]]
        if action.url is not None:
            return {"ok": True, "answered_ms": 0, "toast": None, "url": action.url, "card": copy.view()}
        try:
            selected = copy.select(wish.get("selected") or {})
        except ValueError as refused:
            return self._flash(copy, str(refused))
        push = await self.callback.push(
            self._card_event(copy, action.key, selected, menu="menu" in action.params), "template_card_event"
        )
        if not push.taken:
            return self._flash(copy, "系统繁忙,请稍后再试", push.ms)
        copy.toast = None
        self._apply_reply(copy, push)
        self._take_reply(userid, push)
        self.messages.changed(copy)
        return {"ok": True, "answered_ms": push.ms, "toast": copy.toast, "url": None, "card": copy.view()}

    def _wanted(self, copy: Copy, wish: Json) -> str:
        """The pressed key or text; without one the submit button of a vote or selector card."""
        return str(wish.get("button") or (copy.card.get("submit_button") or {}).get("key") or "")

    def _card_event(self, copy: Copy, key: str, selected: dict[str, list[str]], *, menu: bool) -> str:
        body: Json = {
            "MsgType": "event",
            "Event": "template_card_menu_event" if menu else "template_card_event",
            "EventKey": key,
            "TaskId": str(copy.task_id),
            "CardType": copy.card["card_type"],
            "ResponseCode": self.messages.codes.issue(copy.message_id),
        }
        if selected and not menu:
            items = [{"QuestionKey": q, "OptionIds": {"OptionId": chosen}} for q, chosen in selected.items()]
            body["SelectedItems"] = {"SelectedItem": items}
        return self._xml(copy.userid, body)

    def _apply_reply(self, copy: Copy, push: Push) -> None:
        """update_button or update_template_card of the passive reply: the clicker's copy only."""
        kind = push.reply.findtext("MsgType") if push.reply is not None else None
        if push.reply is None or kind not in ("update_button", "update_template_card"):
            return
        try:
            if kind == "update_button":
                copy.replaced = push.reply.findtext("Button/ReplaceName") or ""
                return
            node = push.reply.find("TemplateCard")
            card: Any = wecom_xml.card_of(node) if node is not None else None
            wecom_cards.check(card, callback=True, update=True)
            copy.replace(card)
        except Refusal as refusal:
            copy.toast = (
                f"被动更新的卡片无效:{refusal.body['errcode']} {refusal.body['errmsg'].split(', hint')[0]}"
            )

    def _flash(self, copy: Copy, text: str, taken: int = 0) -> Json:
        copy.toast = text
        self.messages.changed(copy)
        return {
            "ok": False,
            "error": text,
            "toast": text,
            "answered_ms": taken,
            "url": None,
            "card": copy.view(),
        }


def _outcome(push: Push) -> Json:
    outcome: Json = {"ok": push.taken, "acked": push.taken, "answered_ms": push.ms, "attempts": push.attempts}
    return (
        outcome
        if push.taken
        else outcome | {"error": "应用没有应答" if push.attempts else "没有配置回调地址或平台不可用"}
    )
