"""抄送: tell people without asking them; nobody gets two copies of one record."""

from __future__ import annotations

from core.events import CopySent
from core.flows import assign
from core.flows.definition import Step
from core.flows.finders import find_all
from core.flows.run import Run
from core.flows.walk import leave


def enter_copy(run: Run, step: Step, _forced: bool) -> None:
    """Tell whoever was not told yet, and go on."""
    search = assign.search_for(run.flow, step, run.instance, run.people, run.world)
    for person in find_all(step.who, search):
        if person not in run.instance.copied:
            run.emit(CopySent, step=step.key, person=person)
    leave(run, step)
