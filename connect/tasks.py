"""To-dos and flow instances for programs: what waits for the key's person, verdicts, handing over, withdrawing."""

from __future__ import annotations

from aiohttp import web

from connect import flowbody
from connect.edge import Body, Deps, answer, ask, audit_unseen, body, limit_of, reading
from connect.keys import Caller, Gate, delivery_of
from core.commands import (
    AddSign,
    Decide,
    DropSign,
    EndDelegation,
    Remark,
    SaveStep,
    Transfer,
    Urge,
    Withdraw,
)
from core.errors import NotFound
from core.queries import flows, pages, tasks
from core.queries.delegations import delegations
from core.queries.foresee import foresee
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
            web.post(TASKS + "/{id}/sign", guarded(self.sign)),
            web.post(TASKS + "/{id}/drop-sign", guarded(self.drop_sign)),
            web.post(TASKS + "/{id}/save", guarded(self.save)),
            web.post(f"{TASKS}/decide", guarded(self.batch)),
            web.post("/api/v1/forms/{form}/foresee", guarded(self.foresee)),
            web.post(INSTANCES + "/{id}/urge", guarded(self.urge)),
            web.post(INSTANCES + "/{id}/remarks", guarded(self.remark)),
            web.get("/api/v1/delegations", guarded(self.delegations)),
            web.post("/api/v1/delegations", guarded(self.delegate)),
            web.delete("/api/v1/delegations/{id}", guarded(self.end_delegation)),
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
            offered = tasks.document(uow, task, instance) if task.assignee == caller.person else None
            return {**pages.task_document(uow, task), **pages.about(instance), "offer": offered}

        return answer(await reading(self._deps, work))

    async def decide(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """A verdict: approve, reject or return."""
        sent = await body(request, *flowbody.DECIDE)
        return await self._act(request, caller, sent, flowbody.decide(caller.person, _id(request), sent))

    async def transfer(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Give a task to somebody else."""
        sent = await body(request, *flowbody.TRANSFER)
        return await self._act(request, caller, sent, flowbody.transfer(caller.person, _id(request), sent))

    async def sign(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """加签: before, after or beside."""
        sent = await body(request, *flowbody.SIGN)
        return await self._act(request, caller, sent, flowbody.sign(caller.person, _id(request), sent))

    async def drop_sign(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """减签: the task is that of who was asked."""
        sent = await body(request, optional=True)
        return await self._act(request, caller, sent, DropSign(caller.person, _id(request)))

    async def save(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """保存: the fields of one's task, without a verdict."""
        sent = await body(request, *flowbody.SAVE)
        return await self._act(request, caller, sent, flowbody.save(caller.person, _id(request), sent))

    async def _act(
        self,
        request: web.Request,
        caller: Caller,
        sent: Body,
        command: Decide | Transfer | AddSign | DropSign | SaveStep,
    ) -> web.StreamResponse:
        """Something with one task. One that the person may not see is not there; that is audited all the same."""
        try:
            await reading(self._deps, lambda uow: pages.find_task(uow, command.task_id, caller.person))
        except NotFound:
            await audit_unseen(self._deps, caller.person, command.task_id, type(command).__name__)
            raise
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def batch(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """One verdict on several tasks; `left` names those that need a look of their own."""
        sent = await body(request, *flowbody.BATCH)
        command = flowbody.batch(caller.person, sent)
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def foresee(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """谁会审批, before anything is handed in."""
        sent = await body(request, "values", "picks")
        form, values, picks = request.match_info["form"], sent.mapping("values"), flowbody.picks_in(sent)
        return answer(await reading(self._deps, lambda uow: foresee(uow, form, caller.person, values, picks)))

    async def urge(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """催办."""
        return await self._on_instance(request, caller, Body({}), Urge(caller.person, _id(request)))

    async def remark(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """评论, naming people."""
        sent = await body(request, *flowbody.REMARK)
        return await self._on_instance(
            request, caller, sent, flowbody.remark(caller.person, _id(request), sent)
        )

    async def _on_instance(
        self, request: web.Request, caller: Caller, sent: Body, command: Urge | Remark | Withdraw
    ) -> web.StreamResponse:
        id_ = command.instance_id
        await reading(self._deps, lambda uow: pages.find_instance(uow, id_, caller.person))
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data})

    async def delegations(self, _request: web.Request, caller: Caller) -> web.StreamResponse:
        """委托 that the person gave or was given."""
        return answer({"delegations": await reading(self._deps, lambda uow: delegations(uow, caller.person))})

    async def delegate(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """委托 one's own decisions."""
        sent = await body(request, *flowbody.DELEGATE)
        command = flowbody.delegate(caller.person, sent)
        outcome = await ask(self._deps, command, delivery_of(request, caller, sent.values))
        return answer({"message": outcome.message, **outcome.data}, 201)

    async def end_delegation(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """End one's 委托."""
        outcome = await ask(self._deps, EndDelegation(caller.person, _id(request)))
        return answer({"message": outcome.message})

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
        command = Withdraw(caller.person, _id(request), sent.text("comment", longest=500))
        return await self._on_instance(request, caller, sent, command)


def _id(request: web.Request) -> str:
    return request.match_info["id"]
