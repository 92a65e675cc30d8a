"""message/send and update_template_card: receivers, limits, duplicates, and each member's own copy of a
card.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import asdict

from aiohttp import web

from sandbox import wecom_cards
from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Window, answer, short
from sandbox.media import media_url
from sandbox.passes import OneUse, PassRefused, Why
from sandbox.people import Person, Platform
from sandbox.wecom_copies import Copy
from sandbox.wecom_errors import body_of, refuse

W = Platform.WECOM
CODE_SECONDS = 72 * 3600
MEDIA_SECONDS = 3 * 86400
UPDATABLE = wecom_cards.INTERACTIVE


class Messages:
    """`codes` are response codes; each addresses the whole message it came with."""

    def __init__(self, cloud: Cloud, *, callback: bool) -> None:
        self._cloud = cloud
        self._has_callback = callback
        self._numbers = itertools.count(1)
        self._rate = Window(cloud.clock, 60)
        self._seen: dict[str, float] = {}
        self._task_ids: set[str] = set()
        self.codes: OneUse[str] = OneUse(cloud.clock, CODE_SECONDS)
        self.copies: dict[tuple[str, str], Copy] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/message/send", self._send),
            web.post("/cgi-bin/message/update_template_card", self._update),
            web.post("/cgi-bin/message/recall", self._recall),
        ]

    def copy_of(self, message_id: str, userid: str) -> Copy:
        """Raises KeyError when this member never got that card."""
        return self.copies[message_id, userid.lower()]

    def changed(self, copy: Copy) -> None:
        self._cloud.journal.write("wecom_copy", asdict(copy))
        self._cloud.chats.changed(W, copy.userid)

    def restore(self, row: Json) -> None:
        copy = Copy(**row)
        self.copies[copy.message_id, copy.userid.lower()] = copy
        self._task_ids.add(copy.task_id)
        self._numbers = itertools.count(
            max(next(self._numbers), int(copy.message_id.removeprefix("msg-")) + 1)
        )

    async def _send(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        self._check_agent(body)
        people, invalid = self._receivers(body)
        make = KINDS.get(str(body.get("msgtype")))
        if make is None:
            raise refuse(40008)
        message = make(self, body.get(str(body["msgtype"])) or {})
        if not people:
            raise refuse(81013)
        if body.get("msgtype") == "template_card":
            self._claim_task_id(body["template_card"])
        message_id = f"msg-{next(self._numbers)}"
        if not self._is_duplicate(body):
            for person in people:
                self._put(message_id, person, message, body)
        return answer(self._sent(message_id, body, invalid))

    def _sent(self, message_id: str, body: Json, invalid: list[str]) -> Json:
        made: Json = {"errcode": 0, "errmsg": "ok", "msgid": message_id}
        if invalid:
            made["invaliduser"] = "|".join(invalid)
        card = body.get("template_card") or {}
        if body["msgtype"] == "template_card" and (card["card_type"] in UPDATABLE or card.get("action_menu")):
            made["response_code"] = self.codes.issue(message_id)
        return made

    def _check_agent(self, body: Json) -> None:
        agent = body.get("agentid")
        if agent in (None, ""):
            raise refuse(41011)
        if not isinstance(agent, int | str) or str(agent) != str(self._cloud.company.wecom.agent_id):
            raise refuse(301002 if str(agent).isdigit() else 40056)

    def _receivers(self, body: Json) -> tuple[list[Person], list[str]]:
        """Who gets it, and the unknown user ids in lower case."""
        company = self._cloud.company
        users = _names(body, "touser")
        if users == ["@all"]:
            return list(company.members_of(W)), []
        parties = _names(body, "toparty")
        if not users and not parties and not _names(body, "totag"):
            raise refuse(82001)
        if len(users) > 1000:
            raise refuse(40032)
        if len(parties) > 100:
            raise refuse(82002)
        found = {p.key: p for u in users if (p := company.member(W, u))}
        for number in parties:
            department = company.department_numbered(int(number)) if number.isdigit() else None
            if department:
                found |= {p.key: p for p in company.members_of(W, department.key)}
        return list(found.values()), [u.lower() for u in users if company.member(W, u) is None]

    def _is_duplicate(self, body: Json) -> bool:
        if body.get("enable_duplicate_check") != 1:
            return False
        key = json.dumps(body, sort_keys=True)
        until = self._seen.get(key, 0)
        now = self._cloud.clock.now()
        if until > now:
            return True
        self._seen[key] = now + min(int(body.get("duplicate_check_interval") or 1800), 4 * 3600)
        return False

    def _claim_task_id(self, card: Json) -> None:
        task_id = card.get("task_id")
        if task_id in self._task_ids:
            raise refuse(42014)
        if task_id:
            self._task_ids.add(task_id)

    def _put(self, message_id: str, person: Person, message: Message, body: Json) -> None:
        """Into one member's chat, unless 30 already came within the minute: then dropped in silence."""
        userid = person.accounts[W]
        counters = self._cloud.counters[W]
        if not self._rate.admits(userid, self._cloud.faults[W].per_minute):
            counters.dropped[userid] += 1
            return
        own = Message(**vars(message))
        if message.kind == "card":
            own.card_id = message_id
            card = json.loads(json.dumps(body["template_card"]))
            copy = Copy(message_id, userid, card.get("task_id") or "", card)
            self.copies[message_id, userid.lower()] = copy
            self._cloud.journal.write("wecom_copy", asdict(copy))
            counters.cards[userid] += 1
        counters.messages[userid] += 1
        self._cloud.chats.add(W, userid, own)

    async def _update(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        self._check_agent(body)
        message_id = self._message_of(body)
        card, button = body.get("template_card"), body.get("button")
        name = button.get("replace_name") if isinstance(button, dict) else None
        if card is not None:
            wecom_cards.check(card, callback=self._has_callback, update=True)
        elif not name:
            raise refuse(42020, "replace_name")
        copies, invalid = self._holders(message_id, body)
        self.codes.use(body["response_code"])
        for copy in copies:
            if card is not None:
                copy.replace(json.loads(json.dumps(card)))
            elif copy.card["card_type"] in UPDATABLE:
                copy.replaced = str(name)
            self.changed(copy)
        self._cloud.counters[W].card_updates += 1
        return answer({"errcode": 0, "errmsg": "ok"} | ({"invaliduser": invalid} if invalid else {}))

    def _message_of(self, body: Json) -> str:
        """The message a response code speaks for; the codes' errcodes are our reading (undocumented)."""
        try:
            return self.codes.look(str(body.get("response_code") or ""))
        except PassRefused as refused:
            codes = {Why.USED: 42022, Why.EXPIRED: 42003, Why.UNKNOWN: 40058}
            raise refuse(codes[refused.why], "response_code") from refused

    def _holders(self, message_id: str, body: Json) -> tuple[list[Copy], list[str]]:
        """The copies that an update reaches, and user ids that hold none."""
        held = {uid: copy for (mid, uid), copy in self.copies.items() if mid == message_id}
        if body.get("atall") == 1:
            return list(held.values()), []
        wanted = body.get("userids") or []
        if not isinstance(wanted, list) or len(wanted) > 1000:
            raise refuse(40063, "userids")
        if not wanted and not body.get("partyids") and not body.get("tagids"):
            raise refuse(82001)
        named = [str(u) for u in wanted]
        return [held[u.lower()] for u in named if u.lower() in held], [
            u for u in named if u.lower() not in held
        ]

    async def _recall(self, request: web.Request) -> web.Response:
        """Recalled: gone from the chats is not simulated; a notice says so."""
        body = await body_of(request)
        message_id = str(body.get("msgid") or "")
        holders = [copy for (mid, _), copy in self.copies.items() if mid == message_id]
        if not holders:
            raise refuse(40063, "msgid")
        for copy in holders:
            copy.replaced = "已撤回"
            self._cloud.chats.add(
                W, copy.userid, Message("", self._cloud.clock.now(), "bot", "notice", "应用撤回了一条消息")
            )
        return answer({"errcode": 0, "errmsg": "ok"})

    def _bubble(self, kind: str, text: str = "") -> Message:
        return Message("", self._cloud.clock.now(), "bot", kind, text)

    def text(self, content: Json) -> Message:
        text = _need(content, "content", 44004)
        return self._bubble("text", text.encode()[:2048].decode(errors="ignore"))

    def markdown(self, content: Json) -> Message:
        text = _need(content, "content", 44004)
        if len(text.encode()) > 2048:
            raise refuse(45002)
        return self._bubble("markdown", text)

    def media(self, kind: str, content: Json) -> Message:
        media_id = _need(content, "media_id", 41006)
        upload = self._cloud.media.find(media_id)
        expired = upload is not None and upload.at + MEDIA_SECONDS < self._cloud.clock.now()
        if upload is None or upload.platform is not W or upload.type != kind or expired:
            raise refuse(40007)
        message = self._bubble("image" if kind == "image" else "file", "" if kind == "image" else upload.name)
        message.media_url = media_url(media_id)
        return message

    def textcard(self, content: Json) -> Message:
        message = self._bubble("markdown", _need(content, "description", 41033))
        message.title, message.url = _need(content, "title", 41016), _link(content)
        if len(message.title) > 128 or len(message.text) > 512:
            raise refuse(45002)
        return message

    def news(self, content: Json) -> Message:
        articles = content.get("articles") or []
        if not isinstance(articles, list) or not articles:
            raise refuse(40063, "articles")
        if len(articles) > 8:
            raise refuse(45008)
        for article in articles:
            _need(article, "title", 41016)
            if not article.get("appid"):
                _link(article)
        first = articles[0]
        message = self._bubble(
            "markdown", "\n\n".join(f"**{a['title']}** {a.get('description') or ''}" for a in articles)
        )
        message.title, message.url, message.media_url = first["title"], first.get("url"), first.get("picurl")
        return message

    def template_card(self, card: Json) -> Message:
        wecom_cards.check(card, callback=self._has_callback)
        if card.get("task_id") in self._task_ids:
            raise refuse(42014)
        self._check_attachments(card)
        title = card.get("main_title") or {}
        return self._bubble("card", short(str(title.get("title") or card.get("sub_title_text") or "")))

    def _check_attachments(self, card: Json) -> None:
        for row in card.get("horizontal_content_list") or []:
            if row.get("type") == 2 and self._cloud.media.find(row["media_id"]) is None:
                raise refuse(40007)


def _names(body: Json, key: str) -> list[str]:
    value = body.get(key) or ""
    if not isinstance(value, str):
        raise refuse(40035, f"{key} must be a string")
    return [n for n in value.split("|") if n]


def _need(content: Json, key: str, errcode: int) -> str:
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, str) or not value:
        raise refuse(errcode, key)
    return value


def _link(content: Json) -> str:
    url = _need(content, "url", 41010)
    if not url.startswith(("http://", "https://")):
        raise refuse(45034)
    return url


Maker = Callable[[Messages, Json], Message]


def _media_maker(kind: str) -> Maker:
    return lambda messages, content: messages.media(kind, content)


KINDS: dict[str, Maker] = {
    "text": Messages.text,
    "markdown": Messages.markdown,
    "textcard": Messages.textcard,
    "news": Messages.news,
    "template_card": Messages.template_card,
} | {kind: _media_maker(kind) for kind in ("image", "voice", "video", "file")}
