"""What is chosen anew must be on offer: an option that is not switched off, or one that the query finds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from core.errors import Problem
from core.forms.definition import FieldDef
from core.forms.fields import Reading
from core.forms.schema import ReadyForm

Values = Mapping[str, Any]


def choosing_problems(
    ready: ReadyForm, values: Values, before: Values | None, hidden: Collection[str], reading: Reading
) -> list[Problem]:
    """Choices that the page would not offer. What the record (or one of its rows) had already may stay."""
    return [
        problem
        for path, field in ready.form.walk()
        if not field.other and (field.options_from or any(one.off for one in field.options))
        for place, row, kept in _places(path, field, values, before)
        if place not in hidden
        for new in [[one for one in _items(row.get(field.key)) if one not in kept]]
        for problem in _wrong(ready, path, place, field, new, {**values, **row}, reading)
    ]


def _places(
    path: str, field: FieldDef, values: Values, before: Values | None
) -> Iterator[tuple[str, Values, set[str]]]:
    """(place, the record or row that holds the field, what was chosen there before)."""
    table, _, column = path.partition(".")
    past = ((before or {}).get(table) or []) if column else [before or {}]
    kept = {one for row in past for one in _items(row.get(field.key))}
    if not column:
        yield path, values, kept
        return
    for index, row in enumerate(values.get(table) or []):
        yield f"{table}.{index}.{column}", row, kept


def _wrong(
    ready: ReadyForm,
    path: str,
    place: str,
    field: FieldDef,
    new: list[str],
    facts: Values,
    reading: Reading,
) -> Iterator[Problem]:
    off = {one.value: one.off for one in field.options}
    for one in new:
        if off.get(one):
            yield Problem(place, f"{field.label}：「{one[:20]}」已停用，不能再选")
        elif one not in off and field.options_from and path in ready.options:
            offered = reading.offered(ready.options[path], field.options_from, facts)
            if offered is not None and one not in offered:
                names = f"可选：{'、'.join(offered)[:120]}" if offered else "现在没有可选的内容"
                yield Problem(place, f"{field.label}：没有「{one[:20]}」这个选项，{names}")


def _items(value: Any) -> list[str]:
    """What is chosen, in a select or in a multi_select."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
