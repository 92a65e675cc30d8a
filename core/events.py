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
class RecordDeleted(Event):
    """A record was deleted; `before` holds what it was, plain JSON by field key."""

    form: str
    record_id: str
    number: str
    before: dict[str, Any]


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
    """A flow began over a record. `started_by`: who did it for the initiator (代发起), else ""."""

    flow: str
    flow_version: int
    record_id: str
    initiator: str
    picks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    started_by: str = ""


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
    """Somebody is asked; `waiting`: later. The other fields as in `flows.instance.Task`.

    replaces  the task whose seat this one takes: 加签 of that one are now of this one
    """

    task_id: str
    step: str
    name: str
    kind: str
    round: int
    assignee: str
    parent: str = ""
    sign: str = ""
    via: str = ""
    weight: int = 1
    veto: bool = False
    waiting: bool = False
    due_at: datetime | None = None
    replaces: str = ""


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


@dataclass(frozen=True, slots=True)
class TaskReady(FlowEvent):
    """A waiting task's turn has come."""

    task_id: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskWaits(FlowEvent):
    """Others were asked first (前加签); the task waits for them."""

    task_id: str
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class TaskReassigned(FlowEvent):
    """A task that waits for its turn changed hands; `via`: on whose behalf."""

    task_id: str
    by: str
    to: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class TaskReminded(FlowEvent):
    """A task is due, soon or already; `why` is a sentence."""

    task_id: str
    why: str


@dataclass(frozen=True, slots=True)
class TaskUrged(FlowEvent):
    """Somebody pressed 催办."""

    task_id: str
    by: str


@dataclass(frozen=True, slots=True)
class StepsInterrupted(FlowEvent):
    """A 退回 or a jump: these steps stop, `reset` no longer count as done; `target` is entered next."""

    target: str
    back: str
    steps: tuple[str, ...]
    tasks: tuple[tuple[str, bool], ...]
    reset: tuple[str, ...]
    dropped: tuple[str, ...]
    watch: tuple[str, ...]
    digest: str
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class DetourEnded(FlowEvent):
    """What was returned is mended; the flow goes back straight, or walks again what `reset` names."""

    target: str
    way: str
    reset: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepRestored(FlowEvent):
    """An interrupted step goes on where it was."""

    step: str


@dataclass(frozen=True, slots=True)
class Picked(FlowEvent):
    """An approver chose who decides a later step."""

    step: str
    people: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class JobWanted(FlowEvent):
    """An automatic step has something to do; FinishJob answers it."""

    step: str
    round: int
    kind: str


@dataclass(frozen=True, slots=True)
class JobFinished(FlowEvent):
    """It was done, or could not be; an administrator is asked then."""

    step: str
    round: int
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class TimerSet(FlowEvent):
    """Something is due later; FireTimer comes at that time. `subject` is a task or a step."""

    kind: str
    subject: str
    occurrence: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class FieldsWanted(FlowEvent):
    """A step's or flow's event sets fields of the record: field → expression."""

    when: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class CommentAdded(FlowEvent):
    """Somebody remarked something, and named others."""

    by: str
    text: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intervened(FlowEvent):
    """An administrator stepped in, confirmed by a second person."""

    action: str
    by: str
    confirmed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class InstanceReopened(FlowEvent):
    """A flow that was over runs again."""

    by: str


@dataclass(frozen=True, slots=True)
class PhrasesKept(Event):
    """Usual opinions of a person, or of the company, for a verdict."""

    person: str
    verdict: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DelegationChanged(Event):
    """A 委托 was made or ended."""

    delegation_id: str
    person: str
    to: str
    flows: tuple[str, ...]
    since: datetime
    until: datetime
    ended: bool = False


@dataclass(frozen=True, slots=True)
class InterventionAsked(Event):
    """An administrator wants to step in; a second person has to confirm."""

    intervention_id: str
    instance_id: str
    action: str
    args: dict[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class InterventionRefused(Event):
    """The second person said no."""

    intervention_id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """Everything of a person went to another."""

    person: str
    to: str
    tasks: int
    roles: int


@dataclass(frozen=True, slots=True)
class WorkdaysChanged(Event):
    """Days of the working calendar were set."""

    days: dict[str, str]


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
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemindersMade(Event):
    """A chunk of a sweep: who is reminded by which reminder of which record, in one row of the audit trail.

    reminders  (reminder, record, person)   runs  how many runs, of them these are the reminders
    digest     SHA-256 over the canonical JSON of the rows of runs and of reminders, as they were written
    """

    rule: str
    rule_version: int
    runs: int
    reminders: tuple[tuple[str, str, str], ...]
    digest: str
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleFired(Event):
    """A rule ran its actions; `did` are their sentences."""

    rule: str
    version: int
    run_id: str
    event: str
    did: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AggregateRebuilt(Event):
    """An aggregate table was counted again."""

    aggregate: str
    rows: int


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
class PrintTemplateChanged(Event):
    """A print template was uploaded, restored or dropped."""

    form: str
    key: str
    version: int
    what: str
    title: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """A person's e-mail address or telephone number was changed; which, not to what."""

    person: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChanged(Event):
    """A chat group became known, got another name or was forgotten."""

    group_id: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class ChannelTried(Event):
    """An administrator sent a test message."""

    channel: str


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
