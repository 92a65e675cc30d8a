"""BPMN files of the design page: a flow is downloaded as one, or begun from one."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, Refused, answer, body, reading
from core.definitions import parse
from core.errors import NotFound
from core.flows.bpmn import Imported, read, write
from core.flows.bpmn.xml import LONGEST
from core.flows.definition import Flow
from core.store.access import Session
from core.store.work import UnitOfWork

BASE = "/admin/api/definitions"


class Bpmn:
    """Endpoints of BPMN 2.0 files."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get(BASE + "/flow/{key}/bpmn", guarded(self.export)),
            web.post(f"{BASE}/import-bpmn", guarded(self.read)),
        ]

    async def export(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A flow as a file: the version in force, `?draft=1` what is being worked on."""
        key, draft = request.match_info["key"], request.query.get("draft") == "1"
        flow = await reading(self._deps, lambda uow: _flow(uow, key, draft=draft))
        try:
            xml = await asyncio.to_thread(write, flow)
        except ValueError as error:
            raise Refused(422, "bpmn", f"{error}。") from None
        headers = {
            "Content-Disposition": f'attachment; filename="{flow.key}.bpmn"',
            "Cache-Control": "no-store",
        }
        return web.Response(text=xml, content_type="application/xml", charset="utf-8", headers=headers)

    async def read(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A file as the text of a flow, which is then checked and published like any other."""
        sent = await body(request, "xml", "form")
        xml, form = sent.text("xml", required=True, longest=LONGEST), sent.text("form", longest=40)
        return answer(_told(await asyncio.to_thread(read, xml, form)))


def _flow(uow: UnitOfWork, key: str, *, draft: bool) -> Flow:
    if not draft:
        return uow.shelf.flow(key)[0]
    found = uow.definitions.draft("flow", key)
    if found is None:
        raise NotFound("这个流程没有草稿。")
    parsed = [one for one in parse(found.source)[0] if one.kind == "flow"]
    if not parsed:
        raise Refused(422, "bpmn", "草稿里还有错误，改好后才能导出 BPMN。")
    return cast("Flow", parsed[0].model)


def _told(imported: Imported) -> dict[str, Any]:
    flow = imported.flow
    return {
        "text": imported.text,
        "notes": list(imported.notes),
        "key": flow.key if flow else None,
        "title": flow.title if flow else None,
    }
