"""What was typed → what is kept, or every mistake at once. Pure; the same for card, page, API, rule and import.

Order: unknown fields refused · each value read by its kind · defaults (new records) · row formulas, form
formulas · visibility · required · cross-field checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.errors import Problem
from core.expressions import Expression, ExpressionError, Scope
from core.forms.definition import FieldDef
from core.forms.fields import KINDS, Reading, WrongValue
from core.forms.schema import ReadyForm
from core.people import Directory

_NOBODY = Directory()


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
        known = {one.key: one for one in fields}
        for key in raw:
            if key not in known:
                self.wrong(f"{at}{key}", f"没有「{key}」这个字段")
        return {
            key: self._read_one(field, raw[key], f"{at}{key}")
            for key, field in known.items()
            if key in raw and not field.formula
        }

    def _read_one(self, field: FieldDef, raw: Any, path: str) -> Any:
        if raw is None:
            return [] if field.type == "subtable" else None
        try:
            value = KINDS[field.type].read(field, raw, self.reading)
        except WrongValue as error:
            self.wrong(path, f"{field.label}：{error}")
            return None
        if field.type == "subtable":
            return [self.read(field.fields, row, f"{path}.{index}.") for index, row in enumerate(value)]
        return value

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
        if value is None or field.type not in ("number", "money"):
            return value
        try:
            rounded = round_half_up(value, field.scale)
            return KINDS[field.type].read(field, rounded, self.reading)
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

    def hidden(self, values: dict[str, Any]) -> set[str]:
        """Keys of fields that the conditions hide; what was typed there is not kept."""
        gone = set()
        for path, condition in self.ready.visible_if.items():
            if "." not in path and not self.holds(condition, values, path):
                gone.add(path)
        return gone

    def holds(self, condition: Expression, values: Mapping[str, Any], path: str) -> bool:
        """Whether a condition is true; an error is a mistake at its place, never a silent no."""
        try:
            return bool(condition.evaluate(values, self.scope))
        except ExpressionError as error:
            self.wrong(path, f"条件算不出来：{error.message}")
            return False

    def require(self, values: dict[str, Any], hidden: set[str]) -> None:
        """Required fields, columns and numbers of rows."""
        for field in self.ready.form.fields:
            if field.key in hidden:
                continue
            self._require_one(field, values, values, field.key, field.key)
            if field.type == "subtable":
                self._require_rows(field, values)

    def _require_rows(self, field: FieldDef, values: dict[str, Any]) -> None:
        rows = values.get(field.key) or []
        if len(rows) < field.rows[0]:
            self.wrong(field.key, f"{field.label}：至少填 {field.rows[0]} 行")
        for index, row in enumerate(rows):
            for child in field.fields:
                path = f"{field.key}.{child.key}"
                self._require_one(child, row, {**values, **row}, path, f"{field.key}.{index}.{child.key}")

    def _require_one(
        self, field: FieldDef, values: Mapping[str, Any], facts: Mapping[str, Any], path: str, place: str
    ) -> None:
        if values.get(field.key) not in (None, "", []):
            return
        condition = self.ready.required_if.get(path)
        if field.required or (condition is not None and self.holds(condition, facts, place)):
            self.wrong(place, f"请填写{field.label}")

    def cross(self, values: dict[str, Any]) -> None:
        """Cross-field checks, once every value stands."""
        for check, condition in zip(self.ready.form.checks, self.ready.checks, strict=True):
            if self.holds(condition, values, ""):
                if check.level == "block":
                    self.problems.append(Problem("", check.say))
                else:
                    self.warnings.append(Problem("", check.say))


def check(
    ready: ReadyForm,
    raw: Mapping[str, Any],
    reading: Reading,
    scope: Scope,
    *,
    before: Mapping[str, Any] | None = None,
    complete: bool = True,
) -> Checked:
    """Read and check a record.

    raw       as it came, by field key; `before` holds the stored values of a record that is being changed
    complete  False for drafts: nothing is required yet, no cross-field checks
    """
    run = _Check(ready, reading, scope)
    typed = run.read(ready.form.fields, raw, "")
    values = dict(before) if before is not None else defaults(ready, scope)
    values.update(typed)
    run.compute(values)
    hidden = run.hidden(values)
    for key in hidden:
        values[key] = [] if (found := ready.form.field(key)) and found.type == "subtable" else None
    if complete:
        run.require(values, hidden)
        if not run.problems:
            run.cross(values)
    return Checked(values, tuple(run.problems), tuple(run.warnings))


def defaults(ready: ReadyForm, scope: Scope) -> dict[str, Any]:
    """The values of a new record before anything is typed."""
    values: dict[str, Any] = {}
    for field in ready.form.fields:
        if field.type == "subtable":
            values[field.key] = []
        elif (expression := ready.defaults.get(field.key)) is not None:
            values[field.key] = expression.evaluate({}, scope)
        elif field.default is not None:
            values[field.key] = _constant(field)
    return values


def _constant(field: FieldDef) -> Any:
    reading = Reading(people=_NOBODY)
    try:
        return KINDS[field.type].read(field, field.default, reading)
    except WrongValue:
        return None


def round_half_up(value: Any, scale: int) -> Any:
    """A computed number with the decimals of its field; 四舍五入 as in a spreadsheet."""
    return Decimal(value).quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
