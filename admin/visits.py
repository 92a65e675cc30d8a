"""How an H5 visitor is identified: the platform's login, bound to this browser, exchanged on the server."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote

import structlog
from aiohttp import web

from admin.pages import sorry
from admin.sessions import Browsers, cookie_name, set_cookie
from connect.edge import Deps, Refused, error_answer, reading, writing
from connect.edge.middleware import REQUEST_ID
from core.people import Person
from core.store.outbox import CardRow

log = structlog.get_logger()

STATE_SECONDS = 600
MOST_STATES = 3
MOST_COOKIE = 3_500
# state ~ where to go on: a card's handle, or platform.address (base64)
_PAIR = re.compile(r"^([0-9a-f]{32})~([A-Za-z0-9_-]{1,64}|(?:dingtalk|wecom)\.[A-Za-z0-9_=-]{1,1300})$")


class Visits:
    """Sends visitors to their platform and takes them back."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._cookie = cookie_name(deps, "zs_h5_state")

    def send_away(self, request: web.Request, card: CardRow) -> web.Response:
        """401 with the address of the platform's login; the cookie ties its answer to this browser."""
        state = secrets.token_hex(16)
        refused = Refused(401, "login", "请先登录。", more={"login": self._login(card.platform, state)})
        response = error_answer(refused, request[REQUEST_ID])
        self._remember(request, response, (state, card.handle))
        return response

    def send_off(self, request: web.Request, platform: str, target: str) -> web.Response:
        """To the platform's login at once; afterwards the visitor is at `target`, an address of ours."""
        state = secrets.token_hex(16)
        response = web.Response(status=302, headers={"Location": self._login(platform, state)})
        kept = urlsafe_b64encode(target.encode()).decode()
        self._remember(request, response, (state, f"{platform}.{kept}"))
        return response

    def _login(self, platform: str, state: str) -> str:
        adapter = self._deps.adapters.get(platform)
        if adapter is None:
            raise Refused(503, "platform_off", "这个平台没有启用，暂时不能登录。", "请联系系统管理员。")
        return adapter.login_url(f"{self._deps.settings.base_url}/h5/back", state)

    def _remember(self, request: web.Request, response: web.Response, begun: tuple[str, str]) -> None:
        pairs = [*self._pairs(request), begun][-MOST_STATES:]
        value = "|".join(f"{one}~{place}" for one, place in pairs)
        while len(value) > MOST_COOKIE:
            value = value.partition("|")[2]
        set_cookie(self._deps, response, self._cookie, value, STATE_SECONDS)

    def _pairs(self, request: web.Request) -> list[tuple[str, str]]:
        """The (state, handle) of the logins that this browser began, oldest first."""
        parts = request.cookies.get(self._cookie, "").split("|")
        return [(found[1], found[2]) for one in parts if (found := _PAIR.match(one))]

    async def back(self, request: web.Request) -> web.StreamResponse:
        """The platform sent the visitor back with a code: who is it?"""
        state = request.query.get("state", "")
        place = dict(self._pairs(request)).get(state, "")
        platform, target = await self._place(place)
        code = request.query.get("code") or request.query.get("authCode") or ""
        if not platform or not code:
            return sorry(
                400, "登录没有完成", "登录已过期，或者不是在这个窗口里开始的。请回到聊天，重新打开链接。"
            )
        person = await self._identify(platform, code)
        if person is None:
            return sorry(403, "无法登录", "平台没有确认您的身份，或者您不在公司通讯录里。请联系系统管理员。")
        token, _ = await writing(self._deps, lambda uow: self._browsers.begin(uow, person.id))
        response = web.Response(status=302, headers={"Location": target})
        self._browsers.seat(response, token)
        left = "|".join(f"{one}~{other}" for one, other in self._pairs(request) if one != state)
        set_cookie(self._deps, response, self._cookie, left, STATE_SECONDS)
        return response

    async def _place(self, place: str) -> tuple[str, str]:
        """(platform, address) where a login goes on; empty texts when it began nowhere."""
        platform, dot, kept = place.partition(".")
        if dot:
            target = urlsafe_b64decode(kept).decode()
            return (platform, target) if target.startswith("/m/") else ("", "")
        card = await reading(self._deps, lambda uow: uow.cards.by_handle(place)) if place else None
        return (card.platform, f"/h5/l/{quote(place)}") if card else ("", "")

    async def _identify(self, platform: str, code: str) -> Person | None:
        adapter = self._deps.adapters.get(platform)
        if adapter is None:
            return None
        try:
            external = await adapter.login(code)
        except self._deps.refusals as error:
            log.warning("login refused", platform=platform, reason=str(error))
            return None
        person = await reading(self._deps, lambda uow: uow.people.by_identity(platform, external))
        return person if person is not None and person.active else None
