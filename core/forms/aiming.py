"""A custom button that changes the record behind a link: who may, when it cannot be, and the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.commands import SYSTEM
from core.errors import Conflict, Invalid, NotAllowed, Problem
from core.events import Event
from core.flows.actions import open_instance
from core.forms.actions import lay_over
from core.forms.definition import ButtonDef
from core.forms.migrating import catch_up
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.store.visibility import visible
from core.store.work import UnitOfWork

Aim = tuple[ReadyForm, Record]


def aimed_at(uow: UnitOfWork, ready: ReadyForm, record: Record, button: ButtonDef, actor: str) -> Aim:
    """The linked record that a button changes, if the person may change it now. Raises a UserError that says why."""
    via = ready.form.by_label(button.target)
    id_ = record.values.get(via.key) if via else None
    if via is None or not id_:
        raise Conflict(f"还没有填「{via.label if via else button.target}」，不知道要改哪一条数据。")
    other = uow.shelf.form(via.to)
    where = visible(other.form, actor, uow.people)
    found = None
    if not where or uow.records.exists(other.form, id_, where):
        catch_up(uow, other.form, id_)
        found = uow.records.load(other.form, id_)
    if found is None or found.deleted_at:
        raise NotAllowed(f"「{via.label}」指的数据已经删除，或者您无权查看，不能改它。")
    called = f"{other.form.title}「{found.title or found.number}」"
    if actor not in (found.created_by, SYSTEM) and not uow.people.holds(actor, "admin"):
        raise NotAllowed(f"您不能修改{called}。")
    if open_instance(uow, found.id):
        raise Conflict(f"{called}正在审批，不能修改。")
    if found.voided_at:
        raise Conflict(f"{called}已作废，不能修改。")
    return other, found


def change_aimed(uow: UnitOfWork, aim: Aim, values: Mapping[str, Any], actor: str) -> tuple[Event, ...]:
    """Write over the linked record with its own form's checks; what they say names the record."""
    other, found = aim
    try:
        _, _, events = lay_over(uow, other, found, values, actor, tuple(values))
    except Invalid as error:
        called = f"{other.form.title}「{found.title or found.number}」"
        told = tuple(Problem("", f"{called}：{one.message}") for one in error.problems)
        raise Invalid(told) from error
    return events
