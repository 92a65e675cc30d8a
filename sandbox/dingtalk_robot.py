"""Messages of the robot: 1:1 batch, group, reply through sessionWebhook; media upload and download of what
people sent.
"""

import itertools
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.chats import Message
from sandbox.cloud import Cloud, Json, Refusal, answer, warn
from sandbox.dingtalk_errors import api, body_of, fields_of, oapi
from sandbox.media import Upload, kind_of, media_url
from sandbox.passes import OneUse, PassRefused
from sandbox.people import Platform

PARAM_LIMIT = 15_000
WEBHOOK_LIMIT = 20_000
SESSION_SECONDS = 5400
MB = 1024 * 1024
MESSAGE_PARAMS: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("text", "title", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    "sampleActionCard2": ("title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2"),
    "sampleActionCard3": ("title", "text", "actionTitle1", "actionURL1"),
    "sampleActionCard4": ("title", "text", "actionTitle1", "actionURL1"),
    "sampleActionCard5": ("title", "text", "actionTitle1", "actionURL1"),
    "sampleActionCard6": ("title", "text", "buttonTitle1", "buttonUrl1"),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("duration", "videoMediaId", "videoType", "picMediaId"),
}
UPLOADS: dict[str, tuple[int, frozenset[str]]] = {
    "image": (20 * MB, frozenset({"png", "jpg", "gif", "bmp"})),
    "voice": (2 * MB, frozenset({"amr", "mp3", "wav"})),
    "video": (20 * MB, frozenset({"mp4"})),
    "file": (20 * MB, frozenset({"zip", "ole", "pdf", "rar"})),
}


def invalid(what: str, message: str) -> Refusal:
    return api(400, f"invalidParameter.{what}", message)


class Robot:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._queries = itertools.count(1)
        self.sessions: OneUse[tuple[str, str | None]] = OneUse(cloud.clock, SESSION_SECONDS)
        self.downloads: dict[str, Upload] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1.0/robot/oToMessages/batchSend", self._to_people),
            web.post("/v1.0/robot/groupMessages/send", self._to_group),
            web.post("/v1.0/robot/messageFiles/download", self._download_url),
            web.post("/robot/sendBySession", self._reply),
            web.post("/media/upload", self._upload),
        ]

    def _message_of(self, request: web.Request, body: Json) -> Message:
        """The chat bubble of msgKey and msgParam. Raises the documented refusals."""
        key, raw = body.get("msgKey"), body.get("msgParam")
        if not body.get("robotCode"):
            raise invalid("robotCode.empty", "robotCode 为空")
        if body["robotCode"] != self._cloud.company.dingtalk.robot_code:
            raise invalid("robotCode.notExsit", "robotCode 不存在")
        if not key:
            raise invalid("msgKey.empty", "msgKey 为空")
        if key not in MESSAGE_PARAMS:
            raise invalid("msgKey.invalid", f"msgKey 无效:{key}")
        if not isinstance(raw, str):
            raise invalid("msgParam.invalid", "msgParam 必须是 JSON 字符串")
        if len(raw.encode()) > PARAM_LIMIT:
            raise invalid("msgParam.tooLong", "msgParam 过长")
        return self._bubble(request, key, _params(key, raw))

    def _bubble(self, request: web.Request, key: str, params: dict[str, str]) -> Message:
        message = Message("", self._cloud.clock.now(), "bot", "text")
        if key == "sampleText":
            message.text = params["content"]
        elif key == "sampleImageMsg":
            message.kind, message.media_url = "image", self._media(request, params["photoURL"])
        elif key in ("sampleFile", "sampleAudio", "sampleVideo"):
            media_id = params.get("mediaId") or params["videoMediaId"]
            message.kind, message.media_url = "file", self._media(request, media_id)
            message.text = params.get("fileName") or key
        else:
            message.kind, message.title = "markdown", params["title"]
            message.text = params["text"]
            message.url = params.get("messageUrl") or params.get("singleURL") or params.get("actionURL1")
        return message

    def _media(self, request: web.Request, media_id: str) -> str:
        if not media_id.startswith("http") and self._cloud.media.find(media_id) is None:
            warn(request, f"媒体文件没有上传过:{media_id}")
        if media_id.startswith(("http://127.", "http://localhost", "http://10.", "http://192.168.")):
            warn(request, "图片地址在内网,手机打不开")
        return media_url(media_id)

    async def _to_people(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        message = self._message_of(request, body)
        userids = body.get("userIds")
        if not isinstance(userids, list) or not userids:
            raise invalid("userIds.empty", "userIds 为空")
        if len(userids) > 20:
            raise invalid("userIds.overMax", "userIds 最多 20 个")
        known = [u for u in userids if self._cloud.company.member(Platform.DINGTALK, str(u))]
        if not known:
            raise api(400, "staffId.notExisted", "用户不存在")
        for userid in known:
            self._put(str(userid), message, None)
        lost = [u for u in userids if u not in known]
        return answer(
            {
                "processQueryKey": self._query_key(),
                "invalidStaffIdList": lost,
                "flowControlledStaffIdList": [],
            }
        )

    async def _to_group(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        message = self._message_of(request, body)
        if not body.get("openConversationId"):
            raise api(400, "miss.openConversationId", "缺少 openConversationId")
        group = self._cloud.company.group_of(str(body["openConversationId"]))
        if group is None:
            raise api(400, "invalid.openConversationId", "openConversationId 无效")
        self._put_group(group.key, message)
        return answer({"processQueryKey": self._query_key()})

    def _query_key(self) -> str:
        return f"pqk-sandbox-{next(self._queries)}"

    def _put(self, userid: str, message: Message, group: str | None) -> None:
        copy = Message(**(vars(message) | {"group": group}))
        self._cloud.chats.add(Platform.DINGTALK, userid, copy)
        self._cloud.counters[Platform.DINGTALK].messages[userid] += 1

    def _put_group(self, key: str, message: Message) -> None:
        for member in self._cloud.company.groups[key].members:
            userid = self._cloud.company.account(Platform.DINGTALK, member)
            if userid:
                self._put(userid, message, key)

    async def _reply(self, request: web.Request) -> web.Response:
        """sessionWebhook: no token, msgtype with its own object; errcode answers."""
        try:
            userid, group = self.sessions.look(request.query.get("session", ""))
        except PassRefused as refused:
            raise oapi(300005, "token is not exist") from refused
        raw = await request.read()
        if len(raw) > WEBHOOK_LIMIT:
            raise oapi(460101, "message body is too long")
        body = await fields_of(request)
        message = self._session_message(request, body)
        if message is not None and group:
            self._put_group(group, message)
        elif message is not None:
            self._put(userid, message, None)
        return answer({"errcode": 0, "errmsg": "ok"})

    def _session_message(self, request: web.Request, body: Json) -> Message | None:
        kind = body.get("msgtype")
        content = body.get(str(kind)) or {}
        shapes: dict[str, Callable[[], Message]] = {
            "text": lambda: self._bubble(request, "sampleText", {"content": str(content["content"])}),
            "markdown": lambda: self._bubble(request, "sampleMarkdown", content),
            "link": lambda: self._bubble(request, "sampleLink", content),
            "actionCard": lambda: self._bubble(request, "sampleActionCard", content),
            "image": lambda: self._bubble(request, "sampleImageMsg", content),
        }
        if kind == "empty":
            return None
        if kind not in shapes or not isinstance(content, dict):
            raise oapi(400105, "unsupported msgtype")
        try:
            return shapes[kind]()
        except KeyError as missing:
            raise oapi(400101, f"缺少参数 {missing.args[0]}") from missing

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        kind = str(request.query.get("type") or form.get("type") or "")
        part = form.get("media")
        if not isinstance(part, web.FileField) or not part.filename:
            raise oapi(41005, "缺少媒体文件")
        if kind not in UPLOADS:
            raise oapi(40004, "不合法的媒体文件类型")
        data, (limit, kinds) = part.file.read(), UPLOADS[kind]
        if len(data) > limit or not data:
            raise oapi(40006, "不合法的文件大小")
        if kind_of(data) not in kinds:
            raise oapi(40005, "不合法的媒体文件格式")
        now = self._cloud.clock.now()
        upload = self._cloud.media.keep(Platform.DINGTALK, kind, part.filename, data, now)
        created = {"type": kind, "media_id": upload.id, "created_at": int(now * 1000)}
        return answer({"errcode": 0, "errmsg": "ok"} | created)

    async def _download_url(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        for name in ("downloadCode", "robotCode"):
            if not body.get(name):
                raise api(400, f"miss.param.{name}", f"缺少 {name}")
        upload = self.downloads.get(str(body["downloadCode"]))
        if upload is None:
            raise invalid("downloadCode", "downloadCode 无效")
        return answer({"downloadUrl": f"{self._cloud.base_url}/sandbox/media/{upload.id}"})


def _params(key: str, raw: str) -> dict[str, str]:
    """msgParam opened and checked: an object whose values are strings and that has what the kind needs."""
    try:
        params: Any = json.loads(raw)
    except ValueError as mistake:
        raise invalid("msgParam.invalid", "msgParam 不是 JSON") from mistake
    if not isinstance(params, dict) or any(not isinstance(v, str) for v in params.values()):
        raise invalid("msgParam.invalid", "msgParam 的值必须都是字符串")
    missing = [name for name in MESSAGE_PARAMS[key] if not params.get(name)]
    if missing:
        raise invalid("msgParam.invalid", f"msgParam 缺少 {missing[0]}")
    return params
