"""结束: the whole flow is over, whatever else is under way."""

from __future__ import annotations

from core.flows.definition import Step
from core.flows.instance import InstanceState
from core.flows.run import Run
from core.flows.walk import end


def enter_end(run: Run, step: Step, _forced: bool) -> None:
    """End with the result of the step."""
    end(run, InstanceState(step.result), "system")
