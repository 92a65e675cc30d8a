"""create: a new record, or one for each row of a sub-table."""

from __future__ import annotations

from typing import Any

from core.forms.definition import Form
from core.rules.base import Written
from core.rules.doing import Doing
from core.rules.names import with_row
from core.rules.thens import Create


def do(doing: Doing, spec: Create) -> None:
    """Raises Invalid when the form does not take the values."""
    form = doing.uow.shelf.form(spec.form).form
    source = doing.case.form
    if not spec.each:
        schema = doing.ready.schema
        if spec.condition is None or doing.truth(spec.condition, schema, doing.case.facts):
            doing.make(spec.form, _values(doing, spec, form, None))
        return
    field = source.by_label(spec.each) if source else None
    schema = with_row(doing.ready.schema, source, spec.each)
    for row in doing.case.facts.get(field.key) or [] if field else []:
        facts = {**doing.case.facts, "_row": row}
        if spec.condition is None or doing.truth(spec.condition, schema, facts):
            doing.make(spec.form, _values(doing, spec, form, facts))


def _values(doing: Doing, spec: Create, form: Form, facts: dict[str, Any] | None) -> dict[str, Any]:
    schema = with_row(doing.ready.schema, doing.case.form, spec.each) if spec.each else None
    values = doing.written(spec, form.fields, schema, facts)
    for name, rows in spec.rows.items():
        field = form.by_label(name)
        if field is not None:
            values[field.key] = [_row(doing, one, field.fields, schema, facts) for one in rows]
    return values


def _row(doing: Doing, one: Written, fields: Any, schema: Any, facts: Any) -> dict[str, Any]:
    return doing.written(one, fields, schema, facts)
