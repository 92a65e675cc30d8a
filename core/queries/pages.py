"""The page behind a card's link, and the tasks and files that a person may open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.errors import NotFound
from core.flows.definition import Right
from core.flows.dropsign import may_drop
from core.flows.instance import Instance, InstanceState, Task, TaskKind, TaskState
from core.forms.asking import names_for
from core.forms.storage import Record
from core.forms.text import plain_values
from core.queries import flowacts, forms, life, records, tasks
from core.queries.phrases import phrases
from core.store.drafts import FileInfo
from core.store.outbox import CardRow
from core.store.work import UnitOfWork

ACTIONS = ("approve", "reject", "return", "transfer")


def page_of(uow: UnitOfWork, card: CardRow) -> dict[str, Any]:
    """The form, task or record page of docs/pages-api.md. Raises NotFound when its subject is gone."""
    if card.subject_kind == "draft":
        return _draft_page(uow, card.subject_id, card.person)
    if card.subject_kind == "task":
        task, instance = find_task(uow, card.subject_id, card.person)
        if task.kind is TaskKind.REVISE and task.state is TaskState.OPEN:
            draft = uow.drafts.of_record(instance.record_id)
            if draft is not None:
                return _draft_page(uow, draft.id, card.person)
        return task_page(uow, task, instance, card.person)
    if card.subject_kind == "reminder":
        reminder = uow.reminders.load(card.subject_id)
        if reminder is None:
            raise NotFound
        return record_page(uow, reminder.form, reminder.record_id, card.person, None)
    if card.subject_kind == "letter":
        return _letter_page(uow, card)
    instance = _instance(uow, card.subject_id)
    return record_page(uow, instance.form, instance.record_id, card.person, instance)


def _letter_page(uow: UnitOfWork, card: CardRow) -> dict[str, Any]:
    """The record that an e-mail told of: the person's open task where there is one, else the record."""
    row = uow.outbox.load(card.subject_id)
    if row is None or not row.body.get("about"):
        raise NotFound
    form, record_id = row.body["about"]
    running = uow.instances.of_record(record_id)
    latest = max(running, key=lambda one: one.started_at, default=None)
    mine = [one for one in latest.open_tasks() if one.assignee == card.person] if latest else []
    if latest is not None and mine and mine[0].kind is not TaskKind.REVISE:
        return task_page(uow, mine[0], latest, card.person)
    return record_page(uow, form, record_id, card.person, latest)


def _draft_page(uow: UnitOfWork, draft_id: str, person: str) -> dict[str, Any]:
    """The form; the record once it was handed in and did not come back."""
    draft = uow.drafts.load(draft_id)
    if draft is None or (draft.person != person and not draft.record_id):
        raise NotFound
    instance = uow.instances.load(draft.instance_id) if draft.instance_id else None
    returned = instance is not None and instance.state is InstanceState.RETURNED
    if draft.record_id and not (returned and draft.person == person):
        return record_page(uow, draft.form, draft.record_id, person, instance)
    return forms.draft_page(uow, draft)


def record_page(
    uow: UnitOfWork, form_key: str, record_id: str, person: str, instance: Instance | None
) -> dict[str, Any]:
    """A record with the flow that ran over it. Raises NotFound."""
    form, record = records.find_record(uow, form_key, record_id, person)
    ready = uow.shelf.form(form.key)
    return {
        "kind": "record",
        "record": {**records.document(uow, form, record), **life.around(uow, ready, record, person)},
        "people": forms.people(uow),
        "flow": flowacts.document(uow, instance, person) if instance else None,
    }


def task_page(uow: UnitOfWork, task: Task, instance: Instance, person: str) -> dict[str, Any]:
    """A task of a person: what can be pressed while it is open and theirs."""
    form, record = records.find_record(uow, instance.form, instance.record_id, person)
    mine = task.state is TaskState.OPEN and task.kind is not TaskKind.REVISE and task.assignee == person
    offered = tasks.document(uow, task, instance) if mine else None
    rights = tasks.offer(uow, task, instance).rights
    hidden = {key for key, right in rights.items() if right is Right.HIDDEN}
    record = replace(record, values={key: value for key, value in record.values.items() if key not in hidden})
    return {
        "kind": "task",
        "task": task_document(uow, task),
        "record": {
            **records.document(uow, form, record),
            "comments": life.comments(uow, record.id),
            "can": ["comment"],
        },
        "flow": flowacts.document(uow, instance, person),
        "actions": [one["key"] for one in offered["buttons"] if one["key"] in ACTIONS] if offered else [],
        "offer": offered,
        "signers": [
            {"task": one.id, "name": uow.people.called(one.assignee)}
            for one in instance.round_tasks(task.step)
            if may_drop(instance, one, person)
        ],
        "form": _writable(uow, instance, record, rights, person) if mine else None,
        "phrases": phrases(uow, person),
        "people": forms.people(uow),
    }


def _writable(
    uow: UnitOfWork, instance: Instance, record: Record, rights: dict[str, Right], person: str
) -> dict[str, Any] | None:
    """The fields that this step lets its people change, as a form, with their values; None when there are none."""
    keys = {key for key, right in rights.items() if right in (Right.WRITE, Right.REQUIRED)}
    if not keys:
        return None
    ready = uow.shelf.form(instance.form, instance.form_version)
    whole = forms.document(ready, uow.scope(person))
    needed = {key for key, right in rights.items() if right is Right.REQUIRED}
    fields = [
        {**one, "required": one["required"] or one["key"] in needed, "readonly": False}
        for one in whole["fields"]
        if one["key"] in keys
    ]
    values = {
        key: value for key, value in plain_values(ready.form.fields, record.values).items() if key in keys
    }
    titles = names_for(uow, ready.form, record.values).titles
    return {"form": {**whole, "fields": fields, "checks": []}, "values": values, "titles": dict(titles)}


def task_document(uow: UnitOfWork, task: Task) -> dict[str, Any]:
    """The task alone; `decided` tells who ended it, also when it was somebody else's verdict."""
    over = task.state is not TaskState.OPEN
    decided = {
        "by": uow.people.called(task.decided_by),
        "verdict": task.verdict.value if task.verdict else task.state.value,
        "at": records.iso(task.decided_at),
        "comment": task.comment,
    }
    return {
        "id": task.id,
        "version": task.version,
        "step": task.name,
        "state": task.state.value,
        "assignee": uow.people.called(task.assignee),
        "opened_at": records.iso(task.opened_at),
        "decided": decided if over else None,
    }


def find_task(uow: UnitOfWork, task_id: str, person: str) -> tuple[Task, Instance]:
    """A task over a record that the person may see. Raises NotFound alike for missing and hidden ones."""
    found = uow.instances.task(task_id)
    if found is None:
        raise NotFound
    instance = _instance(uow, found[1])
    records.find_record(uow, instance.form, instance.record_id, person)
    return found[0], instance


def find_instance(uow: UnitOfWork, instance_id: str, person: str) -> Instance:
    """An instance over a record that the person may see. Raises NotFound."""
    instance = _instance(uow, instance_id)
    records.find_record(uow, instance.form, instance.record_id, person)
    return instance


def _instance(uow: UnitOfWork, instance_id: str) -> Instance:
    found = uow.instances.load(instance_id)
    if found is None:
        raise NotFound
    return found


def my_tasks(uow: UnitOfWork, person: str, limit: int) -> list[dict[str, Any]]:
    """A person's to-dos with what they are about, longest waiting first."""
    found = []
    for task, instance_id in uow.instances.open_tasks(person, limit):
        instance = _instance(uow, instance_id)
        found.append({**task_document(uow, task), **about(instance)})
    return found


def about(instance: Instance) -> dict[str, str]:
    """What a task is about."""
    return {
        "title": instance.title,
        "number": instance.number,
        "form": instance.form,
        "record_id": instance.record_id,
        "instance_id": instance.id,
    }


def find_file(uow: UnitOfWork, file_id: str, person: str) -> FileInfo:
    """A file that the person may see: with its record, or their own upload. Raises NotFound."""
    found = uow.files.info([file_id]).get(file_id)
    if found is None:
        raise NotFound
    if found.record_id is None or found.form is None:
        if found.person != person:
            raise NotFound
        return found
    records.find_record(uow, found.form, found.record_id, person)
    return found


def draft_json(uow: UnitOfWork, draft_id: str, person: str) -> dict[str, Any]:
    """One's own draft as programs read it. Raises NotFound."""
    found = own_draft(uow, draft_id, person)
    draft = uow.drafts.load(draft_id)
    if draft is None:
        raise NotFound
    facts = {
        "id": draft.id,
        "form": draft.form,
        "record_id": draft.record_id,
        "on_behalf": draft.on_behalf,
        "saved_at": records.iso(draft.saved_at),
    }
    return {**facts, **found, "problems": draft.problems}


def own_draft(uow: UnitOfWork, draft_id: str, person: str) -> dict[str, Any]:
    """The revision and the values of one's own draft as they are now. Raises NotFound."""
    draft = uow.drafts.load(draft_id)
    if draft is None or draft.person != person:
        raise NotFound
    ready = uow.shelf.form(draft.form)
    return {"revision": draft.revision, "values": forms.page_values(uow, ready, draft)}
