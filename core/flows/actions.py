"""Commands of the flow engine: load the instance and its record, ask `advance`, save what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.acting import Done
from core.commands import (
    SYSTEM,
    AddSign,
    Command,
    Decide,
    DropSign,
    FinishJob,
    FireTimer,
    Intervene,
    Remark,
    Resume,
    Start,
    StartFlow,
    TakeOver,
    Transfer,
    Urge,
    Withdraw,
)
from core.errors import Conflict, NotAllowed, NotFound, UserError
from core.events import FlowEvent, TaskDecided, TaskTransferred
from core.flows.definition import Flow, Pick
from core.flows.engine import advance
from core.flows.instance import OPEN_STATES, Instance, InstanceState, TaskKind
from core.flows.real import RealWorld
from core.flows.state import REVISE_STEP
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import plain_values
from core.store.drafts import Draft
from core.store.work import UnitOfWork

SAID = {"approve": "已同意。", "reject": "已拒绝。", "return": "已退回。"}
Picks = Mapping[str, tuple[str, ...]]


def start_flow(uow: UnitOfWork, command: StartFlow) -> Done:
    """A flow over a record that is there already: by its creator, an administrator, a rule or a schedule."""
    ready = uow.shelf.form(command.form)
    record = uow.records.load(ready.form, command.record_id)
    if record is None:
        raise NotFound
    mine = command.actor in (SYSTEM, record.created_by)
    if not mine and not uow.people.holds(command.actor, "admin"):
        raise NotFound
    flow = uow.shelf.flow_of(command.form)
    if flow is None:
        raise UserError("no_flow", f"「{ready.form.title}」没有流程。")
    if flow[0].running == "one" and open_instance(uow, record.id):
        raise Conflict("这张单据已经在审批中，不能再发起一次。")
    initiator = record.created_by if command.actor == SYSTEM else command.actor
    instance_id, events = start(uow, ready, record, initiator, command.picks)
    return Done(f"已发起，编号 {record.number}。", events, {"instance_id": instance_id})


def start(
    uow: UnitOfWork, ready: ReadyForm, record: Record, actor: str, picks: Picks | None = None, by: str = ""
) -> tuple[str | None, tuple[FlowEvent, ...]]:
    """Begin the flow of a form over a record; nothing when the form has none. The system starts for who made it.

    by  who does it for the actor (代发起). Raises UserError when 发起人自选 was not chosen.
    """
    found = uow.shelf.flow_of(ready.form.key)
    if found is None:
        return None, ()
    flow, version = found
    initiator = record.created_by if actor == SYSTEM else actor
    doer = initiator if by in ("", SYSTEM) else by
    instance = blank(uow.ids(), flow, version, ready, record, initiator, uow)
    _all_picked(flow, picks or {})
    after, events = _advance(uow, flow, instance, Start(doer, picks or {}))
    uow.instances.add(after, uow.now)
    uow.records.set_state(ready.form, record.id, after.state.value)
    return instance.id, events


def blank(
    id_: str, flow: Flow, version: int, ready: ReadyForm, record: Record, initiator: str, uow: UnitOfWork
) -> Instance:
    """An instance before its start."""
    return Instance(
        id=id_,
        flow=flow.key,
        flow_version=version,
        form=ready.form.key,
        form_version=ready.version,
        record_id=record.id,
        number=record.number,
        title=record.title,
        initiator=initiator,
        state=InstanceState.RUNNING,
        started_at=uow.now,
        facts=record.facts(),
    )


def _all_picked(flow: Flow, picks: Picks) -> None:
    for step in flow.walk():
        wanted = any(who.pick is Pick.INITIATOR for who in step.who)
        if wanted and not picks.get(step.key) and step.nobody is None:
            raise UserError("pick_missing", f"请先选择「{step.name}」由谁处理。")


def resume(uow: UnitOfWork, instance_id: str, actor: str, record: Record) -> tuple[FlowEvent, ...]:
    """A returned record was mended: its flow goes on, over the new values."""
    instance = load(uow, instance_id, record)
    return move(uow, replace(instance, title=record.title), Resume(actor, instance_id), base=instance)


def decide(uow: UnitOfWork, command: Decide) -> Done:
    """A verdict on a task."""
    if command.verdict not in SAID:
        raise UserError("unknown_verdict", "只能同意、拒绝或退回。")
    instance = of_task(uow, command.task_id)
    task = instance.task(command.task_id)
    events = move(uow, instance, command)
    said = SAID[command.verdict]
    if task is not None and task.kind is TaskKind.FILL and command.verdict == "approve":
        said = "已办理。"
    return Done(said, events, {"instance_id": instance.id})


def transfer(uow: UnitOfWork, command: Transfer) -> Done:
    """A task goes to somebody else."""
    instance = of_task(uow, command.task_id)
    events = move(uow, instance, command)
    return Done(f"已转交给{uow.people.called(command.to)}。", events, {"instance_id": instance.id})


def add_sign(uow: UnitOfWork, command: AddSign) -> Done:
    """加签."""
    instance = of_task(uow, command.task_id)
    events = move(uow, instance, command)
    names = "、".join(uow.people.called(one) for one in command.people)
    text = {
        "before": f"已请{names}先处理，之后轮到您。",
        "after": f"已同意，并加签给{names}。",
        "beside": f"已请{names}一起处理，您的一份还在。",
    }[command.how]
    return Done(text, events, {"instance_id": instance.id})


def drop_sign(uow: UnitOfWork, command: DropSign) -> Done:
    """减签."""
    instance = of_task(uow, command.task_id)
    task = instance.task(command.task_id)
    events = move(uow, instance, command)
    who = uow.people.called(task.assignee) if task else ""
    return Done(f"已减签，{who}不用再处理。", events, {"instance_id": instance.id})


def withdraw(uow: UnitOfWork, command: Withdraw) -> Done:
    """The initiator takes it back."""
    instance = load(uow, command.instance_id)
    events = move(uow, instance, command)
    return Done("已撤回。", events, {"instance_id": instance.id})


def urge(uow: UnitOfWork, command: Urge) -> Done:
    """催办."""
    events = move(uow, load(uow, command.instance_id), command)
    return Done(f"已催办 {len(events)} 人。", events)


def remark(uow: UnitOfWork, command: Remark) -> Done:
    """评论 by somebody who has to do with it. Raises NotFound for anybody else."""
    instance = load(uow, command.instance_id)
    known = {instance.initiator, *instance.copied, *(one.assignee for one in instance.tasks)}
    known |= {person for comment in instance.comments for person in comment.mentions}
    if command.actor not in known and not uow.people.holds(command.actor, "admin"):
        raise NotFound
    return Done("已评论。", move(uow, instance, command))


def finish_job(uow: UnitOfWork, command: FinishJob) -> tuple[FlowEvent, ...]:
    """An automatic step was done."""
    return move(uow, load(uow, command.instance_id), command)


def fire_timer(uow: UnitOfWork, command: FireTimer) -> Done:
    """A timer's time has come."""
    return Done(events=move(uow, load(uow, command.instance_id), command))


def take_over(uow: UnitOfWork, command: TakeOver) -> tuple[FlowEvent, ...]:
    """One person's tasks in one instance go to another."""
    return move(uow, load(uow, command.instance_id), command)


def intervene(uow: UnitOfWork, command: Intervene) -> tuple[FlowEvent, ...]:
    """An administrator's hand, confirmed already."""
    if not uow.people.holds(command.actor, "admin") or not uow.people.holds(command.confirmed_by, "admin"):
        raise NotAllowed("只有系统管理员可以干预流程。")
    return move(uow, load(uow, command.instance_id), command)


def open_instance(uow: UnitOfWork, record_id: str) -> Instance | None:
    """The instance that runs over a record, if one does."""
    return next((one for one in uow.instances.of_record(record_id) if one.state in OPEN_STATES), None)


# --- what the commands share ----------------------------------------------------------------------


def _draft_to_mend(uow: UnitOfWork, instance: Instance) -> None:
    """A returned record needs a draft in which it is mended, also when it came by API or rule."""
    person = instance.open_tasks(REVISE_STEP)[0].assignee
    found = uow.drafts.of_record(instance.record_id)
    if found is not None:
        if found.person != person:
            uow.drafts.save(replace(found, person=person, revision=found.revision + 1), found.revision)
        return
    ready = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(ready.form, instance.record_id)
    draft = Draft(
        id=uow.ids(),
        form=instance.form,
        form_version=ready.version,
        person=person,
        values=plain_values(ready.form.fields, record.values if record else {}),
        problems=[],
        revision=1,
        record_id=instance.record_id,
        instance_id=instance.id,
        created_at=uow.now,
        saved_at=uow.now,
    )
    uow.drafts.add(draft)


def of_task(uow: UnitOfWork, task_id: str) -> Instance:
    """The instance of a task, with its record's facts. Raises NotFound."""
    found = uow.instances.task(task_id)
    if found is None:
        raise NotFound
    return load(uow, found[1])


def load(uow: UnitOfWork, instance_id: str, record: Record | None = None) -> Instance:
    """An instance with its record's facts. Raises NotFound."""
    instance = uow.instances.load(instance_id)
    if instance is None:
        raise NotFound
    if record is None:
        form = uow.shelf.form(instance.form, instance.form_version)
        record = uow.records.load(form.form, instance.record_id)
    return replace(instance, facts=record.facts() if record else {})


def move(
    uow: UnitOfWork, instance: Instance, command: Command, base: Instance | None = None
) -> tuple[FlowEvent, ...]:
    """Advance and save. Raises StaleWrite when somebody was faster: the door asks again."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    after, events = _advance(uow, flow, instance, command)
    if not events:
        return ()
    before = base or instance
    uow.instances.save(before, after)
    for event in events:
        if isinstance(event, (TaskDecided, TaskTransferred)):
            _note_transition(uow, before, event)
    if after.state is not before.state:
        form = uow.shelf.form(instance.form)
        uow.records.set_state(form.form, instance.record_id, after.state.value)
    if after.state is InstanceState.RETURNED and before.open_tasks(REVISE_STEP) != after.open_tasks(
        REVISE_STEP
    ):
        _draft_to_mend(uow, after)
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
