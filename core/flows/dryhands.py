"""The hands of a 试走: what events and automatic steps of a flow would do to records and people. They only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.errors import Invalid, UserError
from core.events import FieldsWanted, JobWanted
from core.flows.definition import Flow, Right
from core.flows.filling import EMPTY, rights_of
from core.flows.instance import Instance, Task
from core.flows.jobs import Job, addresses_of, filled, matching, rows_of, values_for, waits, work_of
from core.flows.real import RealWorld
from core.flows.trial import Doing, Handled
from core.forms.asking import names_for, reading
from core.forms.check import Checked, check
from core.forms.fields.base import Reading
from core.forms.schema import ReadyForm
from core.forms.text import plain, show
from core.reach import CHANNEL_NAMES
from core.store.work import UnitOfWork

SHOWN_ROWS = 5


class DryHands:
    """One walk's hands over a form; the record under way is the instance's facts."""

    def __init__(self, uow: UnitOfWork, flow: Flow, ready: ReadyForm) -> None:
        self._uow = uow
        self._flow = flow
        self._ready = ready
        self._keys = {one.key for one in ready.form.fields}

    def fields(self, instance: Instance, event: FieldsWanted) -> Handled:
        """A step's event has set fields (the engine did); what cannot be set would be an incident, not a stop."""
        form = self._ready.form
        named = [form.field(name) or form.by_label(name) for name in event.values]
        keys = [one.key for one in named if one is not None]
        try:
            self._checked(instance, RealWorld(self._uow, self._ready).fields_of(event.values, instance))
        except UserError as error:
            return Handled(instance.facts, (Doing("fields", f"事件更新字段会失败：{_said(error)}"),))
        names = names_for(self._uow, form, instance.facts)
        said = [
            f"{one.label} = {show(one, instance.facts.get(one.key), names) or '空'}"
            for one in form.fields
            if one.key in keys
        ]
        return Handled(instance.facts, (Doing("fields", f"事件更新字段：{'，'.join(said)}"),))

    def job(self, instance: Instance, event: JobWanted) -> Handled:
        """An automatic step; what fails would be undone."""
        step = self._flow.step(event.step)
        if step is None:
            return Handled(instance.facts)
        job = Job(self._uow, instance, step, event.round, self._flow)
        try:
            handled = _JOBS[step.kind](self, job)
        except UserError as error:
            said = _said(error)
            doing = Doing("failed", f"「{step.name}」会失败：{said}；系统管理员会收到重试或结束的待办")
            return Handled(instance.facts, (doing,), ok=False, message=said)
        return replace(handled, waits=waits(step) and handled.waits)

    def fill(self, instance: Instance, task: Task, values: Mapping[str, Any]) -> Handled:
        """What a person fills; a required field that stays empty is told, the walk goes on. Raises UserError."""
        step = self._flow.step(task.step)
        rights = rights_of(self._ready, step) if step else {}
        wrong = [key for key in values if step and rights.get(key) not in (Right.WRITE, Right.REQUIRED)]
        if wrong:
            raise UserError("not_allowed", f"这一步不能修改「{self._label(wrong[0])}」。")
        handled = self._set(instance, dict(values), "填写") if values else Handled(instance.facts)
        empty = [
            self._label(key)
            for key, right in rights.items()
            if right is Right.REQUIRED and handled.facts.get(key) in EMPTY
        ]
        if not empty:
            return handled
        missing = Doing("missing", f"真实办理时必须填写：{'、'.join(empty)}")
        return replace(handled, doings=(*handled.doings, missing))

    # --- the record under way ---------------------------------------------------------------------

    def _set(self, instance: Instance, values: dict[str, Any], what: str) -> Handled:
        if not values:
            return Handled(instance.facts)
        uow, ready = self._uow, self._ready
        before, checked = self._checked(instance, values)
        names = names_for(uow, ready.form, checked.values)
        changed = [
            f"{one.label} = {show(one, checked.values.get(one.key), names) or '空'}"
            for one in ready.form.fields
            if one.type != "subtable" and checked.values.get(one.key) != before.get(one.key)
        ]
        doings = (Doing("fields", f"{what}：{'，'.join(changed)}"),) if changed else ()
        return Handled({**instance.facts, **checked.values}, doings)

    def _checked(self, instance: Instance, values: dict[str, Any]) -> tuple[dict[str, Any], Checked]:
        """The values before, and after these were laid over them. Raises Invalid."""
        uow, ready = self._uow, self._ready
        before = {key: value for key, value in instance.facts.items() if key in self._keys}
        scope = uow.scope("system")
        checked = check(ready, values, reading(uow, values), scope, before=before, writable=tuple(values))
        if checked.problems:
            raise Invalid(checked.problems)
        return before, checked

    def _label(self, key: str) -> str:
        field = self._ready.form.field(key)
        return field.label if field else key

    # --- automatic steps --------------------------------------------------------------------------

    def _create(self, job: Job) -> Handled:
        work = work_of(job)
        target = job.uow.shelf.form(work.form)
        made = [
            self._made(job, target, values_for(job, work.set, target, row))
            for row in rows_of(job, work.each, work.limit)
        ]
        flow = job.uow.shelf.flow_of(target.form.key)
        tail = f"，并发起「{flow[0].title or flow[0].key}」" if flow and made else ""
        return Handled(job.instance.facts, _lines("record", f"会新建「{target.form.title}」", made, tail))

    def _made(self, job: Job, target: ReadyForm, values: dict[str, Any]) -> str:
        """The values of a record that would be made. Raises Invalid as making it would."""
        checked = check(target, values, _asking(job, values), job.uow.scope(job.instance.initiator))
        if checked.problems:
            raise Invalid(checked.problems)
        return _shown(job, target, {key: checked.values.get(key) for key in values})

    def _update(self, job: Job) -> Handled:
        work = work_of(job)
        target, found = matching(job, work)
        values = _shown(job, target, _typed(job, target, values_for(job, work.set, target))) if found else ""
        lines = [f"{one.number} {one.title}：{values}" for one in found]
        return Handled(job.instance.facts, _lines("record", f"会更新「{target.form.title}」", lines))

    def _delete(self, job: Job) -> Handled:
        target, found = matching(job, work_of(job))
        lines = [f"{one.number} {one.title}" for one in found if one.id != job.instance.record_id]
        return Handled(job.instance.facts, _lines("record", f"会删除「{target.form.title}」", lines))

    def _query(self, job: Job) -> Handled:
        work = work_of(job)
        target, found = matching(job, work)
        values = {}
        for own, other in work.into.items():
            field = target.form.field(other) or target.form.by_label(other)
            mine = self._ready.form.field(own) or self._ready.form.by_label(own)
            if field is None or mine is None:
                raise UserError("unknown_field", f"没有字段「{other if field is None else own}」。")
            values[mine.key] = plain(field, found[0].values.get(field.key)) if found else None
        said = f"{found[0].number} {found[0].title}" if found else "没有找到"
        handled = self._set(job.instance, values, "带回")
        doing = Doing("record", f"查询「{target.form.title}」：{said}")
        return replace(handled, doings=(doing, *handled.doings))

    def _subflow(self, job: Job) -> Handled:
        child = job.step.subflow
        if child is None:
            raise UserError("no_work", f"步骤「{job.step.name}」没有写子流程。")
        target = job.uow.shelf.form(child.form)
        flow = job.uow.shelf.flow_of(child.form)
        if flow is None:
            raise UserError("no_flow", f"「{target.form.title}」没有流程，不能作为子流程。")
        made = [
            self._made(job, target, values_for(job, child.set, target, row))
            for row in rows_of(job, child.each, child.limit)
        ]
        head = f"会新建「{target.form.title}」并走「{flow[0].title or flow[0].key}」"
        tail = "，等全部完成" if child.wait else "，不等它们"
        return Handled(job.instance.facts, _lines("subflow", head, made, tail), waits=bool(made))

    def _webhook(self, job: Job) -> Handled:
        hook = job.step.webhook
        if hook is None:
            raise UserError("no_work", f"步骤「{job.step.name}」没有写接口。")
        body = "，".join(
            f"{name} = {job.world.value(text, job.instance)}" for name, text in hook.body.items()
        )
        tail = "，然后等对方回应" if hook.wait else ""
        doing = Doing("webhook", f"会调用 {hook.url}（{body or '没有内容'}）{tail}")
        return Handled(job.instance.facts, (doing,), waits=True)

    def _notify(self, job: Job) -> Handled:
        step, text = job.step, filled(job, job.step.text)
        ways = "、".join(CHANNEL_NAMES[one] for one in step.by)
        said = [f"会以{ways}通知{_people(job)}：{text}"] if step.who else []
        said += [f"会发到 {address}：{text}" for _, address in addresses_of(job).addresses]
        said += [f"会发到群「{name}」：{text}" for name in step.group]
        return Handled(job.instance.facts, tuple(Doing("message", one) for one in said))

    def _snapshot(self, job: Job) -> Handled:
        report = job.uow.shelf.report(job.step.report)
        return Handled(
            job.instance.facts, (Doing("message", f"会把报表「{report.title}」的图发给{_people(job)}"),)
        )


_JOBS: dict[str, Callable[[DryHands, Job], Handled]] = {
    "create": DryHands._create,
    "update": DryHands._update,
    "delete": DryHands._delete,
    "query": DryHands._query,
    "subflow": DryHands._subflow,
    "webhook": DryHands._webhook,
    "notify": DryHands._notify,
    "snapshot": DryHands._snapshot,
}


def _said(error: UserError) -> str:
    return "；".join(one.message for one in error.problems) if isinstance(error, Invalid) else error.message


def _people(job: Job) -> str:
    return "、".join(job.uow.people.called(one) for one in job.people()) or "（没有找到人）"


def _asking(job: Job, values: Mapping[str, Any]) -> Reading:
    """What reading may ask; the record under way counts as saved."""
    asking = reading(job.uow, values)
    one = job.instance

    def find(form: str, text: str) -> list[tuple[str, str]]:
        own = form == one.form and text == one.record_id
        return [(one.record_id, one.title)] if own else asking.find_records(form, text)

    return replace(asking, find_records=find)


def _typed(job: Job, target: ReadyForm, values: dict[str, Any]) -> dict[str, Any]:
    found = check(target, values, reading(job.uow, values), job.uow.scope("system"), complete=False).values
    return {key: found.get(key) for key in values}


def _shown(job: Job, target: ReadyForm, values: dict[str, Any]) -> str:
    names = names_for(job.uow, target.form, values)
    parts = []
    for key, value in values.items():
        field = target.form.field(key)
        if field is not None and field.type != "subtable":
            parts.append(f"{field.label} = {show(field, value, names) or '空'}")
    return "，".join(parts)


def _lines(kind: str, head: str, lines: list[str], tail: str = "") -> tuple[Doing, ...]:
    """How many, and the first of them."""
    if not lines:
        return (Doing(kind, f"{head}：没有一条"),)
    more = f"……共 {len(lines)} 条" if len(lines) > SHOWN_ROWS else ""
    return (Doing(kind, f"{head} {len(lines)} 条{tail}：{'；'.join(lines[:SHOWN_ROWS])}{more}"),)
