"""Everything that a person, rule or timer may ask for; one frozen dataclass each.

`actor` is a person's id as the authenticated channel gave it, or "system". Raw values are as they came
(text from cards, JSON from pages and API); the forms engine reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""

    actor: str


# --- forms ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenDraft(Command):
    """Begin (or go on with) a form; the draft's card goes to `platform`, none when it is empty.

    query  what the address of a page said; it fills only the fields whose definition lets it
    """

    form: str
    platform: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaveDraft(Command):
    """Keep what was typed. `revision` None: the newest wins (a card); else it must be the present one.

    on_behalf  for whom (代发起, admins): None as it was, "" for oneself
    """

    draft_id: str
    values: Mapping[str, Any]
    revision: int | None = None
    on_behalf: str | None = None


@dataclass(frozen=True, slots=True)
class SubmitDraft(Command):
    """Make a record of a draft, or send a returned one in again. `values` are laid over what was saved.

    token      what the page sends to make a double tap one submit; "" when the delivery key does that
    on_behalf  for whom (代发起, admins): None as the draft says
    """

    draft_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    platform: str = ""
    token: str = ""
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_behalf: str | None = None


@dataclass(frozen=True, slots=True)
class CreateRecord(Command):
    """Create a record without a draft (API, rules). `picks`: 发起人自选; `on_behalf`: for whom (代发起, admins)."""

    form: str
    values: Mapping[str, Any]
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_behalf: str = ""


@dataclass(frozen=True, slots=True)
class UpdateRecord(Command):
    """Change fields of a record if its version is still `version`."""

    form: str
    record_id: str
    version: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteRecord(Command):
    """Delete a record if its version is still `version`."""

    form: str
    record_id: str
    version: int


@dataclass(frozen=True, slots=True)
class StoreFile(Command):
    """Keep an uploaded file."""

    name: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SavePrintTemplate(Command):
    """A Word or Excel file on which records of a form are printed; under a key that is there: its next version."""

    form: str
    key: str
    title: str
    kind: str
    name: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MarkPrintTemplate(Command):
    """drop: it is offered no more;  restore: an older version in force again, as a new one."""

    form: str
    key: str
    what: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class ImportRows(Command):
    """Save rows of a sheet: each (place, values), made anew or laid over the record with the same `key` value.

    key      field whose value finds the record; "" always makes new ones
    dry_run  check everything, keep nothing;  start_flow  new records go through the form's flow
    """

    form: str
    rows: tuple[tuple[str, Mapping[str, Any]], ...] = field(repr=False)
    by: str = ""
    dry_run: bool = False
    start_flow: bool = False


@dataclass(frozen=True, slots=True)
class DropDraft(Command):
    """Throw one's own open draft away."""

    draft_id: str


@dataclass(frozen=True, slots=True)
class CopyRecord(Command):
    """A new draft with a record's values; its card goes to `platform`."""

    form: str
    record_id: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class CommentRecord(Command):
    """Say something about a record; whoever is mentioned is told."""

    form: str
    record_id: str
    text: str
    mentions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkRecord(Command):
    """effect (生效), void (作废), delete (into the recycle bin), restore, purge (for ever)."""

    form: str
    record_id: str
    what: str
    version: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PressButton(Command):
    """Press a custom button of a record, with values for the fields it asks for."""

    form: str
    record_id: str
    button: str
    values: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    platform: str = ""


@dataclass(frozen=True, slots=True)
class StepBackfill(Command):
    """Convert some more records of fields that take over another one's values."""

    form: str = ""


# --- flows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start(Command):
    """Begin the flow of a record; the engine's first command. `picks`: step → people (发起人自选)."""

    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartFlow(Command):
    """Begin a flow over a record that is there already (by hand, rule, schedule or API)."""

    form: str
    record_id: str
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decide(Command):
    """Say approve, reject or return on a task. `version` is the task version that was shown, 0 when unknown.

    to      where a return goes: initiator, previous, or a step's key;  back: straight, rewalk, changed, "" = as set
    values  fields of the record that this step lets its people change
    picks   who decides later steps (上一步审批人指定)
    """

    task_id: str
    verdict: str
    comment: str = ""
    version: int = 0
    to: str = ""
    back: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaveStep(Command):
    """Keep the fields of one's open task without deciding (保存); what is required may still be empty."""

    task_id: str
    values: Mapping[str, Any]
    version: int = 0


@dataclass(frozen=True, slots=True)
class Transfer(Command):
    """Give a task to somebody else (转交)."""

    task_id: str
    to: str
    comment: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """The initiator sends a returned record in again."""

    instance_id: str


@dataclass(frozen=True, slots=True)
class Withdraw(Command):
    """The initiator takes the whole thing back (撤回)."""

    instance_id: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AddSign(Command):
    """加签. `how` before: they first, then I; after: I agree, then they."""

    task_id: str
    people: tuple[str, ...]
    how: str
    comment: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class DropSign(Command):
    """减签: take back somebody whom one asked by 加签; `task_id` is theirs."""

    task_id: str


@dataclass(frozen=True, slots=True)
class Urge(Command):
    """催办: the cards of those who are waited for come again."""

    instance_id: str


@dataclass(frozen=True, slots=True)
class Remark(Command):
    """Say something beside the flow, naming people (评论 with @)."""

    instance_id: str
    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecideMany(Command):
    """The same verdict on several tasks; those that need a look of their own are left out, with the reason."""

    task_ids: tuple[str, ...]
    verdict: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class FireTimer(Command):
    """A timer's time has come. `timer_id`: its row, which this fires once."""

    instance_id: str
    kind: str
    subject: str
    occurrence: str
    timer_id: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCallback(Command):
    """A called system answers a webhook step; `token` is the one it was given."""

    token: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinishJob(Command):
    """An automatic step is done, or could not be done."""

    instance_id: str
    step: str
    round: int
    ok: bool = True
    message: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Intervene(Command):
    """An administrator's hand: jump, reassign, end or reopen. `confirmed_by` is the second person."""

    instance_id: str
    action: str
    reason: str
    confirmed_by: str
    step: str = ""
    task_id: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class AskIntervention(Command):
    """Ask for such a hand; another administrator confirms."""

    instance_id: str
    action: str
    reason: str
    step: str = ""
    task_id: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class AnswerIntervention(Command):
    """The second person's yes or no. `reason`: a house's only administrator writes it again instead (docs/flows.md)."""

    intervention_id: str
    yes: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TakeOver(Command):
    """In one instance: what waits for a person waits for another from now on; `as_deputy`: on their behalf."""

    instance_id: str
    person: str
    to: str
    comment: str = ""
    as_deputy: bool = False


@dataclass(frozen=True, slots=True)
class HandOver(Command):
    """Somebody leaves: tasks, roles, departments and delegations go to another."""

    person: str
    to: str


@dataclass(frozen=True, slots=True)
class Delegate(Command):
    """委托: from `since` until `until` another decides in these flows; none named: in all.

    open_too  what is open already goes along
    """

    person: str
    to: str
    since: datetime
    until: datetime
    flows: tuple[str, ...] = ()
    open_too: bool = False


@dataclass(frozen=True, slots=True)
class EndDelegation(Command):
    """End a 委托 at once."""

    delegation_id: str


@dataclass(frozen=True, slots=True)
class SetWorkdays(Command):
    """Mend the working calendar: ISO date → work, rest, or "" for as it was shipped; shifts as `09:00-12:00,…`."""

    days: Mapping[str, str] = field(default_factory=dict)
    shifts: str = ""


@dataclass(frozen=True, slots=True)
class KeepPhrases(Command):
    """One's usual opinions for a verdict from now on; `company`: those that everybody sees (administrators)."""

    verdict: str
    texts: tuple[str, ...]
    company: bool = False


# --- rules, reports -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SweepPart:
    """A chunk of what a rule found when it looked (`hits` of core/rules/hits.py).

    sweep   row under which progress is kept, "" for none    found  how many the whole sweep has
    struck  the strike of its schedule   looked  when it was found   rest  more is left for the next look
    """

    sweep: str
    version: int
    struck: datetime
    looked: datetime
    hits: tuple[Any, ...]
    found: int
    first: bool = True
    last: bool = True
    rest: bool = False


@dataclass(frozen=True, slots=True)
class SweepRule(Command):
    """Do what a rule of the clock finds now: a part that was looked at before, or all of it in this transaction."""

    rule: str
    part: SweepPart | None = None


@dataclass(frozen=True, slots=True)
class TickRules(Command):
    """Do what is due of all rules that follow the clock, and send gathered messages."""


@dataclass(frozen=True, slots=True)
class PressRule(Command):
    """Press a rule's button on a record."""

    rule: str
    record_id: str


@dataclass(frozen=True, slots=True)
class ReceiveHook(Command):
    """Another system's call, its signature already checked."""

    rule: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RetryRun(Command):
    """Run a failed run of a rule again."""

    run_id: str


@dataclass(frozen=True, slots=True)
class RebuildAggregate(Command):
    """Count an aggregate table again from its records."""

    aggregate: str


@dataclass(frozen=True, slots=True)
class AnswerReminder(Command):
    """Press a button of a reminder: a button's name of the rule, with inputs."""

    reminder_id: str
    button: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskPicture(Command):
    """Ask for a report's chart in chat."""

    report: str
    platform: str


@dataclass(frozen=True, slots=True)
class TellPerson(Command):
    """Send a person a plain text."""

    person: str
    platform: str
    text: str


# --- definitions, people, operation ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveDefinition(Command):
    """Keep the text of a definition that is being worked on."""

    kind: str
    key: str
    text: str
    revision: int


@dataclass(frozen=True, slots=True)
class DropDefinition(Command):
    """Throw such a text away."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Publish(Command):
    """Put the definitions of a YAML text in force. `base`: version that the text was made from, None = do not check."""

    text: str
    note: str = ""
    base: int | None = None


@dataclass(frozen=True, slots=True)
class RollBack(Command):
    """Put an older version of a definition in force again, as a new version."""

    kind: str
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class ReplaceDirectory(Command):
    """Put people, departments and roles in place of those that are there."""

    directory: Any


@dataclass(frozen=True, slots=True)
class RetryOutbox(Command):
    """Let a parked message try again."""

    outbox_id: str


@dataclass(frozen=True, slots=True)
class RetryParked(Command):
    """Let every parked message try again."""


@dataclass(frozen=True, slots=True)
class SetContact(Command):
    """Where a person is reached by e-mail and SMS; "" for unknown."""

    person: str
    email: str
    mobile: str


@dataclass(frozen=True, slots=True)
class LearnGroup(Command):
    """The bot was spoken to in a group: it can be written to from now on."""

    platform: str
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class SaveGroup(Command):
    """A group by hand, or another name for one. group_id "": a new one, with `address` (sealed where secret).

    address_hash  of the address in the clear, so that one group is not entered twice
    """

    group_id: str
    name: str
    platform: str = ""
    way: str = ""
    address: str = ""
    address_hash: str = ""


@dataclass(frozen=True, slots=True)
class DropGroup(Command):
    """Forget a group."""

    group_id: str


@dataclass(frozen=True, slots=True)
class TryChannel(Command):
    """A test message: to a group (its id), an e-mail address or a telephone number."""

    channel: str
    to: str


@dataclass(frozen=True, slots=True)
class CloseIncident(Command):
    """An administrator has seen to it."""

    incident_id: str


@dataclass(frozen=True, slots=True)
class MakeApiKey(Command):
    """Make an API key that acts as a person."""

    name: str
    person: str
    days: int = 365


@dataclass(frozen=True, slots=True)
class RevokeApiKey(Command):
    """End an API key at once."""

    key_id: str
