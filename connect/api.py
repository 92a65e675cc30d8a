"""The open API as routes under /api/v1; a key acts as its person, through the same door as cards and pages."""

from __future__ import annotations

from aiohttp import web

from connect import flowhooks
from connect.drafts import Drafts
from connect.edge import Deps, answer, reading
from connect.files import Files
from connect.keys import Caller, Gate, required_key
from connect.openapi import document
from connect.recordlife import RecordLife
from connect.records import Records
from connect.tasks import Tasks


def routes(deps: Deps) -> list[web.RouteDef]:
    """Everything under /api/v1, and the hooks that answer flows."""
    gate = Gate(deps)
    files = Files(deps)

    async def openapi(_request: web.Request, _caller: Caller) -> web.StreamResponse:
        return answer(await reading(deps, lambda uow: document(uow, deps.settings)))

    async def upload(request: web.Request, caller: Caller) -> web.StreamResponse:
        return await files.upload(request, caller.person, required_key(request))

    async def download(request: web.Request, caller: Caller) -> web.StreamResponse:
        return await files.download(request, caller.person)

    return [
        web.get("/api/v1/openapi.json", gate.guarded(openapi)),
        web.post("/api/v1/files", gate.guarded(upload)),
        web.get("/api/v1/files/{id}", gate.guarded(download)),
        *Records(deps, gate).routes(),
        *RecordLife(deps, gate).routes(),
        *Drafts(deps, gate).routes(),
        *Tasks(deps, gate).routes(),
        *flowhooks.routes(deps),
    ]
