"""Commands of the flow engine: load the instance and its record, ask `advance`, save what changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.acting import Done
from core.commands import Command, Decide, Resume, Start, Transfer, Withdraw
from core.errors import NotFound, UserError
from core.events import FlowEvent, TaskDecided, TaskTransferred
from core.expressions import ExpressionError
from core.flows.definition import Flow
from core.flows.engine import advance
from core.flows.instance import OPEN_STATES, Instance, InstanceState, Verdict
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import plain_values
from core.store.drafts import Draft
from core.store.work import UnitOfWork

SAID = {"approve": "已同意。", "reject": "已拒绝。", "return": "已退回给发起人。"}


def start(
    uow: UnitOfWork, ready: ReadyForm, record: Record, actor: str
) -> tuple[str | None, tuple[FlowEvent, ...]]:
    """Begin the flow of a form over a new record; nothing when the form has none."""
    found = uow.shelf.flow_of(ready.form.key)
    if found is None:
        return None, ()
    flow, version = found
    instance = Instance(
        id=uow.ids(),
        flow=flow.key,
        flow_version=version,
        form=ready.form.key,
        form_version=ready.version,
        record_id=record.id,
        number=record.number,
        title=record.title,
        initiator=actor,
        state=InstanceState.RUNNING,
        started_at=uow.now,
        facts=record.facts(),
    )
    after, events = _advance(uow, flow, instance, Start(actor))
    uow.instances.add(after, uow.now)
    uow.records.set_state(ready.form, record.id, after.state.value)
    return instance.id, events


def resume(uow: UnitOfWork, instance_id: str, actor: str, record: Record) -> tuple[FlowEvent, ...]:
    """A returned record was mended: its flow goes on, over the new values."""
    instance = _load(uow, instance_id, record)
    return _move(uow, replace(instance, title=record.title), Resume(actor, instance_id), base=instance)


def decide(uow: UnitOfWork, command: Decide) -> Done:
    """A verdict on a task."""
    if command.verdict not in SAID:
        raise UserError("unknown_verdict", "只能同意、拒绝或退回。")
    instance = _of_task(uow, command.task_id)
    events = _move(uow, instance, command)
    if command.verdict == Verdict.RETURN:
        _draft_to_mend(uow, instance)
    return Done(SAID[command.verdict], events, {"instance_id": instance.id})


def transfer(uow: UnitOfWork, command: Transfer) -> Done:
    """A task goes to somebody else."""
    instance = _of_task(uow, command.task_id)
    events = _move(uow, instance, command)
    return Done(f"已转交给{uow.people.called(command.to)}。", events, {"instance_id": instance.id})


def withdraw(uow: UnitOfWork, command: Withdraw) -> Done:
    """The initiator takes it back."""
    instance = uow.instances.load(command.instance_id)
    if instance is None:
        raise NotFound
    events = _move(uow, _with_facts(uow, instance), command)
    return Done("已撤回。", events, {"instance_id": instance.id})


def open_instance(uow: UnitOfWork, record_id: str) -> Instance | None:
    """The instance that runs over a record, if one does."""
    return next((one for one in uow.instances.of_record(record_id) if one.state in OPEN_STATES), None)


def _draft_to_mend(uow: UnitOfWork, instance: Instance) -> None:
    """A returned record needs a draft in which its initiator mends it, also when it came by API or rule."""
    if uow.drafts.of_record(instance.record_id) is not None:
        return
    ready = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(ready.form, instance.record_id)
    draft = Draft(
        id=uow.ids(),
        form=instance.form,
        form_version=ready.version,
        person=instance.initiator,
        values=plain_values(ready.form.fields, record.values if record else {}),
        problems=[],
        revision=1,
        record_id=instance.record_id,
        instance_id=instance.id,
        created_at=uow.now,
        saved_at=uow.now,
    )
    uow.drafts.add(draft)


def _of_task(uow: UnitOfWork, task_id: str) -> Instance:
    found = uow.instances.task(task_id)
    instance = uow.instances.load(found[1]) if found else None
    if instance is None:
        raise NotFound
    return _with_facts(uow, instance)


def _with_facts(uow: UnitOfWork, instance: Instance) -> Instance:
    form = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(form.form, instance.record_id)
    return replace(instance, facts=record.facts() if record else {})


def _load(uow: UnitOfWork, instance_id: str, record: Record) -> Instance:
    instance = uow.instances.load(instance_id)
    if instance is None:
        raise NotFound
    return replace(instance, facts=record.facts())


def _move(
    uow: UnitOfWork, instance: Instance, command: Command, base: Instance | None = None
) -> tuple[FlowEvent, ...]:
    """Advance and save. Raises StaleWrite when somebody was faster: the door asks again."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    after, events = _advance(uow, flow, instance, command)
    before = base or instance
    uow.instances.save(before, after)
    for event in events:
        if isinstance(event, (TaskDecided, TaskTransferred)):
            _note_transition(uow, before, event)
    if after.state is not before.state:
        form = uow.shelf.form(instance.form)
        uow.records.set_state(form.form, instance.record_id, after.state.value)
    return events


def _note_transition(uow: UnitOfWork, before: Instance, event: TaskDecided | TaskTransferred) -> None:
    task = before.task(event.task_id)
    action = event.verdict if isinstance(event, TaskDecided) else "transfer"
    uow.instances.record_transition(
        uow.ids(), event.task_id, task.version if task else 1, action, event.by, event.at
    )


def _advance(
    uow: UnitOfWork, flow: Flow, instance: Instance, command: Command
) -> tuple[Instance, tuple[FlowEvent, ...]]:
    form = uow.shelf.form(instance.form, instance.form_version)

    return advance(flow, instance, command, uow.now, uow.people, RealWorld(uow, form))
