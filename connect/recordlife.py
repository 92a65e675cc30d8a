"""What becomes of a record, for programs: effect, void, recycle bin, copy, comments, history, buttons."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connect.edge import Body, Deps, answer, ask, body, reading
from connect.keys import Called, Caller, Gate, delivery_of
from connect.pointers import pointed
from connect.records import FORMS
from core.commands import CommentRecord, CopyRecord, MarkRecord, PressButton
from core.errors import NotFound
from core.forms.life import seen
from core.queries import life, records
from core.store.work import UnitOfWork

MARKS = ("effect", "void", "delete", "restore", "purge")


class RecordLife:
    """Endpoints below one record."""

    def __init__(self, deps: Deps, gate: Gate) -> None:
        self._deps = deps
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded, base = self._gate.guarded, FORMS + "/{form}/records/{id}"
        return [
            *(web.post(f"{base}/{what}", guarded(self._mark(what))) for what in MARKS),
            web.post(f"{base}/copy", guarded(self.copy)),
            web.post(f"{base}/press", guarded(self.press)),
            web.get(f"{base}/comments", guarded(self.comments)),
            web.post(f"{base}/comments", guarded(self.comment)),
            web.get(f"{base}/history", guarded(self.history)),
        ]

    def _mark(self, what: str) -> Called:
        async def mark(request: web.Request, caller: Caller) -> web.StreamResponse:
            sent = await body(request, "reason", "version", optional=True)
            form, id_ = _target(request)
            reason, version = sent.text("reason", longest=500), sent.integer("version", 0)
            command = MarkRecord(caller.person, form, id_, what, version, reason)
            with pointed("/values"):
                outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
            return answer({"id": id_, "message": outcome.message})

        return mark

    async def copy(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A draft with the record's values."""
        sent = await body(request, optional=True)
        command = CopyRecord(caller.person, *_target(request))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        id_ = outcome.data["draft_id"]
        return answer(
            {"draft_id": id_, "message": outcome.message}, 201, {"Location": f"/api/v1/drafts/{id_}"}
        )

    async def press(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A custom button of the form."""
        sent = await body(request, "button", "values", "version")
        form, id_ = _target(request)
        values = sent.mapping("values") if sent.values.get("values") is not None else {}
        button = sent.text("button", required=True, longest=60)
        command = PressButton(caller.person, form, id_, button, values, sent.integer("version", 0))
        with pointed("/values"):
            outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def comments(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """What was said about the record."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            _, record = seen(uow, *_target(request), caller.person)
            return life.comments(uow, record.id)

        return answer({"comments": await reading(self._deps, work)})

    async def comment(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Say something, perhaps with files that were uploaded before."""
        sent = await body(request, "text", "mentions", "files")
        text = sent.text("text", required=True)
        mentions, files = _texts(sent, "mentions"), _texts(sent, "files")
        command = CommentRecord(caller.person, *_target(request), text, mentions, files)
        with pointed(""):
            outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"id": outcome.data["comment_id"], "message": outcome.message}, 201)

    async def history(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Who changed what and when, newest first."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            ready, record = seen(uow, *_target(request), caller.person)
            if record.deleted_at is not None and not records.may_see_bin(uow, record, caller.person):
                raise NotFound
            return records.history(uow, ready.form, record.id)

        return answer({"history": await reading(self._deps, work)})


def _target(request: web.Request) -> tuple[str, str]:
    return request.match_info["form"], request.match_info["id"]


def _texts(sent: Body, name: str) -> tuple[str, ...]:
    """A list of ids; a file may be given as it was answered by the upload."""
    given = sent.values.get(name) or []
    found = (
        [one.get("id") if isinstance(one, dict) else one for one in given] if isinstance(given, list) else []
    )
    return tuple(one for one in found if isinstance(one, str))
