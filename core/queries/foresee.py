"""谁会审批: the way a record would go if it were handed in now and everybody agreed. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.commands import Command, Decide, FinishJob, FireTimer, Start
from core.errors import UserError
from core.events import CopySent, FlowEvent, JobWanted, NobodyFound, StepEntered, TaskOpened, TimerSet
from core.flows import assign
from core.flows.actions import blank
from core.flows.definition import Flow, Pick
from core.flows.engine import advance
from core.flows.finders import find_all
from core.flows.instance import Instance, InstanceState, TaskState
from core.flows.real import RealWorld
from core.forms.actions import reading
from core.forms.check import check
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.store.work import UnitOfWork

MOST_TURNS = 300
DRY = "dry"


def foresee(
    uow: UnitOfWork,
    form_key: str,
    person: str,
    raw: Mapping[str, Any],
    picks: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """FORESEEN of docs/pages-api.md: the steps with their people, what is to be chosen, why it cannot be told."""
    ready = uow.shelf.form(form_key)
    found = uow.shelf.flow_of(form_key)
    if found is None:
        return {"flow": None, "steps": [], "picks": [], "problem": ""}
    flow, version = found
    values = check(ready, raw, reading(uow, raw), uow.scope(person), complete=False).values
    start = blank(DRY, flow, version, ready, _record(uow, ready, person, values), person, uow)
    wanted = picks_of(uow, flow, start, ready)
    try:
        events = walk(uow, flow, start, ready, picks or {})
    except UserError as error:
        return {"flow": flow.title or flow.key, "steps": [], "picks": wanted, "problem": error.message}
    return {
        "flow": flow.title or flow.key,
        "steps": _steps(uow, flow, events),
        "picks": wanted,
        "problem": "",
    }


def _record(uow: UnitOfWork, ready: ReadyForm, person: str, values: dict[str, Any]) -> Record:
    return Record(
        DRY, ready.form.key, ready.version, "", "", 1, "saved", uow.now, person, uow.now, person, values
    )


def picks_of(uow: UnitOfWork, flow: Flow, start: Instance, ready: ReadyForm) -> list[dict[str, Any]]:
    """The steps whose people the initiator chooses, and out of whom; empty `among` = anybody."""
    found = []
    for step in flow.walk():
        ways = [who for who in step.who if who.pick is Pick.INITIATOR]
        if ways:
            search = assign.search_for(flow, step, start, uow.people, RealWorld(uow, ready))
            among = find_all([way for who in ways for way in who.among], search)
            people = [{"id": one, "name": uow.people.called(one)} for one in among]
            found.append({"step": step.key, "name": step.name, "among": people})
    return found


def walk(
    uow: UnitOfWork, flow: Flow, start: Instance, ready: ReadyForm, picks: Mapping[str, tuple[str, ...]]
) -> list[FlowEvent]:
    """All events of a dry run in which everybody agrees, jobs succeed and timers fire."""
    world, one, log = RealWorld(uow, ready), start, list[FlowEvent]()
    command: Command | None = Start(start.initiator, dict(picks))
    for _ in range(MOST_TURNS):
        if command is None:
            break
        one, events = advance(flow, one, command, uow.now, uow.people, world)
        log += events
        command = _next(one, log)
    return log


def _next(one: Instance, log: list[FlowEvent]) -> Command | None:
    if one.state is not InstanceState.RUNNING:
        return None
    task = next(iter(one.open_tasks()), None)
    if task is not None and task.state is TaskState.OPEN:
        return Decide(task.assignee, task.id, "approve", "同意")
    for event in log:
        if (
            isinstance(event, JobWanted)
            and event.step in one.active
            and one.rounds[event.step] == event.round
        ):
            return FinishJob("system", one.id, event.step, event.round)
        if isinstance(event, TimerSet) and event.kind == "delay" and event.subject in one.active:
            return FireTimer("system", one.id, event.kind, event.subject, event.occurrence)
    return None


def _steps(uow: UnitOfWork, flow: Flow, events: list[FlowEvent]) -> list[dict[str, Any]]:
    """The steps that were entered, in order; automatic ones without people."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, StepEntered) and (step := flow.step(event.step)) is not None:
            row = {"key": step.key, "name": step.name, "kind": step.kind, "people": [], "nobody": False}
            found.setdefault(step.key, row)
        elif isinstance(event, TaskOpened) and event.step in found:
            via = f"（代{uow.people.called(event.via)}）" if event.via else ""
            found[event.step]["people"].append(uow.people.called(event.assignee) + via)
        elif isinstance(event, CopySent) and event.step in found:
            found[event.step]["people"].append(uow.people.called(event.person))
        elif isinstance(event, NobodyFound) and event.step in found:
            found[event.step]["nobody"] = True
    return [row for row in found.values() if row["kind"] != "branch"]
