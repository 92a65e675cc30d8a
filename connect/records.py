"""Records of every published form as REST: list, read, create, change."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from connect.edge import Body, Deps, Refused, answer, ask, body, limit_of, reading, word_of
from connect.flowbody import picks_in
from connect.keys import Caller, Gate, delivery_of
from connect.pointers import pointed
from connect.printed import sheet
from core.commands import CreateRecord, StartFlow, UpdateRecord
from core.queries.listing import Wanted, listing, record_json
from core.queries.records import find_record
from core.store.work import UnitOfWork

FORMS = "/api/v1/forms"
LONGEST_FILTER = 2000
_ETAG = re.compile(r'^(?:W/)?"?(\d{1,9})"?$')


class Records:
    """Endpoints of records."""

    def __init__(self, deps: Deps, gate: Gate) -> None:
        self._deps = deps
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._gate.guarded
        return [
            web.get(FORMS, guarded(self.forms)),
            web.get(FORMS + "/{form}/records", guarded(self.list)),
            web.post(FORMS + "/{form}/records", guarded(self.create)),
            web.get(FORMS + "/{form}/records/{id}", guarded(self.show)),
            web.patch(FORMS + "/{form}/records/{id}", guarded(self.change)),
            web.get(FORMS + "/{form}/records/{id}/print", guarded(self.print)),
            web.post(FORMS + "/{form}/records/{id}/start", guarded(self.start)),
        ]

    async def forms(self, _request: web.Request, _caller: Caller) -> web.StreamResponse:
        """The published forms."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            ready = [uow.shelf.form(key) for key in uow.shelf.keys("form")]
            return [{"key": one.form.key, "title": one.form.title, "version": one.version} for one in ready]

        return answer({"forms": await reading(self._deps, work)})

    async def list(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A page of records; `?filter=合计 > 5000&sort=-total&group=kind&totals=1&fields=number,total&limit=50`."""
        fields = tuple(one for one in word_of(request, "fields", 2000).split(",") if one)
        wanted = Wanted(
            word_of(request, "filter", LONGEST_FILTER),
            fields,
            word_of(request, "cursor", 40),
            limit_of(request),
            word_of(request, "q"),
            word_of(request, "sort", 60),
            word_of(request, "group", 60),
            totals=request.query.get("totals") == "1",
            bin=request.query.get("bin") == "1",
        )
        form = request.match_info["form"]
        return answer(await reading(self._deps, lambda uow: listing(uow, form, caller.person, wanted)))

    async def show(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """One record; its version is also the ETag."""
        form_key, id_ = request.match_info["form"], request.match_info["id"]
        found = await reading(
            self._deps, lambda uow: record_json(*find_record(uow, form_key, id_, caller.person))
        )
        return answer(found, headers={"ETag": f'"{found["version"]}"'})

    async def print(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """The printed sheet; `?template=&format=html|pdf|file`."""
        form, id_ = request.match_info["form"], request.match_info["id"]
        return await sheet(self._deps, caller.person, form, (id_,), request.query)

    async def create(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A new record; its flow begins with it."""
        sent = await body(request, "values", "picks", "on_behalf")
        form, behalf = request.match_info["form"], sent.text("on_behalf", longest=100)
        command = CreateRecord(caller.person, form, sent.mapping("values"), picks_in(sent), behalf)
        with pointed("/values"):
            outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        made = _made(outcome.data, outcome.message)
        return answer(made, 201, {"Location": f"{FORMS}/{form}/records/{made['id']}"})

    async def start(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A flow over a record that is there already."""
        sent = await body(request, "picks", optional=True)
        form, id_ = request.match_info["form"], request.match_info["id"]
        command = StartFlow(caller.person, form, id_, picks_in(sent))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data}, 201)

    async def change(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Change some fields, if the record still has the version that was read."""
        sent = await body(request, "values", "version")
        form, id_ = request.match_info["form"], request.match_info["id"]
        version = _version(request, sent)
        command = UpdateRecord(caller.person, form, id_, version, sent.mapping("values"))
        delivery = delivery_of(request, caller, {**sent.values, "version": version})
        with pointed("/values"):
            outcome = await ask(self._deps, command, delivery)
        return answer(_made(outcome.data, outcome.message))


def _version(request: web.Request, sent: Body) -> int:
    """From the body, or from If-Match as the ETag of a read."""
    if sent.values.get("version") is not None:
        return sent.integer("version")
    found = _ETAG.match(request.headers.get("If-Match", ""))
    if found is None:
        hint = "先读取数据，把它的 version 放进请求，或把 ETag 放进 If-Match。"
        raise Refused(428, "version_missing", "修改要说明改的是哪个版本。", hint)
    return int(found[1])


def _made(data: dict[str, Any], message: str) -> dict[str, Any]:
    return {
        "id": data["record_id"],
        "number": data["number"],
        "version": data["version"],
        "instance_id": data.get("instance_id"),
        "message": message,
    }
