"""The DingTalk client in people's hands: what they say, what they press, what the client shows when nobody
answers.
"""

import asyncio
import json
import secrets
import time
from typing import Any

from sandbox import dingtalk_form
from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Refusal
from sandbox.dingtalk_cards import Cards, Instance
from sandbox.dingtalk_checks import string_map
from sandbox.dingtalk_gateway import BOT_TOPIC, CARD_TOPIC, Delivery, Gateway
from sandbox.dingtalk_robot import SESSION_SECONDS, Robot
from sandbox.drawn import Action, Drawing
from sandbox.people import Person, Platform

D = Platform.DINGTALK
DELIVERIES = 3
EVENT_SECONDS = 3
FAILED = "操作失败,请稍后重试"


class Phone:
    def __init__(self, cloud: Cloud, gateway: Gateway, cards: Cards, robot: Robot) -> None:
        self._cloud = cloud
        self._gateway = gateway
        self._cards = cards
        self._robot = robot

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
        delivery = await self._gateway.deliver(
            ("CALLBACK", BOT_TOPIC),
            self._bot_message(person, text, group, upload),
            attempts=DELIVERIES,
            wait=faults.redeliver_seconds,
        )
        return await _outcome(delivery, started, patience=5.0)

    def _bot_message(self, person: Person, text: str, group: str | None, upload: Json | None) -> Json:
        now, app = self._cloud.clock.now(), self._cloud.company.dingtalk
        session = self._robot.sessions.issue((person.accounts[D], group))
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
        delivery = await self._gateway.deliver(
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
        userid, card = person.accounts[D], self._cards.instances[card_id]
        drawing = self._cards.drawing(card, userid)
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
                "card": self._cards.view(userid, card_id),
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
            "card": self._cards.view(userid, card_id),
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
        template = self._cards.template_of(card)
        values, _ = template.values(self._cards.effective(card, userid))
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
            delivery = await self._gateway.deliver(
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
        view = self._cards.view(userid, card.id)
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
        warnings += self._cards.template_of(card).undeclared({**(public or {}), **(own or {})})
        private = {userid: own} if own is not None else {}
        if public is not None or private:
            self._cards.apply(card, public, private, response.get("cardUpdateOptions") or {}, warnings)


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
