"""An aggregate table (聚合表) as data: sums kept exact inside the transaction of each change.

aggregate: stock
title: 库存台账
keys: [{key: item, label: 物料, to: material}]
measures: [{key: on_hand, label: 现存, decimals: 2}, {key: requested, label: 申请中}]
from:
  - {form: stock_move, by: {item: 物料}, add: {on_hand: 'IF(方向 == "入", 数量, -数量)'}}
  - {form: purchase_request, rows: 明细, if: 流程状态 != "rejected", by: {item: 物料}, add: {requested: 数量}}

What a record adds depends on the record alone (no linked fields, no clock), so that taking back what it added
is exact. Keys that are empty are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from core.errors import Problem
from core.expressions import Expression, ExpressionError, Kind, Schema, Scope, compile
from core.forms.definition import Form
from core.forms.schema import FindForm, row_schema, schema_of
from core.forms.storage import Record
from core.rules.base import KEY, Formula, Strict

Keys = tuple[str, ...]
Sums = tuple[Decimal, ...]


class KeyDef(Strict):
    """One thing that is counted apart; `to`: it is a record of this form."""

    key: str = Field(pattern=KEY)
    label: str = Field(min_length=1, max_length=40)
    to: str = ""


class MeasureDef(Strict):
    """One sum."""

    key: str = Field(pattern=KEY)
    label: str = Field(min_length=1, max_length=40)
    decimals: int = Field(default=2, ge=0, le=10)
    unit: str = ""


class SourceDef(Strict):
    """Where sums come from: records of a form, or the rows of one of their sub-tables.

    by   key → expression;  add  measure → expression (a minus takes away)
    """

    form: str
    rows: str = ""
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    by: dict[str, Formula]
    add: dict[str, Formula] = Field(min_length=1)


class Aggregate(Strict):
    """An aggregate table."""

    aggregate: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=40)
    keys: tuple[KeyDef, ...] = Field(min_length=1, max_length=6)
    measures: tuple[MeasureDef, ...] = Field(min_length=1, max_length=20)
    sources: tuple[SourceDef, ...] = Field(
        min_length=1, max_length=40, validation_alias=AliasChoices("from", "sources")
    )

    @model_validator(mode="after")
    def _named(self) -> Aggregate:
        names = [*(one.key for one in self.keys), *(one.key for one in self.measures)]
        if len(set(names)) != len(names) or "id" in names:
            raise ValueError("keys 和 measures 的 key 不能重复，也不能叫 id")
        wanted = {one.key for one in self.keys}
        for one in self.sources:
            if set(one.by) != wanted:
                raise ValueError(f"来源「{one.form}」的 by 要写全：{'、'.join(sorted(wanted))}")
            unknown = set(one.add) - {measure.key for measure in self.measures}
            if unknown:
                raise ValueError(f"来源「{one.form}」的 add 里没有这个指标：{'、'.join(sorted(unknown))}")
        return self

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.aggregate

    def measure(self, name: str) -> int | None:
        """The place of a measure by key or label."""
        found = (index for index, one in enumerate(self.measures) if name in (one.key, one.label))
        return next(found, None)

    def key_of(self, form: str) -> int | None:
        """The place of the key that is a record of this form."""
        found = [index for index, one in enumerate(self.keys) if one.to == form]
        return found[0] if len(found) == 1 else None

    def sentence(self, names: dict[str, str]) -> str:
        """As people read it."""
        keys = "、".join(one.label for one in self.keys)
        parts = []
        for one in self.sources:
            rows = f"的每一行「{one.rows}」" if one.rows else ""
            only = f"（{one.condition}）" if one.condition else ""
            labels = {measure.key: measure.label for measure in self.measures}
            adds = "，".join(f"{labels[key]} 加 {text}" for key, text in one.add.items())
            parts.append(f"{names.get(one.form, one.form)}{rows}{only}：{adds}")
        return f"按{keys}汇总。{'；'.join(parts)}。"


@dataclass(frozen=True)
class ReadySource:
    """A compiled source."""

    definition: SourceDef
    table: str
    condition: Expression | None
    by: tuple[Expression, ...]
    add: tuple[Expression | None, ...]


@dataclass(frozen=True)
class ReadyAggregate:
    """A compiled aggregate table."""

    definition: Aggregate
    version: int
    sources: tuple[ReadySource, ...]

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.definition.key

    def contributions(self, record: Record, scope: Scope) -> dict[Keys, Sums]:
        """What a record (with its rows) adds, by keys. Raises ExpressionError."""
        found: dict[Keys, Sums] = {}
        for source in self.sources:
            if source.definition.form == record.form:
                self._collect(source, record, scope, found)
        return found

    def _collect(self, source: ReadySource, record: Record, scope: Scope, found: dict[Keys, Sums]) -> None:
        facts = record.facts()
        rows = [{**facts, **row} for row in facts.get(source.table) or []] if source.table else [facts]
        for row in rows:
            if source.condition is not None and not source.condition.evaluate(row, scope):
                continue
            keys = tuple(_text(one.evaluate(row, scope)) for one in source.by)
            if not all(keys):
                continue
            sums = tuple(
                _exact(one.evaluate(row, scope) if one else None, measure.decimals)
                for one, measure in zip(source.add, self.definition.measures, strict=True)
            )
            before = found.get(keys)
            found[keys] = tuple(map(Decimal.__add__, before, sums)) if before else sums


def _text(value: object) -> str:
    """A key as it is stored; "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


key_text = _text


def _exact(value: Any, decimals: int) -> Decimal:
    number = Decimal(0) if value is None else Decimal(value)
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def moved(before: Mapping[Keys, Sums], after: Mapping[Keys, Sums]) -> dict[Keys, Sums]:
    """after − before, without what stays; in a fixed order, so that two writers never wait crosswise."""
    found = {}
    for keys in sorted({*before, *after}):
        sample = after.get(keys) or before[keys]
        zero = tuple(Decimal(0) for _ in sample)
        change = tuple(
            new - old for new, old in zip(after.get(keys, zero), before.get(keys, zero), strict=True)
        )
        if any(change):
            found[keys] = change
    return found


class _Reader:
    """Compiles an aggregate table and collects what is wrong."""

    def __init__(self, find: FindForm) -> None:
        self.find = find
        self.problems: list[Problem] = []

    def source(self, one: SourceDef, definition: Aggregate, at: str) -> ReadySource | None:
        form = self.find(one.form)
        if form is None:
            self.problems.append(Problem(f"{at}.form", f"没有「{one.form}」这个表单"))
            return None
        schema = schema_of(form, self.find, depth=1)
        table = ""
        if one.rows:
            field = form.by_label(one.rows)
            if field is None or field.type != "subtable":
                self.problems.append(Problem(f"{at}.rows", f"「{form.title}」没有「{one.rows}」这个子表"))
                return None
            table, schema = field.key, row_schema(field, schema)
        return ReadySource(
            one,
            table,
            self.compile(one.condition, schema, Kind.BOOL, f"{at}.if", form) if one.condition else None,
            tuple(self._key(one.by[key.key], schema, f"{at}.by.{key.key}", form) for key in definition.keys),
            tuple(
                self.compile(one.add[measure.key], schema, Kind.NUMBER, f"{at}.add.{measure.key}", form)
                if measure.key in one.add
                else None
                for measure in definition.measures
            ),
        )

    def _key(self, text: str, schema: Schema, at: str, form: Form) -> Any:
        found = self.compile(text, schema, None, at, form)
        return (
            self.compile(text, schema, Kind.TEXT, at, form) if found and found.kind is Kind.RECORD else found
        )

    def compile(self, text: str, schema: Schema, kind: Kind | None, at: str, form: Form) -> Expression | None:
        try:
            found = compile(text, schema, kind)
        except ExpressionError as error:
            self.problems.append(Problem(at, f"{error.message}（第 {error.position + 1} 个字）"))
            return None
        if any(_through_link(form, name) for name in found.names):
            self.problems.append(Problem(at, "聚合表只能用来源单据自己的字段，不能用关联数据的字段"))
        if any(word in text for word in ("今天", "现在", "TODAY", "NOW", "聚合", "我", "查表")):
            self.problems.append(
                Problem(at, "聚合表的算式不能随时间或人变化，请不要用今天、现在、我、聚合、查表")
            )
        return found


def _through_link(form: Form, name: str) -> bool:
    first, _, rest = name.partition(".")
    field = form.field(first)
    return bool(rest) and (field is None or field.type == "link" or "." in rest)


def read_aggregate(
    definition: Aggregate, version: int, find: FindForm
) -> tuple[ReadyAggregate | None, list[Problem]]:
    """Compiled, or None with everything that is wrong."""
    reader = _Reader(find)
    for index, key in enumerate(definition.keys):
        if key.to and find(key.to) is None:
            reader.problems.append(Problem(f"keys.{index}.to", f"没有「{key.to}」这个表单"))
    sources = [
        reader.source(one, definition, f"from.{index}") for index, one in enumerate(definition.sources)
    ]
    if reader.problems:
        return None, reader.problems
    return ReadyAggregate(definition, version, tuple(one for one in sources if one)), []
