"""退回 and 撤回后修改: where it may go, and sending it there."""

from __future__ import annotations

from core.errors import UserError
from core.flows import detours
from core.flows.definition import Back, Step
from core.flows.run import Run
from core.flows.state import REVISE_STEP
from core.flows.walk import enter, fields_wanted

INITIATOR, PREVIOUS, ANY = "initiator", "previous", "any"


def earlier(run: Run, step: Step) -> list[str]:
    """Steps with people that are done and come before this one, the latest first."""
    return [
        key
        for key in reversed(run.instance.done)
        if key in run.tree and run.tree.step(key).human and run.tree.before(key, step.key)
    ]


def targets(run: Run, step: Step) -> list[str]:
    """Where a return from this step may go: `initiator` and keys of earlier steps, as the step allows."""
    allowed, before = step.returns.to, earlier(run, step)
    found = [INITIATOR] if {INITIATOR, ANY} & set(allowed) else []
    if ANY in allowed:
        return [*found, *before]
    if PREVIOUS in allowed:
        found += before[:1] or [one for one in [INITIATOR] if one not in found]
    return [*found, *(key for key in before if key in allowed and key not in found)]


def target_of(run: Run, step: Step, to: str) -> str:
    """The one that is meant; nothing said: the initiator where that is allowed. Raises UserError."""
    possible = targets(run, step)
    if not to:
        to = INITIATOR if INITIATOR in possible or not possible else possible[0]
    if to == PREVIOUS:
        to = next(iter(earlier(run, step)), INITIATOR)
    if to in possible:
        return to
    if to in run.tree and not run.tree.before(to, step.key):
        raise UserError("cannot_return", f"「{run.tree.step(to).name}」不在这一步之前，不能退回到那里。")
    names = "、".join("发起人" if one == INITIATOR else run.tree.step(one).name for one in possible)
    raise UserError("cannot_return", f"这一步只能退回到：{names}。" if names else "这一步不能退回。")


def back_of(step: Step, back: str) -> Back:
    """The way back: as said where the step lets its people choose, else as it is set. Raises UserError."""
    if not back or not step.returns.choose:
        return step.returns.back
    if back not in set(Back):
        raise UserError("unknown_back", "退回后的走法只有：直接送回、重新审批、改动才重新审批。")
    return Back(back)


def send_back(run: Run, step: Step, to: str, back: Back, by: str, comment: str, returner: str) -> None:
    """Send it to the initiator or an earlier step. `returner`: the task whose verdict this is."""
    target = next(iter(earlier(run, step)), INITIATOR) if to == PREVIOUS else to
    fields_wanted(run, step, "return")
    key = REVISE_STEP if target == INITIATOR else target
    detours.interrupt(run, key, back, step.returns.watch, by, comment, returner)
    if target == INITIATOR:
        detours.to_initiator(run, by, comment)
    else:
        detours.to_step(run, target, enter)
