"""The control API of the two-phone page, of tests and of scripts, and the built page's files.

The contract, with every JSON shape, is docs/sandbox.md section 1; this file is the only place that serves it:

    GET  /sandbox/api/people                      company, people with their accounts, groups
    GET  /sandbox/api/chats/{platform}/{userid}   messages, oldest first; a card with `drawn`, `raw`,
    `dead`, `toast`
    POST /sandbox/api/say                         {platform, userid, text, group?, file?: {name, base64}}
    POST /sandbox/api/click                       {platform, userid, card_id, button?, values?,
    selected?, forge?, wait?}
    POST /sandbox/api/event                       {platform, userid?, event, data?}
    POST /sandbox/api/verify                      the WeCom console's check of the callback URL
    POST /sandbox/api/attack                      {kind}: one bad WeCom callback
    GET  /sandbox/api/events                      server-sent events: {"type": "chat", …}, {"type": "wire", …}
    GET  /sandbox/api/wire?limit=&after=          every exchange
    GET  /sandbox/api/clock   POST {advance_seconds}
    GET  /sandbox/api/faults  POST {platform, knob: value …}
    GET  /sandbox/api/counters  POST {reset: true}
    GET  /sandbox/api/health
    GET  /sandbox/api/post                        e-mails and SMS that arrived (sandbox/post.py)
    GET  /sandbox/media/{id}

Unknown person or card: 404; malformed request: 400; both {"error": "中文"}.
"""

import asyncio
import base64
import binascii
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import faults as knobs
from sandbox.chats import Counters, Message
from sandbox.cloud import Cloud, Json, answer
from sandbox.dingtalk import DingTalk
from sandbox.media import media_url
from sandbox.people import Person, Platform
from sandbox.wecom import WeCom

BEAT_SECONDS = 15
WIRE_LIMIT = 1000


def fail(status: int, text: str) -> web.HTTPException:
    kinds: dict[int, type[web.HTTPException]] = {400: web.HTTPBadRequest, 404: web.HTTPNotFound}
    return kinds[status](
        text=json.dumps({"error": text}, ensure_ascii=False), content_type="application/json"
    )


class Page:
    def __init__(
        self, cloud: Cloud, dingtalk: DingTalk, wecom: WeCom, templates: list[str], static: Path | None
    ) -> None:
        self._cloud = cloud
        self._dingtalk = dingtalk
        self._wecom = wecom
        self._templates = templates
        self._static = static

    def routes(self) -> list[web.AbstractRouteDef]:
        api = "/sandbox/api"
        files: list[web.AbstractRouteDef] = [web.get("/", self._index)]
        if self._static is not None and (self._static / "assets").is_dir():
            files.append(web.static("/assets", self._static / "assets"))
        return [
            web.get(f"{api}/people", self._people),
            web.get(f"{api}/chats/{{platform}}/{{userid}}", self._chat),
            web.post(f"{api}/say", self._say),
            web.post(f"{api}/click", self._click),
            web.post(f"{api}/event", self._event),
            web.post(f"{api}/verify", self._verify),
            web.post(f"{api}/attack", self._attack),
            web.get(f"{api}/events", self._events),
            web.get(f"{api}/wire", self._wire),
            web.get(f"{api}/clock", self._clock),
            web.post(f"{api}/clock", self._clock),
            web.get(f"{api}/faults", self._faults),
            web.post(f"{api}/faults", self._faults),
            web.get(f"{api}/counters", self._counters),
            web.post(f"{api}/counters", self._counters),
            web.get(f"{api}/health", self._health),
            web.get("/sandbox/media/{id}", self._media),
            *files,
        ]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        page = self._static / "sandbox.html" if self._static else None
        if page is None or not page.is_file():
            return web.Response(
                status=404, text="页面还没有构建:先构建 admin/web,再用 --static admin/static 启动。"
            )
        return web.FileResponse(page, headers={"Cache-Control": "no-cache"})

    async def _people(self, request: web.Request) -> web.Response:
        company = self._cloud.company
        people = [
            {
                "id": p.key,
                "name": p.name,
                "nick": p.nick,
                "title": p.title,
                "department": company.departments[p.department].name,
                "platforms": {str(platform): userid for platform, userid in p.accounts.items()},
            }
            for p in company.people.values()
        ]
        groups = [
            {"id": g.key, "name": g.name, "members": list(g.members), "platforms": list(g.platforms)}
            for g in company.groups.values()
        ]
        return answer({"company": company.name, "people": people, "groups": groups})

    def _member(self, platform: Any, userid: Any) -> tuple[Platform, Person]:
        try:
            found = Platform(platform)
        except ValueError as mistake:
            raise fail(400, "platform 只能是 dingtalk 或 wecom") from mistake
        person = self._cloud.company.member(found, str(userid))
        if person is None:
            raise fail(404, f"没有这个人:{userid}")
        return found, person

    async def _chat(self, request: web.Request) -> web.Response:
        platform, person = self._member(request.match_info["platform"], request.match_info["userid"])
        userid = person.accounts[platform]
        messages = [self._message(platform, userid, m) for m in self._cloud.chats.of(platform, userid)]
        return answer({"platform": platform, "userid": userid, "messages": messages})

    def _message(self, platform: Platform, userid: str, message: Message) -> Json:
        shown = asdict(message)
        card_id = shown.pop("card_id")
        shown["from"] = shown.pop("sender")
        shown["card"] = self._card(platform, userid, card_id) if card_id else None
        if shown["card"]:
            shown["text"] = shown["card"].pop("summary")
        return shown

    def _card(self, platform: Platform, userid: str, card_id: str) -> Json:
        if platform is Platform.DINGTALK:
            return self._dingtalk.cards.view(userid, card_id)
        return self._wecom.messages.copy_of(card_id, userid).view()

    async def _say(self, request: web.Request) -> web.Response:
        body = await _body(request)
        platform, person = self._member(body.get("platform"), body.get("userid"))
        text, group = body.get("text"), body.get("group")
        upload = self._uploaded(platform, body["file"]) if body.get("file") else None
        if not upload and (not isinstance(text, str) or not text):
            raise fail(400, "text 为空")
        if group is not None and not self._spoken_in(platform, group):
            raise fail(404, f"没有这个群:{group}")
        if platform is Platform.DINGTALK:
            return answer(await self._dingtalk.phone.say(person, str(text or ""), group, upload))
        return answer(await self._wecom.say(person, str(text or ""), upload))

    def _spoken_in(self, platform: Platform, group: Any) -> bool:
        """DingTalk's robot hears what is said in its groups; WeCom's apps do not."""
        found = self._cloud.company.groups.get(group)
        return found is not None and platform is Platform.DINGTALK and bool(found.conversation)

    def _uploaded(self, platform: Platform, file: Any) -> Json:
        """A picture or file a person sends to the bot, kept like any upload."""
        try:
            name, data = str(file["name"]), base64.b64decode(file["base64"], validate=True)
        except (KeyError, TypeError, binascii.Error) as mistake:
            raise fail(400, "file 需要 name 和 base64") from mistake
        picture = name.lower().endswith((".png", ".jpg", ".jpeg", ".gif"))
        kind = "image" if picture else "file"
        upload = self._cloud.media.keep(platform, kind, name, data, self._cloud.clock.now())
        code = f"dl-{upload.id}"
        self._dingtalk.robot.downloads[code] = upload
        content = {"downloadCode": code} | ({} if picture else {"fileName": name})
        frame = {"msgtype": "picture" if picture else "file", "content": content}
        return {"media_id": upload.id, "media_url": media_url(upload.id), "content": content, "frame": frame}

    async def _click(self, request: web.Request) -> web.Response:
        body = await _body(request)
        platform, person = self._member(body.get("platform"), body.get("userid"))
        card_id = str(body.get("card_id"))
        if not all(isinstance(body.get(name) or {}, dict) for name in ("values", "selected")):
            raise fail(400, "values 和 selected 必须是对象")
        known = (
            self._dingtalk.cards.instances if platform is Platform.DINGTALK else self._wecom.messages.copies
        )
        key: Any = card_id if platform is Platform.DINGTALK else (card_id, person.accounts[platform].lower())
        if key not in known:
            raise fail(404, f"没有这张卡片:{card_id}")
        phone = self._dingtalk.phone if platform is Platform.DINGTALK else self._wecom
        press = phone.click(person, card_id, body)
        if body.get("wait") is False:
            self._cloud.spawn(press)
            return answer({"ok": True})
        return answer(await press)

    async def _event(self, request: web.Request) -> web.Response:
        body = await _body(request)
        event, data = body.get("event"), body.get("data") or {}
        if not isinstance(event, str) or not event or not isinstance(data, dict):
            raise fail(400, "event 为空")
        if body.get("platform") == Platform.DINGTALK:
            return answer(await self._dingtalk.phone.event(event, data))
        _, person = self._member(body.get("platform"), body.get("userid"))
        return answer(await self._wecom.event(person.accounts[Platform.WECOM], event, data))

    async def _verify(self, request: web.Request) -> web.Response:
        error = await self._wecom.callback.verify()
        return answer({"ok": not error, "error": error or None})

    async def _attack(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if self._wecom.callback.url is None:
            raise fail(400, "没有配置回调地址")
        status = await self._wecom.callback.attack(str(body.get("kind")), self._wecom.xml_sample())
        if status is None:
            raise fail(400, f"没有这种攻击:{body.get('kind')}")
        return answer({"status": status})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        await response.prepare(request)
        with self._cloud.bus.listen() as queue:
            await response.write(b": hello\n\n")
            while True:
                try:
                    news = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
                    line = f"data: {json.dumps(news, ensure_ascii=False)}\n\n"
                except TimeoutError:
                    line = ": beat\n\n"
                try:
                    await response.write(line.encode())
                except ConnectionError:
                    return response

    async def _wire(self, request: web.Request) -> web.Response:
        try:
            limit, after = int(request.query.get("limit", 100)), int(request.query.get("after", 0))
        except ValueError as mistake:
            raise fail(400, "limit 和 after 必须是数字") from mistake
        return answer({"entries": self._cloud.wire.last(min(limit, WIRE_LIMIT), after)})

    async def _clock(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            seconds = (await _body(request)).get("advance_seconds")
            if not isinstance(seconds, int | float) or seconds < 0:
                raise fail(400, "advance_seconds 必须是不小于 0 的数字")
            self._cloud.clock.advance(float(seconds))
        return answer({"now": self._cloud.clock.now(), "offset": self._cloud.clock.offset})

    async def _faults(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            body = await _body(request)
            try:
                chosen = (
                    list(Platform) if body.get("platform", "both") == "both" else [Platform(body["platform"])]
                )
                for platform in chosen:
                    await self._set_faults(platform, body)
            except ValueError as mistake:
                raise fail(400, str(mistake)) from mistake
        return answer(
            {str(p): asdict(f) for p, f in self._cloud.faults.items()} | {"seed": self._cloud.dice.seed}
        )

    async def _set_faults(self, platform: Platform, wanted: Json) -> None:
        if wanted.get("reset"):
            self._cloud.faults[platform] = knobs.defaults(platform)
        knobs.change(self._cloud.faults[platform], wanted)
        if isinstance(wanted.get("seed"), int):
            self._cloud.dice.restart(wanted["seed"])
        if wanted.get("expire_tokens"):
            (self._dingtalk if platform is Platform.DINGTALK else self._wecom).tokens.expire_all()
        if platform is Platform.DINGTALK:
            await self._break_links(wanted)

    async def _break_links(self, wanted: Json) -> None:
        gateway = self._dingtalk.gateway
        if wanted.get("garbage"):
            await gateway.garbage()
        if wanted.get("disconnect"):
            await gateway.disconnect()
        if wanted.get("cut") or wanted.get("down"):
            gateway.cut()

    async def _counters(self, request: web.Request) -> web.Response:
        if request.method == "POST" and (await _body(request)).get("reset"):
            for platform in Platform:
                self._cloud.counters[platform] = Counters()
        return answer({str(p): c.as_json() for p, c in self._cloud.counters.items()})

    async def _health(self, request: web.Request) -> web.Response:
        links = [link for link in self._dingtalk.gateway.links if not link.draining]
        return answer(
            {
                "ok": True,
                "dingtalk": {"connections": len(links)},
                "wecom": {"callback": self._wecom.callback.url},
                "templates": self._templates,
            }
        )

    async def _media(self, request: web.Request) -> web.Response:
        upload = self._cloud.media.find(request.match_info["id"])
        if upload is None:
            raise fail(404, "没有这个文件")
        return web.Response(body=upload.data, content_type=upload.content_type)


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError as mistake:
        raise fail(400, "请求体不是 JSON") from mistake
    if not isinstance(body, dict):
        raise fail(400, "请求体必须是 JSON 对象")
    return body
