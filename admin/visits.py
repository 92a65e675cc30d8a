"""How an H5 visitor is identified: the platform's login, bound to this browser, exchanged on the server."""

from __future__ import annotations

import re
import secrets
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
_PAIR = re.compile(r"^([0-9a-f]{32})~([A-Za-z0-9_-]{1,64})$")


class Visits:
    """Sends visitors to their platform and takes them back."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._cookie = cookie_name(deps, "zs_h5_state")

    def send_away(self, request: web.Request, card: CardRow) -> web.Response:
        """401 with the address of the platform's login; the cookie ties its answer to this browser."""
        adapter = self._deps.adapters.get(card.platform)
        if adapter is None:
            raise Refused(503, "platform_off", "这个平台没有启用，暂时不能登录。", "请联系系统管理员。")
        state = secrets.token_hex(16)
        url = adapter.login_url(f"{self._deps.settings.base_url}/h5/back", state)
        refused = Refused(401, "login", "请先登录。", more={"login": url})
        response = error_answer(refused, request[REQUEST_ID])
        pairs = [*self._pairs(request), (state, card.handle)][-MOST_STATES:]
        value = "|".join(f"{one}~{handle}" for one, handle in pairs)
        set_cookie(self._deps, response, self._cookie, value, STATE_SECONDS)
        return response

    def _pairs(self, request: web.Request) -> list[tuple[str, str]]:
        """The (state, handle) of the logins that this browser began, oldest first."""
        parts = request.cookies.get(self._cookie, "").split("|")
        return [(found[1], found[2]) for one in parts if (found := _PAIR.match(one))]

    async def back(self, request: web.Request) -> web.StreamResponse:
        """The platform sent the visitor back with a code: who is it?"""
        state = request.query.get("state", "")
        handle = dict(self._pairs(request)).get(state, "")
        card = await reading(self._deps, lambda uow: uow.cards.by_handle(handle)) if handle else None
        code = request.query.get("code") or request.query.get("authCode") or ""
        if card is None or not code:
            return sorry(
                400, "登录没有完成", "登录已过期，或者不是在这个窗口里开始的。请回到聊天，重新打开链接。"
            )
        person = await self._identify(card.platform, code)
        if person is None:
            return sorry(403, "无法登录", "平台没有确认您的身份，或者您不在公司通讯录里。请联系系统管理员。")
        token, _ = await writing(self._deps, lambda uow: self._browsers.begin(uow, person.id))
        response = web.Response(status=302, headers={"Location": f"/h5/l/{quote(handle)}"})
        self._browsers.seat(response, token)
        left = "|".join(f"{one}~{other}" for one, other in self._pairs(request) if one != state)
        set_cookie(self._deps, response, self._cookie, left, STATE_SECONDS)
        return response

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
