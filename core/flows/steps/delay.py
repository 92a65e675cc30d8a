"""等待: a timer carries the flow on. A date that is empty or past does not hold it up."""

from __future__ import annotations

from core.events import TimerSet
from core.flows.definition import Step
from core.flows.run import Run
from core.flows.walk import leave


def enter_delay(run: Run, step: Step, _forced: bool) -> None:
    """Set the timer of this visit."""
    due_at = run.world.due(run.now, step.delay, run.instance) if step.delay else None
    if due_at is None or due_at <= run.now:
        leave(run, step)
        return
    occurrence = str(run.instance.rounds[step.key])
    run.emit(TimerSet, kind="delay", subject=step.key, occurrence=occurrence, due_at=due_at)
