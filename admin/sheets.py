"""Excel on the admin page: export, empty template, import with mapping, dry run, progress and error sheet.

An import lives in this process until it is fetched or an hour old; what it saved is saved, step by step.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import BodyPartReader, web

from admin.sessions import Browsers
from connect import excel, imports
from connect.edge import Deps, Refused, answer, ask, body, reading, word_of
from connect.edge.jsonbody import too_large
from core.errors import NotFound
from core.forms.definition import Form
from core.queries import lists
from core.queries.lists import Wish
from core.store.access import Session
from core.store.work import UnitOfWork

log = structlog.get_logger()

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 50 * 1024 * 1024
MOST_EXPORTED = 50_000
KEPT_SECONDS = 3_600
MOST_JOBS = 8


@dataclass
class Job:
    """One import of one person."""

    id: str
    person: str
    form: Form
    sheets: list[excel.Sheet] = field(repr=False)
    made: float = field(default_factory=time.monotonic)
    state: str = "waiting"
    message: str = ""
    dry_run: bool = False
    found: imports.Findings | None = None
    task: asyncio.Task[None] | None = None


class Sheets:
    """Endpoints."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._jobs: dict[str, Job] = {}

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/records/{form}/export", guarded(self.export)),
            web.get("/admin/api/records/{form}/template", guarded(self.template)),
            web.post("/admin/api/imports/{form}", guarded(self.upload)),
            web.post("/admin/api/imports/{id}/run", guarded(self.run)),
            web.get("/admin/api/imports/{id}", guarded(self.progress)),
            web.get("/admin/api/imports/{id}/errors", guarded(self.errors)),
        ]

    async def export(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The records of a list as xlsx."""
        form, wish = (
            request.match_info["form"],
            Wish(
                text=word_of(request, "q"),
                filter=word_of(request, "filter", 2000),
                sort=word_of(request, "sort", 60),
            ),
        )

        def work(uow: UnitOfWork) -> bytes:
            records = lists.every(uow, form, session.person, wish, MOST_EXPORTED)
            return excel.export(uow, uow.shelf.form(form).form, records)

        return _sent(await reading(self._deps, work), form)

    async def template(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """An empty file to fill."""
        form = request.match_info["form"]
        return _sent(await reading(self._deps, lambda uow: excel.template(uow.shelf.form(form).form)), form)

    async def upload(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Read a file and say what its columns may be."""
        form = await reading(self._deps, lambda uow: uow.shelf.form(request.match_info["form"]).form)
        sheets = await asyncio.to_thread(excel.read, await sent_file(request))
        self._forget()
        job = Job(secrets.token_urlsafe(12), session.person, form, sheets)
        self._jobs[job.id] = job
        mapped = imports.suggest(form, sheets)
        return answer({"id": job.id, "sheets": _sheets(sheets, mapped), **_fields(form)})

    def _forget(self) -> None:
        old = [k for k, one in self._jobs.items() if time.monotonic() - one.made > KEPT_SECONDS]
        for key in old:
            del self._jobs[key]
        if len(self._jobs) >= MOST_JOBS:
            idle = [k for k, one in self._jobs.items() if one.state != "running"]
            if not idle:
                raise Refused(429, "busy", "正在导入的文件太多，请稍后再试。")
            del self._jobs[idle[0]]

    async def run(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Begin, for real or as a dry run."""
        job = self._job(request, session)
        if job.state == "running":
            raise Refused(409, "running", "这个文件正在导入。")
        sent = await body(request, "mapping", "key", "dry_run", "start_flow")
        mapped = _mapping(sent.mapping("mapping"), job)
        by = sent.text("key", longest=60)
        job.state, job.dry_run, job.message = "running", bool(sent.values.get("dry_run")), ""
        drafts = imports.gather(job.form, job.sheets, mapped, by)
        job.found = imports.Findings(job.sheets, mapped, drafts)
        flow = bool(sent.values.get("start_flow"))
        steps = imports.steps(job.form, drafts, session.person, by=by, dry_run=job.dry_run, start_flow=flow)
        job.task = asyncio.create_task(self._work(job, steps))
        return answer({})

    async def _work(self, job: Job, steps: Any) -> None:
        try:
            for part, command in steps:
                outcome = await ask(self._deps, command)
                if job.found is not None:
                    job.found.take(part, outcome.data["results"])
            job.state = "done"
        except Exception:  # whatever it was: the page must learn that it is over
            log.exception("import_failed", job=job.id)
            job.state, job.message = (
                "done",
                "导入中断，已保存的数据保留，可以用同一文件再导一次（按键更新）。",
            )

    async def progress(self, request: web.Request, session: Session) -> web.StreamResponse:
        """How far it is."""
        job = self._job(request, session)
        counts = vars(job.found.counts) if job.found else vars(imports.Counts())
        return answer({"state": job.state, **counts, "message": job.message, "dry_run": job.dry_run})

    async def errors(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The wrong rows with their reasons."""
        job = self._job(request, session)
        if job.found is None or not job.found.wrong:
            raise NotFound("没有错误行。")
        made = await asyncio.to_thread(excel.errors, job.sheets, job.found.wrong)
        return _sent(made, f"{job.form.key}-errors")

    def _job(self, request: web.Request, session: Session) -> Job:
        found = self._jobs.get(request.match_info["id"])
        if found is None or found.person != session.person:
            raise NotFound("这次导入已经过期，请重新上传文件。")
        return found


def _sheets(sheets: list[excel.Sheet], mapped: imports.Mapped) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "rows": len(one.rows),
            "columns": [
                {"index": i, "title": title, "field": mapped.get(one.name, {}).get(i)}
                for i, title in enumerate(one.titles)
            ],
        }
        for one in sheets
    ]


def _fields(form: Form) -> dict[str, Any]:
    fields = [{"path": p, "label": label, "required": one.required} for p, label, one in imports.paths(form)]
    tables = [
        {"path": f"{t.key}.#", "label": f"{t.label}.所属编号", "required": True} for t in form.subtables
    ]
    keys = ("text", "phone", "email", "serial", "id_card", "uscc", "select", "number", "date", "link")
    known = [{"key": one.key, "label": one.label} for one in form.fields if one.type in keys]
    number = {"path": "number", "label": "编号", "required": False}
    return {"fields": [number, *fields, *tables], "keys": [{"key": "number", "label": "编号"}, *known]}


def _mapping(sent: dict[str, Any], job: Job) -> imports.Mapped:
    known = {path for path, _, _ in imports.paths(job.form)} | {"number"}
    known |= {f"{one.key}.#" for one in job.form.subtables}
    found: imports.Mapped = {}
    for sheet, columns in sent.items():
        if not isinstance(columns, dict):
            raise Refused(400, "bad_mapping", "列的对应关系写法不对。")
        found[sheet] = {int(i): str(path) for i, path in columns.items() if path and str(i).isdigit()}
        unknown = [path for path in found[sheet].values() if path not in known]
        if unknown:
            raise Refused(400, "bad_mapping", f"没有「{unknown[0][:40]}」这个字段。")
    return found


async def sent_file(request: web.Request) -> bytes:
    """The one file of a multipart body."""
    if request.content_type != "multipart/form-data" or (request.content_length or 0) > LARGEST:
        raise (
            too_large(LARGEST)
            if (request.content_length or 0) > LARGEST
            else Refused(415, "not_multipart", "请用表单上传文件。")
        )
    reader = await request.multipart()
    part = await reader.next()
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Refused(400, "bad_multipart", "没有找到要上传的文件（file）。")
    found = bytearray()
    async with asyncio.timeout(300):
        while chunk := await part.read_chunk(64 * 1024):
            found += chunk
            if len(found) > LARGEST:
                raise too_large(LARGEST)
    return bytes(found)


def _sent(made: bytes, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "no-store"}
    return web.Response(body=made, content_type=XLSX, headers=headers)
