"""What the H5 form page asks while it is filled: linkage, choices, records made inline, areas, codes, open drafts."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web

from admin.recordlife import RecordLife
from admin.sessions import Browsers
from connect import rowsheet
from connect.edge import Deps, Refused, answer, ask, body, reading, word_of, writing
from connect.upload import uploaded
from core.canon import sha256
from core.commands import CreateRecord, DropDraft
from core.errors import NotFound
from core.forms.codes import LONGEST, code_svg
from core.forms.definition import FieldDef
from core.forms.fields.address import areas
from core.forms.fields.codes import CODES
from core.forms.life import seen
from core.queries import flowacts, forms, life, linkage, records
from core.queries.scanned import scanned
from core.store.access import Session
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

PLATFORM = "page"  # of cards that nobody was sent: they only carry a link


class H5Forms:
    """Endpoints beside those of admin/h5.py."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._life = RecordLife(deps, browsers, "/h5/api", self.link)

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.post("/h5/api/draft/{id}/linked", guarded(self.linked)),
            web.post("/h5/api/draft/{id}/choices", guarded(self.choices)),
            web.post("/h5/api/draft/{id}/sheet/{table}", guarded(self.sheet)),
            web.get("/h5/api/draft/{id}/inline", guarded(self.inline_form)),
            web.post("/h5/api/draft/{id}/inline", guarded(self.inline)),
            web.get("/h5/api/areas", guarded(self.areas)),
            web.get("/h5/api/code", guarded(self.code)),
            web.get("/h5/api/scanned", guarded(self.scanned)),
            web.get("/h5/api/drafts", guarded(self.drafts)),
            web.delete("/h5/api/drafts/{id}", guarded(self.drop)),
            web.get("/h5/api/records/{form}/{id}", guarded(self.record)),
            *self._life.routes(),
        ]

    def link(self, uow: UnitOfWork, draft_id: str, person: str) -> str | None:
        """The address of a draft's page for a person; made when there was none yet. Needs a write transaction."""
        found = uow.cards.of_subject(("draft", draft_id), person)
        card = found[0] if found else None
        if card is None:
            known = uow.people.get(person)
            platform = known.identities[0].platform if known and known.identities else PLATFORM
            card = uow.cards.want(uow.ids(), ("draft", draft_id), person, platform, uow.now)
        return f"/h5/l/{card.handle}"

    async def linked(self, request: web.Request, session: Session) -> web.StreamResponse:
        """What other forms say to what is typed."""
        sent = await body(request, "values")
        id_, values = request.match_info["id"], sent.mapping("values")
        found = await reading(self._deps, lambda uow: linkage.linked(uow, id_, session.person, values))
        return answer(found)

    async def choices(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Records to pick."""
        sent = await body(request, "field", "q", "values", "after")
        path, text, after = (sent.text(name, longest=100) for name in ("field", "q", "after"))
        id_ = request.match_info["id"]
        return answer(
            await reading(
                self._deps, lambda uow: linkage.choices(uow, id_, session.person, path, text, after)
            )
        )

    async def sheet(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The rows of an Excel or CSV file as texts for a sub-table of one's draft."""
        id_, key = request.match_info["id"], request.match_info["table"]
        table = await reading(self._deps, lambda uow: _table(uow, id_, session.person, key))
        name, content = await uploaded(request, rowsheet.LARGEST)
        return answer(asdict(await asyncio.to_thread(rowsheet.row_texts, table, name, content)))

    async def inline_form(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The form of a linked record that may be made on the spot."""
        path, id_ = request.query.get("field", "")[:100], request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            ready = uow.shelf.form(_inline(uow, id_, session.person, path))
            scope = uow.scope(session.person)
            return {
                "form": forms.document(ready, scope),
                "values": forms.start_values(uow, ready, session.person),
            }

        return answer(await reading(self._deps, work))

    async def inline(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Make it."""
        sent = await body(request, "field", "values", "client_id")
        path, id_ = sent.text("field", required=True, longest=100), request.match_info["id"]
        key = await reading(self._deps, lambda uow: _inline(uow, id_, session.person, path))
        client = sent.text("client_id", required=True, longest=100)
        delivery = Delivery("page", sha256("\0".join((session.person, "inline", client))), keep_invalid=False)
        outcome = await ask(self._deps, CreateRecord(session.person, key, sent.mapping("values")), delivery)
        record_id = outcome.data["record_id"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            record = uow.records.load(uow.shelf.form(key).form, record_id)
            return {
                "id": record_id,
                "title": record.title if record else "",
                "number": outcome.data["number"],
            }

        return answer(await reading(self._deps, work))

    async def areas(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """Provinces, cities, districts."""
        found = answer({"version": "2.1.0", "areas": areas()})
        found.headers["Cache-Control"] = "private, max-age=86400"
        return found

    async def code(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A QR code, a Code 128 or an EAN-13 as a picture."""
        text, kind = request.query.get("text", ""), request.query.get("kind", "qr")
        if not text or len(text) > LONGEST or kind not in CODES:
            raise Refused(400, "bad_code", f"二维码内容要有 1 到 {LONGEST} 个字。")
        headers = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "private, max-age=3600"}
        return web.Response(text=code_svg(kind, text), content_type="image/svg+xml", headers=headers)

    async def scanned(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The records that a scanned code means."""
        text = word_of(request, "text", 500)
        return answer({"records": await reading(self._deps, lambda uow: scanned(uow, session.person, text))})

    async def drafts(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """Open drafts with the address of each: go on where you left off, on whatever device."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            found = linkage.drafts(uow, session.person)
            return [{**one, "link": self.link(uow, one["id"], session.person)} for one in found]

        return answer(await writing(self._deps, work))

    async def drop(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Throw a draft away."""
        await ask(self._deps, DropDraft(session.person, request.match_info["id"]))
        return answer({})

    async def record(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A record's page by its id."""
        form, id_ = request.match_info["form"], request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            ready, found = seen(uow, form, id_, session.person)
            if found.deleted_at is not None and not records.may_see_bin(uow, found, session.person):
                raise NotFound
            instances = uow.instances.of_record(id_)
            document = records.document(uow, ready.form, found)
            return {
                "kind": "record",
                "record": {**document, **life.around(uow, ready, found, session.person)},
                "flow": flowacts.document(uow, instances[0], session.person) if instances else None,
                "csrf": session.csrf,
                "people": forms.people(uow),
            }

        return answer(await reading(self._deps, work))


def _table(uow: UnitOfWork, draft_id: str, person: str, key: str) -> FieldDef:
    """A sub-table of one's own draft that takes rows. Raises NotFound."""
    _, ready = linkage.own(uow, draft_id, person)
    table = ready.form.field(key)
    if table is None or table.type != "subtable" or table.readonly:
        raise NotFound("没有这个子表。")
    return table


def _inline(uow: UnitOfWork, draft_id: str, person: str, path: str) -> str:
    """The form that a link field of one's own draft may make records of. Raises NotFound."""
    _, ready = linkage.own(uow, draft_id, person)
    one = dict(ready.form.walk()).get(path)
    if one is None or not one.create or not one.to:
        raise NotFound("这里不能新建。")
    return one.to
