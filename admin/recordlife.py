"""Record pages of H5 and admin alike: comments, copy, buttons, effect, void, recycle bin, printed sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from admin.sessions import Browsers, Seated
from connect.edge import Deps, answer, ask, body, key_in, reading, writing
from connect.printed import sheet
from core.canon import sha256
from core.commands import Command, CommentRecord, CopyRecord, MarkRecord, PressButton, PressRule
from core.forms.life import seen
from core.queries import life
from core.queries.buttons import RULE
from core.store.access import Session
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

MARKS = ("void", "effect", "delete", "restore", "purge")


class RecordLife:
    """The same endpoints below `/h5/api` and `/admin/api`. `link` makes the address of a new draft's page."""

    def __init__(
        self, deps: Deps, browsers: Browsers, base: str, link: Callable[[UnitOfWork, str, str], str | None]
    ) -> None:
        self._deps = deps
        self._browsers = browsers
        self._base = f"{base}/records/{{form}}/{{id}}"
        self._link = link

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded, base = self._browsers.guarded, self._base
        return [
            web.post(f"{base}/copy", guarded(self.copy)),
            web.get(f"{base}/comments", guarded(self.comments)),
            web.post(f"{base}/comments", guarded(self.comment)),
            web.post(f"{base}/press", guarded(self.press)),
            web.get(f"{base}/print", guarded(self.print)),
            *(web.post(f"{base}/{what}", guarded(self._mark(what))) for what in MARKS),
        ]

    def _mark(self, what: str) -> Seated:
        async def mark(request: web.Request, session: Session) -> web.StreamResponse:
            sent = await body(request, "reason", "version", optional=True)
            form, id_ = _target(request)
            reason = sent.text("reason", longest=500)
            command = MarkRecord(session.person, form, id_, what, sent.integer("version", 0), reason)
            outcome = await ask(self._deps, command)
            return answer({"message": outcome.message})

        return mark

    async def copy(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A new draft with the record's values."""
        outcome = await ask(self._deps, CopyRecord(session.person, *_target(request)))
        return answer(await self._with_link(outcome.data["draft_id"], session))

    async def _with_link(self, draft_id: str, session: Session) -> dict[str, Any]:
        link = await writing(self._deps, lambda uow: self._link(uow, draft_id, session.person))
        return {"draft_id": draft_id, "link": link}

    async def comments(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The comments of a record that the person sees."""
        return answer({"comments": await self._comments(request, session)})

    async def _comments(self, request: web.Request, session: Session) -> list[dict[str, Any]]:
        form, id_ = _target(request)

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            seen(uow, form, id_, session.person)
            return life.comments(uow, id_)

        return await reading(self._deps, work)

    async def comment(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Say something."""
        sent = await body(request, "text", "mentions", "files")
        mentions = tuple(str(one) for one in sent.values.get("mentions") or ())
        files = tuple(
            str(one.get("id") if isinstance(one, dict) else one) for one in sent.values.get("files") or ()
        )
        text = sent.text("text", required=True)
        await ask(self._deps, CommentRecord(session.person, *_target(request), text, mentions, files))
        return answer({"comments": await self._comments(request, session)})

    async def press(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A custom button, or one of a rule; a repeated tap with the same client id is one press."""
        sent = await body(request, "button", "values", "version", "client_id")
        form, id_ = _target(request)
        button = sent.text("button", required=True, longest=60)
        values = sent.mapping("values") if sent.values.get("values") is not None else {}
        command: Command = PressButton(session.person, form, id_, button, values, sent.integer("version", 0))
        if button.startswith(RULE):
            command = PressRule(session.person, button.removeprefix(RULE), id_)
        client = sent.text("client_id", longest=100) or key_in(request, "X-Client-Id")
        key = sha256("\0".join((session.person, "press", id_, button, client)))
        outcome = await ask(
            self._deps, command, Delivery("page", key, keep_invalid=False) if client else None
        )
        draft_id = outcome.data.get("draft_id")
        more = await self._with_link(draft_id, session) if draft_id else {"link": None}
        return answer({"message": outcome.message, **more})

    async def print(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The printed sheet: HTML, PDF where the server can make one, or a filled Word or Excel file."""
        form, id_ = _target(request)
        return await sheet(self._deps, session.person, form, (id_,), request.query)


def _target(request: web.Request) -> tuple[str, str]:
    return request.match_info["form"], request.match_info["id"]
