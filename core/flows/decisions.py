"""What people do with a task: agree, refuse, return, transfer, 加签."""

from __future__ import annotations

from core.commands import AddSign, Decide, Transfer
from core.errors import UserError
from core.events import Picked, TaskDecided, TaskReassigned, TaskTransferred, TaskWaits
from core.flows import assign, tasks
from core.flows.definition import Button, Pick, Step
from core.flows.finders import Search, find_all
from core.flows.instance import Instance, InstanceState, Task, TaskKind, TaskState, Verdict
from core.flows.returning import back_of, send_back, target_of
from core.flows.run import Run
from core.flows.steps.human import settle
from core.flows.votes import seat_verdict
from core.flows.walk import cancel, end, enter, fields_wanted

MOST_SIGNS, DEEPEST_SIGN = 20, 5
BUTTONS = {Verdict.APPROVE: Button.APPROVE, Verdict.REJECT: Button.REJECT, Verdict.RETURN: Button.RETURN}


def decide(run: Run, command: Decide) -> None:
    """A verdict."""
    task = run.own_open_task(command.task_id, command.actor, command.version)
    if task.kind is TaskKind.REVISE:
        raise UserError("not_a_verdict", "这是退回给您修改的单据，请修改后重新提交。")
    verdict = Verdict(command.verdict)
    if task.kind is TaskKind.REPAIR:
        _repair(run, task, verdict, command)
        return
    step = run.step(task.step)
    _offered(step, BUTTONS[verdict], command.comment)
    to = target_of(run, step, command.to) if verdict is Verdict.RETURN else ""
    back = back_of(step, command.back)
    run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict=verdict.value, comment=command.comment)
    if verdict is Verdict.RETURN:
        send_back(run, step, to, back, command.actor, command.comment, task.id)
        return
    _picks(run, command)
    bubble(run, task, command.actor)
    settle(run, step, command.actor)


def _offered(step: Step, button: Button, comment: str) -> None:
    name = step.button(button)
    if not name:
        raise UserError("not_offered", f"步骤「{step.name}」没有这个操作。")
    if button in step.reason and not comment.strip():
        raise UserError("reason_required", f"请写明{name}的原因。")


def _picks(run: Run, command: Decide) -> None:
    """上一步审批人指定: only for steps that let the previous approver choose, and only active people."""
    for key, people in command.picks.items():
        step = run.step(key)
        if not any(who.pick is Pick.PREVIOUS for who in step.who):
            raise UserError("cannot_pick", f"步骤「{step.name}」的处理人不由审批人指定。")
        if not all(run.people.active(one) for one in people):
            raise UserError("unknown_person", "指定的人里有不存在或已离职的。")
        run.emit(Picked, step=key, people=tuple(people), by=command.actor)


def _repair(run: Run, task: Task, verdict: Verdict, command: Decide) -> None:
    """An automatic step failed: 同意 tries it again, 拒绝 ends the flow."""
    if verdict is Verdict.RETURN:
        raise UserError("not_offered", "自动步骤失败后只能重试（同意）或结束（拒绝）。")
    run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict=verdict.value, comment=command.comment)
    cancel(run, run.instance.live_tasks(task.step), command.actor)
    if verdict is Verdict.APPROVE:
        enter(run, run.step(task.step))
    else:
        end(run, InstanceState.REJECTED, command.actor)


def bubble(run: Run, task: Task, actor: str) -> None:
    """After a verdict in a 加签: a refusal refuses the whole seat, else the one who asked has their turn."""
    while task.parent:
        current, parent = run.instance.task(task.id), run.instance.task(task.parent)
        if current is None or parent is None:
            return
        verdict = seat_verdict(current, run.instance.tasks)
        if verdict is None:
            return
        others = [one for one in run.instance.tasks if one.parent == parent.id and one.live]
        if verdict is Verdict.REJECT:
            _cancel_below(run, parent.id, actor)
            if parent.state is TaskState.WAITING:
                _refuse_seat(run, parent, actor)
        elif others:
            return
        elif parent.state is TaskState.WAITING:
            tasks.ready(run, parent)
            return
        task = parent


def _refuse_seat(run: Run, task: Task, actor: str) -> None:
    comment = "加签的人拒绝"
    run.emit(TaskDecided, task_id=task.id, by=actor, verdict=Verdict.REJECT.value, comment=comment)


def _cancel_below(run: Run, task_id: str, actor: str) -> None:
    for one in run.instance.tasks:
        if one.parent == task_id:
            _cancel_below(run, one.id, actor)
            found = run.instance.task(one.id)
            if found is not None and found.live:
                cancel(run, (found,), actor)


def transfer(run: Run, command: Transfer) -> None:
    """转交: away from me, for good."""
    task = run.own_open_task(command.task_id, command.actor, command.version)
    if task.kind is TaskKind.REVISE:
        raise UserError("not_offered", "退回修改的单据不能转交。")
    if task.kind is not TaskKind.REPAIR:
        _offered(run.step(task.step), Button.TRANSFER, command.comment)
    if not run.people.active(command.to):
        raise UserError("unknown_person", "没有找到要转交的人，或者此人已离职。")
    if command.to == command.actor:
        raise UserError("same_person", "不能转交给自己。")
    _in_range(run, task, (command.to,), "转交")
    if any(one.assignee == command.to for one in run.instance.live_tasks(task.step)):
        raise UserError("already_asked", f"{run.people.called(command.to)}已经在处理这一步。")
    hand_on(run, task, command.to, command.actor, command.comment)
    if task.kind is not TaskKind.REPAIR:
        fields_wanted(run, run.step(task.step), "transfer")


def hand_on(run: Run, task: Task, to: str, by: str, comment: str, via: str = "") -> None:
    """An open task goes to somebody else as a new one in the same seat; a waiting one only changes its owner."""
    if task.state is TaskState.WAITING:
        run.emit(TaskReassigned, task_id=task.id, by=by, to=to, via=via)
        return
    run.emit(TaskTransferred, task_id=task.id, by=by, to=to, comment=comment)
    tasks.open_task(
        run,
        task.step,
        task.name,
        to,
        task.kind,
        parent=task.parent,
        sign=task.sign,
        weight=task.weight,
        veto=task.veto,
        via=via,
        replaces=task.id,
        deputies=not via and task.kind is not TaskKind.REVISE,
    )


def add_sign(run: Run, command: AddSign) -> None:
    """前加签: they first, then I decide. 后加签: I agree, and they have to agree too. May nest."""
    task = run.own_open_task(command.task_id, command.actor, command.version)
    if task.kind is not TaskKind.APPROVE:
        raise UserError("not_offered", "只有审批可以加签。")
    button = {"before": Button.ADD_BEFORE, "after": Button.ADD_AFTER}.get(command.how)
    if button is None:
        raise UserError("unknown_sign", "加签只有前加签和后加签。")
    _offered(run.step(task.step), button, command.comment)
    people = _signers(run, task, command)
    if button is Button.ADD_BEFORE:
        run.emit(TaskWaits, task_id=task.id, by=command.actor, comment=command.comment)
    else:
        verdict = Verdict.APPROVE.value
        run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict=verdict, comment=command.comment)
    for person in people:
        tasks.open_task(
            run, task.step, f"{task.name}（加签）", person, TaskKind.APPROVE, parent=task.id, sign=command.how
        )
    fields_wanted(run, run.step(task.step), "sign")


def _signers(run: Run, task: Task, command: AddSign) -> tuple[str, ...]:
    people = tuple(dict.fromkeys(command.people))
    if not people or len(people) > MOST_SIGNS:
        raise UserError("nobody_to_sign", f"请选择 1 到 {MOST_SIGNS} 位加签的人。")
    if not all(run.people.active(one) for one in people):
        raise UserError("unknown_person", "没有找到要加签的人，或者此人已离职。")
    if command.actor in people:
        raise UserError("same_person", "不能加签给自己。")
    _in_range(run, task, people, "加签")
    asked = {one.assignee for one in run.instance.live_tasks(task.step)}
    twice = [one for one in people if one in asked]
    if twice:
        raise UserError("already_asked", f"{run.people.called(twice[0])}已经在处理这一步。")
    if depth(run.instance, task) >= DEEPEST_SIGN:
        raise UserError("too_deep", f"加签最多套 {DEEPEST_SIGN} 层。")
    return people


def candidates(step: Step, search: Search) -> tuple[str, ...]:
    """Out of whom 转交 and 加签 may choose; empty = everybody."""
    return find_all(step.candidates, search) if step.candidates else ()


def _in_range(run: Run, task: Task, people: tuple[str, ...], what: str) -> None:
    """The step may say out of whom. Raises UserError."""
    if task.step not in run.tree or not run.step(task.step).candidates:
        return
    step = run.step(task.step)
    allowed = candidates(step, assign.search_for(run.flow, step, run.instance, run.people, run.world))
    outside = [one for one in people if one not in allowed]
    if outside:
        names = "、".join(run.people.called(one) for one in allowed) or "没有人"
        raise UserError("out_of_range", f"「{step.name}」{what}只能选：{names}。")


def depth(instance: Instance, task: Task) -> int:
    """How many 加签 are around a task."""
    count, current = 0, task
    while current.parent:
        found = instance.task(current.parent)
        if found is None:
            break
        count, current = count + 1, found
    return count
