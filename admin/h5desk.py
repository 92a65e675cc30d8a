"""Beside one form or task on the H5 pages: the to-do list, deciding on several, usual opinions, records to pick."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect import flowbody
from connect.edge import Deps, answer, ask, body, key_in, reading, writing
from core.canon import sha256
from core.commands import KeepPhrases
from core.queries import linkage
from core.queries.phrases import phrases
from core.queries.todo import todo
from core.store.access import Session
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

PLATFORM = "page"  # of cards that nobody was sent: they only carry a link


class H5Desk:
    """Endpoints beside those of admin/h5.py."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get("/h5/api/tasks", guarded(self.tasks)),
            web.post("/h5/api/tasks/decide", guarded(self.batch)),
            web.post("/h5/api/task/{id}/choices", guarded(self.choices)),
            web.get("/h5/api/phrases", guarded(self.phrases)),
            web.put("/h5/api/phrases", guarded(self.keep_phrases)),
        ]

    async def tasks(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """The visitor's to-dos, each with the address of its page."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            return [
                {**one, "link": _link(uow, one["id"], session.person)} for one in todo(uow, session.person)
            ]

        return answer({"tasks": await writing(self._deps, work)})

    async def batch(self, request: web.Request, session: Session) -> web.StreamResponse:
        """One verdict on several; `left` names those that need a look of their own."""
        sent = await body(request, *flowbody.BATCH)
        command = flowbody.batch(session.person, sent)
        client = key_in(request, "X-Client-Id")
        key = sha256("\0".join((session.person, "batch", client)))
        outcome = await ask(self._deps, command, Delivery("h5", key, keep_invalid=False) if client else None)
        return answer({"message": outcome.message, **outcome.data})

    async def choices(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Records to pick for a field of one's own task."""
        sent = await body(request, "field", "q", "after")
        path, text, after = (sent.text(name, longest=100) for name in ("field", "q", "after"))
        id_ = request.match_info["id"]
        return answer(
            await reading(
                self._deps, lambda uow: linkage.choices_at(uow, id_, session.person, path, text, after)
            )
        )

    async def phrases(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """常用意见: one's own, and all that are offered."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            return {"own": uow.phrases.of(session.person), "all": phrases(uow, session.person)}

        return answer(await reading(self._deps, work))

    async def keep_phrases(self, request: web.Request, session: Session) -> web.StreamResponse:
        """One's own for a verdict from now on."""
        sent = await body(request, "verdict", "texts")
        verdict = sent.text("verdict", required=True, longest=20)
        outcome = await ask(
            self._deps, KeepPhrases(session.person, verdict, flowbody.texts(sent, "texts", 20))
        )
        return answer({"message": outcome.message})


def _link(uow: UnitOfWork, task_id: str, person: str) -> str:
    """The address of a task's page; made when the task was never shown. Needs a write transaction."""
    found = uow.cards.of_subject(("task", task_id), person)
    card = found[0] if found else uow.cards.want(uow.ids(), ("task", task_id), person, PLATFORM, uow.now)
    return f"/h5/l/{card.handle}"
