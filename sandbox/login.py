"""Who holds the phone: the client's own browser (webview) and the login pages of both platforms, as
redirects with a code.

The real pages know the person from the client. Here `GET /webview/{platform}/{userid}?url=` sets a
cookie and opens the page;
the login pages read the cookie. Without one (an ordinary browser) they answer 403 with a list of people
who could scan.
"""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.cloud import Cloud
from sandbox.passes import OneUse
from sandbox.people import Platform

STATE = re.compile(r"^[a-zA-Z0-9]{0,128}$")
NAMES = {Platform.DINGTALK: "钉钉", Platform.WECOM: "企业微信"}


class Login:
    """`codes` of each platform carry a userid; the platforms' API turns them into a person."""

    def __init__(self, cloud: Cloud, codes: Mapping[Platform, OneUse[str]]) -> None:
        self._cloud = cloud
        self._codes = codes

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/webview/{platform}/{userid}", self._webview),
            web.get("/oauth2/auth", self._dingtalk),
            web.get("/connect/oauth2/authorize", self._wecom_client),
            web.get("/wwopen/sso/login", self._wecom_browser),
            web.get("/wwopen/sso/qrConnect", self._wecom_browser),
            web.get("/wwlogin/sso/login", self._wecom_browser),
        ]

    async def _webview(self, request: web.Request) -> web.StreamResponse:
        try:
            platform = Platform(request.match_info["platform"])
        except ValueError:
            raise web.HTTPNotFound from None
        person = self._cloud.company.member(platform, request.match_info["userid"])
        url = request.query.get("url", "")
        if person is None or not (url.startswith(("http://", "https://", "/")) and "\n" not in url):
            raise web.HTTPNotFound
        response = web.Response(status=302, headers={"Location": url})
        response.set_cookie(f"sb_{platform}", person.accounts[platform], httponly=True, samesite="Lax")
        return response

    async def _dingtalk(self, request: web.Request) -> web.StreamResponse:
        wrong = [
            (request.query.get("client_id") != self._cloud.company.dingtalk.client_id, "client_id 无效"),
            (request.query.get("response_type") != "code", "response_type 必须是 code"),
            ("openid" not in request.query.get("scope", "").split(), "scope 必须包含 openid"),
        ]
        return self._back(request, Platform.DINGTALK, "authCode", wrong)

    async def _wecom_client(self, request: web.Request) -> web.StreamResponse:
        scopes = ("snsapi_base", "snsapi_privateinfo")
        wrong = [
            (request.query.get("appid") != self._cloud.company.wecom.corp_id, "appid 无效"),
            (request.query.get("response_type") != "code", "response_type 必须是 code"),
            (request.query.get("scope") not in scopes, "scope 无效"),
            (not STATE.match(request.query.get("state", "")), "state 只能是 128 个以内的字母和数字"),
        ]
        return self._back(request, Platform.WECOM, "code", wrong)

    async def _wecom_browser(self, request: web.Request) -> web.StreamResponse:
        app = self._cloud.company.wecom
        wrong = [
            (request.query.get("appid") != app.corp_id, "appid 无效"),
            (request.query.get("agentid") != str(app.agent_id), "agentid 无效"),
        ]
        return self._back(request, Platform.WECOM, "code", wrong)

    def _back(
        self, request: web.Request, platform: Platform, name: str, wrong: list[tuple[bool, str]]
    ) -> web.StreamResponse:
        """Back to redirect_uri with a code of the phone's person; an error page when something is wrong."""
        target = urlsplit(request.query.get("redirect_uri", ""))
        wrong = [*wrong, (target.scheme not in ("http", "https") or not target.netloc, "redirect_uri 无效")]
        reasons = [text for bad, text in wrong if bad]
        if reasons:
            return _page(400, f"{NAMES[platform]}登录失败", f"<p>{escape(reasons[0])}</p>")
        person = self._cloud.company.member(platform, request.cookies.get(f"sb_{platform}", ""))
        if person is None:
            return self._who_scans(request, platform)
        query = dict(parse_qsl(target.query)) | {name: self._codes[platform].issue(person.accounts[platform])}
        if "state" in request.query:
            query["state"] = request.query["state"]
        return web.Response(
            status=302, headers={"Location": urlunsplit(target._replace(query=urlencode(query)))}
        )

    def _who_scans(self, request: web.Request, platform: Platform) -> web.Response:
        here = quote(str(request.rel_url), safe="")
        links = "".join(
            f'<li><a href="/webview/{platform}/{quote(p.accounts[platform])}?url={here}">'
            f"{escape(p.name)}</a></li>"
            for p in self._cloud.company.members_of(platform)
        )
        text = f"<p>请在{NAMES[platform]}客户端打开链接,或选择由谁扫码登录:</p><ul>{links}</ul>"
        return _page(403, f"请在{NAMES[platform]}中打开", text)


def _page(status: int, title: str, body: str) -> web.Response:
    head = f'<meta charset="utf-8"><title>{title}</title>'
    html = f'<!doctype html><html lang="zh">{head}<h2>{title}</h2>{body}</html>'
    return web.Response(status=status, text=html, content_type="text/html")
