"""Excel out, on the admin page: an export runs beside the page, says how far it is, and is fetched when done."""

from __future__ import annotations

import asyncio
import atexit
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from admin import exporting
from admin.sessions import Browsers
from admin.sheets import XLSX, sent
from connect import excel
from connect.edge import Deps, Refused, answer, body, reading, word_of
from connect.printing import file_name
from core.errors import NotFound
from core.queries import lists
from core.queries.lists import Wish
from core.store.access import Session
from core.store.work import UnitOfWork

AT_ONCE = 5_000
KEPT_SECONDS = 1_800
MOST_JOBS = 4


class Exports:
    """Endpoints. Files lie in a folder of this process and go with it."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._jobs: dict[str, exporting.Export] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="zhongshu-export-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/records/{form}/export", guarded(self.at_once)),
            web.post("/admin/api/records/{form}/exports", guarded(self.begin)),
            web.get("/admin/api/exports/{id}", guarded(self.progress)),
            web.get("/admin/api/exports/{id}/file", guarded(self.file)),
        ]

    async def at_once(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The records of a short list as xlsx."""
        form = request.match_info["form"]
        wish = Wish(
            text=word_of(request, "q"),
            filter=word_of(request, "filter", 2000),
            sort=word_of(request, "sort", 60),
        )

        def work(uow: UnitOfWork) -> bytes:
            records = lists.every(uow, form, session.person, wish, AT_ONCE)
            return excel.export(uow, uow.shelf.form(form).form, records)

        return sent(await reading(self._deps, work), form)

    async def begin(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Begin an export of what the list shows; `files`: with the attachments, as a zip."""
        form = request.match_info["form"]
        await reading(self._deps, lambda uow: uow.shelf.form(form))
        asked = await body(request, "q", "filter", "sort", "files", optional=True)
        wish = Wish(
            text=asked.text("q", longest=200),
            filter=asked.text("filter", longest=2000),
            sort=asked.text("sort", longest=60),
        )
        self._room()
        id_, files = secrets.token_urlsafe(12), bool(asked.values.get("files"))
        path = self._folder / id_
        job = exporting.Export(id_, session.person, form, wish, files, path)
        self._jobs[id_] = job
        job.task = asyncio.create_task(exporting.work(self._deps, job))
        return answer({"id": id_})

    def _room(self) -> None:
        for key, one in list(self._jobs.items()):
            if one.state != "running" and time.monotonic() - one.made > KEPT_SECONDS:
                self._drop(key)
        if len(self._jobs) >= MOST_JOBS:
            ended = [key for key, one in self._jobs.items() if one.state != "running"]
            if not ended:
                raise Refused(429, "busy", "正在导出的文件太多，请稍后再试。")
            self._drop(ended[0])

    def _drop(self, key: str) -> None:
        self._jobs.pop(key).path.unlink(missing_ok=True)

    async def progress(self, request: web.Request, session: Session) -> web.StreamResponse:
        """How far it is."""
        return answer(self._job(request, session).document())

    async def file(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The finished file."""
        job = self._job(request, session)
        if job.state != "done":
            raise NotFound("还没有导出完。")
        title = await reading(self._deps, lambda uow: uow.shelf.form(job.form).form.title)
        name = f"{file_name(title)}.{'zip' if job.files else 'xlsx'}"
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Content-Type": "application/zip" if job.files else XLSX,
            "Cache-Control": "no-store",
        }
        return web.FileResponse(job.path, headers=headers)

    def _job(self, request: web.Request, session: Session) -> exporting.Export:
        found = self._jobs.get(request.match_info["id"])
        if found is None or found.person != session.person:
            raise NotFound("这次导出已经过期，请重新导出。")
        return found
