"""`/m/{form}?客户=…`: a stable address that opens a new draft, filled by what the definition lets the address fill."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from admin.h5forms import H5Forms
from admin.pages import sorry
from admin.sessions import Browsers
from admin.visits import Visits
from connect.edge import Deps, ask, writing
from core.commands import OpenDraft
from core.forms.asking import reading
from core.forms.urldefaults import url_values
from core.store.access import Session
from core.store.work import UnitOfWork

LONGEST = 900  # of the address that is remembered while the visitor signs in
AGENTS = (("DingTalk", "dingtalk"), ("wxwork", "wecom"))


class FormLinks:
    """Opens forms by their address."""

    def __init__(self, deps: Deps, browsers: Browsers, visits: Visits) -> None:
        self._deps = deps
        self._browsers = browsers
        self._visits = visits
        self._forms = H5Forms(deps, browsers)

    def routes(self) -> list[web.RouteDef]:
        """The one route."""
        return [web.get("/m/{form}", self.open)]

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Sign in where that is needed, then go to the draft's page."""
        session = await self._browsers.find(request)
        if session is None:
            return self._sign_in(request)
        key = request.match_info["form"]
        link = await writing(self._deps, lambda uow: self._draft(uow, key, session, request.query))
        if link is None:
            outcome = await ask(self._deps, OpenDraft(session.person, key, query=dict(request.query)))
            draft_id = outcome.data["draft_id"]
            link = await writing(self._deps, lambda uow: self._forms.link(uow, draft_id, session.person))
        return web.Response(status=302, headers={"Location": str(link)})

    def _draft(self, uow: UnitOfWork, key: str, session: Session, query: Mapping[str, str]) -> str | None:
        """The page of an untouched draft that the same address opened before; loading twice makes no second one."""
        ready = uow.shelf.form(key)
        wanted, _ = url_values(ready.form, query, reading(uow, {}, ready, session.person))
        for row in uow.life.open_drafts(session.person, 20):
            if row["form"] == key and row["values"] == wanted and _untouched(uow, row["id"]):
                return self._forms.link(uow, row["id"], session.person)
        return None

    def _sign_in(self, request: web.Request) -> web.StreamResponse:
        """To the login of the platform that shows the page; outside of both, of the first that is on."""
        target = request.rel_url.raw_path_qs
        if len(target) > LONGEST:
            return sorry(400, "链接太长", f"网址最多 {LONGEST} 个字符，请缩短后再打开。")
        agent = request.headers.get("User-Agent", "")
        on = [name for name in ("dingtalk", "wecom") if name in self._deps.adapters]
        inside = next((name for mark, name in AGENTS if mark.lower() in agent.lower() and name in on), "")
        if not inside and not on:
            return sorry(503, "暂时不能登录", "钉钉和企业微信都没有启用，请联系系统管理员。")
        return self._visits.send_off(request, inside or on[0], target)


def _untouched(uow: UnitOfWork, draft_id: str) -> bool:
    draft = uow.drafts.load(draft_id)
    return draft is not None and draft.revision == 1
