"""Interactive cards on the API side: create, deliver, update; each user's effective data (public plus
private).

Validation and error codes follow the documentation of 互动卡片 高级版; what the real service accepts in
silence although it
breaks the card on the phone is noted as a warning in the record of traffic.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from sandbox.chats import Message
from sandbox.cloud import WARNINGS, Cloud, Json, answer, short, warn
from sandbox.dingtalk_checks import bad, check_deliver_models, space_models, string_map, targets
from sandbox.dingtalk_draw import draw
from sandbox.dingtalk_errors import body_of
from sandbox.dingtalk_template import Template
from sandbox.drawn import Drawing
from sandbox.people import Person, Platform

LONG_VALUE = 3000


@dataclass
class Instance:
    """One card. `private` and `typed` by userid; `spaces`: kinds the card was made for; `people`: in whose
    chat it stands.
    """

    id: str
    template_id: str
    callback_type: str
    user_id_type: int
    public: dict[str, str]
    private: dict[str, dict[str, str]]
    spaces: list[str]
    people: dict[str, str] = field(default_factory=dict)
    typed: dict[str, dict[str, Any]] = field(default_factory=dict)
    toasts: dict[str, str] = field(default_factory=dict)
    open_callbacks: int = 0


class Cards:
    def __init__(self, cloud: Cloud, templates: Mapping[str, Template]) -> None:
        self._cloud = cloud
        self._templates = templates
        self.instances: dict[str, Instance] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1.0/card/instances", self._create_call),
            web.put("/v1.0/card/instances", self._update_call),
            web.post("/v1.0/card/instances/deliver", self._deliver_call),
            web.post("/v1.0/card/instances/createAndDeliver", self._both_call),
            web.put("/v1.0/card/instances/spaces", self._spaces_call),
        ]

    async def _create_call(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        card = self._create(request, body)
        self._keep(card)
        return answer({"success": True, "result": card.id})

    async def _deliver_call(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        card = self._known(body)
        return answer({"success": True, "result": self._deliver(request, card, body)})

    async def _both_call(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        targets(body, request)
        check_deliver_models(body, request, self._cloud.company.dingtalk.robot_code)
        card = self._create(request, body)
        self._keep(card)
        results = self._deliver(request, card, body)
        return answer({"success": True, "result": {"outTrackId": card.id, "deliverResults": results}})

    async def _spaces_call(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        card = self._known(body)
        card.spaces = sorted({*card.spaces, *space_models(body)})
        self._keep(card)
        return answer({"success": True, "result": True})

    async def _update_call(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        card = self._known(body)
        public, private = self._card_data(body), self._private_data(body)
        if public is None and not private:
            raise bad("cardDataAndPrivateDataBothEmpty")
        if card.open_callbacks:
            warn(request, "回传请求还没有应答就调用了更新接口")
        self._check_values(request, self._templates[card.template_id], public or {}, private)
        self.apply(card, public, private, body.get("cardUpdateOptions") or {}, request[WARNINGS])
        self._cloud.counters[Platform.DINGTALK].card_updates += 1
        return answer({"success": True, "result": True})

    def _known(self, body: Json) -> Instance:
        if not body.get("outTrackId"):
            raise bad("outTrackIdEmpty")
        card = self.instances.get(body["outTrackId"])
        if card is None:
            raise bad("cardNotExist", "卡片不存在")
        return card

    def _create(self, request: web.Request, body: Json) -> Instance:
        template = self._template(body)
        out_track_id = body.get("outTrackId")
        if not out_track_id:
            raise bad("outTrackIdEmpty")
        if not isinstance(out_track_id, str) or len(out_track_id) > 100:
            raise bad("invalid", "outTrackId 最长 100 个字符")
        if out_track_id in self.instances:
            raise bad("cardAlreadyExist", "卡片已存在")
        public, private = self._card_data(body), self._private_data(body)
        if public is None:
            raise bad("cardPublicDataEmpty")
        callback = body.get("callbackType") or ""
        if callback not in ("", "STREAM", "HTTP") or (
            callback == "HTTP" and not body.get("callbackRouteKey")
        ):
            raise bad("invalid", "callbackType 只能是 STREAM 或 HTTP(HTTP 需要 callbackRouteKey)")
        if callback != "STREAM":
            warn(request, "callbackType 不是 STREAM:这张卡片的点击不会到达 Stream 连接")
        self._check_values(request, template, public, private)
        spaces = space_models(body)
        return Instance(
            out_track_id,
            template.id,
            callback,
            int(body.get("userIdType") or 1),
            public,
            private,
            sorted(spaces),
        )

    def _template(self, body: Json) -> Template:
        if not body.get("cardTemplateId"):
            raise bad("cardTemplateIdEmpty")
        template = self._templates.get(body["cardTemplateId"])
        if template is None:
            raise bad("templateNotExist", "模板不存在")
        if not template.published:
            raise bad("templateUnpublished", "模板未发布")
        return template

    def _card_data(self, body: Json) -> dict[str, str] | None:
        if body.get("cardData") is None:
            return None
        return string_map((body["cardData"] or {}).get("cardParamMap"))

    def _private_data(self, body: Json) -> dict[str, dict[str, str]]:
        found = {}
        for given, data in (body.get("privateData") or {}).items():
            person = self._person(given, int(body.get("userIdType") or 1))
            if person is None:
                raise bad("userIdNotExist", f"用户不存在:{given}")
            found[person.accounts[Platform.DINGTALK]] = string_map((data or {}).get("cardParamMap"))
        return found

    def _person(self, given: str, user_id_type: int) -> Person | None:
        if user_id_type == 2:
            return self._cloud.company.by_unionid(given)
        return self._cloud.company.member(Platform.DINGTALK, given)

    def _check_values(
        self, request: web.Request, template: Template, public: Mapping[str, str], private: Mapping[str, Json]
    ) -> None:
        warnings = request[WARNINGS]
        for values in (public, *private.values()):
            warnings += template.undeclared(values)
            warnings += template.values(values)[1]
            warnings += [
                f"变量 {n} 超过 {LONG_VALUE} 字,手机上可能是空白卡片"
                for n, v in values.items()
                if len(v) > LONG_VALUE
            ]
        for values in private.values():
            known = template.variables
            warnings += [
                f"变量 {n} 没有打开「私有」,私有值不生效"
                for n in values
                if n in known and not known[n].private
            ]
        self._warn_media(warnings, template, public)

    def _warn_media(self, warnings: list[str], template: Template, public: Mapping[str, str]) -> None:
        for text in public.values():
            for media_id in re.findall(r"@lA[A-Za-z0-9_]+", text):
                if self._cloud.media.find(media_id) is None:
                    warnings.append(f"媒体文件没有上传过:{media_id}")
            if re.search(r"!\[[^\]]*\]\(https?://(127\.|10\.|192\.168\.|localhost)", text):
                warnings.append("图片地址在内网,手机打不开")

    def apply(
        self,
        card: Instance,
        public: Mapping[str, str] | None,
        private: Mapping[str, Mapping[str, str]],
        options: Json,
        warnings: list[str],
    ) -> None:
        """Write new data into the card: merged by key, or replacing the whole map when the option is not
        set.
        """
        if public is not None:
            if options.get("updateCardDataByKey") is not True:
                warnings.append("没有 updateCardDataByKey:true,整个公有数据被覆盖")
                card.public = {}
            card.public |= public
        for userid, values in private.items():
            if options.get("updatePrivateDataByKey") is not True:
                warnings.append(f"没有 updatePrivateDataByKey:true,{userid} 的私有数据被覆盖")
                card.private[userid] = {}
            card.private[userid] = card.private.get(userid, {}) | dict(values)
        self._keep(card)

    def _keep(self, card: Instance) -> None:
        self.instances[card.id] = card
        self._cloud.journal.write("dingtalk_card", asdict(card) | {"open_callbacks": 0})
        for userid in card.people:
            self._cloud.chats.changed(Platform.DINGTALK, userid)

    def restore(self, row: Json) -> None:
        self.instances[row["id"]] = Instance(**row)

    def _deliver(self, request: web.Request, card: Instance, body: Json) -> list[Json]:
        wanted = targets(body, request)
        check_deliver_models(body, request, self._cloud.company.dingtalk.robot_code)
        results = []
        for kind, space_id in wanted:
            error = self._deliver_one(card, kind, space_id, body)
            results.append(
                {
                    "spaceType": kind,
                    "spaceId": space_id,
                    "success": not error,
                    "carrierId": "",
                    "errorMsg": error,
                }
            )
        self._keep(card)
        return results

    def _deliver_one(self, card: Instance, kind: str, space_id: str, body: Json) -> str:
        """Put the card into the chats of one space; the error text of the result entry, "" when it went
        well.
        """
        if kind not in card.spaces:
            return "spaces of card is empty"
        if kind == "IM_ROBOT":
            person = self._person(space_id, card.user_id_type)
            if person is None:
                return "user not exist"
            self._show(card, person.accounts[Platform.DINGTALK], f"cid1to1-{person.key}", None)
            return ""
        group = self._cloud.company.group_of(space_id)
        if group is None or kind == "IM_SINGLE":
            return "conversation not exist"
        only = (body.get("imGroupOpenDeliverModel") or {}).get("recipients")
        for key in group.members:
            userid = self._cloud.company.account(Platform.DINGTALK, key)
            if userid and (not only or userid in only):
                self._show(card, userid, group.conversation, group.key)
        return ""

    def _show(self, card: Instance, userid: str, conversation: str, group: str | None) -> None:
        already, card.people[userid] = userid in card.people, conversation
        if already:
            return
        message = Message("", self._cloud.clock.now(), "bot", "card", group=group, card_id=card.id)
        self._cloud.chats.add(Platform.DINGTALK, userid, message)
        self._cloud.counters[Platform.DINGTALK].cards[userid] += 1

    def template_of(self, card: Instance) -> Template:
        return self._templates[card.template_id]

    def effective(self, card: Instance, userid: str) -> dict[str, str]:
        """Public values, with this user's private ones over them where the variable is private."""
        declared = self._templates[card.template_id].variables
        own = {n: v for n, v in card.private.get(userid, {}).items() if n in declared and declared[n].private}
        return card.public | own

    def drawing(self, card: Instance, userid: str) -> Drawing:
        template = self._templates.get(card.template_id)
        if template is None:
            return Drawing()
        return draw(template, self.effective(card, userid), card.typed.get(userid, {}))

    def view(self, userid: str, card_id: str) -> Json:
        """The card object of the control API."""
        card = self.instances[card_id]
        drawing = self.drawing(card, userid)
        raw = {"cardTemplateId": card.template_id, "cardParamMap": self.effective(card, userid)}
        toast = card.toasts.get(userid)
        return {
            "card_id": card_id,
            "drawn": drawing.drawn,
            "raw": raw,
            "dead": drawing.dead,
            "toast": toast,
            "summary": short(drawing.summary or drawing.drawn["title"]),
        }
