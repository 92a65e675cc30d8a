"""谁会审批: the way a record would go if it were handed in now and everybody agreed. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.events import CopySent, FlowEvent, JobWanted, NobodyFound, StepEntered, TaskOpened
from core.flows import assign
from core.flows.definition import Flow, Pick
from core.flows.dryhands import DryHands
from core.flows.finders import find_all
from core.flows.instance import Instance
from core.flows.real import RealWorld
from core.flows.simulate import simulate, started
from core.flows.trial import Handled
from core.forms.schema import ReadyForm
from core.store.work import UnitOfWork


class _AllWell(DryHands):
    """Automatic steps succeed: the record is not complete yet, and who follows them is asked all the same."""

    def job(self, instance: Instance, event: JobWanted) -> Handled:
        """As it would be, were the values complete."""
        return replace(super().job(instance, event), ok=True)


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
    flow, _ = found
    start = started(uow, flow, ready, person, raw)
    walk = simulate(uow, flow, start, picks=picks, rest=True, hands=_AllWell(uow, flow, ready))
    return {
        "flow": flow.title or flow.key,
        "steps": [] if walk.problem else _steps(uow, flow, walk.events),
        "picks": picks_of(uow, flow, start, ready),
        "problem": walk.problem,
    }


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
