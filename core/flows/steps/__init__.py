"""The kinds of step: name of the kind → how it is entered. One file a family."""

from collections.abc import Callable

from core.flows.definition import AUTOMATIC_KINDS, Step
from core.flows.run import Run
from core.flows.steps.branch import enter_branch
from core.flows.steps.copy import enter_copy
from core.flows.steps.delay import enter_delay
from core.flows.steps.end import enter_end
from core.flows.steps.human import enter_human
from core.flows.steps.job import enter_job

KINDS: dict[str, Callable[[Run, Step, bool], None]] = {
    "approve": enter_human,
    "fill": enter_human,
    "copy": enter_copy,
    "branch": enter_branch,
    "delay": enter_delay,
    "end": enter_end,
    **dict.fromkeys(sorted(AUTOMATIC_KINDS), enter_job),
}
