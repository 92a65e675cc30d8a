"""How the verdicts of one round become the verdict of its step."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UserError
from core.flows.definition import Vote
from core.flows.instance import Task, TaskState, Verdict


def verdict_of(round_tasks: Sequence[Task], vote: Vote) -> Verdict | None:
    """The verdict of a round, or None while it is still open.

    round_tasks  the tasks of the present visit; transferred and cancelled ones do not count
    或签 (any): the first verdict decides. 会签 (all): the first refusal decides, else everybody must agree.
    Raises UserError("nobody_to_ask") for an empty round: assign.py decides what happens then.
    """
    counted = [one for one in round_tasks if one.state in (TaskState.OPEN, TaskState.DECIDED)]
    if not counted:
        raise UserError("nobody_to_ask", "这一步没有处理人。")
    verdicts = [one.verdict for one in counted if one.state is TaskState.DECIDED]
    if Verdict.REJECT in verdicts:
        return Verdict.REJECT
    if vote is Vote.ANY:
        return Verdict.APPROVE if verdicts else None
    return Verdict.APPROVE if len(verdicts) == len(counted) else None
