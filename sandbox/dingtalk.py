"""The DingTalk cloud with its phones: tokens, access checks, what a person says and presses. Wires the
other dingtalk_ files.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox import dingtalk_form
from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Refusal, Window, answer
from sandbox.dingtalk_cards import Cards, Instance, string_map
from sandbox.dingtalk_contacts import Contacts
from sandbox.dingtalk_errors import api, body_of, busy, oapi, topapi
from sandbox.dingtalk_gateway import BOT_TOPIC, CARD_TOPIC, Delivery, Gateway
from sandbox.dingtalk_robot import SESSION_SECONDS, Robot
from sandbox.dingtalk_template import Template
from sandbox.drawn import Action, Drawing
from sandbox.passes import PassRefused, Tokens
from sandbox.people import Person, Platform

D = Platform.DINGTALK
DELIVERIES = 3
EVENT_SECONDS = 3
FAILED = "操作失败,请稍后重试"
FREE_OF_TOKEN = (
    "/v1.0/gateway/",
    "/v1.0/oauth2/",
    "/gettoken",
    "/robot/sendBySession",
    "/oauth2/",
    "/v1.0/contact/users/me",
)
NOT_BILLED = (*FREE_OF_TOKEN, "/topapi/")


class DingTalk:
    def __init__(self, cloud: Cloud, templates: Mapping[str, Template]) -> None:
        self._cloud = cloud
        self._calls = Window(cloud.clock, 1.0)
        self.tokens = Tokens(cloud.clock, renews=True)
        self.gateway = Gateway(cloud)
        self.cards = Cards(cloud, templates)
        self.robot = Robot(cloud)
        self.contacts = Contacts(cloud)
        cloud.guards[D] = self._guard
        cloud.busy[D] = busy

    def routes(self) -> list[web.RouteDef]:
        own = [
            web.post("/v1.0/oauth2/accessToken", self._access_token),
            web.post("/v1.0/oauth2/{corp}/token", self._corp_token),
            web.get("/gettoken", self._old_token),
        ]
        parts = (self.gateway, self.cards, self.robot, self.contacts)
        unknown = [
            web.route("*", prefix + "{tail:.*}", self._unknown)
            for prefix in ("/v1.0/", "/topapi/", "/media/")
        ]
        return own + [route for part in parts for route in part.routes()] + unknown

    async def _unknown(self, request: web.Request) -> web.Response:
        if request.path.startswith("/v1.0/"):
            raise api(
                404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."
            )
        raise (
            oapi(22, "不存在的方法名")
            if request.path.startswith("/topapi/")
            else oapi(404, "请求的URI地址不存在")
        )

    def _guard(self, request: web.Request) -> None:
        """Token, then 20 calls a second for each API. Raises the family's refusal."""
        counters = self._cloud.counters[D]
        counters.api_calls[request.path] += 1
        if not request.path.startswith(FREE_OF_TOKEN):
            self._check_token(request)
        if not self._calls.admits(request.path, self._cloud.faults[D].qps):
            if request.path.startswith("/v1.0/"):
                raise api(
                    403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "appkey 调用该接口的 QPS 超限"
                )
            raise oapi(90018, "您的服务器调用钉钉开放平台该接口的请求数过多,请 1 秒后再试")
        counters.billable_calls += not request.path.startswith(NOT_BILLED)

    def _check_token(self, request: web.Request) -> None:
        new = request.path.startswith("/v1.0/")
        token = (
            request.headers.get("x-acs-dingtalk-access-token") if new else request.query.get("access_token")
        )
        topic = request.path.startswith("/topapi/")
        if not token:
            if new:
                raise api(400, "AuthenticationFailed.MissingParameter", "缺少 x-acs-dingtalk-access-token")
            raise topapi("40000", "access_token 为空") if topic else oapi(40014, "不合法的access_token")
        try:
            self.tokens.subject_of(token)
        except PassRefused as refused:
            if new:
                raise api(400, "InvalidAuthentication", "不合法的access_token") from refused
            error = topapi("40014", "不合法的access_token") if topic else oapi(40014, "不合法的access_token")
            raise error from refused

    async def _access_token(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        token, left = self._issue(body.get("appKey"), body.get("appSecret"))
        return answer({"accessToken": token, "expireIn": left})

    async def _corp_token(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        if request.match_info["corp"] != self._cloud.company.dingtalk.corp_id:
            raise api(500, "unknownError", "未知错误")
        token, left = self._issue(body.get("client_id"), body.get("client_secret"))
        return answer({"access_token": token, "expires_in": left})

    async def _old_token(self, request: web.Request) -> web.Response:
        key, secret = request.query.get("appkey"), request.query.get("appsecret")
        if not key or not secret:
            raise oapi(40035, "缺少参数 corpid or appkey")
        app = self._cloud.company.dingtalk
        if (key, secret) != (app.client_id, app.client_secret):
            raise oapi(40096, "不合法的appKey或appSecret")
        token, left = self.tokens.issue(key)
        return answer({"errcode": 0, "access_token": token, "errmsg": "ok", "expires_in": left})

    def _issue(self, key: Any, secret: Any) -> tuple[str, int]:
        app = self._cloud.company.dingtalk
        if (key, secret) != (app.client_id, app.client_secret):
            raise api(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        return self.tokens.issue(app.client_id)

    async def say(self, person: Person, text: str, group: str | None, upload: Json | None = None) -> Json:
        """A person writes to the bot (or sends a picture or file): pushed until acked, 3 deliveries in
        all.
        """
        userid = person.accounts[D]
        spoken = text if upload is None else str(upload["content"].get("fileName") or "")
        kind = "text" if upload is None else "file"
        media = upload["media_url"] if upload else None
        message = Message("", self._cloud.clock.now(), "me", kind, spoken, group=group, media_url=media)
        self._cloud.chats.add(D, userid, message)
        self._cloud.counters[D].said[userid] += 1
        started = time.perf_counter()
        faults = self._cloud.faults[D]
        delivery = await self.gateway.deliver(
            ("CALLBACK", BOT_TOPIC),
            self._bot_message(person, text, group, upload),
            attempts=DELIVERIES,
            wait=faults.redeliver_seconds,
        )
        return await _outcome(delivery, started, patience=5.0)

    def _bot_message(self, person: Person, text: str, group: str | None, upload: Json | None) -> Json:
        now, app = self._cloud.clock.now(), self._cloud.company.dingtalk
        session = self.robot.sessions.issue((person.accounts[D], group))
        data: Json = {
            "conversationId": f"cid1to1-{person.key}",
            "chatbotCorpId": app.corp_id,
            "chatbotUserId": "$:LWCP_v1:$sandboxbot",
            "msgId": f"msg{secrets.token_urlsafe(12)}==",
            "senderNick": person.name,
            "isAdmin": False,
            "senderStaffId": person.accounts[D],
            "sessionWebhookExpiredTime": int((now + SESSION_SECONDS) * 1000),
            "createAt": int(now * 1000),
            "senderCorpId": app.corp_id,
            "conversationType": "1",
            "senderId": f"$:LWCP_v1:${person.key}",
            "sessionWebhook": f"{self._cloud.base_url}/robot/sendBySession?session={session}",
            "robotCode": app.robot_code,
            "senderPlatform": "Mac",
        }
        data |= {"msgtype": "text", "text": {"content": text}} if upload is None else upload["frame"]
        return data if group is None else data | self._group_fields(group, text)

    def _group_fields(self, key: str, text: str) -> Json:
        group = self._cloud.company.groups[key]
        return {
            "conversationId": group.conversation,
            "conversationType": "2",
            "conversationTitle": group.name,
            "isInAtList": True,
            "atUsers": [{"dingtalkId": "$:LWCP_v1:$sandboxbot"}],
            "text": {"content": f" {text}"},
        }

    async def event(self, event: str, data: Json) -> Json:
        """An EVENT frame: 3 s to answer SUCCESS, otherwise pushed again."""
        headers = {
            "eventType": event,
            "eventId": secrets.token_hex(16),
            "eventCorpId": self._cloud.company.dingtalk.corp_id,
            "eventBornTime": str(int(self._cloud.clock.now() * 1000)),
            "eventUnifiedAppId": "sandbox-app",
        }
        started = time.perf_counter()
        delivery = await self.gateway.deliver(
            ("EVENT", "*"),
            data,
            attempts=DELIVERIES,
            wait=EVENT_SECONDS,
            headers=headers,
            accept=_event_taken,
        )
        return await _outcome(delivery, started, patience=EVENT_SECONDS)

    async def click(self, person: Person, card_id: str, wish: Json) -> Json:
        """Press a button or submit the form of one card as this person's client does (answer:
        docs/sandbox.md, Clicks).
        """
        userid, card = person.accounts[D], self.cards.instances[card_id]
        drawing = self.cards.drawing(card, userid)
        self._cloud.counters[D].clicks[userid] += 1
        try:
            action, params = self._press(card, userid, drawing, wish)
        except dingtalk_form.FormRefused as refused:
            return self._flash(card, userid, str(refused))
        if action.url is not None:
            return {
                "ok": True,
                "answered_ms": 0,
                "toast": None,
                "url": action.url,
                "card": self.cards.view(userid, card_id),
            }
        started = time.perf_counter()
        delivery = await self._call_back(card, userid, action.key, params)
        taken = round((time.perf_counter() - started) * 1000)
        if delivery is None or delivery.acked.result().get("code") != 200:
            return self._flash(card, userid, FAILED, taken)
        card.toasts.pop(userid, None)
        self._apply_response(card, userid, delivery)
        return {
            "ok": True,
            "answered_ms": taken,
            "toast": None,
            "url": None,
            "card": self.cards.view(userid, card_id),
        }

    def _press(self, card: Instance, userid: str, drawing: Drawing, wish: Json) -> tuple[Action, Json]:
        """The action and the callback's params. Raises FormRefused with what the client shows."""
        form, wanted = drawing.drawn["form"], wish.get("button")
        values, forge = wish.get("values") or {}, wish.get("forge") is True
        if form and (wanted in (None, "", form["key"], form["submit"])):
            if not form["enabled"] and not forge:
                raise dingtalk_form.FormRefused("表单已不能提交")
            action = drawing.actions[form["key"]]
            sent = dingtalk_form.submit(
                self._form_value(card, userid), card.typed.get(userid, {}), values, forge=forge
            )
            card.typed[userid] = card.typed.get(userid, {}) | dict(values)
            return action, {"form": sent, **action.params}
        button = drawing.pressed(str(wanted or ""))
        if button is None or not (button["enabled"] or forge):
            raise dingtalk_form.FormRefused(
                "卡片上没有这个按钮" if button is None else f"「{button['text']}」不能点"
            )
        action = drawing.actions[button["key"]]
        return action, dict(action.params)

    def _form_value(self, card: Instance, userid: str) -> Any:
        template = self.cards.template_of(card)
        values, _ = template.values(self.cards.effective(card, userid))
        return next(
            (values[v.name] for v in template.variables.values() if v.type == "form" and v.name in values),
            None,
        )

    async def _call_back(self, card: Instance, userid: str, action_id: str, params: Json) -> Delivery | None:
        """The card callback: the acked delivery, or None when no ack came within 2 s."""
        if card.callback_type != "STREAM":
            return None
        faults = self._cloud.faults[D]
        card.open_callbacks += 1
        try:
            delivery = await self.gateway.deliver(
                ("CALLBACK", CARD_TOPIC),
                self._callback_data(card, userid, action_id, params),
                attempts=1,
                wait=faults.callback_seconds,
                accept=lambda ack: True,
            )
            if not delivery.sent and not faults.zombie:
                return None
            await asyncio.wait({delivery.acked})
        finally:
            card.open_callbacks -= 1
        return None if delivery.acked.cancelled() else delivery

    def _callback_data(self, card: Instance, userid: str, action_id: str, params: Json) -> Json:
        content = json.dumps(
            {"cardPrivateData": {"actionIds": [action_id], "params": params}}, ensure_ascii=False
        )
        person = self._cloud.company.member(D, userid)
        return {
            "extension": "{}",
            "corpId": self._cloud.company.dingtalk.corp_id,
            "spaceType": "im",
            "userIdType": card.user_id_type,
            "type": "actionCallback",
            "userId": person.unionid if person and card.user_id_type == 2 else userid,
            "content": content,
            "spaceId": card.people.get(userid, "cidForwarded"),
            "outTrackId": card.id,
            "value": content,
        }

    def _flash(self, card: Instance, userid: str, text: str, taken: int = 0) -> Json:
        card.toasts[userid] = text
        self._cloud.chats.changed(D, userid)
        view = self.cards.view(userid, card.id)
        return {"ok": False, "error": text, "toast": text, "answered_ms": taken, "url": None, "card": view}

    def _apply_response(self, card: Instance, userid: str, delivery: Delivery) -> None:
        """The synchronous response inside the ack: public data, and private data of the one who pressed."""
        response = _response_of(delivery.acked.result())
        public = (response.get("cardData") or {}).get("cardParamMap")
        own = (response.get("userPrivateData") or {}).get("cardParamMap")
        warnings = delivery.record.warnings if delivery.record else []
        try:
            public, own = (string_map(m) if m is not None else None for m in (public, own))
        except Refusal as refusal:
            warnings.append(f"同步应答无效,已忽略:{refusal}")
            return
        warnings += self.cards.template_of(card).undeclared({**(public or {}), **(own or {})})
        private = {userid: own} if own is not None else {}
        if public is not None or private:
            self.cards.apply(card, public, private, response.get("cardUpdateOptions") or {}, warnings)


async def _outcome(delivery: Delivery, started: float, patience: float) -> Json:
    """How a push went, looked at for at most `patience` seconds; redelivery goes on behind."""
    await asyncio.wait({delivery.acked}, timeout=patience)
    acked = delivery.acked.done() and not delivery.acked.cancelled()
    taken = round((time.perf_counter() - started) * 1000)
    outcome: Json = {"ok": acked, "acked": acked, "answered_ms": taken, "attempts": delivery.attempts}
    return outcome if acked else outcome | {"error": "应用没有应答,稍后重新投递"}


def _event_taken(ack: Json) -> bool:
    try:
        data = json.loads(ack.get("data") or "{}")
    except ValueError:
        return False
    return ack.get("code") == 200 and isinstance(data, dict) and data.get("status") != "LATER"


def _response_of(ack: Json) -> Json:
    try:
        data = json.loads(ack.get("data") or "{}")
    except ValueError:
        return {}
    response = data.get("response") if isinstance(data, dict) else None
    return response if isinstance(response, dict) else {}
