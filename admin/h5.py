"""The H5 pages behind the links on cards: open, fill, hand in, decide, hand over."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import Any

from aiohttp import web

from admin.h5forms import H5Forms
from admin.sessions import Browsers
from admin.visits import Visits
from connect.edge import Body, Deps, Refused, answer, ask, body, key_in, reading, wrong
from connect.files import Files
from core.canon import sha256
from core.commands import Decide, SaveDraft, SubmitDraft, Transfer
from core.errors import NotFound
from core.queries.pages import find_task, own_draft, page_of
from core.queries.records import iso
from core.store.access import Session
from core.store.inbox import Delivery
from core.store.outbox import CardRow
from core.store.work import UnitOfWork

LINK_LIFE = timedelta(days=180)
JUST_LOGGED_IN = timedelta(seconds=20)
_HANDLE = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


class H5:
    """Endpoints of the H5 pages."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._browsers = Browsers(deps, "h5")
        self._visits = Visits(deps, self._browsers)
        self._files = Files(deps)

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/h5/back", self._visits.back),
            web.get("/h5/api/open/{handle}", self.open),
            web.put("/h5/api/draft/{id}", guarded(self.save)),
            web.post("/h5/api/draft/{id}/submit", guarded(self.submit)),
            web.post("/h5/api/files", guarded(self.upload)),
            web.get("/h5/api/files/{id}", guarded(self.download)),
            web.post("/h5/api/task/{id}/decide", guarded(self.decide)),
            web.post("/h5/api/task/{id}/transfer", guarded(self.transfer)),
            *H5Forms(self._deps, self._browsers).routes(),
        ]

    async def open(self, request: web.Request) -> web.StreamResponse:
        """The page behind a handle; 401 with the platform's login when nobody is known yet."""
        handle = request.match_info["handle"]
        card = await reading(self._deps, lambda uow: _card(uow, handle))
        session = await self._browsers.find(request)
        if session is None:
            return self._visits.send_away(request, card)
        if card.person != session.person:
            # A shared device, or a link that was passed on: ask who this is, once.
            if self._deps.store.house.clock() - session.created_at < JUST_LOGGED_IN:
                raise NotFound
            return self._visits.send_away(request, card)
        return answer(await reading(self._deps, lambda uow: self._page(uow, card, session)))

    def _page(self, uow: UnitOfWork, card: CardRow, session: Session) -> dict[str, Any]:
        return {
            **page_of(uow, card),
            "csrf": session.csrf,
            "me": {"id": session.person, "name": uow.people.called(session.person)},
            "now": iso(uow.now.astimezone(UTC)),
            "zone": self._deps.zone.key,
        }

    async def save(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Autosave; a conflict answers with what the draft holds now."""
        sent = await body(request, "revision", "values")
        draft_id = request.match_info["id"]
        revision = sent.integer("revision")
        outcome_data = await self._save(session, draft_id, sent.mapping("values"), revision)
        return answer({"revision": outcome_data["revision"]})

    async def _save(
        self, session: Session, draft_id: str, values: dict[str, Any], revision: int
    ) -> dict[str, Any]:
        try:
            return (await ask(self._deps, SaveDraft(session.person, draft_id, values, revision))).data
        except Refused as refused:
            raise await self._with_draft(refused, draft_id, session.person, revision) from None

    async def _with_draft(self, refused: Refused, draft_id: str, person: str, revision: int) -> Refused:
        """A draft that was changed elsewhere comes along, so that the page can offer both."""
        if refused.code == "not_allowed":
            return Refused(404, "not_found", "没有找到，或者您无权查看。")
        if refused.code == "conflict":
            present = await reading(self._deps, lambda uow: own_draft(uow, draft_id, person))
            if present["revision"] != revision:
                refused.more["draft"] = present
        return refused

    async def submit(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Hand the form in. The client's id makes a second tap the same submit."""
        sent = await body(request, "revision", "values", "client_id")
        draft_id, values = request.match_info["id"], sent.mapping("values")
        client_id = sent.text("client_id", required=True, longest=100)
        delivery = _delivery(session.person, "submit", draft_id, client_id)
        card = SubmitDraft(session.person, draft_id, values, token=client_id)
        try:
            outcome = await ask(self._deps, card, delivery)
        except Refused as refused:
            raise await self._with_draft(
                refused, draft_id, session.person, sent.integer("revision", 0)
            ) from None
        data = outcome.data
        return answer({"number": data["number"], "message": outcome.message, "record_id": data["record_id"]})

    async def upload(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Keep a file for a field of a form."""
        return await self._files.upload(request, session.person)

    async def download(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A file that the visitor may see."""
        return await self._files.download(request, session.person)

    async def decide(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A verdict on a task."""
        sent = await body(request, "verdict", "comment", "version")
        verdict = sent.text("verdict", required=True, longest=20)
        if verdict not in ("approve", "reject", "return"):
            raise wrong("verdict", "只能同意、拒绝或退回。")
        task_id, comment, version = _task_parts(request, sent)
        return await self._act(request, session, Decide(session.person, task_id, verdict, comment, version))

    async def transfer(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A task goes to somebody else."""
        sent = await body(request, "to", "comment", "version")
        to = sent.text("to", required=True, longest=100)
        task_id, comment, version = _task_parts(request, sent)
        return await self._act(request, session, Transfer(session.person, task_id, to, comment, version))

    async def _act(
        self, request: web.Request, session: Session, command: Decide | Transfer
    ) -> web.StreamResponse:
        task_id = command.task_id
        await reading(self._deps, lambda uow: find_task(uow, task_id, session.person))
        client_id = key_in(request, "X-Client-Id")
        kind = type(command).__name__
        delivery = _delivery(session.person, kind, task_id, client_id) if client_id else None
        outcome = await ask(self._deps, command, delivery)
        return answer({"message": outcome.message})


def _task_parts(request: web.Request, sent: Body) -> tuple[str, str, int]:
    return request.match_info["id"], sent.text("comment", longest=500), sent.integer("version", 0)


def _delivery(person: str, kind: str, target: str, client_id: str) -> Delivery:
    key = sha256("\0".join((person, kind, target, client_id)))
    return Delivery(source="h5", key=key, keep_invalid=False)


def _card(uow: UnitOfWork, handle: str) -> CardRow:
    """The card behind a link. Raises NotFound; Refused 410 when the link is too old."""
    card = uow.cards.by_handle(handle) if _HANDLE.match(handle) else None
    if card is None:
        raise NotFound
    if uow.now - card.created_at > LINK_LIFE:
        raise Refused(410, "expired", "这个链接已经过期，请在聊天里重新打开。")
    return card
