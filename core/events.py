"""Everything that may have happened, in the past tense; also the rows of the audit trail.

Each event names its `object` (what it happened to). Events of flows are folded by `core/flows/engine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Base: `object` is `<kind>:<id>`."""

    object: str

    def body(self) -> dict[str, Any]:
        """All fields but the object, for the audit trail."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "object"}


# --- forms ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordCreated(Event):
    """A record was saved for the first time; `values` are plain JSON by field key."""

    form: str
    form_version: int
    record_id: str
    number: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordUpdated(Event):
    """Fields of a record changed; before and after hold the changed keys only."""

    form: str
    form_version: int
    record_id: str
    number: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordMarked(Event):
    """effect, void, delete, restore or purge."""

    form: str
    record_id: str
    number: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordCommented(Event):
    """Somebody said something about a record; `mentions` are told."""

    form: str
    record_id: str
    title: str
    text: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftOpened(Event):
    """Somebody asked for a form."""

    draft_id: str
    form: str
    person: str
    platform: str


@dataclass(frozen=True, slots=True)
class DraftSaved(Event):
    """A draft was kept; not audited, its card is redrawn."""

    draft_id: str
    person: str


# --- flows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlowEvent(Event):
    """Base of the events that are folded into an instance."""

    instance_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InstanceStarted(FlowEvent):
    """A flow began over a record."""

    flow: str
    flow_version: int
    record_id: str
    initiator: str


@dataclass(frozen=True, slots=True)
class StepEntered(FlowEvent):
    """A step began; `round` counts its visits."""

    step: str
    round: int


@dataclass(frozen=True, slots=True)
class StepLeft(FlowEvent):
    """A step is over."""

    step: str


@dataclass(frozen=True, slots=True)
class PathTaken(FlowEvent):
    """A branch chose: indexes of its paths, and what each condition was."""

    step: str
    paths: tuple[int, ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskOpened(FlowEvent):
    """Somebody is asked."""

    task_id: str
    step: str
    name: str
    kind: str
    round: int
    assignee: str


@dataclass(frozen=True, slots=True)
class TaskDecided(FlowEvent):
    """Somebody gave a verdict."""

    task_id: str
    by: str
    verdict: str
    comment: str


@dataclass(frozen=True, slots=True)
class TaskCancelled(FlowEvent):
    """A task is no longer needed; `by` is who made it so."""

    task_id: str
    by: str


@dataclass(frozen=True, slots=True)
class TaskTransferred(FlowEvent):
    """A task went to somebody else; the new task follows as TaskOpened."""

    task_id: str
    by: str
    to: str
    comment: str


@dataclass(frozen=True, slots=True)
class CopySent(FlowEvent):
    """Somebody is told without being asked (抄送)."""

    step: str
    person: str


@dataclass(frozen=True, slots=True)
class InstanceReturned(FlowEvent):
    """The record went back to its initiator."""

    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class InstanceResumed(FlowEvent):
    """The initiator mended and resubmitted."""

    by: str


@dataclass(frozen=True, slots=True)
class InstanceEnded(FlowEvent):
    """The flow is over; result is an InstanceState value."""

    result: str
    by: str


@dataclass(frozen=True, slots=True)
class NobodyFound(FlowEvent):
    """A step's assignee resolved to nobody; an administrator has to look."""

    step: str
    name: str


# --- rules, definitions, people -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReminderMade(Event):
    """A rule fired: who is reminded of what, and the values it saw."""

    reminder_id: str
    rule: str
    rule_version: int
    form: str
    record_id: str
    person: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReminderAnswered(Event):
    """Somebody pressed a button of a reminder."""

    reminder_id: str
    by: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class DefinitionPublished(Event):
    """A version came into force; `changes` is the Chinese diff."""

    kind: str
    key: str
    version: int
    note: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DirectoryChanged(Event):
    """People, departments or roles were replaced."""

    people: int
    departments: int


@dataclass(frozen=True, slots=True)
class PictureAsked(Event):
    """Somebody asked for a chart."""

    report: str
    person: str
    platform: str


@dataclass(frozen=True, slots=True)
class AccessChanged(Event):
    """An account, session or API key was made, used to log in, or revoked."""

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class CommandRefused(Event):
    """A command was refused for a reason worth proving; nothing else changed."""

    command: str
    code: str
    message: str
