"""DingTalk's two families of error answers: HTTP status with code (api), and always 200 with errcode
(oapi).
"""

import json
import secrets

from aiohttp import web

from sandbox.cloud import Json, Refusal


def api(status: int, code: str, message: str) -> Refusal:
    return Refusal(status, {"requestid": secrets.token_hex(12).upper(), "code": code, "message": message})


def oapi(errcode: int, errmsg: str) -> Refusal:
    return Refusal(200, {"errcode": errcode, "errmsg": errmsg, "request_id": secrets.token_hex(6)})


def topapi(sub_code: str, sub_msg: str) -> Refusal:
    """Errors of the gateway before topapi: errcode 88 and the real reason as sub code."""
    return Refusal(
        200,
        {
            "errcode": 88,
            "sub_code": sub_code,
            "sub_msg": sub_msg,
            "errmsg": f"ding talk error[subcode={sub_code},submsg={sub_msg}]",
            "request_id": secrets.token_hex(6),
        },
    )


def busy(path: str) -> Refusal:
    return api(500, "system.busy", "系统繁忙") if path.startswith("/v1.0/") else oapi(-1, "系统繁忙")


async def body_of(request: web.Request) -> Json:
    """The JSON body of a new-API call. Raises the platform's refusal for none or another shape."""
    raw = await request.read()
    if not raw:
        raise api(400, "Missingbody", "body is mandatory for this action.")
    try:
        body = json.loads(raw)
    except ValueError as mistake:
        raise api(400, "InvalidParameter.Body", "请求体不是 JSON") from mistake
    if not isinstance(body, dict):
        raise api(400, "InvalidParameter.Body", "请求体不是 JSON 对象")
    return body


async def fields_of(request: web.Request) -> Json:
    """The fields of an oapi call: JSON or form body. Raises errcode 400002 when it cannot be read."""
    raw = await request.read()
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as mistake:
        raise oapi(400002, "参数错误:不是 JSON") from mistake
    if not isinstance(body, dict):
        raise oapi(400002, "参数错误")
    return body
