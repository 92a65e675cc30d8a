"""Which records an update or delete means."""

from __future__ import annotations

from core.errors import UserError
from core.expressions import Kind, Schema
from core.forms.definition import Form
from core.forms.schema import schema_of
from core.forms.storage import Record
from core.rules.doing import Doing
from core.rules.thens import Target
from core.store.found import matching


def targets(doing: Doing, spec: Target) -> list[tuple[str, Record]]:
    """(form, record) of each. Raises UserError when there are more than `most`."""
    if not spec.form:
        return [doing.target(spec.target)]
    form = doing.uow.shelf.form(spec.form).form
    found = find(doing, form, spec.match, spec.condition, spec.most + 1)
    if len(found) > spec.most:
        raise UserError(
            "too_many", f"符合的{form.title}超过 {spec.most} 条，没有动。请把条件写窄，或放大 most。"
        )
    return [(form.key, one) for one in found]


def find(doing: Doing, form: Form, match: dict[str, str], condition: str | None, limit: int) -> list[Record]:
    """The records of a form that match and fulfil a condition over that form."""
    uow = doing.uow
    schema: Schema = schema_of(form, uow.shelf.find_form)
    expression = doing.ready.expression(condition, schema, Kind.BOOL) if condition else None
    wanted = doing.matched(match, form)
    scope = uow.scope(doing.case.actor)
    records, exact = matching(uow.connection, form, wanted, expression, scope, uow.shelf.find_form, limit)
    if exact or expression is None:
        return records
    return [one for one in records if expression.evaluate(doing.facts_over(form, one), scope)]
