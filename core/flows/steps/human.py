"""审批 and 办理: people are asked; their verdicts become the step's."""

from __future__ import annotations

from core.events import NobodyFound, TaskDecided
from core.flows import assign, tasks
from core.flows.definition import Dedup, OnReject, Returns, Right, Step, Vote
from core.flows.instance import InstanceState, TaskKind, TaskState, Verdict
from core.flows.returning import send_back
from core.flows.run import Run
from core.flows.votes import seats, verdict_of
from core.flows.walk import cancel, end, fields_wanted, leave

PASSED_BEFORE = "前面已同意，自动通过"
PASSED_OWN = "发起人本人，自动通过"


def enter_human(run: Run, step: Step, forced: bool) -> None:
    """Ask whom the step finds; pass it, end it or call an administrator when that is nobody."""
    search = assign.search_for(run.flow, step, run.instance, run.people, run.world)
    asked = assign.asked(step, search)
    if asked.outcome == "skip":
        leave(run, step)
        return
    if asked.outcome == "refuse":
        end(run, InstanceState.REJECTED, "system")
        return
    people = asked.people
    if asked.outcome == "nobody":
        run.emit(NobodyFound, step=step.key, name=step.name)
        people = run.people.holders("admin")
    passes = {} if forced else _passes(run, step, people, asked.passes)
    _ask(run, step, people, passes)
    if people:
        settle(run, step, "system")


def mode_of(step: Step) -> Vote:
    """逐级 asks one after the other unless the step says otherwise."""
    chained = any(who.managers for who in step.who)
    return Vote.IN_TURN if chained and step.vote.mode is Vote.ANY else step.vote.mode


def _ask(run: Run, step: Step, people: tuple[str, ...], passes: dict[str, str]) -> None:
    kind = TaskKind.FILL if step.kind == "fill" else TaskKind.APPROVE
    in_turn = mode_of(step) is Vote.IN_TURN
    turn_taken = False
    for person in people:
        waits = in_turn and turn_taken and person not in passes
        task_id = tasks.open_task(
            run,
            step.key,
            step.name,
            person,
            kind,
            weight=assign.weight_of(person, step.vote.weights, run.people),
            veto=assign.has_veto(person, step.vote.veto, run.people),
            waiting=waits,
            deputies=person not in passes,
        )
        if person in passes:
            verdict = Verdict.APPROVE.value
            run.emit(TaskDecided, task_id=task_id, by="system", verdict=verdict, comment=passes[person])
        else:
            turn_taken = True


def _passes(run: Run, step: Step, people: tuple[str, ...], own: tuple[str, ...]) -> dict[str, str]:
    """Who agrees without being asked, and why. Not where the step has to be seen (必审) or filled."""
    found = dict.fromkeys(own, PASSED_OWN)
    if step.always or step.kind == "fill" or Right.REQUIRED in step.fields.values():
        return found
    before = _who_agreed(run)
    return found | {one: PASSED_BEFORE for one in people if one in before and one not in found}


def _who_agreed(run: Run) -> set[str]:
    """Who agreed in steps that still count: the last one, or all, as the flow says."""
    if run.flow.dedup is Dedup.NONE:
        return set()
    done = [key for key in run.instance.done if key in run.tree and run.tree.step(key).kind == "approve"]
    keys = done[-1:] if run.flow.dedup is Dedup.CONSECUTIVE else done
    return {
        task.assignee
        for key in keys
        for task in run.instance.round_tasks(key)
        if task.verdict is Verdict.APPROVE
    }


def settle(run: Run, step: Step, actor: str) -> None:
    """Look at the round: go on, refuse, or let the next one have their turn."""
    rule = step.vote.model_copy(update={"mode": mode_of(step)})
    round_seats = seats(run.instance.round_tasks(step.key))
    result = verdict_of(round_seats, rule, step.settle)
    if result is None:
        if rule.mode is Vote.IN_TURN:
            _next_turn(run, step)
        return
    cancel(run, run.instance.live_tasks(step.key), actor)
    if result is Verdict.APPROVE:
        fields_wanted(run, step, "approve")
        leave(run, step)
    else:
        fields_wanted(run, step, "reject")
        _refuse(run, step, actor)


def _next_turn(run: Run, step: Step) -> None:
    first = next((one for one in seats(run.instance.round_tasks(step.key)) if one.verdict is None), None)
    signing = first and any(one.parent == first.task.id and one.live for one in run.instance.tasks)
    if first is not None and first.task.state is TaskState.WAITING and not signing:
        tasks.ready(run, first.task)


def _refuse(run: Run, step: Step, actor: str) -> None:
    if step.reject is OnReject.END:
        end(run, InstanceState.REJECTED, actor)
    else:
        back = Returns(choose=False)
        send_back(run, step, step.reject.value, back.back, actor, "", "")
