"""The flow engine: `advance(definition, instance, command, now, people) -> instance, events`. Pure.

The state of an instance is the set of its active steps. What comes after a step follows from the tree alone:
the next step of the same list; at the end of a path, the step after the branch. So nothing can be stuck:
every open instance has an active step, and every active step an open task or an incident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from core.commands import Command, Decide, Resume, Start, Transfer, Withdraw
from core.errors import Conflict, NotAllowed, UserError
from core.events import (
    CopySent,
    FlowEvent,
    InstanceEnded,
    InstanceResumed,
    InstanceReturned,
    InstanceStarted,
    NobodyFound,
    PathTaken,
    StepEntered,
    StepLeft,
    TaskCancelled,
    TaskDecided,
    TaskOpened,
    TaskTransferred,
)
from core.flows import assign
from core.flows.definition import Flow, Step
from core.flows.instance import OPEN_STATES, Instance, InstanceState, Task, TaskKind, TaskState, Verdict
from core.flows.state import apply
from core.flows.votes import verdict_of
from core.people import Directory

REVISE_STEP = "$revise"
REVISE_NAME = "修改后重新提交"

Condition = Callable[[str, Instance], bool]


@dataclass
class Run:
    """One call of `advance`: the instance as it changes, the events so far, and what may be asked."""

    flow: Flow
    instance: Instance
    now: datetime
    people: Directory
    holds: Condition
    events: list[FlowEvent] = field(default_factory=list)

    def emit(self, what: type[FlowEvent], /, **values: object) -> None:
        """Make one event and fold it at once."""
        event = what(f"instance:{self.instance.id}", self.instance.id, self.now, **values)
        self.events.append(event)
        self.instance = apply(self.instance, event)


def advance(
    flow: Flow, instance: Instance, command: Command, now: datetime, people: Directory, holds: Condition
) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """The instance after a command, and what happened.

    holds(condition, instance) tells whether a branch condition is true for the record in `instance.facts`.
    Raises Conflict (somebody was faster), NotAllowed (not this person's task), UserError.
    """
    run = Run(flow, instance, now, people, holds)
    _COMMANDS[type(command)](run, command)
    return run.instance, tuple(run.events)


# --- commands -------------------------------------------------------------------------------------


def _start(run: Run, command: Start) -> None:
    one = run.instance
    run.emit(
        InstanceStarted,
        flow=one.flow,
        flow_version=one.flow_version,
        record_id=one.record_id,
        initiator=command.actor,
    )
    _enter_list(run, run.flow.steps)


def _decide(run: Run, command: Decide) -> None:
    task = _own_open_task(run, command.task_id, command.actor, command.version)
    if task.kind is not TaskKind.APPROVE:
        raise UserError("not_a_verdict", "这是退回给您修改的单据，请修改后重新提交。")
    verdict = Verdict(command.verdict)
    run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict=verdict.value, comment=command.comment)
    if verdict is Verdict.RETURN:
        _return_to_initiator(run, command)
        return
    step = _step(run, task.step)
    result = verdict_of(run.instance.round_tasks(step.key), step.vote)
    if result is None:
        return
    _cancel(run, run.instance.open_tasks(step.key), command.actor)
    if result is Verdict.REJECT:
        _end(run, InstanceState.REJECTED, command.actor)
    else:
        _leave(run, step, command.actor)


def _transfer(run: Run, command: Transfer) -> None:
    task = _own_open_task(run, command.task_id, command.actor, command.version)
    if not run.people.active(command.to):
        raise UserError("unknown_person", "没有找到要转交的人，或者此人已离职。")
    if command.to == command.actor:
        raise UserError("same_person", "不能转交给自己。")
    if any(one.assignee == command.to for one in run.instance.open_tasks(task.step)):
        raise UserError("already_asked", f"{run.people.called(command.to)}已经在处理这一步。")
    run.emit(TaskTransferred, task_id=task.id, by=command.actor, to=command.to, comment=command.comment)
    _open_task(run, task.step, task.name, command.to, task.kind)


def _resume(run: Run, command: Resume) -> None:
    if run.instance.state is not InstanceState.RETURNED:
        raise Conflict("这张单据现在不在您手里，不能重新提交。")
    task = run.instance.open_tasks(REVISE_STEP)[0]
    if task.assignee != command.actor:
        raise NotAllowed("只有被退回的人可以重新提交。")
    run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict="resubmit", comment="")
    run.emit(InstanceResumed, by=command.actor)
    _enter_list(run, run.flow.steps)


def _withdraw(run: Run, command: Withdraw) -> None:
    if command.actor != run.instance.initiator:
        raise NotAllowed("只有发起人可以撤回。")
    if run.instance.state not in OPEN_STATES:
        raise Conflict("流程已经结束，不能撤回。")
    _cancel(run, run.instance.open_tasks(), command.actor)
    _end(run, InstanceState.WITHDRAWN, command.actor)


_COMMANDS: dict[type[Command], Callable[[Run, Command], None]] = {
    Start: _start,  # type: ignore[dict-item]
    Decide: _decide,  # type: ignore[dict-item]
    Transfer: _transfer,  # type: ignore[dict-item]
    Resume: _resume,  # type: ignore[dict-item]
    Withdraw: _withdraw,  # type: ignore[dict-item]
}


# --- walking the tree -----------------------------------------------------------------------------


def _enter_list(run: Run, steps: tuple[Step, ...], actor: str = "system") -> None:
    """Enter the first step of a list; an empty list at the top ends the flow."""
    if steps:
        _enter(run, steps[0], actor)
    else:
        _end(run, InstanceState.APPROVED, actor)


def _enter(run: Run, step: Step, actor: str) -> None:
    visit = run.instance.rounds.get(step.key, 0) + 1
    run.emit(StepEntered, step=step.key, round=visit)
    _ENTER[step.kind](run, step, actor)


def _enter_approve(run: Run, step: Step, actor: str) -> None:
    asked = assign.find_or_instead(step.who, step.nobody, run.instance.initiator, run.people)
    if asked is None:
        _leave(run, step, actor)
        return
    if not asked:
        run.emit(NobodyFound, step=step.key, name=step.name)
        asked = run.people.holders("admin")
    for person in asked:
        _open_task(run, step.key, step.name, person, TaskKind.APPROVE)


def _enter_copy(run: Run, step: Step, actor: str) -> None:
    for person in assign.find(step.who, run.instance.initiator, run.people):
        run.emit(CopySent, step=step.key, person=person)
    _leave(run, step, actor)


def _enter_branch(run: Run, step: Step, actor: str) -> None:
    """Exclusive: the first path whose condition holds, else the one that says otherwise."""
    chosen = next(
        (
            i
            for i, path in enumerate(step.paths)
            if path.condition and run.holds(path.condition, run.instance)
        ),
        next((i for i, path in enumerate(step.paths) if path.otherwise), None),
    )
    if chosen is None:
        run.emit(PathTaken, step=step.key, paths=(), because=("没有条件成立",))
        _leave(run, step, actor)
        return
    path = step.paths[chosen]
    run.emit(PathTaken, step=step.key, paths=(chosen,), because=(path.condition or "其他情况",))
    if path.steps:
        _enter(run, path.steps[0], actor)
    else:
        _leave(run, step, actor)


def _enter_end(run: Run, step: Step, actor: str) -> None:
    _cancel(run, run.instance.open_tasks(), actor)
    _end(run, InstanceState(step.result), actor)


_ENTER: dict[str, Callable[[Run, Step, str], None]] = {
    "approve": _enter_approve,
    "copy": _enter_copy,
    "branch": _enter_branch,
    "end": _enter_end,
}


def _leave(run: Run, step: Step, actor: str) -> None:
    """The step is over: go on with what follows it in the tree."""
    run.emit(StepLeft, step=step.key)
    siblings, parent = _place(run.flow.steps, step.key, None)
    index = next(i for i, one in enumerate(siblings) if one.key == step.key)
    if index + 1 < len(siblings):
        _enter(run, siblings[index + 1], actor)
    elif parent is not None:
        _leave(run, parent, actor)
    else:
        _end(run, InstanceState.APPROVED, actor)


def _place(steps: tuple[Step, ...], key: str, parent: Step | None) -> tuple[tuple[Step, ...], Step | None]:
    """The list that holds a step, and the branch step around that list."""
    if any(one.key == key for one in steps):
        return steps, parent
    for one in steps:
        for path in one.paths:
            found, around = _place(path.steps, key, one)
            if found:
                return found, around
    return (), None


# --- small moves ----------------------------------------------------------------------------------


def _open_task(run: Run, step: str, name: str, assignee: str, kind: TaskKind) -> None:
    number = len(run.instance.tasks) + 1
    run.emit(
        TaskOpened,
        task_id=f"{run.instance.id}-{number}",
        step=step,
        name=name,
        kind=kind.value,
        round=run.instance.rounds.get(step, 0),
        assignee=assignee,
    )


def _cancel(run: Run, tasks: tuple[Task, ...], by: str) -> None:
    for one in tasks:
        run.emit(TaskCancelled, task_id=one.id, by=by)


def _return_to_initiator(run: Run, command: Decide) -> None:
    _cancel(run, run.instance.open_tasks(), command.actor)
    run.emit(InstanceReturned, by=command.actor, comment=command.comment)
    run.emit(StepEntered, step=REVISE_STEP, round=run.instance.rounds.get(REVISE_STEP, 0) + 1)
    _open_task(run, REVISE_STEP, REVISE_NAME, run.instance.initiator, TaskKind.REVISE)


def _end(run: Run, result: InstanceState, by: str) -> None:
    run.emit(InstanceEnded, result=result.value, by=by)


def _step(run: Run, key: str) -> Step:
    found = run.flow.step(key)
    if found is None:
        raise UserError("step_gone", f"流程里没有「{key}」这一步。")
    return found


def _own_open_task(run: Run, task_id: str, actor: str, version: int) -> Task:
    task = run.instance.task(task_id)
    if task is None:
        raise UserError("not_found", "没有找到这个待办。")
    if task.state is not TaskState.OPEN:
        raise Conflict(what_happened(task, run.instance, run.people, run.now))
    if task.assignee != actor:
        raise NotAllowed(f"这个待办由{run.people.called(task.assignee)}处理，您不能代为决定。")
    if version and version != task.version:
        raise Conflict("这张卡片已经过时，请以最新的卡片为准。")
    return task


_SAID = {
    Verdict.APPROVE: "同意",
    Verdict.REJECT: "拒绝",
    Verdict.RETURN: "退回",
}


def what_happened(task: Task, instance: Instance, people: Directory, now: datetime) -> str:
    """Who decided what and when, for a press that comes too late; times in the zone of `now`."""
    last = task
    if task.state is TaskState.CANCELLED:
        decided = [one for one in instance.tasks if one.decided_at == task.decided_at and one.verdict]
        last = decided[-1] if decided else task
    who = people.called(last.decided_by)
    when = f"{last.decided_at.astimezone(now.tzinfo):%m-%d %H:%M}" if last.decided_at else ""
    if last.state is TaskState.TRANSFERRED:
        return f"这个待办已由{who}于 {when} 转交他人。"
    if last.verdict is not None:
        tail = "" if last is task else "，无需您再处理"
        return f"已由{who}于 {when} {_SAID[last.verdict]}{tail}。"
    return f"这个待办已由{who}于 {when} 结束，无需您再处理。"
