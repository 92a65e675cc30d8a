"""A person's to-do list, and what of it may be decided at once."""

from __future__ import annotations

from typing import Any

from core.flows.definition import Button, Right, Step
from core.flows.instance import Task, TaskKind
from core.flows.said import started_said
from core.queries.pages import about, task_document
from core.queries.records import iso
from core.queries.tasks import step_of
from core.store.work import UnitOfWork

MOST = 200


def todo(uow: UnitOfWork, person: str) -> list[dict[str, Any]]:
    """A person's open tasks, longest waiting first; `batch`: whether it may be agreed to together with others."""
    found = []
    for task, instance_id in uow.instances.open_tasks(person, MOST):
        instance = uow.instances.load(instance_id)
        if instance is None:
            continue
        step = step_of(uow, task, instance)
        form = uow.shelf.form(instance.form, instance.form_version).form
        found.append(
            {
                **task_document(uow, task),
                **about(instance),
                "form_title": form.title,
                "initiator": started_said(instance, uow.people),
                "kind": task.kind.value,
                "due_at": iso(task.due_at),
                "late": task.due_at is not None and task.due_at < uow.now,
                "batch": _batch(step, task),
            }
        )
    return found


def _batch(step: Step | None, task: Task) -> bool:
    """Nothing of its own to fill or to write (the door checks it again)."""
    if step is None or task.kind not in (TaskKind.APPROVE, TaskKind.FILL) or not step.batch:
        return False
    needed = Right.REQUIRED in step.fields.values()
    return bool(step.button(Button.APPROVE)) and not needed and Button.APPROVE not in step.reason
