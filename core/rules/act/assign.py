"""assign: give the record to somebody, in turn or to the least loaded, of a group that its region names."""

from __future__ import annotations

from core.errors import UserError
from core.expressions import Kind
from core.forms.schema import schema_of
from core.rules.doing import Doing
from core.rules.thens import Assign, Load
from core.store.found import load_of


def do(doing: Doing, spec: Assign) -> None:
    """Raises UserError when nobody is there to take it."""
    key, record = doing.target("")
    form = doing.uow.shelf.form(key).form
    field = form.by_label(spec.field)
    if field is None:
        raise UserError("unknown_field", f"没有「{spec.field}」这个字段。")
    group, people = _candidates(doing, spec)
    present = record.values.get(field.key)
    if spec.next and len(people) > 1:
        people = [one for one in people if one != present]
    if not people:
        raise UserError("nobody", f"「{spec.field}」没有人可以分配{f'（{group}）' if group else ''}。")
    chosen = _least(doing, spec.load, people) if spec.load else _in_turn(doing, group, people)
    doing.alter(key, record, {field.key: chosen})
    doing.notes.append(f"分配给{doing.uow.people.called(chosen)}")


def _candidates(doing: Doing, spec: Assign) -> tuple[str, list[str]]:
    if spec.by:
        value = str(doing.value(spec.by) or "")
        if value in spec.groups:
            return value, list(doing.people(spec.groups[value]))
    return "", list(doing.people(spec.among))


def _in_turn(doing: Doing, group: str, people: list[str]) -> str:
    """The counter is a row of this transaction: two records at once go to two people."""
    number = doing.uow.definitions.next_number(f"in_turn:{doing.ready.key}", group[:40])
    return people[(number - 1) % len(people)]


def _least(doing: Doing, load: Load, people: list[str]) -> str:
    uow = doing.uow
    form = uow.shelf.form(load.form).form
    field = form.by_label(load.field)
    if field is None:
        raise UserError("unknown_field", f"没有「{load.field}」这个字段。")
    condition = None
    if load.condition:
        condition = doing.ready.expression(load.condition, schema_of(form, uow.shelf.find_form), Kind.BOOL)
    counts = load_of(uow.connection, form, field.key, condition, uow.scope(), uow.shelf.find_form)
    return min(people, key=lambda one: (counts.get(one, 0), people.index(one)))
