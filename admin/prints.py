"""Print templates and batch printing on the admin page: upload, versions, the names to use, a test print."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect import facts, filling, printing
from connect.edge import Deps, answer, ask, body, reading, word_of
from connect.printed import answered, sheet
from connect.upload import uploaded
from core.commands import MarkPrintTemplate, SavePrintTemplate
from core.errors import Invalid, NotFound, Problem, UserError
from core.queries import lists
from core.queries.lists import Wish
from core.queries.prints import office, ways
from core.queries.records import iso
from core.store.access import Session
from core.store.work import UnitOfWork

BASE = "/admin/api/prints/{form}"


class Prints:
    """Endpoints."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/records/{form}/print", guarded(self.batch)),
            web.get(BASE, guarded(self.show)),
            web.post(BASE, guarded(self.upload)),
            web.post(BASE + "/{key}/mark", guarded(self.mark)),
            web.get(BASE + "/{key}/test", guarded(self.test)),
            web.get(BASE + "/{key}/versions/{version}", guarded(self.file)),
        ]

    async def batch(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Several records as one file: those that are named, or the first of what the list shows."""
        form = request.match_info["form"]
        ids = tuple(one for one in word_of(request, "ids", 8000).split(",") if one)
        if not ids:
            wish = Wish(
                text=word_of(request, "q"),
                filter=word_of(request, "filter", 2000),
                sort=word_of(request, "sort", 60),
            )
            found = await reading(
                self._deps, lambda uow: lists.every(uow, form, session.person, wish, printing.MOST)
            )
            ids = tuple(one.id for one in found)
        return await sheet(self._deps, session.person, form, ids, request.query)

    async def show(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Ways to print, every version of every uploaded template, the names that one may use."""
        form = request.match_info["form"]
        return answer(await reading(self._deps, lambda uow: _document(uow, form)))

    async def upload(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A Word or Excel file as a template, or as the next version of one."""
        form, key = request.match_info["form"], word_of(request, "key", 40)
        known = await reading(self._deps, lambda uow: facts.known(uow.shelf.form(form).form))
        name, content = await uploaded(request, filling.LARGEST)
        kind = name.rpartition(".")[2].lower()
        if kind not in ("docx", "xlsx"):
            raise UserError("bad_template", "模板要用 Word（.docx）或 Excel（.xlsx）文件。")
        await asyncio.to_thread(filling.look_at, content, kind)
        strange = await asyncio.to_thread(filling.unknown, content, kind, known)
        if strange:
            told = "、".join(f"「{one[:40]}」" for one in strange[:8])
            raise Invalid(
                (Problem("file", f"模板里用了表单没有的字段：{told}，请对照右边的字段表改好再上传"),)
            )
        await asyncio.to_thread(filling.fill, content, kind, facts.blank(known), printing.code_png("x"))
        command = SavePrintTemplate(
            session.person, form, key, word_of(request, "title", 40), kind, name, content
        )
        outcome = await ask(self._deps, command)
        return answer({"message": outcome.message, **outcome.data})

    async def mark(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Drop a template, or bring a version back."""
        asked = await body(request, "what", "version")
        form, key = request.match_info["form"], request.match_info["key"]
        command = MarkPrintTemplate(
            session.person, form, key, asked.text("what", longest=10), asked.integer("version", 0)
        )
        return answer({"message": (await ask(self._deps, command)).message})

    async def test(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The newest record on a template."""
        form, key = request.match_info["form"], request.match_info["key"]
        page = await reading(self._deps, lambda uow: lists.table(uow, form, session.person, limit=1))
        if not page["rows"]:
            raise NotFound("这个表单还没有数据，先填一张再试打印。")
        wanted = {"template": key, "format": request.query.get("format", "file")}
        return await sheet(self._deps, session.person, form, (page["rows"][0]["id"],), wanted)

    async def file(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The file of one version, as it was uploaded."""
        form, key, version = (request.match_info[one] for one in ("form", "key", "version"))
        if not version.isdecimal() or len(version) > 6:
            raise NotFound
        number = int(version)

        def load(uow: UnitOfWork) -> printing.Printed:
            rows = uow.templates.history(form)
            found = next((one for one in rows if (one.key, one.version) == (key, number)), None)
            content = uow.templates.body(form, key, number)
            if found is None or content is None:
                raise NotFound("没有这个打印模板。")
            return printing.Printed(f"{found.title} v{number}", found.kind, content)

        return answered(await reading(self._deps, load))


def _document(uow: UnitOfWork, form: str) -> dict[str, Any]:
    ready = uow.shelf.form(form)
    return {
        "title": ready.form.title,
        "ways": ways(uow, form),
        "office": office() is not None,
        "fields": facts.listed(ready.form),
        "templates": [
            {
                "key": one.key,
                "version": one.version,
                "title": one.title,
                "kind": one.kind,
                "name": one.name,
                "at": iso(one.at),
                "by": uow.people.called(one.by),
                "dropped": one.dropped,
            }
            for one in uow.templates.history(form)
        ],
    }
