"""What fields hold before anybody types: constants, 我, 今天, formulas. Pure."""

from __future__ import annotations

from typing import Any

from core.expressions import ExpressionError, Scope
from core.forms.definition import FieldDef, UrlDefault
from core.forms.fields import KINDS, Reading, WrongValue
from core.forms.schema import ReadyForm
from core.people import Directory

_NOBODY = Directory()


def row_defaults(ready: ReadyForm, typed: dict[str, Any], scope: Scope, reading: Reading) -> None:
    """Columns that a row does not name at all take their default; an empty one stays empty."""
    for table in ready.form.subtables:
        for row in typed.get(table.key) or []:
            for child in table.fields:
                if child.key not in row and child.default is not None and not child.computed:
                    path = f"{table.key}.{child.key}"
                    row[child.key] = default_of(child, ready, scope, reading, path)


def defaults(ready: ReadyForm, scope: Scope, reading: Reading | None = None) -> dict[str, Any]:
    """The values of a new record before anything is typed."""
    return {
        field.key: []
        if field.type in ("subtable", "links")
        else default_of(field, ready, scope, reading or Reading(people=_NOBODY, zone=scope.zone))
        for field in ready.form.fields
        if field.type in ("subtable", "links") or field.default is not None
    }


def default_of(field: FieldDef, ready: ReadyForm, scope: Scope, reading: Reading, path: str = "") -> Any:
    """The default of one field; None when it has none or its formula gives nothing that fits."""
    expression = ready.defaults.get(path or field.key)
    value: Any = None if isinstance(field.default, UrlDefault) else field.default
    if expression is not None:
        try:
            value = expression.evaluate({}, scope)
        except ExpressionError:
            return None
        if field.type in ("member", "link"):
            return value
    if value is None:
        return None
    try:
        return KINDS[field.type].read(field, value, reading)
    except WrongValue:
        return None
