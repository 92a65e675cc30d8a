"""What follows from flow events inside the same transaction: timers, fields, automatic steps, children and parents."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from core.commands import FinishJob, Withdraw
from core.errors import Invalid, NotFound, UserError
from core.events import Event, FieldsWanted, InstanceEnded, JobFinished, JobWanted, StepsInterrupted, TimerSet
from core.flows.actions import finish_job, load, move
from core.flows.instance import OPEN_STATES, Instance, InstanceState
from core.flows.jobs import JOBS, Job, set_fields, waits
from core.flows.real import RealWorld
from core.forms.schema import ReadyForm
from core.forms.text import plain
from core.store.work import UnitOfWork

MOST_EVENTS = 5000  # a sub-flow that starts itself ends here, not in a full disk


def carry_out(uow: UnitOfWork, events: Iterable[Event]) -> tuple[Event, ...]:
    """Do what the events want; all events in order, those that came of it included."""
    waiting, happened = deque(events), []
    while waiting:
        event = waiting.popleft()
        happened.append(event)
        if len(happened) > MOST_EVENTS:
            raise UserError("endless", "流程自己触发自己，已停止。请检查子流程和自动步骤。")
        effect = _EFFECTS.get(type(event))
        if effect is not None:
            waiting.extend(effect(uow, event))
    return tuple(happened)


def _timer(uow: UnitOfWork, event: TimerSet) -> tuple[Event, ...]:
    uow.timers.set(uow.ids(), event.instance_id, event.kind, event.subject, event.occurrence, event.due_at)
    return ()


def _fields(uow: UnitOfWork, event: FieldsWanted) -> tuple[Event, ...]:
    """A step's event sets fields; what cannot be set is an incident, not a stop."""
    instance = load(uow, event.instance_id)
    ready = uow.shelf.form(instance.form, instance.form_version)
    world = RealWorld(uow, ready)
    savepoint = uow.connection.begin_nested()
    try:
        found = set_fields(uow, instance, computed(world, ready, event, instance))
    except UserError as error:
        uow.undo(savepoint)
        text = f"「{instance.title}」的事件「{event.when}」没能更新字段：{error.message}"
        uow.incidents.raise_(uow.ids(), "fields_failed", f"instance:{instance.id}", text, uow.now)
        return ()
    savepoint.commit()
    return found


def computed(world: RealWorld, ready: ReadyForm, event: FieldsWanted, instance: Instance) -> dict[str, Any]:
    """The values that an event sets, by field key. Raises UserError."""
    values = {}
    for name, text in event.values.items():
        field = ready.form.field(name) or ready.form.by_label(name)
        if field is None:
            raise UserError("unknown_field", f"没有字段「{name}」。")
        value = world.value(text, instance)
        values[field.key] = value if isinstance(value, str) else plain(field, value)
    return values


def _job(uow: UnitOfWork, event: JobWanted) -> tuple[Event, ...]:
    """Do it; what fails is undone, and an administrator is asked."""
    try:
        instance = load(uow, event.instance_id)
    except NotFound:  # a dry start: nothing was stored
        return ()
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    step = flow.step(event.step)
    if step is None:
        return ()
    savepoint = uow.connection.begin_nested()
    try:
        caused = JOBS[step.kind](Job(uow, instance, step, event.round))
    except UserError as error:
        uow.undo(savepoint)
        reason = (
            "；".join(one.message for one in error.problems) if isinstance(error, Invalid) else error.message
        )
        failed = FinishJob("system", instance.id, step.key, event.round, ok=False, message=reason)
        return finish_job(uow, failed)
    savepoint.commit()
    if waits(step) and not (step.subflow and not uow.instances.children(instance.id, step.key, event.round)):
        return caused
    return (*caused, *finish_job(uow, FinishJob("system", instance.id, step.key, event.round)))


def _failed(uow: UnitOfWork, event: JobFinished) -> tuple[Event, ...]:
    if not event.ok:
        instance = load(uow, event.instance_id)
        text = f"「{instance.title}」的自动步骤失败：{event.message}"
        uow.incidents.raise_(uow.ids(), "step_failed", f"instance:{instance.id}", text, uow.now)
    return ()


def _ended(uow: UnitOfWork, event: InstanceEnded) -> tuple[Event, ...]:
    """Children end with their parent; the last child lets its parent go on, a refused one refuses it."""
    instance = load(uow, event.instance_id)
    caused: list[Event] = []
    if instance.state in (InstanceState.REJECTED, InstanceState.WITHDRAWN, InstanceState.ENDED):
        for child in uow.instances.children(instance.id):
            caused += _withdraw(uow, child)
    found = uow.instances.parent_of(instance.id)
    if found is not None:
        caused += _tell_parent(uow, instance, *found)
    return tuple(caused)


def _tell_parent(
    uow: UnitOfWork, child: Instance, parent_id: str, step_key: str, round_: int
) -> tuple[Event, ...]:
    parent = load(uow, parent_id)
    flow, _ = uow.shelf.flow(parent.flow, parent.flow_version)
    step = flow.step(step_key)
    if step is None or step.subflow is None or not step.subflow.wait or parent.state not in OPEN_STATES:
        return ()
    bad = child.state is not InstanceState.APPROVED
    if bad and step.subflow.refuse:
        said = f"子流程 {child.number} 没有通过"
        return finish_job(uow, FinishJob("system", parent_id, step_key, round_, False, said, refused=True))
    others = uow.instances.children(parent_id, step_key, round_)
    if any(one.state in OPEN_STATES for one in others):
        return ()
    return finish_job(uow, FinishJob("system", parent_id, step_key, round_))


def _interrupted(uow: UnitOfWork, event: StepsInterrupted) -> tuple[Event, ...]:
    """The children of interrupted steps end; the step starts new ones when it is entered again."""
    instance = uow.instances.load(event.instance_id)
    if instance is None:
        return ()
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    caused: list[Event] = []
    for key in event.steps:
        step = flow.step(key)
        if step is not None and step.subflow is not None:
            for child in uow.instances.children(instance.id, key, instance.rounds.get(key, 0)):
                caused += _withdraw(uow, child)
    return tuple(caused)


def _withdraw(uow: UnitOfWork, child: Instance) -> tuple[Event, ...]:
    if child.state not in OPEN_STATES:
        return ()
    return move(uow, load(uow, child.id), Withdraw("system", child.id, "主流程已结束"))


_EFFECTS: dict[type[Event], Callable[[UnitOfWork, Any], tuple[Event, ...]]] = {
    TimerSet: _timer,
    FieldsWanted: _fields,
    JobWanted: _job,
    JobFinished: _failed,
    InstanceEnded: _ended,
    StepsInterrupted: _interrupted,
}
