"""Folding events into an instance: `apply(instance, event) -> instance`. Replay of all events rebuilds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.events import (
    FlowEvent,
    InstanceEnded,
    InstanceResumed,
    InstanceReturned,
    PathTaken,
    StepEntered,
    StepLeft,
    TaskCancelled,
    TaskDecided,
    TaskOpened,
    TaskTransferred,
)
from core.flows.instance import Instance, InstanceState, Task, TaskKind, TaskState, Verdict


def apply(instance: Instance, event: FlowEvent) -> Instance:
    """The instance after an event; events that only tell (copies, nobody found) change nothing."""
    fold = _FOLDS.get(type(event))
    return fold(instance, event) if fold else instance


def _entered(one: Instance, event: StepEntered) -> Instance:
    return replace(one, active=(*one.active, event.step), rounds={**one.rounds, event.step: event.round})


def _left(one: Instance, event: StepLeft) -> Instance:
    return replace(one, active=tuple(key for key in one.active if key != event.step))


def _path_taken(one: Instance, event: PathTaken) -> Instance:
    return replace(one, taken={**one.taken, event.step: event.paths})


def _opened(one: Instance, event: TaskOpened) -> Instance:
    task = Task(
        id=event.task_id,
        instance_id=event.instance_id,
        step=event.step,
        name=event.name,
        kind=TaskKind(event.kind),
        round=event.round,
        assignee=event.assignee,
        state=TaskState.OPEN,
        version=1,
        opened_at=event.at,
    )
    return replace(one, tasks=(*one.tasks, task))


def _change(one: Instance, task_id: str, **values: object) -> Instance:
    tasks = tuple(
        replace(task, version=task.version + 1, **values) if task.id == task_id else task  # type: ignore[arg-type]
        for task in one.tasks
    )
    return replace(one, tasks=tasks)


def _decided(one: Instance, event: TaskDecided) -> Instance:
    verdict = Verdict(event.verdict) if event.verdict in set(Verdict) else None
    return _change(
        one,
        event.task_id,
        state=TaskState.DECIDED,
        decided_at=event.at,
        decided_by=event.by,
        verdict=verdict,
        comment=event.comment,
    )


def _cancelled(one: Instance, event: TaskCancelled) -> Instance:
    return _change(one, event.task_id, state=TaskState.CANCELLED, decided_at=event.at, decided_by=event.by)


def _transferred(one: Instance, event: TaskTransferred) -> Instance:
    return _change(
        one,
        event.task_id,
        state=TaskState.TRANSFERRED,
        decided_at=event.at,
        decided_by=event.by,
        comment=event.comment,
    )


def _returned(one: Instance, _event: InstanceReturned) -> Instance:
    return replace(one, state=InstanceState.RETURNED, active=())


def _resumed(one: Instance, _event: InstanceResumed) -> Instance:
    return replace(one, state=InstanceState.RUNNING, active=(), taken={})


def _ended(one: Instance, event: InstanceEnded) -> Instance:
    return replace(one, state=InstanceState(event.result), active=(), ended_at=event.at)


_FOLDS: dict[type[FlowEvent], Callable[[Instance, FlowEvent], Instance]] = {
    StepEntered: _entered,  # type: ignore[dict-item]
    StepLeft: _left,  # type: ignore[dict-item]
    PathTaken: _path_taken,  # type: ignore[dict-item]
    TaskOpened: _opened,  # type: ignore[dict-item]
    TaskDecided: _decided,  # type: ignore[dict-item]
    TaskCancelled: _cancelled,  # type: ignore[dict-item]
    TaskTransferred: _transferred,  # type: ignore[dict-item]
    InstanceReturned: _returned,  # type: ignore[dict-item]
    InstanceResumed: _resumed,  # type: ignore[dict-item]
    InstanceEnded: _ended,  # type: ignore[dict-item]
}
