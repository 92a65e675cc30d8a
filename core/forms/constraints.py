"""What holds between records, checked inside the saving transaction: uniqueness, and guards against other forms.

First queue up for the keys (core/forms/gather.lock), then look, so two savings at once never both pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.canon import sha256
from core.errors import Problem
from core.expressions import ExpressionError, Scope
from core.forms import gather
from core.forms.definition import FieldDef
from core.forms.refs import bare
from core.forms.schema import Guard, ReadyForm
from core.forms.text import plain

if TYPE_CHECKING:
    from core.store.work import UnitOfWork

Values = Mapping[str, Any]


def unique_problems(
    uow: UnitOfWork, ready: ReadyForm, values: Values, record_id: str, scope: Scope
) -> list[Problem]:
    """Values that another record has already; called before the record is written."""
    wanted = list(_unique_sets(ready, values, scope))
    gather.lock(uow.connection, [_key(ready, fields) for fields, _, _, _ in wanted])
    found = []
    for fields, say, condition, path in wanted:
        pairs = [(one.key, value) for one, value in fields]
        where = []
        if condition is not None:
            where.append(gather.pushed(uow.connection, ready.form, condition, scope, uow.shelf.find_form))
        other = gather.twin(uow.connection, ready.form, pairs, record_id, where)
        if other is not None:
            names = "、".join(one.label for one, _ in fields)
            found.append(Problem(path, say or f"{names}：已有相同的数据（{other}）"))
    return found


def _unique_sets(ready: ReadyForm, values: Values, scope: Scope) -> Iterator[tuple[Any, str, Any, str]]:
    """(fields with their values, sentence, condition, path) of everything that must be alone; empty values repeat."""
    for one in ready.form.fields:
        if one.unique and values.get(one.key) is not None:
            yield [(one, values[one.key])], "", None, one.key
    for rule, condition in zip(ready.form.unique, ready.uniques, strict=True):
        named = [found for name in rule.fields if (found := ready.form.by_label(name))]
        fields = [(found, values.get(found.key)) for found in named]
        if any(value is None for _, value in fields):
            continue
        if condition is None or condition.evaluate(values, scope):
            yield fields, rule.say, condition, fields[0][0].key


def _key(ready: ReadyForm, fields: list[tuple[FieldDef, Any]]) -> str:
    parts = [ready.form.key, *(f"{one.key}={bare(value)!r}" for one, value in fields)]
    return sha256("\0".join(["unique", *parts]))


def lock_guards(uow: UnitOfWork, ready: ReadyForm, values: Values, scope: Scope) -> None:
    """Queue up for everything that the guards will ask about."""
    keys = set()
    for guard in ready.guards:
        for _, row in _rows(guard, ready, values):
            parts = [str(bare(one.evaluate(row, scope))) for one in guard.lock]
            keys.add(sha256("\0".join(["guard", *parts])))
    gather.lock(uow.connection, keys)


def guard_problems(uow: UnitOfWork, ready: ReadyForm, values: Values, scope: Scope) -> list[Problem]:
    """Guards that do not hold; called after the record was written, so the numbers count it."""
    found: list[Problem] = []
    for guard in ready.guards:
        seen: dict[str, bool] = {}
        for place, row in _rows(guard, ready, values):
            key = "\0".join(str(bare(one.evaluate(row, scope))) for one in guard.lock)
            told = seen.get(key)
            broken = _broken(uow, guard, row, scope) if told is None else told
            seen[key] = broken
            if broken and told is None:
                found.append(Problem(place, _said(guard, ready, row)))
    return found


def _broken(uow: UnitOfWork, guard: Guard, row: Values, scope: Scope) -> bool:
    numbers: dict[str, Any] = {}
    for key, part, query in guard.asked:
        other = uow.shelf.find_form(query.form)
        if other is None:
            continue
        pairs = [(path, bare(one.evaluate(row, scope))) for path, one in query.where]
        where = []
        if query.condition is not None:
            where.append(gather.pushed(uow.connection, other, query.condition, scope, uow.shelf.find_form))
        numbers[key] = gather.gathered(uow.connection, other, part.agg, part.take, pairs, where)
    try:
        return bool(guard.condition.evaluate({**row, **numbers}, scope))
    except ExpressionError:
        return True


def _said(guard: Guard, ready: ReadyForm, row: Values) -> str:
    """The sentence; {字段} in it is filled in."""
    text = guard.definition.say
    for _, one in ready.form.walk():
        if f"{{{one.label}}}" in text:
            text = text.replace(f"{{{one.label}}}", str(plain(one, row.get(one.key)) or ""))
    return text


def _rows(guard: Guard, ready: ReadyForm, values: Values) -> Iterator[tuple[str, Values]]:
    table = ready.form.by_label(guard.definition.each) if guard.definition.each else None
    if table is None:
        yield "", values
        return
    for index, row in enumerate(values.get(table.key) or []):
        yield f"{table.key}.{index}", {**values, **row}
