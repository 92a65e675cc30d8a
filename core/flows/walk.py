"""Walking the tree: entering steps, leaving them, joining branches."""

from __future__ import annotations

from core.events import FieldsWanted, InstanceEnded, StepEntered, StepLeft, TaskCancelled
from core.flows import detours
from core.flows.definition import Step
from core.flows.instance import InstanceState, Task
from core.flows.run import Run


def enter_list(run: Run, steps: tuple[Step, ...]) -> None:
    """Enter the first step of a list; an empty list at the top ends the flow."""
    if steps:
        enter(run, steps[0])
    else:
        end(run, InstanceState.APPROVED, "system")


def enter(run: Run, step: Step, *, forced: bool = False) -> None:
    """Enter a step. `forced`: people are asked even when de-duplication or 自动跳过 would pass it (退回, jump)."""
    run.emit(StepEntered, step=step.key, round=run.instance.rounds.get(step.key, 0) + 1)
    fields_wanted(run, step, "enter")
    run.kinds[step.kind](run, step, forced)


def leave(run: Run, step: Step) -> None:
    """The step is over: back to what a 退回 interrupted, else on with what follows it in the tree."""
    run.emit(StepLeft, step=step.key)
    detour = detours.of(run, step.key)
    if detour is not None and detours.finish(run, detour, enter):
        return
    following = run.tree.next(step.key)
    if following is not None:
        enter(run, following)
    elif run.tree.parent(step.key):
        join(run, run.tree.parent(step.key))
    else:
        end(run, InstanceState.APPROVED, "system")


def join(run: Run, branch: str) -> None:
    """Leave a branch once nothing is under way in it and no path of it is still to be entered."""
    if run.starting.get(branch) or any(run.tree.within(branch, key) for key in run.instance.active):
        return
    leave(run, run.step(branch))


def end(run: Run, result: InstanceState, by: str) -> None:
    """The flow is over; nothing is left open."""
    cancel(run, run.instance.live_tasks(), by)
    run.emit(InstanceEnded, result=result.value, by=by)
    name = {InstanceState.ENDED: "approved"}.get(result, result.value)
    values = run.flow.on.get(name)  # type: ignore[call-overload]
    if values:
        run.emit(FieldsWanted, when=f"flow.{name}", values=dict(values))


def cancel(run: Run, tasks: tuple[Task, ...], by: str) -> None:
    """Tasks that are no longer needed."""
    for one in tasks:
        run.emit(TaskCancelled, task_id=one.id, by=by)


def fields_wanted(run: Run, step: Step, when: str) -> None:
    """A step's event may set fields of the record."""
    values = step.on.get(when)  # type: ignore[call-overload]
    if values:
        run.emit(FieldsWanted, when=f"{step.key}.{when}", values=dict(values))
