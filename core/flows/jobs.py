"""Doing what automatic steps want: records of other forms, queries, sub-flows, webhooks, messages, pictures.

Each job gets the instance with its facts and returns the events it caused, or raises UserError: then an administrator
is asked (engine: FinishJob with ok False).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core import canon
from core.errors import Invalid, UserError
from core.events import Event, RecordDeleted
from core.expressions import ExpressionError, compile
from core.flows import assign
from core.flows.actions import start
from core.flows.definition import Flow, Step, Work
from core.flows.finders import find_all
from core.flows.instance import Instance
from core.flows.real import THIS, RealWorld, with_links
from core.forms.actions import change, create
from core.forms.asking import names_for, reading
from core.forms.check import check
from core.forms.schema import ReadyForm, row_schema
from core.forms.storage import Record
from core.forms.text import plain, plain_values, show
from core.reach import Channel
from core.store.work import UnitOfWork
from core.telling import Found, Letter, chat_of, find_addresses, tell_address, tell_groups, tell_person


@dataclass(frozen=True)
class Job:
    """One piece of work for a step's visit. `draft`: the flow that runs, when it is not the one in force (试走)."""

    uow: UnitOfWork
    instance: Instance
    step: Step
    round: int
    draft: Flow | None = None

    @property
    def form(self) -> ReadyForm:
        """The form of the instance's own record."""
        return self.uow.shelf.form(self.instance.form, self.instance.form_version)

    @property
    def world(self) -> RealWorld:
        """Expressions over the record."""
        return RealWorld(self.uow, self.form)

    def people(self) -> tuple[str, ...]:
        """Whom the step's `who` finds."""
        flow = self.draft or self.uow.shelf.flow(self.instance.flow, self.instance.flow_version)[0]
        return find_all(
            self.step.who, assign.search_for(flow, self.step, self.instance, self.uow.people, self.world)
        )


def values_for(
    job: Job, mapping: Mapping[str, str], target: ReadyForm, row: Row | None = None
) -> dict[str, Any]:
    """field of the target → plain value of an expression over this record (or one of its rows)."""
    found = {}
    for name, text in mapping.items():
        if name == "id":
            found["id"] = job.world.value(text, job.instance)
            continue
        field = target.form.field(name) or target.form.by_label(name)
        if field is None:
            raise UserError("unknown_field", f"「{target.form.title}」没有字段「{name}」。")
        value = row.value(text) if row else job.world.value(text, job.instance)
        found[field.key] = value if isinstance(value, str) else plain(field, value)
    return found


@dataclass(frozen=True)
class Row:
    """A row of a sub-table, over which expressions of its columns and of the record are computed."""

    job: Job
    subtable: str
    values: Mapping[str, Any]

    def value(self, text: str) -> Any:
        """The value of an expression."""
        if text == THIS or text.startswith(f"{THIS}."):
            return self.job.world.value(text, self.job.instance)
        form = self.job.form
        field = form.form.field(self.subtable)
        if field is None:
            raise UserError("unknown_field", f"没有子表「{self.subtable}」。")
        try:
            found = compile(text, row_schema(field, form.schema))
            facts = with_links(self.job.uow, form, found, self.job.instance.facts)
            return found.evaluate({**facts, **self.values}, self.job.uow.scope(self.job.instance.initiator))
        except ExpressionError as error:
            raise UserError("condition_failed", f"「{text}」算不出来：{error.message}") from error


def rows_of(job: Job, each: str, limit: int) -> Iterator[Row | None]:
    """One for each row of the sub-table; a single None when there is no `each`."""
    if not each:
        yield None
        return
    field = job.form.form.field(each) or job.form.form.by_label(each)
    rows = job.instance.facts.get(field.key, []) if field else []
    if field is None or len(rows) > limit:
        raise UserError("too_many_rows", f"「{each}」有 {len(rows)} 行，最多 {limit} 行。")
    for row in rows:
        yield Row(job, field.key, row)


def _create_one(
    job: Job, target: ReadyForm, values: dict[str, Any], actor: str
) -> tuple[Record, tuple[Event, ...]]:
    checked = check(target, values, reading(job.uow, values), job.uow.scope(actor))
    if checked.problems:
        raise Invalid(checked.problems)
    return create(job.uow, target, checked, actor)


def work_of(job: Job) -> Work:
    """What the step is to do. Raises UserError."""
    if job.step.work is None:
        raise UserError("no_work", f"步骤「{job.step.name}」没有写要做什么。")
    return job.step.work


def create_records(job: Job) -> tuple[Event, ...]:
    """create: one record, or one for each row; their own flows start."""
    work, events = work_of(job), []
    target = job.uow.shelf.form(work.form)
    for row in rows_of(job, work.each, work.limit):
        record, made = _create_one(
            job, target, values_for(job, work.set, target, row), job.instance.initiator
        )
        _, started = start(job.uow, target, record, job.instance.initiator)
        events += [*made, *started]
    return tuple(events)


def matching(job: Job, work: Work) -> tuple[ReadyForm, list[Record]]:
    """The records that `match` finds, whole or refused. Raises UserError."""
    target = job.uow.shelf.form(work.form)
    if not work.match:
        raise UserError("no_match", f"步骤「{job.step.name}」没有写匹配条件（match）。")
    wanted = values_for(job, work.match, target)
    fields = {key: value for key, value in wanted.items() if key != "id"}
    typed = check(target, fields, reading(job.uow, fields), job.uow.scope("system"), complete=False)
    by = {key: typed.values.get(key) if key != "id" else wanted["id"] for key in wanted}
    found = job.uow.records.equal(target.form, by, work.limit + 1)
    if len(found) > work.limit:
        raise UserError(
            "too_many_rows", f"「{target.form.title}」有超过 {work.limit} 条符合，没有动任何一条。"
        )
    return target, found


def _set(job: Job, target: ReadyForm, record: Record, values: dict[str, Any]) -> tuple[Event, ...]:
    checked = check(target, values, reading(job.uow, values), job.uow.scope("system"), before=record.values)
    if checked.problems:
        raise Invalid(checked.problems)
    return change(job.uow, target, record, checked, "system")[1]


def update_records(job: Job) -> tuple[Event, ...]:
    """update: every record that matches."""
    work = work_of(job)
    target, found = matching(job, work)
    events: list[Event] = []
    for record in found:
        events += _set(job, target, record, values_for(job, work.set, target))
    return tuple(events)


def delete_records(job: Job) -> tuple[Event, ...]:
    """delete: every record that matches; not this one."""
    target, found = matching(job, work_of(job))
    events: list[Event] = []
    for record in found:
        if record.id != job.instance.record_id and job.uow.records.remove(target.form, record.id):
            object_ = f"record:{target.form.key}:{record.id}"
            before = plain_values(target.form.fields, record.values)
            events.append(RecordDeleted(object_, target.form.key, record.id, record.number, before))
    return tuple(events)


def query_records(job: Job) -> tuple[Event, ...]:
    """query: bring fields of the first record that matches into this one; empty when there is none."""
    work = work_of(job)
    target, found = matching(job, work)
    values = {}
    for own, other in work.into.items():
        field = target.form.field(other) or target.form.by_label(other)
        mine = job.form.form.field(own) or job.form.form.by_label(own)
        if field is None or mine is None:
            raise UserError("unknown_field", f"没有字段「{other if field is None else own}」。")
        values[mine.key] = plain(field, found[0].values.get(field.key)) if found else None
    return set_fields(job.uow, job.instance, values)


def set_fields(uow: UnitOfWork, instance: Instance, values: dict[str, Any]) -> tuple[Event, ...]:
    """Write fields of the instance's own record, whatever its flow does."""
    ready = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(ready.form, instance.record_id)
    if record is None or not values:
        return ()
    checked = check(
        ready,
        values,
        reading(uow, values),
        uow.scope("system"),
        before=record.values,
        writable=tuple(values),
    )
    if checked.problems:
        raise Invalid(checked.problems)
    return change(uow, ready, record, checked, "system")[1]


def start_children(job: Job) -> tuple[Event, ...]:
    """subflow: records of another form, whose flows run as children."""
    child = job.step.subflow
    if child is None:
        raise UserError("no_work", f"步骤「{job.step.name}」没有写子流程。")
    target = job.uow.shelf.form(child.form)
    events: list[Event] = []
    for row in rows_of(job, child.each, child.limit):
        record, made = _create_one(
            job, target, values_for(job, child.set, target, row), job.instance.initiator
        )
        id_, started = start(job.uow, target, record, job.instance.initiator)
        if id_ is None:
            raise UserError("no_flow", f"「{target.form.title}」没有流程，不能作为子流程。")
        job.uow.instances.add_child(id_, job.instance.id, job.step.key, job.round)
        events += [*made, *started]
    return tuple(events)


def call_webhook(job: Job) -> tuple[Event, ...]:
    """webhook: queue the call; a waiting step gets a one-time token for the answer."""
    hook = job.step.webhook
    if hook is None:
        raise UserError("no_work", f"步骤「{job.step.name}」没有写接口。")
    body = {name: job.world.value(text, job.instance) for name, text in hook.body.items()}
    payload: dict[str, Any] = {"instance": job.instance.id, "number": job.instance.number, "data": body}
    if hook.wait:
        token = secrets.token_urlsafe(24)
        job.uow.callbacks.add(canon.sha256(token), job.instance.id, job.step.key, job.round, job.uow.now)
        payload["callback"] = f"/hooks/flow/{token}"
    message = canon.loads(canon.dumps({"url": hook.url, "flow": job.instance.flow, "payload": payload}))
    job.uow.outbox.put_message(
        job.uow.ids(), "webhook", job.instance.initiator, "webhook", message, job.uow.now
    )
    return ()


def filled(job: Job, text: str) -> str:
    """A text of the step with values of the record."""
    names = names_for(job.uow, job.form.form, job.instance.facts)

    def part(found: re.Match[str]) -> str:
        field = job.form.form.by_label(found[1]) or job.form.form.field(found[1])
        return show(field, job.instance.facts.get(field.key), names) if field else job.instance.number

    return re.sub(r"\{([^{}]+)\}", part, text)


def notify(job: Job) -> tuple[Event, ...]:
    """notify: a text with values of the record, to people, addresses and groups."""
    step, record = job.step, (job.instance.form, job.instance.record_id)
    subject = filled(job, step.subject) if step.subject else f"{step.name}：{job.instance.title}"
    letter = Letter(filled(job, step.text), subject, record)
    if Channel.CHAT in step.by:
        _send(job, "text", {"text": letter.text})
    for channel in step.by:
        for person in job.people() if channel is not Channel.CHAT else ():
            tell_person(job.uow, person, channel, letter)
    for address in _sure_addresses(job):
        tell_address(job.uow, address, letter)
    tell_groups(job.uow, step.group, letter)
    return ()


def addresses_of(job: Job) -> Found:
    """What the fields of `to` hold."""
    return find_addresses((one.field, job.world.value(one.field, job.instance)) for one in job.step.to)


def _sure_addresses(job: Job) -> tuple[tuple[Channel, str], ...]:
    """The addresses; an incident when nobody is told, or a field holds something else."""
    step, uow, found = job.step, job.uow, addresses_of(job)
    lonely = bool(step.to) and not (found.addresses or step.who or step.group)
    for field in found.odd or ([one.field for one in step.to] if lonely else ()):
        text = f"「{job.instance.title}」的步骤「{step.name}」没有发到「{field}」：里面没有邮箱或手机号。"
        uow.incidents.raise_(uow.ids(), "no_address", f"instance:{job.instance.id}", text, uow.now)
    return found.addresses


def snapshot(job: Job) -> tuple[Event, ...]:
    """snapshot: the chart of a report as it is now, to people."""
    report = job.uow.shelf.report(job.step.report)
    _send(job, "picture", {"report": report.key})
    return ()


def _send(job: Job, kind: str, body: dict[str, Any]) -> None:
    for person in job.people():
        platform = chat_of(job.uow, person)
        if platform:
            job.uow.outbox.put_message(job.uow.ids(), kind, person, platform, body, job.uow.now)


JOBS: dict[str, Callable[[Job], tuple[Event, ...]]] = {
    "create": create_records,
    "update": update_records,
    "delete": delete_records,
    "query": query_records,
    "subflow": start_children,
    "webhook": call_webhook,
    "notify": notify,
    "snapshot": snapshot,
}


def waits(step: Step) -> bool:
    """True when the step is over only later: children, or an answer from outside."""
    return bool((step.subflow and step.subflow.wait) or (step.webhook and step.webhook.wait))
