"""Automatic steps: the engine says what is wanted, somebody with hands does it and answers with FinishJob."""

from __future__ import annotations

from core.events import JobWanted
from core.flows.definition import Step
from core.flows.run import Run


def enter_job(run: Run, step: Step, _forced: bool) -> None:
    """Ask for the work; the step stays under way until it is answered."""
    run.emit(JobWanted, step=step.key, round=run.instance.rounds[step.key], kind=step.kind)
