"""办理 and approving with fields: what a step lets its people change, and deciding on several tasks at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.acting import Done
from core.commands import Decide, DecideMany
from core.errors import Conflict, Invalid, NotAllowed, Problem, UserError
from core.events import Event
from core.flows.actions import decide, of_task
from core.flows.definition import Button, Right, Step
from core.flows.instance import Instance, TaskKind, TaskState
from core.forms.actions import change, reading
from core.forms.check import check
from core.forms.schema import ReadyForm
from core.store.work import UnitOfWork

MOST_AT_ONCE = 100
EMPTY: tuple[object, ...] = (None, "", [], ())


def decide_filled(uow: UnitOfWork, command: Decide) -> Done:
    """A verdict with the fields that belong to it. Raises Invalid, NotAllowed; then neither is kept."""
    instance = of_task(uow, command.task_id)
    events: tuple[Event, ...] = ()
    step = _step_of(uow, instance, command.task_id)
    if step is not None and command.verdict == "approve":
        _own(instance, command)
        events = _fill(uow, instance, step, command)
    elif command.values:
        raise NotAllowed("这一步不能修改字段。")
    done = decide(uow, replace(command, values={}))
    return replace(done, events=(*events, *done.events))


def _step_of(uow: UnitOfWork, instance: Instance, task_id: str) -> Step | None:
    task = instance.task(task_id)
    if task is None or task.kind not in (TaskKind.APPROVE, TaskKind.FILL):
        return None
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    return flow.step(task.step)


def _own(instance: Instance, command: Decide) -> None:
    """Nobody changes a field on a task that is not theirs; the engine then says the same about the verdict."""
    task = instance.task(command.task_id)
    mine = task is not None and task.state is TaskState.OPEN and task.assignee == command.actor
    if command.values and not mine:
        raise NotAllowed("这个待办不由您处理，不能修改字段。")


def _fill(uow: UnitOfWork, instance: Instance, step: Step, command: Decide) -> tuple[Event, ...]:
    ready = uow.shelf.form(instance.form, instance.form_version)
    rights = rights_of(ready, step)
    problems = [
        Problem(key, f"这一步不能修改「{_label(ready, key)}」")
        for key in command.values
        if rights.get(key) not in (Right.WRITE, Right.REQUIRED)
    ]
    if problems:
        raise NotAllowed("；".join(one.message for one in problems))
    record = uow.records.load(ready.form, instance.record_id)
    if record is None:
        return ()
    events: tuple[Event, ...] = ()
    values: Mapping[str, Any] = record.values
    if command.values:
        raw = command.values
        checked = check(
            ready,
            raw,
            reading(uow, raw),
            uow.scope(command.actor),
            before=record.values,
            writable=tuple(raw),  # the step's right is the stronger one
        )
        if checked.problems:
            raise Invalid(checked.problems)
        _, events = change(uow, ready, record, checked, command.actor)
        values = checked.values
    missing = [
        Problem(key, f"请填写「{_label(ready, key)}」")
        for key, right in rights.items()
        if right is Right.REQUIRED and values.get(key) in EMPTY
    ]
    if missing:
        raise Invalid(tuple(missing))
    return events


def rights_of(ready: ReadyForm, step: Step) -> dict[str, Right]:
    """The step's rights by field key; the definition may name labels."""
    found = {}
    for name, right in step.fields.items():
        field = ready.form.field(name) or ready.form.by_label(name)
        if field is not None:
            found[field.key] = right
    return found


def _label(ready: ReadyForm, key: str) -> str:
    field = ready.form.field(key)
    return field.label if field else key


def decide_many(uow: UnitOfWork, command: DecideMany) -> Done:
    """One verdict on several tasks. What needs a look of its own is left, each with its reason."""
    if command.verdict not in ("approve", "reject"):
        raise UserError("unknown_verdict", "批量处理只能同意或拒绝。")
    if not 1 <= len(command.task_ids) <= MOST_AT_ONCE:
        raise UserError("too_many", f"一次处理 1 到 {MOST_AT_ONCE} 件。")
    events: list[Event] = []
    left: list[dict[str, str]] = []
    for task_id in dict.fromkeys(command.task_ids):
        savepoint = uow.connection.begin_nested()
        try:
            one = Decide(command.actor, task_id, command.verdict, command.comment)
            _safe(uow, one)
            events += decide_filled(uow, one).events
            savepoint.commit()
        except UserError as error:
            uow.undo(savepoint)
            left.append({"task_id": task_id, "reason": error.message})
    done = len(set(command.task_ids)) - len(left)
    tail = f"，{len(left)} 件没有处理" if left else ""
    return Done(f"已处理 {done} 件{tail}。", tuple(events), {"done": done, "left": left})


def _safe(uow: UnitOfWork, command: Decide) -> None:
    """The safety stops of deciding in bulk. Raises Conflict."""
    instance = of_task(uow, command.task_id)
    step = _step_of(uow, instance, command.task_id)
    if step is None:
        raise Conflict("这件要单独处理。")
    button = Button(command.verdict)
    if not step.batch:
        raise Conflict(f"「{step.name}」要逐件处理。")
    if Right.REQUIRED in step.fields.values():
        raise Conflict(f"「{step.name}」有必填的字段，要逐件处理。")
    if button in step.reason and not command.comment.strip():
        raise Conflict(f"「{step.name}」要写明原因。")
