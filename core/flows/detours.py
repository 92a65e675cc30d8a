"""退回 and what comes after: interrupting steps, and the three ways back.

Effect of a return to a step, also out of and into parallel branches and 会签: whatever is under way *after* the
target stops; steps on other paths of a branch go on, because they are neither before nor after. The branch around
the target is under way again if it was joined. Then the target is asked anew (a new round). When it is done:
  straight   what was interrupted goes on: open tasks are asked again, verdicts that were given still count
  rewalk     everything after the target is walked again
  changed    rewalk if a watched field of the record changed, else straight
A return to the initiator interrupts all.
"""

from __future__ import annotations

from collections.abc import Callable

from core import canon
from core.events import (
    DetourEnded,
    InstanceReturned,
    StepEntered,
    StepLeft,
    StepRestored,
    StepsInterrupted,
    TaskCancelled,
)
from core.flows import tasks
from core.flows.definition import Back, Step
from core.flows.instance import Detour, TaskKind, TaskState
from core.flows.run import Run
from core.flows.state import REVISE_STEP

REVISE_NAME = "修改后重新提交"
Enter = Callable[..., None]


def of(run: Run, target: str) -> Detour | None:
    """The return to this step that is under way."""
    return next((one for one in reversed(run.instance.detours) if one.target == target), None)


def interrupt(
    run: Run, target: str, back: Back, watch: tuple[str, ...], by: str, comment: str, returner: str
) -> None:
    """Stop what is under way after the target; `returner` is the task that returned, asked again on a straight way."""
    one = run.instance
    everything = target == REVISE_STEP
    stopped = tuple(
        key for key in one.active if key != REVISE_STEP and (everything or run.tree.before(target, key))
    )
    if not everything and target in one.active:
        stopped = (*stopped, target)
    live = tuple(
        (task.id, task.state is TaskState.WAITING)
        for task in one.tasks
        if task.step in stopped and (task.live or task.id == returner)
    )
    for task in one.live_tasks():
        if task.step in stopped:
            run.emit(TaskCancelled, task_id=task.id, by=by)
    walked = {key for key in (*one.done, *stopped) if everything or run.tree.before(target, key)} | {target}
    overtaken = {one.target for one in run.instance.detours} if everything else walked
    run.emit(
        StepsInterrupted,
        target=target,
        back=back.value,
        steps=stopped,
        tasks=live,
        reset=tuple(key for key in one.done if key in walked) if back is Back.REWALK else (target,),
        dropped=tuple(sorted(overtaken if back is Back.REWALK else {target})),
        watch=watch if back is Back.CHANGED else (),
        digest=digest(run, watch) if back is Back.CHANGED else "",
        by=by,
        comment=comment,
    )


def to_initiator(run: Run, by: str, comment: str) -> None:
    """The record goes back to who started it, or to who looks after their things."""
    run.emit(InstanceReturned, by=by, comment=comment)
    run.emit(StepEntered, step=REVISE_STEP, round=run.instance.rounds.get(REVISE_STEP, 0) + 1)
    owner = run.instance.initiator
    if not run.people.active(owner):
        head = run.people.department_head(owner) or run.people.manager(owner)
        owner = head or next(iter(run.people.holders("admin")), owner)
    tasks.open_task(run, REVISE_STEP, REVISE_NAME, owner, TaskKind.REVISE, deputies=False)


def to_step(run: Run, target: str, enter: Enter) -> None:
    """Ask an earlier step anew; the branches around it are under way again."""
    for branch in run.tree.around(target):
        if branch not in run.instance.active:
            run.emit(StepRestored, step=branch)
    enter(run, run.step(target), forced=True)


def finish(run: Run, detour: Detour, enter: Enter) -> bool:
    """The target is done. True when the flow went straight back; False: it has to be walked again."""
    straight = detour.back == Back.STRAIGHT.value or (
        detour.back == Back.CHANGED.value and digest(run, detour.watch) == detour.digest
    )
    if straight:
        run.emit(DetourEnded, target=detour.target, way=Back.STRAIGHT.value)
        _restore(run, detour, enter)
        _close_around(run, detour.target)
        return True
    after = _After(run, detour.target)
    run.emit(
        DetourEnded,
        target=detour.target,
        way=Back.REWALK.value,
        reset=tuple(key for key in run.instance.done if key in after),
        dropped=tuple(sorted({one.target for one in run.instance.detours if one.target in after})),
    )
    return False


def _close_around(run: Run, target: str) -> None:
    """Branches that were opened again only to ask the target are over again."""
    for branch in reversed(run.tree.around(target) if target in run.tree else []):
        if branch in run.instance.active and not any(
            run.tree.within(branch, key) for key in run.instance.active
        ):
            run.emit(StepLeft, step=branch)


class _After:
    """The steps after a target; all of them after the initiator."""

    def __init__(self, run: Run, target: str) -> None:
        self._tree, self._target = run.tree, target

    def __contains__(self, key: str) -> bool:
        return self._target == REVISE_STEP or self._tree.before(self._target, key)


def _restore(run: Run, detour: Detour, enter: Enter) -> None:
    """Branches first, as they stand in `steps`; people are asked again; automatic steps begin again."""
    automatic: list[Step] = []
    for key in detour.steps:
        step = run.step(key)
        if step.human or step.kind == "branch":
            run.emit(StepRestored, step=key)
        else:
            automatic.append(step)
    for task_id, waiting in detour.tasks:
        old = run.instance.task(task_id)
        if old is not None and old.kind in (TaskKind.APPROVE, TaskKind.FILL):
            tasks.ask_again(run, old, waiting=waiting)
    for step in automatic:
        enter(run, step)


def digest(run: Run, watch: tuple[str, ...]) -> str:
    """The watched fields (all of the record when none is named) as one text."""
    facts = run.instance.facts
    if watch:
        values = {name: run.world.value(name, run.instance) for name in watch}
    else:
        values = {key: value for key, value in facts.items() if key not in ("updated_at", "state", "version")}
    return canon.sha256(canon.dumps(values))
