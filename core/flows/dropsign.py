"""减签: who asked others too takes somebody back who has not spoken yet."""

from __future__ import annotations

from core.commands import DropSign
from core.errors import Conflict, NotAllowed, UserError
from core.flows import tasks
from core.flows.decisions import bubble
from core.flows.instance import Instance, Task, TaskState
from core.flows.run import Run
from core.flows.said import what_happened
from core.flows.steps.human import settle
from core.flows.walk import cancel


def may_drop(one: Instance, task: Task, actor: str) -> bool:
    """The one who asked (前加签, 后加签); for 并加签 whoever has an own seat in the round."""
    if not task.live or not task.sign:
        return False
    parent = one.task(task.parent)
    if parent is not None:
        return parent.assignee == actor
    round_tasks = one.round_tasks(task.step)
    return any(other.assignee == actor and not other.sign and other.live for other in round_tasks)


def drop_sign(run: Run, command: DropSign) -> None:
    """The seat is gone, with whom it asked in turn; what waited for it alone goes on. Raises Conflict, NotAllowed."""
    task = run.instance.task(command.task_id)
    if task is None or not task.sign:
        raise UserError("not_a_sign", "这不是加签的待办，不能减签。")
    if not task.live:
        raise Conflict(what_happened(task, run.instance, run.people, run.now))
    if not may_drop(run.instance, task, command.actor):
        raise NotAllowed("只有加签的人可以减签。")
    _cancel(run, task, command.actor)
    parent = run.instance.task(task.parent)
    left = [one for one in run.instance.tasks if task.parent and one.parent == task.parent and one.live]
    if parent is not None and parent.state is TaskState.WAITING:
        if not left:
            tasks.ready(run, parent)
        return
    if parent is not None:  # it had agreed already, for somebody above it perhaps
        bubble(run, parent, command.actor)
    settle(run, run.step(task.step), command.actor)


def _cancel(run: Run, task: Task, by: str) -> None:
    for one in run.instance.tasks:
        if one.parent == task.id:
            _cancel(run, one, by)
    found = run.instance.task(task.id)
    if found is not None and found.live:
        cancel(run, (found,), by)
