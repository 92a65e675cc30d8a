"""What a person can do with a task right now: buttons, fields, where it may go back to, whom it may be given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from core.flows import assign
from core.flows.decisions import candidates
from core.flows.definition import Button, Flow, Pick, Right, Step
from core.flows.engine import return_targets
from core.flows.filling import rights_of
from core.flows.finders import Search, find_all
from core.flows.instance import Instance, Task, TaskKind, TaskState
from core.flows.real import RealWorld
from core.forms.schema import ReadyForm
from core.store.work import UnitOfWork

ON_CARD = (Button.APPROVE, Button.REJECT, Button.RETURN)
REPAIR_BUTTONS = (("approve", "重试"), ("reject", "结束流程"))


@dataclass(frozen=True)
class Offer:
    """buttons: those of a card; more: those of the page; picks: later steps whose people this one chooses."""

    buttons: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, str], ...] = ()
    reason: tuple[str, ...] = ()
    returns: tuple[tuple[str, str], ...] = ()
    back: str = ""
    choose_back: bool = False
    rights: dict[str, Right] = field(default_factory=dict)
    picks: tuple[tuple[str, str], ...] = ()


def step_of(uow: UnitOfWork, task: Task, instance: Instance) -> Step | None:
    """The step of a task in the version that its instance runs."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    return flow.step(task.step)


def offer(uow: UnitOfWork, task: Task, instance: Instance) -> Offer:
    """What is offered on an open task; field rights also on a closed one."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    ready = uow.shelf.form(instance.form, instance.form_version)
    return offer_of(uow, flow, flow.step(task.step), ready, task, instance)


def offer_of(
    uow: UnitOfWork, flow: Flow, step: Step | None, ready: ReadyForm, task: Task, instance: Instance
) -> Offer:
    """The same of a flow that need not be in force (试走)."""
    rights = rights_of(ready, step) if step else {}
    if task.state is not TaskState.OPEN or task.kind is TaskKind.REVISE:
        return Offer(rights=rights)
    if task.kind is TaskKind.REPAIR:
        return Offer(buttons=REPAIR_BUTTONS)
    if step is None:
        return Offer()
    returns = tuple(return_targets(flow, instance, step.key, uow.people, RealWorld(uow, ready)))
    named = [(button.value, step.button(button)) for button in Button if step.button(button)]
    if not returns:
        named = [one for one in named if one[0] != Button.RETURN.value]
    return Offer(
        buttons=tuple(one for one in named if Button(one[0]) in ON_CARD),
        more=tuple(one for one in named if Button(one[0]) not in ON_CARD),
        reason=tuple(one.value for one in step.reason),
        returns=returns,
        back=step.returns.back.value,
        choose_back=step.returns.choose,
        rights=rights,
        picks=tuple(
            (one.key, one.name) for one in flow.walk() if any(who.pick is Pick.PREVIOUS for who in one.who)
        ),
    )


def document(uow: UnitOfWork, task: Task, instance: Instance) -> dict[str, Any]:
    """OFFER of docs/pages-api.md."""
    found = offer(uow, task, instance)
    return {
        "buttons": [{"key": key, "name": name} for key, name in (*found.buttons, *found.more)],
        "reason": list(found.reason),
        "returns": [{"key": key, "name": name} for key, name in found.returns],
        "back": found.back,
        "choose_back": found.choose_back,
        "fields": {key: right.value for key, right in found.rights.items()},
        "picks": [
            {"step": key, "name": name, "among": _among(uow, key, instance)} for key, name in found.picks
        ],
        "candidates": list(candidates_of(uow, task, instance)),
        "via": uow.people.called(task.via) if task.via else "",
    }


def candidates_of(uow: UnitOfWork, task: Task, instance: Instance) -> tuple[str, ...]:
    """Ids out of whom 转交 and 加签 may choose; empty = anybody."""
    step = step_of(uow, task, instance)
    if step is None or not step.candidates:
        return ()
    return candidates(step, _search(uow, step, instance))


def _search(uow: UnitOfWork, step: Step, instance: Instance) -> Search:
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    ready = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(ready.form, instance.record_id)
    full = replace(instance, facts=record.facts() if record else {})
    return assign.search_for(flow, step, full, uow.people, RealWorld(uow, ready))


def _among(uow: UnitOfWork, key: str, instance: Instance) -> list[dict[str, str]]:
    """Out of whom the people of a step may be chosen; empty = anybody."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    step = flow.step(key)
    ways = [way for who in (step.who if step else ()) for way in who.among]
    found = find_all(ways, _search(uow, step, instance)) if step and ways else ()
    return [{"id": one, "name": uow.people.called(one)} for one in found]
