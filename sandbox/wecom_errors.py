"""WeCom's error answers: HTTP 200, errcode, errmsg with the tail that real answers carry."""

import json
import secrets

from aiohttp import web

from sandbox.cloud import Json, Refusal

TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40032: "invalid userid list size",
    40035: "invalid parameter",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    40063: "some parameters are empty",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "secret missing",
    41006: "media_id missing",
    41009: "userid missing",
    41011: "agentid missing",
    41016: "title missing",
    41033: "description missing",
    42001: "access_token expired",
    42003: "code expired",
    42014: "taskid has existed or empty or exceed max len",
    42022: "code has been used",
    43012: "callback url not set",
    44001: "empty media data",
    44004: "text content is empty",
    45002: "content size out of limit",
    45008: "article count out of limit",
    45009: "api freq out of limit",
    45034: "url without http scheme",
    60111: "userid not found",
    60123: "invalid party id",
    81013: "user & party & tag all invalid",
    82001: "touser & toparty & totag all empty",
    86003: "chatid not exist or no privilege",
    93000: "invalid webhook url",
    301002: "not allow operate another agent with this accesstoken",
}


def refuse(errcode: int, detail: str = "") -> Refusal:
    text = TEXTS.get(errcode, "invalid template card")
    shown = f"{text}: {detail}" if detail else text
    tail = f"hint: [{secrets.randbelow(10**18):018d}], from ip: 127.0.0.1"
    link = f"more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
    return Refusal(200, {"errcode": errcode, "errmsg": f"{shown}, {tail}, {link}"})


async def body_of(request: web.Request) -> Json:
    """The JSON body of a POST call. Raises 40035 for anything else."""
    try:
        body = json.loads(await request.read())
    except ValueError as mistake:
        raise refuse(40035, "not json") from mistake
    if not isinstance(body, dict):
        raise refuse(40035, "not a json object")
    return body
