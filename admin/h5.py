"""The H5 pages behind the links on cards: open, fill, hand in, decide, hand over."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import Any

from aiohttp import web

from admin.formlinks import FormLinks
from admin.h5desk import H5Desk
from admin.h5forms import H5Forms
from admin.sessions import Browsers
from admin.visits import Visits
from connect import flowbody
from connect.edge import Deps, Refused, answer, ask, audit_unseen, body, key_in, reading
from connect.files import Files
from core.canon import sha256
from core.commands import (
    AddSign,
    Command,
    Decide,
    DropSign,
    EndDelegation,
    Remark,
    SaveDraft,
    SaveStep,
    SubmitDraft,
    Transfer,
    Urge,
    Withdraw,
)
from core.errors import NotFound
from core.forms.behalf import starter
from core.queries.delegations import delegations
from core.queries.foresee import foresee
from core.queries.pages import find_instance, find_task, own_draft, page_of
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
            web.post("/h5/api/task/{id}/save", guarded(self.save_step)),
            web.post("/h5/api/task/{id}/transfer", guarded(self.transfer)),
            *H5Forms(self._deps, self._browsers).routes(),
            *FormLinks(self._deps, self._browsers, self._visits).routes(),
            *H5Desk(self._deps, self._browsers).routes(),
            web.post("/h5/api/task/{id}/sign", guarded(self.sign)),
            web.post("/h5/api/task/{id}/drop-sign", guarded(self.drop_sign)),
            web.post("/h5/api/draft/{id}/foresee", guarded(self.foresee)),
            web.post("/h5/api/instance/{id}/urge", guarded(self.urge)),
            web.post("/h5/api/instance/{id}/withdraw", guarded(self.withdraw)),
            web.post("/h5/api/instance/{id}/remark", guarded(self.remark)),
            web.get("/h5/api/delegations", guarded(self.delegations)),
            web.post("/h5/api/delegations", guarded(self.delegate)),
            web.delete("/h5/api/delegations/{id}", guarded(self.end_delegation)),
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
        sent = await body(request, "revision", "values", "on_behalf")
        draft_id = request.match_info["id"]
        revision = sent.integer("revision")
        command = SaveDraft(
            session.person, draft_id, sent.mapping("values"), revision, flowbody.behalf_in(sent)
        )
        outcome_data = await self._save(command, revision)
        return answer({"revision": outcome_data["revision"]})

    async def _save(self, command: SaveDraft, revision: int) -> dict[str, Any]:
        try:
            return (await ask(self._deps, command)).data
        except Refused as refused:
            raise await self._with_draft(refused, command.draft_id, command.actor, revision) from None

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
        sent = await body(request, "revision", "values", "client_id", "picks", "on_behalf")
        draft_id, values = request.match_info["id"], sent.mapping("values")
        client_id = sent.text("client_id", required=True, longest=100)
        delivery = _delivery(session.person, "submit", draft_id, client_id)
        picks, behalf = flowbody.picks_in(sent), flowbody.behalf_in(sent)
        card = SubmitDraft(session.person, draft_id, values, token=client_id, picks=picks, on_behalf=behalf)
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

    async def foresee(self, request: web.Request, session: Session) -> web.StreamResponse:
        """谁会审批, over what is typed so far."""
        sent = await body(request, "values", "picks", "on_behalf")
        draft_id, values, picks = request.match_info["id"], sent.mapping("values"), flowbody.picks_in(sent)
        behalf = flowbody.behalf_in(sent)

        def work(uow: UnitOfWork) -> dict[str, Any]:
            own_draft(uow, draft_id, session.person)
            draft = uow.drafts.load(draft_id)
            if draft is None:
                raise NotFound
            person = starter(uow, session.person, draft.on_behalf if behalf is None else behalf)
            return foresee(uow, draft.form, person, {**draft.values, **values}, picks)

        return answer(await reading(self._deps, work))

    async def decide(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A verdict on a task."""
        sent = await body(request, *flowbody.DECIDE)
        return await self._act(request, session, flowbody.decide(session.person, _id(request), sent))

    async def transfer(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A task goes to somebody else."""
        sent = await body(request, *flowbody.TRANSFER)
        return await self._act(request, session, flowbody.transfer(session.person, _id(request), sent))

    async def sign(self, request: web.Request, session: Session) -> web.StreamResponse:
        """加签."""
        sent = await body(request, *flowbody.SIGN)
        return await self._act(request, session, flowbody.sign(session.person, _id(request), sent))

    async def save_step(self, request: web.Request, session: Session) -> web.StreamResponse:
        """保存: the fields of one's task, without a verdict."""
        sent = await body(request, *flowbody.SAVE)
        return await self._act(request, session, flowbody.save(session.person, _id(request), sent))

    async def drop_sign(self, request: web.Request, session: Session) -> web.StreamResponse:
        """减签: the task is that of who was asked."""
        return await self._act(request, session, DropSign(session.person, _id(request)))

    async def _act(
        self,
        request: web.Request,
        session: Session,
        command: Decide | Transfer | AddSign | DropSign | SaveStep,
    ) -> web.StreamResponse:
        try:
            await reading(self._deps, lambda uow: find_task(uow, command.task_id, session.person))
        except NotFound:
            await audit_unseen(self._deps, session.person, command.task_id, type(command).__name__)
            raise
        return await self._perform(request, session, command, command.task_id)

    async def urge(self, request: web.Request, session: Session) -> web.StreamResponse:
        """催办."""
        return await self._on_instance(request, session, Urge(session.person, _id(request)))

    async def withdraw(self, request: web.Request, session: Session) -> web.StreamResponse:
        """撤回."""
        sent = await body(request, "comment", optional=True)
        command = Withdraw(session.person, _id(request), sent.text("comment", longest=500))
        return await self._on_instance(request, session, command)

    async def remark(self, request: web.Request, session: Session) -> web.StreamResponse:
        """评论."""
        sent = await body(request, *flowbody.REMARK)
        return await self._on_instance(request, session, flowbody.remark(session.person, _id(request), sent))

    async def _on_instance(
        self, request: web.Request, session: Session, command: Urge | Withdraw | Remark
    ) -> web.StreamResponse:
        await reading(self._deps, lambda uow: find_instance(uow, command.instance_id, session.person))
        return await self._perform(request, session, command, command.instance_id)

    async def _perform(
        self, request: web.Request, session: Session, command: Command, target: str
    ) -> web.StreamResponse:
        client_id = key_in(request, "X-Client-Id")
        kind = type(command).__name__
        delivery = _delivery(session.person, kind, target, client_id) if client_id else None
        outcome = await ask(self._deps, command, delivery)
        return answer({"message": outcome.message})

    async def delegations(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """委托 that the visitor gave or was given."""
        found = await reading(self._deps, lambda uow: delegations(uow, session.person))
        return answer({"delegations": found})

    async def delegate(self, request: web.Request, session: Session) -> web.StreamResponse:
        """委托 one's own decisions."""
        command = flowbody.delegate(session.person, await body(request, *flowbody.DELEGATE))
        return await self._perform(request, session, command, command.to)

    async def end_delegation(self, request: web.Request, session: Session) -> web.StreamResponse:
        """End one's 委托."""
        command = EndDelegation(session.person, _id(request))
        return await self._perform(request, session, command, command.delegation_id)


def _id(request: web.Request) -> str:
    return request.match_info["id"]


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
