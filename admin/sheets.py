"""Excel in, on the admin page: empty template, upload, mapping, dry run, progress, going on, the wrong rows."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from admin import importing
from admin.sessions import Browsers
from connect import excel, imports
from connect.edge import Deps, Refused, answer, body, reading, writing
from connect.upload import uploaded
from core.errors import NotFound
from core.forms.definition import Form
from core.store.access import Session
from core.store.importjobs import RUNNING, WAITING, ImportJob
from core.store.work import UnitOfWork

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 50 * 1024 * 1024
KEPT_SECONDS = 3_600
MOST_RUNNING = 2  # each holds a whole file in memory


class Sheets:
    """Endpoints. A run lives in this process; the file and what was asked live in the database."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._runs: dict[str, importing.Run] = {}

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/records/{form}/template", guarded(self.template)),
            web.get("/admin/api/records/{form}/imports", guarded(self.stopped)),
            web.post("/admin/api/imports/{form}", guarded(self.upload)),
            web.post("/admin/api/imports/{id}/run", guarded(self.run)),
            web.post("/admin/api/imports/{id}/resume", guarded(self.resume)),
            web.get("/admin/api/imports/{id}", guarded(self.progress)),
            web.get("/admin/api/imports/{id}/errors", guarded(self.errors)),
        ]

    async def template(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """An empty file to fill."""
        form = request.match_info["form"]
        return sent(await reading(self._deps, lambda uow: excel.template(uow.shelf.form(form).form)), form)

    async def stopped(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Imports of a form that were begun and have not ended; not those that run right now."""
        form = request.match_info["form"]
        found = await reading(self._deps, lambda uow: uow.imports.stopped(form, session.person))
        left = [one for one in found if not self._running(one.id)]
        return answer([{"id": one.id, "name": one.name, "at": one.made_at.isoformat()} for one in left])

    async def upload(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Read a file and say what its columns may be."""
        form = await reading(self._deps, lambda uow: uow.shelf.form(request.match_info["form"]).form)
        name, content = await uploaded(request, LARGEST)
        sheets = await asyncio.to_thread(excel.read, content)

        def keep(uow: UnitOfWork) -> str:
            row = ImportJob(uow.ids(), session.person, form.key, name, {}, 0, WAITING, uow.now)
            uow.imports.add(row, content)
            return row.id

        id_ = await writing(self._deps, keep)
        mapped = imports.suggest(form, sheets)
        return answer({"id": id_, "sheets": importing.sheets_of(sheets, mapped), **importing.fields_of(form)})

    async def run(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Begin, for real or as a dry run."""
        job = await self._job(request, session)
        asked = await body(request, "mapping", "key", "dry_run", "start_flow")
        form = await reading(self._deps, lambda uow: uow.shelf.form(job.form).form)
        options = {
            "mapping": _mapping(asked.mapping("mapping"), form),
            "key": asked.text("key", longest=60),
            "dry_run": bool(asked.values.get("dry_run")),
            "start_flow": bool(asked.values.get("start_flow")),
        }
        await self._begin(job, session, options)
        return answer({})

    async def resume(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Go on with an import that was stopped; what it saved is not saved twice."""
        job = await self._job(request, session)
        if job.state != RUNNING:
            raise Refused(409, "not_stopped", "这次导入没有中断，不需要继续。")
        await self._begin(job, session, None)
        return answer({})

    async def _begin(self, job: ImportJob, session: Session, options: dict[str, Any] | None) -> None:
        self._room(job.id)
        run = importing.Run(job.id, session.person, bool((options or job.options).get("dry_run")))
        self._runs[job.id] = run
        if options is not None:
            await writing(self._deps, lambda uow: uow.imports.begin(job.id, options))
        fresh = await reading(self._deps, lambda uow: uow.imports.load(job.id, session.person))
        run.task = asyncio.create_task(importing.work(self._deps, run, fresh or job))

    def _room(self, id_: str) -> None:
        if self._running(id_):
            raise Refused(409, "running", "这个文件正在导入。")
        old = [k for k, one in self._runs.items() if time.monotonic() - one.made > KEPT_SECONDS]
        for key in old:
            if not self._running(key):
                del self._runs[key]
        if sum(one.state == "running" for one in self._runs.values()) >= MOST_RUNNING:
            raise Refused(429, "busy", "正在导入的文件太多，请等它们导完再试。")

    def _running(self, id_: str) -> bool:
        run = self._runs.get(id_)
        return run is not None and run.state == "running"

    async def progress(self, request: web.Request, session: Session) -> web.StreamResponse:
        """How far it is."""
        job = await self._job(request, session)
        run = self._runs.get(job.id)
        if run is not None:
            return answer(run.document())
        state = "stopped" if job.state == RUNNING else job.state
        left = importing.Run(job.id, job.person, bool(job.options.get("dry_run")), state=state)
        left.message = importing.BROKEN if state == "stopped" else ""
        return answer(left.document())

    async def errors(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The wrong rows with their reasons."""
        job = await self._job(request, session)
        run = self._runs.get(job.id)
        if run is None or run.wrong is None:
            raise NotFound("没有错误行。")
        return sent(run.wrong, f"{job.form}-errors")

    async def _job(self, request: web.Request, session: Session) -> ImportJob:
        id_ = request.match_info["id"]
        found = await reading(self._deps, lambda uow: uow.imports.load(id_, session.person))
        if found is None:
            raise NotFound("这次导入已经过期，请重新上传文件。")
        return found


def _mapping(chosen: dict[str, Any], form: Form) -> dict[str, dict[str, str]]:
    known = {path for path, _, _ in imports.paths(form)} | {"number"}
    known |= {f"{one.key}.#" for one in form.subtables}
    found: dict[str, dict[str, str]] = {}
    for sheet, columns in chosen.items():
        if not isinstance(columns, dict):
            raise Refused(400, "bad_mapping", "列的对应关系写法不对。")
        found[sheet] = {str(i): str(path) for i, path in columns.items() if path and str(i).isdigit()}
        unknown = [path for path in found[sheet].values() if path not in known]
        if unknown:
            raise Refused(400, "bad_mapping", f"没有「{unknown[0][:40]}」这个字段。")
    return found


def sent(made: bytes, name: str) -> web.Response:
    """A workbook as a download."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "no-store"}
    return web.Response(body=made, content_type=XLSX, headers=headers)
