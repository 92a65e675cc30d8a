"""The DingTalk cloud: tokens, access checks, call limits. Wires the other dingtalk_ files."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.cloud import Cloud, Window, answer
from sandbox.dingtalk_cards import Cards
from sandbox.dingtalk_contacts import Contacts
from sandbox.dingtalk_errors import api, body_of, busy, oapi, topapi
from sandbox.dingtalk_gateway import Gateway
from sandbox.dingtalk_phone import Phone
from sandbox.dingtalk_robot import Robot
from sandbox.dingtalk_template import Template
from sandbox.passes import PassRefused, Tokens
from sandbox.people import Platform

D = Platform.DINGTALK
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
        self.phone = Phone(cloud, self.gateway, self.cards, self.robot)
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
