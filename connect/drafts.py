"""Drafts for programs: the same drafts that wait on cards and pages, kept with mistakes and all."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connect.edge import Deps, answer, ask, body, reading
from connect.flowbody import behalf_in, picks_in
from connect.keys import Caller, Gate, delivery_of
from connect.pointers import pointed, pointer
from core.commands import DropDraft, OpenDraft, SaveDraft, SubmitDraft
from core.queries import linkage
from core.queries.pages import draft_json
from core.store.work import UnitOfWork

DRAFTS = "/api/v1/drafts"


class Drafts:
    """Endpoints of drafts."""

    def __init__(self, deps: Deps, gate: Gate) -> None:
        self._deps = deps
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._gate.guarded
        return [
            web.get(DRAFTS, guarded(self.list)),
            web.post(DRAFTS, guarded(self.open)),
            web.get(DRAFTS + "/{id}", guarded(self.show)),
            web.patch(DRAFTS + "/{id}", guarded(self.save)),
            web.delete(DRAFTS + "/{id}", guarded(self.drop)),
            web.post(DRAFTS + "/{id}/submit", guarded(self.submit)),
        ]

    async def list(self, _request: web.Request, caller: Caller) -> web.StreamResponse:
        """One's open drafts, newest first."""
        return answer(
            {"drafts": await reading(self._deps, lambda uow: linkage.drafts(uow, caller.person, 100))}
        )

    async def open(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A new draft; wrong values are kept, with their problems."""
        sent = await body(request, "form", "values")
        form = sent.text("form", required=True, longest=60)
        values = sent.mapping("values") if sent.values.get("values") is not None else {}
        delivery = delivery_of(request, caller, sent.values)
        opened = await ask(self._deps, OpenDraft(caller.person, form, values=values), delivery)
        id_ = opened.data["draft_id"]
        return answer(await self._draft(id_, caller), 201, {"Location": f"{DRAFTS}/{id_}"})

    async def show(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A draft with what is wrong with it so far."""
        return answer(await self._draft(request.match_info["id"], caller))

    async def _draft(self, id_: str, caller: Caller) -> dict[str, Any]:
        def work(uow: UnitOfWork) -> dict[str, Any]:
            return draft_json(uow, id_, caller.person)

        found = await reading(self._deps, work)
        problems = [{**one, "pointer": pointer("/values", one["path"])} for one in found["problems"]]
        return {**found, "problems": problems}

    async def save(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Lay values over a draft, if it still has the revision that was read."""
        sent = await body(request, "values", "revision", "on_behalf")
        id_, revision = request.match_info["id"], sent.maybe("revision")
        command = SaveDraft(caller.person, id_, sent.mapping("values"), revision, behalf_in(sent))
        await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer(await self._draft(id_, caller))

    async def submit(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Hand a draft in: a record, or every mistake at once while the draft keeps everything."""
        sent = await body(request, "values", "picks", "on_behalf", optional=True)
        values = sent.mapping("values") if sent.values.get("values") is not None else {}
        id_, picks, behalf = request.match_info["id"], picks_in(sent), behalf_in(sent)
        command = SubmitDraft(caller.person, id_, values, picks=picks, on_behalf=behalf)
        with pointed("/values"):
            outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        data = outcome.data
        found = {"id": data["record_id"], "number": data["number"], "instance_id": data.get("instance_id")}
        return answer({**found, "message": outcome.message, "warnings": data.get("warnings", [])}, 201)

    async def drop(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Throw a draft away."""
        command = DropDraft(caller.person, request.match_info["id"])
        outcome = await ask(self._deps, command, delivery_of(request, caller, {}))
        return answer({"message": outcome.message})
