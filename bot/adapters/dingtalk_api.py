"""DingTalk's server API as this product uses it: cards, robot messages, media, and who somebody is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.adapters.base import PlatformError
from bot.adapters.dingtalk_http import Client

CARDS = "/v1.0/card/instances"
NOBODY = "zhongshu-nobody"


class Api:
    """One app's calls; each raises PlatformError. `space`: IM_ROBOT, lower case where a tenant wants it."""

    def __init__(self, client: Client, *, robot_code: str, space: str = "IM_ROBOT") -> None:
        self.client = client
        self._robot = robot_code
        self._space = space

    async def create_card(
        self, to: str, key: str, template: str, variables: Mapping[str, str], summary: str
    ) -> bool:
        """Create a card and put it into the person's chat with the bot; False when the key was there already.

        HTTP 200 does not mean delivered: each entry of `deliverResults` is looked at.
        """
        body = {
            "cardTemplateId": template,
            "outTrackId": key,
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {"cardParamMap": dict(variables)},
            "openSpaceId": f"dtv1.card//{self._space}.{to}",
            "imRobotOpenSpaceModel": {"supportForward": False, "lastMessageI18n": {"ZH_CN": summary}},
            "imRobotOpenDeliverModel": {"spaceType": self._space, "robotCode": self._robot},
        }
        try:
            answer = await self.client.call("POST", f"{CARDS}/createAndDeliver", body)
        except PlatformError as refused:
            if refused.code != "param.cardAlreadyExist":
                raise
            return False
        _all_delivered(answer)
        return True

    async def update_card(self, key: str, variables: Mapping[str, str]) -> None:
        """Change the named variables of a card. Raises PlatformError, `gone` when there is no such card."""
        body = {
            "outTrackId": key,
            "userIdType": 1,
            "cardData": {"cardParamMap": dict(variables)},
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        }
        await self.client.call("PUT", CARDS, body)

    async def try_template(self, key: str, template: str) -> None:
        """Create a card that nobody sees, to learn whether the template can be used."""
        body = {
            "cardTemplateId": template,
            "outTrackId": key,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": {"title": "doctor"}},
            "imRobotOpenSpaceModel": {"supportForward": False},
        }
        await self.client.call("POST", CARDS, body)

    async def say(self, to: str, kind: str, param: Mapping[str, str]) -> str:
        """A robot message to one person; returns its query key. `kind` is a msgKey such as sampleText."""
        body = {
            "robotCode": self._robot,
            "userIds": [to],
            "msgKey": kind,
            "msgParam": json.dumps(param, ensure_ascii=False),
        }
        answer = await self.client.call("POST", "/v1.0/robot/oToMessages/batchSend", body)
        if to in (answer.get("invalidStaffIdList") or []):
            raise PlatformError(f"钉钉没有成员 {to}", code="invalidStaffId", permanent=True)
        if to in (answer.get("flowControlledStaffIdList") or []):
            raise PlatformError(f"成员 {to} 的消息被限流", code="flowControlled", retry_after=60)
        return str(answer.get("processQueryKey", ""))

    async def say_group(self, conversation: str, kind: str, param: Mapping[str, str]) -> str:
        """A robot message into a group that the robot is in; returns its query key."""
        body = {
            "robotCode": self._robot,
            "openConversationId": conversation,
            "msgKey": kind,
            "msgParam": json.dumps(param, ensure_ascii=False),
        }
        answer = await self.client.call("POST", "/v1.0/robot/groupMessages/send", body)
        return str(answer.get("processQueryKey", ""))

    async def upload(self, kind: str, data: bytes, name: str) -> str:
        """The media id of an `image` (≤ 1 MB to be safe) or `file`; reusable, shown inside DingTalk only."""
        content = "image/png" if kind == "image" else "application/octet-stream"

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("media", data, filename=name, content_type=content)
            return made

        answer = await self.client.old("/media/upload", form, type=kind)
        return str(answer["media_id"])

    async def answer_group(self, url: str, actor: str, text: str) -> None:
        """Answer in the group that a message came from, @ its sender; the url lives about 1.5 h."""
        body = {
            "msgtype": "text",
            "text": {"content": f"@{actor} {text}"},
            "at": {"atUserIds": [actor], "isAtAll": False},
        }
        await self.client.webhook(url, body)

    async def person_of_oauth(self, client_id: str, secret: str, code: str) -> str:
        """The userid behind the code of the login page; a person outside the organisation is refused."""
        body = {
            "clientId": client_id,
            "clientSecret": secret,
            "code": code,
            "grantType": "authorization_code",
        }
        token = await self.client.open("POST", "/v1.0/oauth2/userAccessToken", body)
        me = await self.client.as_person(str(token.get("accessToken", "")), "/v1.0/contact/users/me")
        unionid = str(me.get("unionId", ""))
        return await self._userid("/topapi/user/getbyunionid", unionid=unionid)

    async def person_of_jsapi(self, code: str) -> str:
        """The userid behind the code of dd.requestAuthCode (valid 5 minutes, once)."""
        return await self._userid("/topapi/v2/user/getuserinfo", code=code)

    async def _userid(self, path: str, **body: str) -> str:
        answer = await self.client.old(path, lambda: body)
        result = answer.get("result")
        userid = result.get("userid") if isinstance(result, dict) else None
        if not userid:
            raise PlatformError("钉钉没有返回成员 userid", code="no_userid", permanent=True)
        return str(userid)


def _all_delivered(answer: Mapping[str, Any]) -> None:
    """Raises PlatformError when an entry failed: seen to be final, not worth a retry (QWEN)."""
    result = answer.get("result")
    entries = result.get("deliverResults") if isinstance(result, dict) else None
    failed = [entry for entry in entries or [] if not entry.get("success")]
    if failed or not entries:
        why = str(failed[0].get("errorMsg") if failed else "没有投放结果")
        raise PlatformError(f"卡片没有送达：{why}", code="not_delivered", permanent=True)
