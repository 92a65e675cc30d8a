"""The engine's world in production: expressions over the record, 授权表, the working calendar, 委托."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.errors import NotFound, UserError
from core.expressions import Clause, Expression, ExpressionError, Kind, compile
from core.flows.definition import Authority, Delay, Due
from core.flows.instance import Instance
from core.forms.schema import ReadyForm
from core.store.work import UnitOfWork

THIS = "本单"


class RealWorld:
    """Answers for the instances of one form version, in one transaction."""

    def __init__(self, uow: UnitOfWork, form: ReadyForm) -> None:
        self._uow = uow
        self._form = form

    def holds(self, condition: str, instance: Instance) -> bool:
        """A condition. Raises UserError when it cannot be computed."""
        return bool(self._evaluate(condition, instance, Kind.BOOL))

    def clauses(self, condition: str, instance: Instance) -> tuple[Clause, ...]:
        """Why a condition holds or not. Raises UserError when it cannot be read."""
        try:
            found = compile(condition, self._form.schema, Kind.BOOL)
            row = with_links(self._uow, self._form, found, instance.facts)
            return found.explain(row, self._uow.scope(instance.initiator))
        except ExpressionError as error:
            raise UserError(
                "condition_failed", f"流程里的「{condition}」算不出来：{error.message}"
            ) from error

    def value(self, expression: str, instance: Instance) -> Any:
        """A value; `本单` is the record's id, `本单.编号` its field."""
        if expression == THIS:
            return instance.record_id
        return self._evaluate(expression.removeprefix(f"{THIS}."), instance, None)

    def _evaluate(self, text: str, instance: Instance, kind: Kind | None) -> Any:
        try:
            found = compile(text, self._form.schema, kind)
            row = with_links(self._uow, self._form, found, instance.facts)
            return found.evaluate(row, self._uow.scope(instance.initiator))
        except ExpressionError as error:
            raise UserError(
                "condition_failed", f"流程里的「{text}」算不出来：{error.message}", "请联系流程管理员。"
            ) from error

    def authority(self, key: str) -> Authority | None:
        """A 授权表 in force."""
        try:
            return self._uow.shelf.authority(key)
        except NotFound:
            return None

    def due(self, start: datetime, due: Due | Delay, instance: Instance) -> datetime | None:
        """By the working calendar or by the clock; a date field means the end of that day's work, or its morning."""
        calendar = self._uow.calendar
        if due.field or getattr(due, "until", ""):
            day = self.value(due.field, instance) if due.field else getattr(due, "until", "")
            return _moment(day, calendar.zone, late=isinstance(due, Due))
        if due.calendar == "natural":
            return start + timedelta(days=due.days, hours=due.hours)
        moment = calendar.after_days(start, due.days) if due.days else start
        return (
            calendar.after_hours(moment, due.hours).astimezone(UTC) if due.hours else moment.astimezone(UTC)
        )

    def deputy(self, person: str, flow: str, now: datetime) -> str | None:
        """Who decides for a person."""
        return self._uow.delegations.deputy(person, flow, now)


def _moment(value: Any, zone: Any, *, late: bool) -> datetime | None:
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value) if "T" in value or " " in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(18) if late else time(9), zone)
    return None


def with_links(
    uow: UnitOfWork, form: ReadyForm, expression: Expression, facts: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The facts with the linked records that an expression looks into, read one form deep."""
    looked = {path.partition(".")[0] for path in expression.names if "." in path}
    row = dict(facts)
    for key in looked:
        field = form.form.field(key)
        target = uow.shelf.find_form(field.to) if field is not None and field.type == "link" else None
        if target is None:
            continue
        record = uow.records.load(target, str(row[key])) if row.get(key) else None
        row[key] = record.facts() if record else None
    return row
