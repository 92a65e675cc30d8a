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
    """What a task asks for: a verdict, or that the initiator mends what was returned."""

    APPROVE = "approve"
    REVISE = "revise"


class TaskState(StrEnum):
    """A task is open until its assignee decides, or until it is no longer needed."""

    OPEN = "open"
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
    """A person's to-do. `round` counts visits of the step; `version` grows with each change of the task."""

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

    @property
    def number(self) -> int:
        """The task's place in its instance, from 1."""
        return int(self.id.rpartition("-")[2])


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of a flow over one record.

    active  keys of the steps that wait for somebody; several inside parallel branches
    rounds  how often each step was entered
    taken   which paths of each branch step were taken, by index (for the picture)
    facts   the record's values, for conditions and assignees; loaded with the instance, not part of its state
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
    tasks: tuple[Task, ...] = ()
    version: int = 1
    ended_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def task(self, id_: str) -> Task | None:
        """The task with this id."""
        return next((one for one in self.tasks if one.id == id_), None)

    def open_tasks(self, step: str = "") -> tuple[Task, ...]:
        """Tasks that wait, of one step or of all."""
        return tuple(one for one in self.tasks if one.state is TaskState.OPEN and step in ("", one.step))

    def round_tasks(self, step: str) -> tuple[Task, ...]:
        """The tasks of the present visit of a step."""
        now = self.rounds.get(step, 0)
        return tuple(one for one in self.tasks if one.step == step and one.round == now)
