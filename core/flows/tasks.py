"""Opening tasks: to whom (委托 and people who left included), until when, with which reminders."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.events import NobodyFound, TaskOpened, TaskReady, TaskReassigned, TimerSet
from core.flows.instance import Task, TaskKind
from core.flows.run import Run

LONGEST_DEPUTY_LINE = 5


def open_task(
    run: Run,
    step: str,
    name: str,
    person: str,
    kind: TaskKind,
    *,
    parent: str = "",
    sign: str = "",
    weight: int = 1,
    veto: bool = False,
    waiting: bool = False,
    via: str = "",
    replaces: str = "",
    deputies: bool = True,
) -> str:
    """Ask a person; the id of the new task. Ids count up within the instance."""
    assignee, stands_for = _owner(run, step, name, person, deputies=deputies and not waiting)
    task_id = f"{run.instance.id}-{len(run.instance.tasks) + 1}"
    due_at = None if waiting else due_for(run, step)
    run.emit(
        TaskOpened,
        task_id=task_id,
        step=step,
        name=name,
        kind=kind.value,
        round=run.instance.rounds.get(step, 0),
        assignee=assignee,
        parent=parent,
        sign=sign,
        via=stands_for or via,
        weight=weight,
        veto=veto,
        waiting=waiting,
        due_at=due_at,
        replaces=replaces,
    )
    _timers(run, step, task_id, due_at)
    return task_id


def ask_again(run: Run, old: Task, *, waiting: bool) -> None:
    """The same question to the same person, once more; its time begins anew."""
    open_task(
        run,
        old.step,
        old.name,
        old.assignee,
        old.kind,
        parent=old.parent,
        sign=old.sign,
        weight=old.weight,
        veto=old.veto,
        waiting=waiting,
        via=old.via,
        replaces=old.id,
    )


def ready(run: Run, task: Task) -> None:
    """The turn of a waiting task has come."""
    assignee, stands_for = _owner(run, task.step, task.name, task.assignee, deputies=not task.via)
    if assignee != task.assignee:
        run.emit(TaskReassigned, task_id=task.id, by="system", to=assignee, via=stands_for)
    due_at = due_for(run, task.step)
    run.emit(TaskReady, task_id=task.id, due_at=due_at)
    _timers(run, task.step, task.id, due_at)


def _owner(run: Run, step: str, name: str, person: str, *, deputies: bool) -> tuple[str, str]:
    """(who is asked, on whose behalf). Who left the company is replaced by an administrator, who is told."""
    if not run.people.active(person):
        run.emit(NobodyFound, step=step, name=name)
        return next(iter(run.people.holders("admin")), person), ""
    current = person
    for _ in range(LONGEST_DEPUTY_LINE if deputies else 0):
        deputy = run.world.deputy(current, run.flow.key, run.now)
        if not deputy or deputy in (person, run.instance.initiator) or not run.people.active(deputy):
            break
        current = deputy
    return (current, person) if current != person else (person, "")


def due_for(run: Run, step: str) -> datetime | None:
    """When a task that is opened now is due."""
    if step not in run.tree:
        return None
    due = run.tree.step(step).due
    return run.world.due(run.now, due, run.instance) if due else None


def _timers(run: Run, step: str, task_id: str, due_at: datetime | None) -> None:
    if due_at is None:
        return
    due = run.tree.step(step).due
    run.emit(TimerSet, kind="due", subject=task_id, occurrence="0", due_at=due_at)
    for hours in due.before if due else ():
        at = due_at - timedelta(hours=hours)
        if at > run.now:
            run.emit(TimerSet, kind="remind", subject=task_id, occurrence=f"before-{hours:g}", due_at=at)
    for hours in due.after if due else ():
        at = due_at + timedelta(hours=hours)
        run.emit(TimerSet, kind="remind", subject=task_id, occurrence=f"after-{hours:g}", due_at=at)
