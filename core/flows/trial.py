"""试走: walking a flow with made-up verdicts. The production engine makes the events; nothing is written.

`walk` plays a list of acts (who says what) from the start; after each command it does what core/flows/effects.py
would do next, in the same order, with hands that only tell what they would do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from core.commands import AddSign, Command, Decide, FinishJob, FireTimer, Resume, Start, Transfer, Withdraw
from core.errors import UserError
from core.events import FieldsWanted, FlowEvent, JobWanted, TimerSet
from core.flows.definition import Flow
from core.flows.engine import advance
from core.flows.instance import OPEN_STATES, Instance, InstanceState, Task, TaskKind
from core.flows.world import World
from core.people import Directory

MOST_TURNS = 300
MADE_UP = "试走"  # the comment of those who say nothing of their own: a step may want a reason
VERDICTS = frozenset({"approve", "reject", "return"})


@dataclass(frozen=True)
class Act:
    """What is said at one stop.

    say     approve, reject, return, transfer, add_before, add_after, resubmit, withdraw, expire (the task's time is
            over), done and fail (an answer that is waited for: a sub-flow, another system), on (the timer fires)
    step, person   whose task; empty: the first that waits
    """

    say: str = "approve"
    step: str = ""
    person: str = ""
    comment: str = ""
    to: str = ""
    back: str = ""
    people: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Doing:
    """What would be done outside the flow: kind (fields, record, message, webhook, subflow), and a sentence."""

    kind: str
    text: str


@dataclass(frozen=True)
class Handled:
    """The answer of a pair of hands: the facts as they are then, what would be done, and how it ended."""

    facts: Mapping[str, Any]
    doings: tuple[Doing, ...] = ()
    ok: bool = True
    message: str = ""
    waits: bool = False


class Hands(Protocol):
    """What the effects of a flow would do; they look, and touch nothing."""

    def fields(self, instance: Instance, event: FieldsWanted) -> Handled:
        """A step's event sets fields."""

    def job(self, instance: Instance, event: JobWanted) -> Handled:
        """An automatic step."""

    def fill(self, instance: Instance, task: Task, values: Mapping[str, Any]) -> Handled:
        """Fields that a person fills with their verdict, or mends. Raises UserError."""


@dataclass(frozen=True)
class Turn:
    """One command with what came of it; `number` the act that it was, None for what goes by itself."""

    command: Command
    before: Instance
    after: Instance
    events: tuple[FlowEvent, ...]
    now: datetime
    number: int | None = None
    doings: tuple[Doing, ...] = ()


@dataclass(frozen=True)
class Walk:
    """The whole walk. `problem`: why the act with number `at` was refused; the walk stops before it."""

    turns: tuple[Turn, ...]
    instance: Instance
    now: datetime
    problem: str = ""
    at: int | None = None

    @property
    def events(self) -> list[FlowEvent]:
        """All events, in order."""
        return [event for turn in self.turns for event in turn.events]


@dataclass
class _Walker:
    """A walk under way; `timers` are those that were set, `waiting` the jobs whose answer comes later."""

    flow: Flow
    one: Instance
    people: Directory
    world: World
    hands: Hands
    now: datetime
    turns: list[Turn] = field(default_factory=list)
    timers: list[TimerSet] = field(default_factory=list)
    waiting: list[JobWanted] = field(default_factory=list)
    pending: deque[FlowEvent] = field(default_factory=deque)

    def command(self, command: Command, number: int | None = None, doings: tuple[Doing, ...] = ()) -> None:
        """Give the engine a command and do what follows from it, as the door does."""
        self._advance(command, number, doings)
        while self.pending:
            event = self.pending.popleft()
            if isinstance(event, FieldsWanted):
                self._keep(self.hands.fields(self.one, event))
            elif isinstance(event, JobWanted):
                self._job(event)

    def _advance(self, command: Command, number: int | None = None, doings: tuple[Doing, ...] = ()) -> None:
        before = self.one
        self.one, events = advance(self.flow, before, command, self.now, self.people, self.world)
        if "state" in self.one.facts:  # the record's own, as the store has it after each command
            self.one = replace(self.one, facts={**self.one.facts, "state": self.one.state.value})
        self.turns.append(Turn(command, before, self.one, events, self.now, number, doings))
        self.timers += [event for event in events if isinstance(event, TimerSet)]
        self.pending.extend(events)

    def _keep(self, handled: Handled) -> None:
        """The facts go on; what would be done belongs to the turn that wanted it."""
        self.one = replace(self.one, facts=handled.facts)
        last = self.turns[-1]
        self.turns[-1] = replace(last, after=self.one, doings=(*last.doings, *handled.doings))

    def _job(self, event: JobWanted) -> None:
        handled = self.hands.job(self.one, event)
        self._keep(handled)
        if handled.waits and handled.ok:
            self.waiting.append(event)
            return
        self._advance(FinishJob("system", self.one.id, event.step, event.round, handled.ok, handled.message))

    def answers(self) -> list[JobWanted]:
        """Steps that wait for somebody outside, of their present visit."""
        return [
            one
            for one in self.waiting
            if one.step in self.one.active and self.one.rounds.get(one.step) == one.round
        ]

    def delays(self) -> list[TimerSet]:
        """Timers of delays that are under way, the earliest first."""
        found = [
            one
            for one in self.timers
            if one.kind == "delay"
            and one.subject in self.one.active
            and str(self.one.rounds.get(one.subject)) == one.occurrence
        ]
        return sorted(found, key=lambda one: one.due_at)

    # --- one act ----------------------------------------------------------------------------------

    def act(self, act: Act, number: int | None) -> None:
        """Play an act. Raises UserError when it is not possible now."""
        if act.say == "withdraw":
            self.command(Withdraw(self.one.initiator, self.one.id, act.comment), number)
        elif act.say in ("done", "fail"):
            self._answer(act, number)
        elif act.say == "on":
            self._fire(act, number)
        else:
            self._by_a_person(act, self._task(act), number)

    def _task(self, act: Act) -> Task:
        tasks = sorted(self.one.open_tasks(), key=lambda one: one.kind is TaskKind.REPAIR)
        for task in tasks:
            step = self.flow.step(task.step)
            named = act.step in ("", task.step, step.name if step else "")
            if named and act.person in ("", task.assignee, self.people.called(task.assignee)):
                return task
        where = act.step or act.person
        raise UserError("nobody_waits", f"「{where}」现在没有待办。" if where else "现在没有待办。")

    def _by_a_person(self, act: Act, task: Task, number: int | None) -> None:
        command = _command(act, task, self.one.id)
        if act.say == "expire":
            due = [one for one in self.timers if one.kind == "due" and one.subject == task.id]
            if not due:
                raise UserError("no_due", f"「{task.name}」没有期限，不会超时。")
            self.now = max(self.now, due[-1].due_at)
            command = FireTimer("system", self.one.id, "due", task.id, due[-1].occurrence)
        doings: tuple[Doing, ...] = ()
        if act.values or (act.say == "approve" and task.kind is not TaskKind.REPAIR):
            handled = self.hands.fill(self.one, task, act.values)
            self.one, doings = replace(self.one, facts=handled.facts), handled.doings
        self.command(command, number, doings)

    def _answer(self, act: Act, number: int | None) -> None:
        found = [one for one in self.answers() if act.step in ("", one.step)]
        if not found:
            raise UserError("nothing_waits", "现在没有等待外部回应的步骤。")
        one, step = found[0], self.flow.step(found[0].step)
        ok = act.say == "done"
        refused = not ok and bool(step and step.subflow and step.subflow.refuse)
        message = "" if ok else act.comment or "没有通过"
        self.command(FinishJob("system", self.one.id, one.step, one.round, ok, message, refused), number)

    def _fire(self, act: Act, number: int | None) -> None:
        found = [one for one in self.delays() if act.step in ("", one.subject)]
        if not found:
            raise UserError("nothing_waits", "现在没有正在等待的时间。")
        self.now = max(self.now, found[0].due_at)
        self.command(FireTimer("system", self.one.id, "delay", found[0].subject, found[0].occurrence), number)

    def may_go_on(self) -> bool:
        """False when it is over, too long, or only administrators could mend what failed."""
        kinds = {task.kind for task in self.one.open_tasks()}
        return self.one.state in OPEN_STATES and len(self.turns) < MOST_TURNS and kinds != {TaskKind.REPAIR}

    def by_itself(self) -> Act | None:
        """What comes without anybody's word: time passes, others answer. None while a person is waited for."""
        if self.one.state is not InstanceState.RUNNING or self.one.open_tasks():
            return None
        if self.answers():
            return Act("done")
        return Act("on") if self.delays() else None


def walk(
    flow: Flow,
    start: Instance,
    people: Directory,
    world: World,
    hands: Hands,
    now: datetime,
    acts: Sequence[Act] = (),
    *,
    picks: Mapping[str, tuple[str, ...]] | None = None,
    rest: bool = False,
) -> Walk:
    """Start, play the acts, then stop; `rest`: everybody else agrees until it is over.

    An act that is not possible ends the walk with its reason; so does a start that is refused.
    """
    walker = _Walker(flow, start, people, world, hands, now)
    number: int | None = None
    try:
        walker.command(Start(start.initiator, dict(picks or {})))
        _by_itself(walker)
        for number, act in enumerate(acts):
            walker.act(act, number)
            _by_itself(walker)
        number = None
        while rest and walker.may_go_on():
            returned = walker.one.state is InstanceState.RETURNED
            walker.act(Act("resubmit" if returned else "approve", comment=MADE_UP), None)
            _by_itself(walker)
    except UserError as error:
        return Walk(tuple(walker.turns), walker.one, walker.now, error.message, number)
    return Walk(tuple(walker.turns), walker.one, walker.now)


def _by_itself(walker: _Walker) -> None:
    while len(walker.turns) < MOST_TURNS and (act := walker.by_itself()) is not None:
        walker.act(act, None)


def _command(act: Act, task: Task, instance_id: str) -> Command:
    """The command of a person's act. Raises UserError."""
    if act.say in VERDICTS:
        return Decide(
            task.assignee,
            task.id,
            act.say,
            act.comment,
            to=act.to,
            back=act.back,
            picks=dict(act.picks),
        )
    if act.say == "resubmit":
        return Resume(task.assignee, instance_id)
    if act.say == "transfer":
        return Transfer(task.assignee, task.id, (*act.people, "")[0], act.comment)
    if act.say in ("add_before", "add_after"):
        return AddSign(task.assignee, task.id, act.people, act.say.removeprefix("add_"), act.comment)
    if act.say == "expire":
        return FireTimer("system", instance_id, "due", task.id, "0")
    raise UserError("unknown_act", f"试走里没有「{act.say}」这个操作。")
