"""To-dos and flow instances for programs: what waits for the key's person, verdicts, handing over, withdrawing."""

from __future__ import annotations

from aiohttp import web

from connect.edge import Deps, answer, ask, body, limit_of, reading, wrong
from connect.keys import Caller, Gate, delivery_of
from core.commands import Decide, Transfer, Withdraw
from core.queries import flows, pages
from core.store.work import UnitOfWork

TASKS = "/api/v1/tasks"
INSTANCES = "/api/v1/instances"


class Tasks:
    """Endpoints of tasks and instances."""

    def __init__(self, deps: Deps, gate: Gate) -> None:
        self._deps = deps
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._gate.guarded
        return [
            web.get(TASKS, guarded(self.list)),
            web.get(TASKS + "/{id}", guarded(self.show)),
            web.post(TASKS + "/{id}/decide", guarded(self.decide)),
            web.post(TASKS + "/{id}/transfer", guarded(self.transfer)),
            web.get(INSTANCES + "/{id}", guarded(self.instance)),
            web.post(INSTANCES + "/{id}/withdraw", guarded(self.withdraw)),
        ]

    async def list(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Open tasks of the key's person, longest waiting first."""
        limit = limit_of(request)
        found = await reading(self._deps, lambda uow: pages.my_tasks(uow, caller.person, limit))
        return answer({"tasks": found})

    async def show(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """One task over a record that the person may see."""
        id_ = request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, object]:
            task, instance = pages.find_task(uow, id_, caller.person)
            return {**pages.task_document(uow, task), **pages.about(instance)}

        return answer(await reading(self._deps, work))

    async def decide(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A verdict: approve, reject or return."""
        sent = await body(request, "verdict", "comment", "version")
        verdict, comment = sent.text("verdict", required=True), sent.text("comment", longest=500)
        if verdict not in ("approve", "reject", "return"):
            raise wrong("verdict", "verdict 只能是 approve、reject 或 return。")
        id_ = request.match_info["id"]
        command = Decide(caller.person, id_, verdict, comment, sent.integer("version", 0))
        await reading(self._deps, lambda uow: pages.find_task(uow, id_, caller.person))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def transfer(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Give a task to somebody else."""
        sent = await body(request, "to", "comment", "version")
        to, comment = sent.text("to", required=True, longest=100), sent.text("comment", longest=500)
        id_ = request.match_info["id"]
        command = Transfer(caller.person, id_, to, comment, sent.integer("version", 0))
        await reading(self._deps, lambda uow: pages.find_task(uow, id_, caller.person))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def instance(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """One flow instance: where it stands, what happened, the tree of its steps."""
        id_ = request.match_info["id"]

        def work(uow: UnitOfWork) -> dict[str, object]:
            found = pages.find_instance(uow, id_, caller.person)
            about = {name: getattr(found, name) for name in ("form", "record_id", "number", "title")}
            return {**flows.document(uow, found), **about}

        return answer(await reading(self._deps, work))

    async def withdraw(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """The initiator takes it back."""
        sent = await body(request, "comment", optional=True)
        id_ = request.match_info["id"]
        command = Withdraw(caller.person, id_, sent.text("comment", longest=500))
        await reading(self._deps, lambda uow: pages.find_instance(uow, id_, caller.person))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})
