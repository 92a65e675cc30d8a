"""Business data for administrators: records, flow instances, people. Read-only."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin.exports import Exports
from admin.prints import Prints
from admin.recordlife import RecordLife
from admin.sessions import Browsers
from admin.sheets import Sheets
from connect.edge import Deps, answer, limit_of, reading, word_of
from connect.files import Files
from core.forms.urldefaults import taken
from core.queries import flows, instances, life, lists, pages, records, rules
from core.queries.lists import Wish
from core.reach import masked
from core.store.access import Session
from core.store.visibility import visible
from core.store.work import UnitOfWork


class Data:
    """Endpoints of records, instances and people."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._files = Files(deps)

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/forms", guarded(self.forms)),
            web.get("/admin/api/records/{form}", guarded(self.table)),
            *Sheets(self._deps, self._browsers).routes(),
            *Prints(self._deps, self._browsers).routes(),
            *Exports(self._deps, self._browsers).routes(),
            web.get("/admin/api/records/{form}/{id}", guarded(self.record)),
            web.get("/admin/api/instances", guarded(self.instances)),
            web.get("/admin/api/instances/{id}", guarded(self.instance)),
            web.get("/admin/api/people", guarded(self.people)),
            *RecordLife(self._deps, self._browsers, "/admin/api", lambda *_: None).routes(),
            web.post("/admin/api/files", guarded(self.upload)),
            web.get("/admin/api/files/{id}", guarded(self.file)),
        ]

    async def forms(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """Each form and how many records it holds."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            found = [uow.shelf.form(key).form for key in uow.shelf.keys("form")]
            return [
                {
                    "key": one.key,
                    "title": one.title,
                    "records": uow.records.count(one, visible(one, session.person, uow.people)),
                }
                for one in found
            ]

        return answer(await reading(self._deps, work))

    async def table(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A page of a form's records."""
        form = request.match_info["form"]
        wish = Wish(
            text=word_of(request, "q"),
            after=word_of(request, "cursor", 40),
            limit=limit_of(request),
            filter=word_of(request, "filter", 2000),
            sort=word_of(request, "sort", 60),
            group=word_of(request, "group", 60),
            bin=request.query.get("bin") == "1",
        )

        def work(uow: UnitOfWork) -> dict[str, Any]:
            found = lists.listed(uow, form, session.person, wish)
            address = f"{self._deps.settings.base_url}/m/{form}"
            return {**found, "fill": {"address": address, "takes": taken(uow.shelf.form(form).form)}}

        return answer(await reading(self._deps, work))

    async def record(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A record with its flows and its history."""
        form_key, record_id = request.match_info["form"], request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            form, record = records.find_record(uow, form_key, record_id, session.person)
            more = life.around(uow, uow.shelf.form(form_key), record, session.person)
            return {
                "record": {**records.document(uow, form, record), **more},
                "flows": [flows.document(uow, one) for one in uow.instances.of_record(record.id)],
                "history": records.history(uow, form, record.id),
                "origins": [rules.origin_document(uow, one) for one in uow.runs.origins(record.id)],
            }

        return answer(await reading(self._deps, work))

    async def instances(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A page of flow instances."""
        state, text = word_of(request, "state", 20), word_of(request, "q")
        after, limit = word_of(request, "cursor", 40), limit_of(request)
        return answer(await reading(self._deps, lambda uow: instances.page(uow, state, text, after, limit)))

    async def instance(self, request: web.Request, session: Session) -> web.StreamResponse:
        """One flow instance with its record."""
        id_ = request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            found = pages.find_instance(uow, id_, session.person)
            page = pages.record_page(uow, found.form, found.record_id, session.person, found)
            return {"record": page["record"], "flow": page["flow"]}

        return answer(await reading(self._deps, work))

    async def upload(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Keep a file for a comment; until it is sent, only who uploaded it sees it."""
        return await self._files.upload(request, session.person)

    async def file(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A file of a record."""
        return await self._files.download(request, session.person)

    async def people(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """The directory."""
        return answer(await reading(self._deps, _people))


def _people(uow: UnitOfWork) -> dict[str, Any]:
    directory = uow.people
    return {
        "departments": [
            {"id": one.id, "name": one.name, "parent": one.parent, "head": one.head}
            for one in directory.departments.values()
        ],
        "people": [
            {
                "id": one.id,
                "name": one.name,
                "nick": one.nick,
                "title": one.title,
                "department": one.department,
                "manager": one.manager,
                "roles": list(directory.roles_of(one.id)),
                "platforms": [identity.platform for identity in one.identities],
                "active": one.active,
                "email": one.email,
                "mobile": masked(one.mobile),
            }
            for one in directory.people.values()
        ],
    }
