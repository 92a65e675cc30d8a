"""What a card shows right now: one plain value for each kind of subject. `bot/views.py` turns it into a card."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.expressions import ExpressionError, Scope
from core.flows.definition import Right
from core.flows.engine import what_happened
from core.flows.instance import OPEN_STATES, Instance, InstanceState, Task, TaskState, Verdict
from core.flows.said import started_said
from core.forms.asking import names_for
from core.forms.defaults import defaults
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import plain, rows_shown, show, table_text
from core.queries import flows, tasks
from core.queries.buttons import buttons_for
from core.queries.forms import computed, first_of
from core.queries.phrases import phrases
from core.queries.records import STATE_TEXTS
from core.store.drafts import Draft
from core.store.outbox import CardRow
from core.store.work import UnitOfWork

ON_CARD = frozenset(kind.name for kind in KINDS.values() if kind.card)
ROW_LIMIT = 8


@dataclass(frozen=True)
class FormView:
    """A form to fill. `on_card`: the fields that a card can ask for, each with its value as text.

    page_only  labels of what needs the page (sub-tables, files, members …); page_first: one of them is
    required and still empty, so submitting from the card cannot succeed yet
    """

    title: str
    draft_id: str
    revision: int
    on_card: tuple[tuple[FieldDef, Any], ...]
    shown: tuple[tuple[str, str], ...]
    page_only: tuple[str, ...]
    page_first: bool
    problems: tuple[tuple[str, str], ...]
    returned: str = ""


@dataclass(frozen=True)
class ProgressView:
    """Where a record stands. `waiting`: (step, who); `past`: (who, what, comment, at) newest last.

    started  who started it and for whom, when that is not the same (代发起)
    """

    title: str
    form_title: str
    number: str
    state: str
    state_text: str
    rows: tuple[tuple[str, str], ...]
    waiting: tuple[tuple[str, str], ...]
    past: tuple[tuple[str, str, str, datetime | None], ...]
    instance_id: str = ""
    mine: bool = False
    copied: bool = False
    rules: tuple[tuple[str, str], ...] = ()
    started: str = ""


@dataclass(frozen=True)
class TaskView:
    """A task of a person. `over`: who decided what and when, once it is no longer open.

    kind     approve, fill, revise, repair        buttons  (button, what it is called here), those that are offered
    on_page  True when the step wants fields filled, which the page does; via: on whose behalf; due: until when
    started  who started it and for whom, when that is not the same (代发起)
    reason   buttons that need a reason; returns: (key, name) of where a return may go
    """

    title: str
    form_title: str
    number: str
    step: str
    initiator: str
    task_id: str
    version: int
    open: bool
    refused: bool
    rows: tuple[tuple[str, str], ...]
    over: str
    comment: str
    phrases: dict[str, list[str]] = field(default_factory=dict)
    kind: str = "approve"
    buttons: tuple[tuple[str, str], ...] = (("approve", "同意"), ("reject", "拒绝"), ("return", "退回"))
    on_page: bool = False
    via: str = ""
    due: datetime | None = None
    reason: tuple[str, ...] = ()
    returns: tuple[tuple[str, str], ...] = ()
    started: str = ""


@dataclass(frozen=True)
class ReminderView:
    """A reminder. `buttons`: (text, fields to ask for); over: what was done about it."""

    title: str
    text: str
    reminder_id: str
    version: int
    open: bool
    over: str
    buttons: tuple[tuple[str, tuple[FieldDef, ...]], ...]


View = FormView | ProgressView | TaskView | ReminderView


def view(uow: UnitOfWork, card: CardRow) -> View | None:
    """What this card shows now; None when its subject is gone."""
    return _VIEWS[card.subject_kind](uow, card)


def _draft(uow: UnitOfWork, card: CardRow) -> View | None:
    draft = uow.drafts.load(card.subject_id)
    if draft is None:
        return None
    if draft.record_id is None:
        return _form(uow, draft)
    instance = uow.instances.load(draft.instance_id) if draft.instance_id else None
    returned = instance is not None and instance.state is InstanceState.RETURNED
    if returned and draft.person == card.person:
        return _form(uow, draft, instance)
    form = uow.shelf.form(draft.form).form
    record = uow.records.load(form, draft.record_id)
    return _progress(uow, form, record, instance, card.person) if record else None


def _form(uow: UnitOfWork, draft: Draft, instance: Instance | None = None) -> FormView:
    ready = uow.shelf.form(draft.form)
    values = computed(uow, ready, draft)
    names = names_for(uow, ready.form, values)
    start = defaults(ready, uow.scope(draft.person))
    on_card, shown, page_only, page_first = [], [], [], False
    first = first_of(uow, draft.form, ready)
    for one in map(first.field, ready.form.fields):
        value = values.get(one.key, start.get(one.key))
        if (
            one.layout
            or one.type == "backlinks"
            or first.hides(one.key)
            or hidden_now(ready, one.key, values, uow.scope(draft.person))
        ):
            continue
        if one.readonly or one.computed:
            if value not in (None, "", []) and not _nothing_yet(one, values):
                shown.append((one.label, show(one, value, names)))
        elif one.type in ON_CARD and not (
            one.options_from or (one.type.endswith("select") and not one.options)
        ):
            moment = one.type == "datetime" and value is not None
            kept = draft.values.get(one.key, plain(one, value))
            on_card.append((one, show(one, value, names) if moment else kept))
        else:
            page_only.append(one.label)
            if value not in (None, "", []):
                shown.append((one.label, table_text(one, value, names)))
            else:
                page_first = page_first or one.required or one.rows[0] > 0
    return FormView(
        title=ready.form.title,
        draft_id=draft.id,
        revision=draft.revision,
        on_card=tuple(on_card),
        shown=tuple(shown),
        page_only=tuple(page_only),
        page_first=page_first,
        problems=tuple((one["path"], one["message"]) for one in draft.problems),
        returned=_returned(instance, uow) if instance else "",
    )


def hidden_now(ready: ReadyForm, key: str, values: dict[str, Any], scope: Scope) -> bool:
    """Whether a condition hides a field, as far as it is filled."""
    condition = ready.visible_if.get(key)
    try:
        return condition is not None and not condition.evaluate(values, scope)
    except ExpressionError:
        return False


def _nothing_yet(field: FieldDef, values: dict[str, Any]) -> bool:
    """A computed field of sub-tables that are still empty: a total of nothing tells nothing."""
    return field.formula is not None and not any(isinstance(one, list) and one for one in values.values())


def _returned(instance: Instance, uow: UnitOfWork) -> str:
    said = [
        one for one in instance.tasks if one.verdict in (Verdict.RETURN, Verdict.REJECT) and one.decided_at
    ]
    last = max(said, key=lambda one: (one.decided_at or instance.started_at, one.number), default=None)
    who = uow.people.called(last.decided_by) if last else ""
    reason = f"：{last.comment}" if last and last.comment else ""
    return f"{who}退回{reason}"


def _progress(
    uow: UnitOfWork,
    form: Form,
    record: Record,
    instance: Instance | None,
    person: str,
    *,
    copied: bool = False,
) -> ProgressView:
    state = instance.state.value if instance else record.state
    people = uow.people
    past = [
        (people.called(one.decided_by), flows.task_text(one)[1], one.comment, one.decided_at)
        for one in (instance.tasks if instance else ())
        if one.state in (TaskState.DECIDED, TaskState.TRANSFERRED)
    ]
    waiting = [(one.name, people.called(one.assignee)) for one in (instance.open_tasks() if instance else ())]
    return ProgressView(
        title=record.title,
        form_title=form.title,
        number=record.number,
        state=state,
        state_text=STATE_TEXTS.get(state, state),
        rows=tuple(rows_shown(form, record.values, names_for(uow, form, record.values))[:ROW_LIMIT]),
        waiting=tuple(waiting),
        past=tuple(past),
        instance_id=instance.id if instance else "",
        mine=instance is not None and instance.initiator == person and instance.state in OPEN_STATES,
        copied=copied,
        rules=buttons_for(uow, form.key, person),
        started=started_said(instance, uow.people) if instance and instance.started_by else "",
    )


def _task(uow: UnitOfWork, card: CardRow) -> View | None:
    found = uow.instances.task(card.subject_id)
    instance = uow.instances.load(found[1]) if found else None
    if found is None or instance is None:
        return None
    return task_view(uow, found[0], instance)


def task_view(uow: UnitOfWork, task: Task, instance: Instance) -> TaskView | None:
    """A task as its assignee sees it."""
    ready = uow.shelf.form(instance.form, instance.form_version)
    record = uow.records.load(ready.form, instance.record_id)
    if record is None:
        return None
    code, _ = flows.task_text(task)
    is_open = task.state is TaskState.OPEN
    offer = tasks.offer(uow, task, instance)
    hidden = {key for key, right in offer.rights.items() if right is Right.HIDDEN}
    values = {key: value for key, value in record.values.items() if key not in hidden}
    return TaskView(
        title=record.title,
        form_title=ready.form.title,
        number=record.number,
        step=task.name,
        initiator=uow.people.called(instance.initiator),
        task_id=task.id,
        version=task.version,
        open=is_open,
        refused=code == "refused",
        rows=tuple(rows_shown(ready.form, values, names_for(uow, ready.form, values))[:ROW_LIMIT]),
        over="" if is_open else _over(uow, task, instance),
        comment=task.comment,
        phrases=phrases(uow, task.assignee),
        kind=task.kind.value,
        buttons=offer.buttons,
        on_page=Right.REQUIRED in offer.rights.values(),
        via=uow.people.called(task.via) if task.via else "",
        due=task.due_at,
        reason=offer.reason,
        returns=offer.returns,
        started=started_said(instance, uow.people) if instance.started_by else "",
    )


def _over(uow: UnitOfWork, task: Task, instance: Instance) -> str:
    if task.state is TaskState.WAITING:
        asked = "、".join(
            uow.people.called(one.assignee) for one in instance.tasks if one.parent == task.id and one.live
        )
        return f"已请{asked}先处理，之后轮到您。" if asked else "还没有轮到您。"
    return what_happened(task, instance, uow.people, uow.now)


def _instance(uow: UnitOfWork, card: CardRow) -> View | None:
    instance = uow.instances.load(card.subject_id)
    if instance is None:
        return None
    form = uow.shelf.form(instance.form, instance.form_version).form
    record = uow.records.load(form, instance.record_id)
    copied = card.subject_kind == "copy"
    return _progress(uow, form, record, instance, card.person, copied=copied) if record else None


def _reminder(uow: UnitOfWork, card: CardRow) -> View | None:
    found = uow.reminders.load(card.subject_id)
    if found is None:
        return None
    rule, _ = uow.shelf.rule(found.rule)
    buttons = []
    for one in rule.remind.buttons:
        form = uow.shelf.find_form(one.create) if one.create else None
        asked = [field for key in one.ask if form and (field := form.field(key))]
        buttons.append((one.text, tuple(asked)))
    return ReminderView(
        title=rule.title,
        text=found.text,
        reminder_id=found.id,
        version=found.version,
        open=found.state == "open",
        over=found.answer,
        buttons=tuple(buttons),
    )


_VIEWS = {
    "draft": _draft,
    "task": _task,
    "instance": _instance,
    "copy": _instance,
    "reminder": _reminder,
}
