"""A form that changes while it has records: what uses a field, what a retype would do, rollback, backfills."""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, Refused, answer, ask, body, reading
from core.commands import RollBack
from core.forms.definition import Form
from core.forms.finding import Finding
from core.forms.migrating import previews
from core.publishing import review, used_in
from core.store.access import Session
from core.store.work import UnitOfWork

BASE = "/admin/api/definitions"


class Changing:
    """Endpoints."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes; before those of kinds and keys."""
        guarded = self._browsers.guarded
        return [
            web.post(f"{BASE}/retype", guarded(self.retype)),
            web.get(BASE + "/form/{key}/uses", guarded(self.uses)),
            web.post(BASE + "/{kind}/{key}/rollback", guarded(self.roll_back)),
            web.get("/admin/api/backfills/{form}", guarded(self.backfills)),
        ]

    async def uses(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What would break without a field."""
        key, field = request.match_info["key"], request.query.get("field", "")[:60]
        found = await reading(self._deps, lambda uow: used_in(uow, key, field))
        return answer(
            [
                {
                    "kind": use.kind,
                    "key": use.key,
                    "title": use.title,
                    "text": use.said(),
                    "where": use.where,
                    "why": why,
                }
                for use, why in found
            ]
        )

    async def retype(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What fields with `from:` of a text would take over, and which records do not fit."""
        sent = await body(request, "text")
        text = sent.text("text", required=True, longest=500_000)

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            found = review(uow, text)
            if found.mistakes:
                raise Refused(422, "invalid", found.mistakes[0].message)
            finding = Finding(uow, found.parsed)
            forms = [cast("Form", one.model) for one in found.parsed if one.kind == "form"]
            return [
                {
                    **{
                        name: getattr(one, name)
                        for name in ("field", "label", "total", "ok", "empty", "failed")
                    },
                    "from": one.source,
                    "samples": [{"number": n, "value": v, "reason": r} for n, v, r in one.samples],
                }
                for form in forms
                for one in previews(uow, form, finding)
            ]

        return answer(await reading(self._deps, work))

    async def roll_back(self, request: web.Request, session: Session) -> web.StreamResponse:
        """An older version in force again, as a new one."""
        sent = await body(request, "version")
        kind, key = request.match_info["kind"], request.match_info["key"]
        outcome = await ask(self._deps, RollBack(session.person, kind, key, sent.integer("version")))
        return answer({"version": outcome.data.get("version"), "message": outcome.message})

    async def backfills(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """How far new fields are with taking over values."""
        form = request.match_info["form"]
        found = await reading(self._deps, lambda uow: uow.life.backfills(form))
        names = ("field", "source", "done", "failed", "state")
        return answer([{**{n: getattr(one, n) for n in names}, "samples": one.samples} for one in found])
