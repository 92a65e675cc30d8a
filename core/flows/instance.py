"""A running flow as a value: what is active, who was asked, what they said. Frozen; changed by events alone.

Time-free and store-free: `core/flows/engine.py` makes events, `apply` folds them, replaying the events of an
instance gives the same value bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class InstanceState(StrEnum):
    """Where an instance stands. RETURNED: it waits for its initiator to mend and resubmit."""

    RUNNING = "running"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


OPEN_STATES = frozenset({InstanceState.RUNNING, InstanceState.RETURNED})


class TaskKind(StrEnum):
    """What a task asks for: a verdict, some work (办理), that a return is mended, or that a failed step is seen to."""

    APPROVE = "approve"
    FILL = "fill"
    REVISE = "revise"
    REPAIR = "repair"


class TaskState(StrEnum):
    """A task is open until its assignee decides, or until it is no longer needed.

    WAITING: its turn has not come (依次), or it waits for those who were asked first (前加签).
    """

    OPEN = "open"
    WAITING = "waiting"
    DECIDED = "decided"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What a person may say on an approval task."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Task:
    """A person's to-do. `round` counts visits of the step; `version` grows with each change of the task.

    parent   the task whose 加签 this is; sign: before or after it
    via      on whose behalf (委托): "A via B" has assignee B and via A
    weight   votes of this seat; veto: its refusal decides alone
    """

    id: str
    instance_id: str
    step: str
    name: str
    kind: TaskKind
    round: int
    assignee: str
    state: TaskState
    version: int
    opened_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    verdict: Verdict | None = None
    comment: str = ""
    parent: str = ""
    sign: str = ""
    via: str = ""
    weight: int = 1
    veto: bool = False
    due_at: datetime | None = None
    urged_at: datetime | None = None

    @property
    def number(self) -> int:
        """The task's place in its instance, from 1."""
        return int(self.id.rpartition("-")[2])

    @property
    def live(self) -> bool:
        """Open, or waiting for its turn."""
        return self.state in (TaskState.OPEN, TaskState.WAITING)


@dataclass(frozen=True, slots=True)
class Detour:
    """A 退回 that is under way: after `target` the flow goes `back` to what was interrupted.

    steps   what was active, containers first      tasks   (task id, it was waiting) to ask again
    watch, digest   the watched fields (none named: all) and their digest at the return, for `changed`
    """

    target: str
    back: str
    steps: tuple[str, ...]
    tasks: tuple[tuple[str, bool], ...]
    watch: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark beside the flow (评论)."""

    by: str
    at: datetime
    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of a flow over one record.

    active   keys of the steps that are under way, branches around them first
    rounds   how often each step was entered
    taken    which paths of each branch step were taken, by index
    done     steps that are over and still count, in the order in which they ended
    picks    who was chosen for a step by initiator or previous approver
    copied   who was sent a copy: nobody is sent two
    started_by   who started it for the initiator (代发起); "" when they did it themselves
    facts    the record's values, for conditions and assignees; loaded with the instance, not part of its state
    """

    id: str
    flow: str
    flow_version: int
    form: str
    form_version: int
    record_id: str
    number: str
    title: str
    initiator: str
    state: InstanceState
    started_at: datetime
    active: tuple[str, ...] = ()
    rounds: Mapping[str, int] = field(default_factory=dict)
    taken: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    detours: tuple[Detour, ...] = ()
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    copied: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    tasks: tuple[Task, ...] = ()
    version: int = 1
    ended_at: datetime | None = None
    started_by: str = ""
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def task(self, id_: str) -> Task | None:
        """The task with this id."""
        return next((one for one in self.tasks if one.id == id_), None)

    def open_tasks(self, step: str = "") -> tuple[Task, ...]:
        """Tasks that wait for a person, of one step or of all."""
        return tuple(one for one in self.tasks if one.state is TaskState.OPEN and step in ("", one.step))

    def live_tasks(self, step: str = "") -> tuple[Task, ...]:
        """Open tasks, and those whose turn has not come."""
        return tuple(one for one in self.tasks if one.live and step in ("", one.step))

    def round_tasks(self, step: str) -> tuple[Task, ...]:
        """The tasks of the present visit of a step."""
        now = self.rounds.get(step, 0)
        return tuple(one for one in self.tasks if one.step == step and one.round == now)
