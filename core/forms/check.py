"""What was typed → what is kept, or every mistake at once. Pure; the same for card, page, API, rule and import.

Order: unknown fields refused · each value read by its kind · defaults (new records) · read-only fields ·
values of linked records · row formulas, form formulas · visibility · required · cross-field checks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.errors import Problem
from core.expressions import Expression, ExpressionError, Scope
from core.forms.choosing import choosing_problems
from core.forms.defaults import default_of, defaults, row_defaults
from core.forms.definition import FieldDef
from core.forms.fields import KINDS, Reading, WrongValue
from core.forms.fields.codes import unfit
from core.forms.fields.number import rounded
from core.forms.fields.ranges import span
from core.forms.refs import drop_refs, put_refs
from core.forms.schema import ReadyForm

BARCODE_LONGEST = 500
SETTLES = 3  # rounds in which hiding and computing may change each other


@dataclass(frozen=True)
class Checked:
    """The outcome: values by key in Python types; problems block, warnings only tell."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


class _Check:
    """One run over one record."""

    def __init__(self, ready: ReadyForm, reading: Reading, scope: Scope) -> None:
        self.ready = ready
        self.reading = reading
        self.scope = scope
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.bad: set[str] = set()

    def wrong(self, path: str, message: str) -> None:
        """Note a mistake; one a place."""
        if path not in self.bad:
            self.bad.add(path)
            self.problems.append(Problem(path, message))

    def read(self, fields: tuple[FieldDef, ...], raw: Mapping[str, Any], at: str) -> dict[str, Any]:
        """The values of some fields; computed ones are left out, whatever was sent for them."""
        known = {one.key: one for one in fields if not one.layout}
        for key in raw:
            if key not in known:
                self.wrong(f"{at}{key}", f"没有「{key}」这个字段")
        return {
            key: self._read_one(one, raw[key], f"{at}{key}")
            for key, one in known.items()
            if key in raw and not one.computed
        }

    def _read_one(self, field: FieldDef, raw: Any, path: str) -> Any:
        if raw is None:
            return [] if field.type in ("subtable", "links") else None
        try:
            value = KINDS[field.type].read(field, raw, self.reading)
        except WrongValue as error:
            self.wrong(path, f"{field.label}：{error}")
            return None
        if field.type == "subtable":
            return [self.read(field.fields, row, f"{path}.{index}.") for index, row in enumerate(value)]
        if field.type == "links":
            return value or []
        return value

    def guard_readonly(
        self, values: dict[str, Any], typed: dict[str, Any], start: Mapping[str, Any], *, new: bool
    ) -> None:
        """What is read-only keeps what it has (a new record: its default); saying something else is a mistake."""
        for field in self.ready.form.fields:
            key = field.key
            condition = self.ready.readonly_if.get(key)
            if key not in typed or field.type == "subtable":
                continue
            locked = field.readonly and (not new or start.get(key) is not None)
            if not locked and condition is not None:
                facts = {**values, key: start.get(key)} if new else dict(start)
                locked = self.holds(condition, facts, key)
            if locked and typed[key] != start.get(key):
                self.wrong(key, f"「{field.label}」是只读的，不能改")
                values[key] = start.get(key)

    def look_up(self, values: dict[str, Any], before: Mapping[str, Any] | None) -> None:
        """Fields of linked records: live ones always, copies when the link is new or another one."""
        for field in self.ready.form.fields:
            if field.type == "lookup":
                self._look_up_one(field, values, values, before, before)
            inner = [one for one in field.fields if one.type == "lookup"]
            old_rows = ((before or {}).get(field.key) or []) if inner else []
            for index, row in enumerate((values.get(field.key) or []) if inner else []):
                old = old_rows[index] if index < len(old_rows) else None
                for one in inner:
                    own = any(one.via in (other.key, other.label) for other in field.fields)
                    around, past = (row, old) if own else (values, before)
                    self._look_up_one(one, row, around, past, old)

    def _look_up_one(
        self,
        field: FieldDef,
        row: dict[str, Any],
        around: Mapping[str, Any],
        past: Mapping[str, Any] | None,
        kept: Mapping[str, Any] | None,
    ) -> None:
        """`around` holds the link now, `past` held it before; `kept` has the copy that was made then."""
        via, to = self._via(field)
        id_ = around.get(via)
        if not field.live and id_ and past is not None and kept is not None and past.get(via) == id_:
            row[field.key] = kept.get(field.key)
            return
        take = field.target.key if field.target else ""
        row[field.key] = self.reading.related(to, [str(id_)]).get(str(id_), {}).get(take) if id_ else None

    def _via(self, field: FieldDef) -> tuple[str, str]:
        for _, one in self.ready.form.walk():
            if one.type == "link" and field.via in (one.key, one.label):
                return one.key, one.to
        raise KeyError(field.via)

    def spans(self, fields: tuple[FieldDef, ...], values: dict[str, Any]) -> None:
        """The length of each range, by the house's calendar."""
        for one in fields:
            if one.type in ("date_range", "datetime_range") and values.get(one.key):
                value = values[one.key]
                length = span(one, value, self.working, self.scope.zone)
                values[one.key] = {**value, "span": length}
            for row in values.get(one.key) or [] if one.type == "subtable" else []:
                self.spans(one.fields, row)

    def working(self, day: date) -> bool:
        """Whether a day is a working day."""
        asked = self.scope.calls.get("工作日")
        return bool(asked(day)) if asked is not None else day.isoweekday() < 6

    def compute(self, values: dict[str, Any]) -> None:
        """Fill in the formulas, in their order."""
        for path, expression in self.ready.formulas:
            table, _, column = path.partition(".")
            if column:
                for index, row in enumerate(values.get(table) or []):
                    row[column] = self._value(expression, {**values, **row}, f"{table}.{index}.{column}")
            else:
                values[path] = self._value(expression, values, path)

    def _value(self, expression: Expression, row: Mapping[str, Any], path: str) -> Any:
        field = self._field(path)
        try:
            value = expression.evaluate(row, self.scope)
        except ExpressionError as error:
            self.wrong(path, f"{field.label}：公式算不出来，{error.message}")
            return None
        if value is None:
            return None
        if field.type == "barcode":
            if len(str(value)) > BARCODE_LONGEST:
                self.wrong(path, f"{field.label}：内容太长，最多 {BARCODE_LONGEST} 个字")
            if value != "" and (said := unfit(field.code, str(value))):
                self.wrong(path, f"{field.label}：{said}")
            return str(value)[:BARCODE_LONGEST]
        try:
            if field.type in ("number", "money"):
                value = rounded(field, Decimal(str(value)))
            return KINDS[field.type].read(field, value, self.reading)
        except WrongValue as error:
            self.wrong(path, f"{field.label}：{error}")
            return None

    def _field(self, path: str) -> FieldDef:
        first, *rest = path.split(".")
        field = self.ready.form.field(first)
        found = field.child(rest[-1]) if field and rest else field
        if found is None:
            raise KeyError(path)
        return found

    def settle(self, values: dict[str, Any], before: Mapping[str, Any] | None) -> set[str]:
        """Compute, hide, and again while hiding changes what is computed. The hidden places: `key`, `table.0.key`."""
        hidden: set[str] = set()
        for _ in range(SETTLES):
            self.compute(values)
            now = self._hide(values, before)
            if now == hidden:
                break
            hidden = now
        return hidden

    def _hide(self, values: dict[str, Any], before: Mapping[str, Any] | None) -> set[str]:
        gone = set()
        for path, condition in self.ready.visible_if.items():
            table, _, column = path.partition(".")
            field = self._field(path)
            if not column:
                if not self.holds(condition, values, path):
                    gone.add(path)
                    values[path] = self._while_hidden(field, values.get(path), before)
                continue
            for index, row in enumerate(values.get(table) or []):
                place = f"{table}.{index}.{column}"
                if not self.holds(condition, {**values, **row}, place):
                    gone.add(place)
                    row[column] = self._while_hidden(field, row.get(column), None)
        for field in self.ready.form.fields:  # what stands in a hidden section's place is the page's affair
            if field.layout:
                gone.discard(field.key)
        return gone

    def _while_hidden(self, field: FieldDef, value: Any, before: Mapping[str, Any] | None) -> Any:
        if field.when_hidden == "keep":
            return (
                before.get(field.key) if before is not None and before.get(field.key) is not None else value
            )
        if field.when_hidden == "recompute":
            return value if field.computed else self._default(field)
        return [] if field.type in ("subtable", "links") else None

    def _default(self, field: FieldDef) -> Any:
        return default_of(field, self.ready, self.scope, self.reading)

    def holds(self, condition: Expression, values: Mapping[str, Any], path: str) -> bool:
        """Whether a condition is true; an error is a mistake at its place, never a silent no."""
        try:
            return bool(condition.evaluate(values, self.scope))
        except ExpressionError as error:
            self.wrong(path, f"条件算不出来：{error.message}")
            return False

    def require(self, values: dict[str, Any], hidden: Collection[str]) -> None:
        """Required fields, columns and numbers of rows."""
        for field in self.ready.form.fields:
            if field.key in hidden or field.layout:
                continue
            self._require_one(field, values, values, field.key, field.key)
            if field.type == "subtable":
                self._require_rows(field, values, hidden)

    def _require_rows(self, field: FieldDef, values: dict[str, Any], hidden: Collection[str]) -> None:
        rows = values.get(field.key) or []
        if len(rows) < field.rows[0]:
            self.wrong(field.key, f"{field.label}：至少填 {field.rows[0]} 行")
        for index, row in enumerate(rows):
            for child in field.fields:
                place = f"{field.key}.{index}.{child.key}"
                if place not in hidden:
                    self._require_one(child, row, {**values, **row}, f"{field.key}.{child.key}", place)

    def _require_one(
        self, field: FieldDef, values: Mapping[str, Any], facts: Mapping[str, Any], path: str, place: str
    ) -> None:
        if values.get(field.key) not in (None, "", []) or field.type == "serial":
            return
        condition = self.ready.required_if.get(path)
        if field.required or (condition is not None and self.holds(condition, facts, place)):
            self.wrong(place, f"请填写{field.label}")

    def cross(self, values: dict[str, Any]) -> None:
        """Cross-field checks, once every value stands."""
        for check, condition in zip(self.ready.form.checks, self.ready.checks, strict=True):
            if self.holds(condition, values, check.at):
                found = self.problems if check.level == "block" else self.warnings
                found.append(Problem(check.at, check.say))


def check(
    ready: ReadyForm,
    raw: Mapping[str, Any],
    reading: Reading,
    scope: Scope,
    *,
    before: Mapping[str, Any] | None = None,
    complete: bool = True,
    writable: Collection[str] = (),
) -> Checked:
    """Read and check a record.

    raw       as it came, by field key; `before` holds the stored values of a record that is being changed
    complete  False for drafts: nothing is required yet, no cross-field checks
    writable  read-only fields that may be written all the same (a flow's fill step, a button, a rule)
    """
    run = _Check(ready, reading, scope)
    form = ready.form
    typed = run.read(form.fields, raw, "")
    row_defaults(ready, typed, scope, reading)
    start = dict(before) if before is not None else defaults(ready, scope, reading)
    values = {**start, **typed}
    if complete:
        locked = {key: value for key, value in typed.items() if key not in writable}
        put_refs(form.fields, values, ready.reaches, reading.related)
        run.guard_readonly(values, locked, start, new=before is None)
    put_refs(form.fields, values, ready.reaches, reading.related)
    run.look_up(values, before)
    values.update(reading.derive(values))
    run.spans(form.fields, values)
    hidden = run.settle(values, before)
    if complete:
        run.require(values, hidden)
        for one in choosing_problems(ready, values, before, hidden, reading):
            run.wrong(one.path, one.message)
        if not run.problems:
            run.cross(values)
    drop_refs(form.fields, values, ready.reaches)
    return Checked(values, tuple(run.problems), tuple(run.warnings))
