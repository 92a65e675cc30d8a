"""The flow engine: `advance(definition, instance, command, now, people, world) -> instance, events`. Pure.

The state of an instance is the set of its active steps (tokens), their tasks, and the returns under way. What comes
after a step follows from the tree alone: the next step of the same list; at the end of a path, the step after the
branch, once nothing in the branch is under way. So nothing can be stuck: every open instance has an active step, and
every active step an open task, a timer, a job or an incident.

walk.py enters and leaves steps; steps/ holds one file a kind; finders/ one file a way to find people; votes.py counts;
detours.py sends back and returns; decisions.py and moves.py are what people, timers and administrators do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core import commands
from core.commands import Command, Start
from core.errors import UserError
from core.events import FieldsWanted, FlowEvent, InstanceStarted
from core.flows import decisions, moves
from core.flows.definition import Flow, Pick
from core.flows.dropsign import drop_sign
from core.flows.instance import Instance, InstanceState
from core.flows.returning import targets
from core.flows.run import Run
from core.flows.said import what_happened
from core.flows.state import REVISE_STEP
from core.flows.steps import KINDS
from core.flows.walk import enter_list
from core.flows.world import World
from core.people import Directory

__all__ = ["REVISE_STEP", "advance", "return_targets", "what_happened"]


def advance(
    flow: Flow, instance: Instance, command: Command, now: datetime, people: Directory, world: World
) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """The instance after a command, and what happened.

    Raises Conflict (somebody was faster), NotAllowed (not this person's task), UserError; then nothing happened.
    """
    run = Run(flow, instance, now, people, world, KINDS)
    _COMMANDS[type(command)](run, command)
    return run.instance, tuple(run.events)


def return_targets(
    flow: Flow, instance: Instance, step: str, people: Directory, world: World
) -> list[tuple[str, str]]:
    """(key, name) of where a return from a step may go now."""
    run = Run(flow, instance, instance.started_at, people, world, KINDS)
    found = targets(run, run.step(step))
    return [(key, "发起人" if key == "initiator" else run.step(key).name) for key in found]


def _start(run: Run, command: Start) -> None:
    one = run.instance
    for key, chosen in command.picks.items():
        if not any(who.pick is Pick.INITIATOR for who in run.step(key).who):
            raise UserError("cannot_pick", f"步骤「{run.step(key).name}」的处理人不由发起人指定。")
        if not all(run.people.active(person) for person in chosen):
            raise UserError("unknown_person", "指定的人里有不存在或已离职的。")
    run.emit(
        InstanceStarted,
        flow=one.flow,
        flow_version=one.flow_version,
        record_id=one.record_id,
        initiator=one.initiator,
        picks={key: tuple(chosen) for key, chosen in command.picks.items()},
        started_by=command.actor if command.actor != one.initiator else "",
    )
    if "start" in run.flow.on:
        run.emit(FieldsWanted, when="flow.start", values=dict(run.flow.on["start"]))
    if run.instance.state is InstanceState.RUNNING:
        enter_list(run, run.flow.steps)


_COMMANDS: dict[type[Command], Callable[[Run, Any], None]] = {
    commands.Start: _start,
    commands.Decide: decisions.decide,
    commands.Transfer: decisions.transfer,
    commands.AddSign: decisions.add_sign,
    commands.DropSign: drop_sign,
    commands.Resume: moves.resume,
    commands.Withdraw: moves.withdraw,
    commands.Urge: moves.urge,
    commands.Remark: moves.remark,
    commands.FireTimer: moves.fire_timer,
    commands.FinishJob: moves.finish_job,
    commands.Intervene: moves.intervene,
    commands.TakeOver: moves.take_over,
}
