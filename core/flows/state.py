"""Folding events into an instance: `apply(instance, event) -> instance`. Replay of all events rebuilds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from core import events
from core.events import FlowEvent
from core.flows.instance import Comment, Detour, Instance, InstanceState, Task, TaskKind, TaskState, Verdict

REVISE_STEP = "$revise"


def apply(instance: Instance, event: FlowEvent) -> Instance:
    """The instance after an event; events that only tell (nobody found, reminders) change nothing."""
    fold = _FOLDS.get(type(event))
    return fold(instance, event) if fold else instance


def _without(keys: Iterable[str], gone: Iterable[str]) -> tuple[str, ...]:
    leaving = set(gone)
    return tuple(key for key in keys if key not in leaving)


def _started(one: Instance, event: events.InstanceStarted) -> Instance:
    picks = {step: tuple(people) for step, people in event.picks.items()}
    return replace(one, picks=picks, started_by=event.started_by)


def _entered(one: Instance, event: events.StepEntered) -> Instance:
    rounds = {**one.rounds, event.step: event.round}
    active = (*_without(one.active, [event.step]), event.step)
    return replace(one, active=active, rounds=rounds, done=_without(one.done, [event.step]))


def _left(one: Instance, event: events.StepLeft) -> Instance:
    done = _without(one.done, [event.step])
    if event.step != REVISE_STEP:
        done = (*done, event.step)
    return replace(one, active=_without(one.active, [event.step]), done=done)


def _path_taken(one: Instance, event: events.PathTaken) -> Instance:
    return replace(one, taken={**one.taken, event.step: tuple(event.paths)})


def _opened(one: Instance, event: events.TaskOpened) -> Instance:
    task = Task(
        id=event.task_id,
        instance_id=event.instance_id,
        step=event.step,
        name=event.name,
        kind=TaskKind(event.kind),
        round=event.round,
        assignee=event.assignee,
        state=TaskState.WAITING if event.waiting else TaskState.OPEN,
        version=1,
        opened_at=event.at,
        parent=event.parent,
        sign=event.sign,
        via=event.via,
        weight=event.weight,
        veto=event.veto,
        due_at=event.due_at,
    )
    before = one.tasks
    if event.replaces:
        before = tuple(
            replace(other, parent=task.id) if other.parent == event.replaces else other for other in before
        )
    return replace(one, tasks=(*before, task))


def _change(one: Instance, task_id: str, **values: object) -> Instance:
    tasks = tuple(
        replace(task, version=task.version + 1, **values) if task.id == task_id else task  # type: ignore[arg-type]
        for task in one.tasks
    )
    return replace(one, tasks=tasks)


def _decided(one: Instance, event: events.TaskDecided) -> Instance:
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


def _cancelled(one: Instance, event: events.TaskCancelled) -> Instance:
    return _change(one, event.task_id, state=TaskState.CANCELLED, decided_at=event.at, decided_by=event.by)


def _transferred(one: Instance, event: events.TaskTransferred) -> Instance:
    return _change(
        one,
        event.task_id,
        state=TaskState.TRANSFERRED,
        decided_at=event.at,
        decided_by=event.by,
        comment=event.comment,
    )


def _ready(one: Instance, event: events.TaskReady) -> Instance:
    return _change(one, event.task_id, state=TaskState.OPEN, opened_at=event.at, due_at=event.due_at)


def _waits(one: Instance, event: events.TaskWaits) -> Instance:
    return _change(one, event.task_id, state=TaskState.WAITING, comment=event.comment)


def _reassigned(one: Instance, event: events.TaskReassigned) -> Instance:
    return _change(one, event.task_id, assignee=event.to, via=event.via)


def _urged(one: Instance, event: events.TaskUrged) -> Instance:
    tasks = tuple(replace(t, urged_at=event.at) if t.id == event.task_id else t for t in one.tasks)
    return replace(one, tasks=tasks)


def _copied(one: Instance, event: events.CopySent) -> Instance:
    return replace(one, copied=(*one.copied, event.person))


def _interrupted(one: Instance, event: events.StepsInterrupted) -> Instance:
    detours = tuple(detour for detour in one.detours if detour.target not in set(event.dropped))
    if event.back != "rewalk":
        tasks = tuple((id_, bool(waiting)) for id_, waiting in event.tasks)
        detours = (*detours, _detour(event, tasks))
    return replace(
        one,
        active=_without(one.active, event.steps),
        done=_without(one.done, event.reset),
        detours=detours,
    )


def _detour(event: events.StepsInterrupted, tasks: tuple[tuple[str, bool], ...]) -> Detour:
    return Detour(event.target, event.back, tuple(event.steps), tasks, tuple(event.watch), event.digest)


def _detour_ended(one: Instance, event: events.DetourEnded) -> Instance:
    gone = {event.target, *event.dropped}
    kept = tuple(detour for detour in one.detours if detour.target not in gone)
    return replace(one, detours=kept, done=_without(one.done, event.reset))


def _restored(one: Instance, event: events.StepRestored) -> Instance:
    active = (*_without(one.active, [event.step]), event.step)
    return replace(one, active=active, done=_without(one.done, [event.step]))


def _picked(one: Instance, event: events.Picked) -> Instance:
    return replace(one, picks={**one.picks, event.step: tuple(event.people)})


def _commented(one: Instance, event: events.CommentAdded) -> Instance:
    comment = Comment(event.by, event.at, event.text, tuple(event.mentions))
    return replace(one, comments=(*one.comments, comment))


def _returned(one: Instance, _event: events.InstanceReturned) -> Instance:
    return replace(one, state=InstanceState.RETURNED)


def _resumed(one: Instance, _event: events.InstanceResumed) -> Instance:
    return replace(one, state=InstanceState.RUNNING)


def _reopened(one: Instance, _event: events.InstanceReopened) -> Instance:
    return replace(one, state=InstanceState.RUNNING, ended_at=None)


def _ended(one: Instance, event: events.InstanceEnded) -> Instance:
    return replace(one, state=InstanceState(event.result), active=(), detours=(), ended_at=event.at)


_FOLDS: dict[type[FlowEvent], Callable[[Instance, FlowEvent], Instance]] = {
    events.InstanceStarted: _started,  # type: ignore[dict-item]
    events.StepEntered: _entered,  # type: ignore[dict-item]
    events.StepLeft: _left,  # type: ignore[dict-item]
    events.PathTaken: _path_taken,  # type: ignore[dict-item]
    events.TaskOpened: _opened,  # type: ignore[dict-item]
    events.TaskDecided: _decided,  # type: ignore[dict-item]
    events.TaskCancelled: _cancelled,  # type: ignore[dict-item]
    events.TaskTransferred: _transferred,  # type: ignore[dict-item]
    events.TaskReady: _ready,  # type: ignore[dict-item]
    events.TaskWaits: _waits,  # type: ignore[dict-item]
    events.TaskReassigned: _reassigned,  # type: ignore[dict-item]
    events.TaskUrged: _urged,  # type: ignore[dict-item]
    events.CopySent: _copied,  # type: ignore[dict-item]
    events.StepsInterrupted: _interrupted,  # type: ignore[dict-item]
    events.DetourEnded: _detour_ended,  # type: ignore[dict-item]
    events.StepRestored: _restored,  # type: ignore[dict-item]
    events.Picked: _picked,  # type: ignore[dict-item]
    events.CommentAdded: _commented,  # type: ignore[dict-item]
    events.InstanceReturned: _returned,  # type: ignore[dict-item]
    events.InstanceResumed: _resumed,  # type: ignore[dict-item]
    events.InstanceReopened: _reopened,  # type: ignore[dict-item]
    events.InstanceEnded: _ended,  # type: ignore[dict-item]
}
