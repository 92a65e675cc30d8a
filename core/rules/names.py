"""The names that a rule's expressions may use, by what sets it off."""

from __future__ import annotations

from core.expressions import Kind, Schema, Symbol
from core.forms.definition import Form
from core.forms.schema import FindForm, schema_of
from core.rules.aggregate import Aggregate
from core.rules.definition import Rule
from core.rules.when import (
    Absence,
    Created,
    DateDue,
    Deleted,
    FlowHappened,
    Saved,
    Threshold,
    Updated,
    Waiting,
    Webhook,
)

THIS = Symbol("id", "本单", Kind.TEXT)
PRESSER = Symbol("_actor", "触发人", Kind.TEXT)
DAYS = Symbol("_days", "天数", Kind.NUMBER)
OFFSET = Symbol("_offset", "偏移天数", Kind.NUMBER)
VALUE = Symbol("_value", "数值", Kind.NUMBER)
LINE = Symbol("_line", "阈值", Kind.NUMBER)
WAITING = (
    Symbol("_assignee", "处理人", Kind.TEXT),
    Symbol("_step", "步骤", Kind.TEXT),
    Symbol("_waited", "等待天数", Kind.NUMBER),
)
FLOW = (
    Symbol("_result", "审批结果", Kind.TEXT),
    Symbol("_by", "审批人", Kind.TEXT),
    Symbol("_comment", "审批意见", Kind.TEXT),
)
KINDS = {"text": Kind.TEXT, "number": Kind.NUMBER, "date": Kind.DATE, "bool": Kind.BOOL}


def rule_schema(rule: Rule, find: FindForm, aggregates: dict[str, Aggregate]) -> Schema:
    """Everything the rule may name. A label that the form uses itself wins."""
    form = find(rule.when.form) if rule.when.form else None
    base = schema_of(form, find) if form else Schema(rule.key, ())
    extra = [*([THIS] if form else []), PRESSER, *_extra(rule, form, base, aggregates)]
    taken = {one.label for one in base.symbols}
    return Schema(base.name, (*base.symbols, *(one for one in extra if one.label not in taken)))


def _extra(rule: Rule, form: Form | None, base: Schema, aggregates: dict[str, Aggregate]) -> list[Symbol]:
    when = rule.when
    old = Symbol("_old", "原", Kind.RECORD, item=base)
    if isinstance(when, (Created, Updated, Saved, Deleted)):
        return [old]
    if isinstance(when, Absence):
        return [DAYS]
    if isinstance(when, DateDue):
        return [OFFSET, *row_symbol(when.date.partition(".")[0], form, base)]
    if isinstance(when, Threshold):
        found = aggregates.get(when.threshold)
        return [VALUE, LINE, *measure_symbols(found)]
    if isinstance(when, Waiting):
        return list(WAITING)
    if isinstance(when, FlowHappened):
        return list(FLOW)
    if isinstance(when, Webhook):
        return [Symbol(f"_hook_{name}", name, KINDS[kind]) for name, kind in when.fields.items()]
    return []


def measure_symbols(aggregate: Aggregate | None) -> list[Symbol]:
    """The measures of an aggregate table as names."""
    measures = aggregate.measures if aggregate else ()
    return [Symbol(f"_sum_{one.key}", one.label, Kind.NUMBER, scale=one.decimals) for one in measures]


def row_symbol(table: str, form: Form | None, base: Schema) -> list[Symbol]:
    """`行`: one row of a sub-table, with its columns behind the dot."""
    field = form.by_label(table) if form else None
    if field is None or field.type != "subtable":
        return []
    item = next((one.item for one in base.symbols if one.key == field.key), None)
    return [Symbol("_row", "行", Kind.RECORD, item=item)]


def with_row(schema: Schema, form: Form | None, table: str) -> Schema:
    """The same names and `行`."""
    found = row_symbol(table, form, schema)
    kept = tuple(one for one in schema.symbols if one.key != "_row")
    return Schema(schema.name, (*kept, *found))


def date_path(form: Form, text: str) -> tuple[str, str] | None:
    """(sub-table or "", field) of `到期日` or `付款计划.到期日`; None when it is no date."""
    first, _, rest = text.partition(".")
    field = form.by_label(first)
    if field is None:
        return None
    if not rest:
        return ("", field.key) if field.type == "date" else None
    child = next((one for one in field.fields if rest in (one.key, one.label)), None)
    return (field.key, child.key) if child and child.type == "date" else None
