"""What initiators, timers, automatic steps and administrators do: resubmit, 撤回, 催办, 评论, expiry, jump."""

from __future__ import annotations

from datetime import timedelta

from core.commands import FinishJob, FireTimer, Intervene, Remark, Resume, TakeOver, Urge, Withdraw
from core.errors import Conflict, NotAllowed, UserError
from core.events import (
    CommentAdded,
    InstanceReopened,
    InstanceResumed,
    Intervened,
    JobFinished,
    StepLeft,
    TaskDecided,
    TaskReminded,
    TaskUrged,
)
from core.flows import detours, tasks
from core.flows.decisions import bubble, hand_on
from core.flows.definition import Back, Flow
from core.flows.instance import OPEN_STATES, Instance, InstanceState, Task, TaskKind, TaskState
from core.flows.returning import INITIATOR, send_back, targets
from core.flows.run import Run
from core.flows.state import REVISE_STEP
from core.flows.steps.human import settle
from core.flows.walk import cancel, end, enter, enter_list, leave

URGE_PAUSE = timedelta(minutes=30)
LONGEST_REMARK = 2000


def resume(run: Run, command: Resume) -> None:
    """The returned record was mended: straight back, or all again."""
    if run.instance.state is not InstanceState.RETURNED:
        raise Conflict("这张单据现在不在您手里，不能重新提交。")
    task = run.instance.open_tasks(REVISE_STEP)[0]
    if task.assignee != command.actor:
        raise NotAllowed("只有被退回的人可以重新提交。")
    run.emit(TaskDecided, task_id=task.id, by=command.actor, verdict="resubmit", comment="")
    run.emit(StepLeft, step=REVISE_STEP)
    run.emit(InstanceResumed, by=command.actor)
    detour = detours.of(run, REVISE_STEP)
    if detour is None or not detours.finish(run, detour, enter):
        enter_list(run, run.flow.steps)


def withdraw(run: Run, command: Withdraw) -> None:
    """撤回: by the initiator, as long as the flow lets them; it ends, or comes back to be mended."""
    policy = run.flow.withdraw
    refusal = cannot_withdraw(run.flow, run.instance, command.actor)
    if refusal is not None:
        raise refusal
    if policy.mend and command.actor != "system" and run.instance.state is InstanceState.RUNNING:
        detours.interrupt(run, REVISE_STEP, policy.back, (), command.actor, command.comment, "")
        detours.to_initiator(run, command.actor, command.comment)
        return
    end(run, InstanceState.WITHDRAWN, command.actor)


def cannot_withdraw(flow: Flow, one: Instance, actor: str) -> UserError | None:
    """Why this person cannot take it back now; None when they can."""
    policy = flow.withdraw
    if actor not in (one.initiator, "system"):
        return NotAllowed("只有发起人可以撤回。")
    if one.state not in OPEN_STATES:
        return Conflict("流程已经结束，不能撤回。")
    if actor == "system":
        return None
    if not policy.allowed:
        return NotAllowed("这个流程不允许撤回。")
    if policy.before and one.rounds.get(policy.before):
        step = flow.step(policy.before)
        return NotAllowed(f"已经到「{step.name if step else policy.before}」这一步，不能再撤回。")
    return None


def urge(run: Run, command: Urge) -> None:
    """催办 by the initiator; once in a while for each task."""
    if command.actor != run.instance.initiator and not run.people.holds(command.actor, "admin"):
        raise NotAllowed("只有发起人可以催办。")
    waiting = [one for one in run.instance.open_tasks() if one.kind is not TaskKind.REVISE]
    if not waiting:
        raise Conflict("现在没有人需要催办。")
    due = [one for one in waiting if one.urged_at is None or run.now - one.urged_at >= URGE_PAUSE]
    if not due:
        raise UserError("urged_already", "刚刚催办过，请过半小时再催。")
    for one in due:
        run.emit(TaskUrged, task_id=one.id, by=command.actor)


def remark(run: Run, command: Remark) -> None:
    """A comment beside the flow."""
    text = command.text.strip()
    if not text or len(text) > LONGEST_REMARK:
        raise UserError("bad_remark", f"请写 1 到 {LONGEST_REMARK} 个字。")
    if not all(run.people.active(one) for one in command.mentions):
        raise UserError("unknown_person", "提到的人里有不存在或已离职的。")
    run.emit(CommentAdded, by=command.actor, text=text, mentions=tuple(dict.fromkeys(command.mentions)))


# --- timers -----------------------------------------------------------------------------------------


def fire_timer(run: Run, command: FireTimer) -> None:
    """A timer's time has come; what it was for may be over: then nothing happens."""
    if command.kind == "delay":
        _delay_over(run, command)
        return
    task = run.instance.task(command.subject)
    if task is None or task.state is not TaskState.OPEN:
        return
    if command.kind == "remind":
        late = command.occurrence.startswith("after")
        run.emit(TaskReminded, task_id=task.id, why="已经超时" if late else "快到期了")
    else:
        _expired(run, task)


def _delay_over(run: Run, command: FireTimer) -> None:
    key = command.subject
    if key in run.instance.active and str(run.instance.rounds.get(key)) == command.occurrence:
        leave(run, run.step(key))


def _expired(run: Run, task: Task) -> None:
    step = run.step(task.step)
    then = step.due.then if step.due else "remind"
    if then == "escalate":
        higher = run.people.manager(task.assignee) or run.people.department_head(task.assignee)
        if higher and all(one.assignee != higher for one in run.instance.live_tasks(task.step)):
            hand_on(run, task, higher, "system", "超时升级")
            return
        then = "remind"
    if then == "return" and not targets(run, step):
        then = "remind"
    if then == "remind":
        run.emit(TaskReminded, task_id=task.id, why="已经到期")
        return
    run.emit(TaskDecided, task_id=task.id, by="system", verdict=then, comment="超时自动处理")
    if then == "return":
        possible = targets(run, step)
        to = INITIATOR if INITIATOR in possible else possible[0]
        send_back(run, step, to, step.returns.back, "system", "超时自动退回", task.id)
        return
    bubble(run, task, "system")
    settle(run, step, "system")


# --- automatic steps --------------------------------------------------------------------------------


def finish_job(run: Run, command: FinishJob) -> None:
    """An automatic step is done: go on. It failed: administrators are asked. A child refused: so does this flow."""
    key = command.step
    if key not in run.instance.active or run.instance.rounds.get(key) != command.round or not run.running:
        return
    run.emit(JobFinished, step=key, round=command.round, ok=command.ok, message=command.message)
    step = run.step(key)
    if command.ok:
        cancel(run, run.instance.live_tasks(key), "system")
        leave(run, step)
    elif command.refused:
        end(run, InstanceState.REJECTED, "system")
    elif not run.instance.live_tasks(key):
        name = f"{step.name}失败，请处理"
        for person in run.people.holders("admin"):
            tasks.open_task(run, key, name, person, TaskKind.REPAIR)


# --- administrators ---------------------------------------------------------------------------------


def intervene(run: Run, command: Intervene) -> None:
    """Jump, reassign, end, reopen: with a reason and a second person."""
    if not command.reason.strip():
        raise UserError("reason_required", "请写明干预的原因。")
    alone = run.people.holders("admin") == (command.actor,)
    if not command.confirmed_by or (command.confirmed_by == command.actor and not alone):
        raise NotAllowed("干预流程要由另一位管理员确认。")
    run.emit(
        Intervened,
        action=command.action,
        by=command.actor,
        confirmed_by=command.confirmed_by,
        reason=command.reason,
    )
    action = _INTERVENTIONS.get(command.action)
    if action is None:
        raise UserError("unknown_action", "干预只有：跳转、改派、结束、重新激活。")
    action(run, command)


def _jump(run: Run, command: Intervene) -> None:
    """Everything stops; the flow stands at that step alone."""
    _still_open(run)
    _go_to(run, command)


def _go_to(run: Run, command: Intervene) -> None:
    step = run.step(command.step)
    cancel(run, run.instance.live_tasks(REVISE_STEP), command.actor)
    if run.instance.state is InstanceState.RETURNED:
        run.emit(StepLeft, step=REVISE_STEP)
        run.emit(InstanceResumed, by=command.actor)
    detours.interrupt(run, REVISE_STEP, Back.REWALK, (), command.actor, command.reason, "")
    detours.to_step(run, step.key, enter)


def _reassign(run: Run, command: Intervene) -> None:
    _still_open(run)
    task = run.instance.task(command.task_id)
    if task is None or not task.live:
        raise Conflict("这个待办已经处理过了。")
    if not run.people.active(command.to):
        raise UserError("unknown_person", "没有找到要改派的人，或者此人已离职。")
    if any(one.assignee == command.to for one in run.instance.live_tasks(task.step)):
        raise UserError("already_asked", f"{run.people.called(command.to)}已经在处理这一步。")
    hand_on(run, task, command.to, command.actor, f"管理员改派：{command.reason}")


def _end(run: Run, command: Intervene) -> None:
    _still_open(run)
    end(run, InstanceState.ENDED, command.actor)


def _reopen(run: Run, command: Intervene) -> None:
    """An ended flow runs again from a step."""
    if run.instance.state in OPEN_STATES:
        raise Conflict("流程还没有结束，请用跳转。")
    run.step(command.step)
    run.emit(InstanceReopened, by=command.actor)
    _go_to(run, command)


def _still_open(run: Run) -> None:
    if run.instance.state not in OPEN_STATES:
        raise Conflict("流程已经结束。")


_INTERVENTIONS = {"jump": _jump, "reassign": _reassign, "end": _end, "reopen": _reopen}


def take_over(run: Run, command: TakeOver) -> None:
    """What waits for one person waits for another; whoever is asked already is not asked twice."""
    if not run.people.active(command.to):
        raise UserError("unknown_person", "没有找到接手的人，或者此人已离职。")
    for task in run.instance.live_tasks():
        if task.assignee == command.person:
            via = command.person if command.as_deputy and task.kind is not TaskKind.REVISE else ""
            hand_on(run, task, command.to, command.actor, command.comment, via)
