"""Branches: 排他 the first path that holds, 包容 every path that holds, 并行 all of them."""

from __future__ import annotations

from core.events import PathTaken
from core.flows.definition import Mode, Step
from core.flows.run import Run
from core.flows.walk import enter, join


def enter_branch(run: Run, step: Step, _forced: bool) -> None:
    """Choose, enter the chosen paths one after the other, join when all of them are over already."""
    chosen, because = _choose(run, step)
    run.emit(PathTaken, step=step.key, paths=tuple(chosen), because=tuple(because))
    entered = [step.paths[index].steps[0] for index in chosen if step.paths[index].steps]
    for left, first in reversed(list(enumerate(reversed(entered)))):
        run.starting[step.key] = left
        if run.running:
            enter(run, first)
    run.starting.pop(step.key, None)
    if not entered:
        join(run, step.key)


def _choose(run: Run, step: Step) -> tuple[list[int], list[str]]:
    """Indexes of the paths, and the condition of each."""
    if step.mode is Mode.PARALLEL:
        return list(range(len(step.paths))), ["并行"] * len(step.paths)
    chosen: list[int] = []
    for index, path in enumerate(step.paths):
        if path.condition and run.world.holds(path.condition, run.instance):
            chosen.append(index)
            if step.mode is Mode.EXCLUSIVE:
                break
    if not chosen:
        chosen = [index for index, path in enumerate(step.paths) if path.otherwise][:1]
    because = [step.paths[index].condition or "其他情况" for index in chosen]
    return chosen, because or ["没有条件成立"]
