"""All rules, aggregate tables and decision tables in force, compiled and indexed once for each state of the shelf."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.errors import UserError
from core.expressions import Expression, ExpressionError, Kind, Schema, compile
from core.forms.definition import FieldDef, Form
from core.forms.schema import FindForm
from core.rules.aggregate import Aggregate, ReadyAggregate, read_aggregate
from core.rules.definition import Rule
from core.rules.names import rule_schema
from core.rules.table import DecisionTable, ReadyTable, read_table
from core.rules.when import Threshold

_HOLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Hole:
    """`{名称}` in a text: the field that it names, or an expression."""

    name: str
    field: FieldDef | None


@dataclass(frozen=True)
class ReadyRule:
    """A rule with its names; expressions are compiled on first use (core.expressions keeps them)."""

    rule: Rule
    version: int
    schema: Schema
    owner: str = ""
    _compiled: dict[tuple[str, Kind | None], Expression] = field(
        default_factory=dict, compare=False, repr=False
    )
    _taken_apart: dict[str, tuple[Form | None, tuple[str | Hole, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def key(self) -> str:
        """The rule's key."""
        return self.rule.key

    @cached_property
    def condition(self) -> Expression | None:
        """What `if` asks."""
        return compile(self.rule.condition, self.schema, Kind.BOOL) if self.rule.condition else None

    @cached_property
    def extras(self) -> tuple[tuple[str, str], ...]:
        """(key, label) of what the rule sees besides the record's own values."""
        left = ("_old", "_row")
        return tuple(
            (one.key, one.label)
            for one in self.schema.symbols
            if one.key.startswith("_") and one.key not in left
        )

    @cached_property
    def named(self) -> tuple[tuple[str, str], ...]:
        """(key, label) of the plain fields that the condition names."""
        labels = {one.key: one.label for one in self.schema.symbols}
        names = sorted(self.condition.names) if self.condition else []
        return tuple((name, labels.get(name, name)) for name in names if "." not in name)

    def holes(self, text: str, form: Form | None) -> tuple[str | Hole, ...]:
        """A text with `{名称}`, taken apart once."""
        known = self._taken_apart.get(text)
        if known is not None and known[0] is form:
            return known[1]
        parts: list[str | Hole] = []
        for index, part in enumerate(_HOLE.split(text)):
            if index % 2:
                parts.append(Hole(part, form.by_label(part) if form else None))
            elif part:
                parts.append(part)
        self._taken_apart[text] = (form, tuple(parts))
        return tuple(parts)

    def expression(self, text: str, schema: Schema | None = None, kind: Kind | None = None) -> Expression:
        """Any expression of the rule. Raises ExpressionError."""
        if schema is not None and schema is not self.schema:
            return compile(text, schema, kind)
        found = self._compiled.get((text, kind))
        if found is None:
            found = self._compiled[text, kind] = compile(text, self.schema, kind)
        return found


@dataclass(frozen=True)
class Book:
    """The index. `by`: (family of `when`, form) → rules in their order; `sources`: form → aggregate tables."""

    rules: Mapping[str, ReadyRule] = field(default_factory=dict)
    by: Mapping[tuple[str, str], tuple[ReadyRule, ...]] = field(default_factory=dict)
    aggregates: Mapping[str, ReadyAggregate] = field(default_factory=dict)
    sources: Mapping[str, tuple[ReadyAggregate, ...]] = field(default_factory=dict)
    tables: Mapping[str, ReadyTable] = field(default_factory=dict)
    thresholds: Mapping[str, tuple[ReadyRule, ...]] = field(default_factory=dict)

    def aggregate(self, name: str) -> ReadyAggregate | None:
        """An aggregate table by key or title."""
        found = self.aggregates.get(name)
        return found or next((one for one in self.aggregates.values() if one.definition.title == name), None)

    def measure(self, name: str) -> tuple[Aggregate, int]:
        """`库存台账.现存` → its table and the measure's place. Raises ExpressionError."""
        return measure_of(name, lambda key: found.definition if (found := self.aggregate(key)) else None)

    def table(self, name: str) -> ReadyTable:
        """A decision table by key or title. Raises ExpressionError."""
        found = self.tables.get(name) or next(
            (one for one in self.tables.values() if one.definition.title == name), None
        )
        if found is None:
            raise ExpressionError(f"没有「{name}」这张决策表")
        return found

    def rule(self, key: str) -> ReadyRule:
        """A rule in force. Raises UserError."""
        found = self.rules.get(key)
        if found is None:
            raise UserError("not_found", f"没有这个规则：{key}")
        return found


def measure_of(name: str, find: Callable[[str], Aggregate | None]) -> tuple[Aggregate, int]:
    """The aggregate table and the measure's place behind `表.指标`. Raises ExpressionError."""
    title, _, measure = name.partition(".")
    found = find(title)
    if found is None:
        raise ExpressionError(f"没有「{title}」这张聚合表")
    place = found.measure(measure) if measure else (0 if len(found.measures) == 1 else None)
    if place is None:
        labels = "、".join(one.label for one in found.measures)
        raise ExpressionError(f"聚合表「{found.title}」没有「{measure}」这个指标，可用：{labels}")
    return found, place


def make_book(
    rules: list[tuple[Rule, int, str]],
    aggregates: list[tuple[Aggregate, int]],
    tables: list[DecisionTable],
    find: FindForm,
) -> Book:
    """Compile everything. What does not compile any more is left out: publishing has refused it already."""
    known = {one.key: one for one, _ in aggregates}
    ready = {
        rule.key: ReadyRule(rule, version, rule_schema(rule, find, known), owner)
        for rule, version, owner in rules
    }
    compiled = {
        one.key: found for one, version in aggregates if (found := read_aggregate(one, version, find)[0])
    }
    return Book(
        rules=ready,
        by=_indexed(ready),
        aggregates=compiled,
        sources=_sources(compiled),
        tables={one.key: grid for one in tables if (grid := read_table(one, find)[0])},
        thresholds=_thresholds(ready),
    )


def family(rule: Rule) -> str:
    """`created`, `cron`, …: the word with which `when` begins."""
    return type(rule.when).__name__.lower()


def _indexed(rules: Mapping[str, ReadyRule]) -> dict[tuple[str, str], tuple[ReadyRule, ...]]:
    found: dict[tuple[str, str], list[ReadyRule]] = {}
    for one in sorted(rules.values(), key=lambda one: (one.rule.order, one.key)):
        found.setdefault((family(one.rule), one.rule.when.form), []).append(one)
    return {place: tuple(some) for place, some in found.items()}


def _sources(aggregates: Mapping[str, ReadyAggregate]) -> dict[str, tuple[ReadyAggregate, ...]]:
    forms = {source.definition.form for one in aggregates.values() for source in one.sources}
    return {
        form: tuple(
            one
            for _, one in sorted(aggregates.items())
            if any(source.definition.form == form for source in one.sources)
        )
        for form in forms
    }


def _thresholds(rules: Mapping[str, ReadyRule]) -> dict[str, tuple[ReadyRule, ...]]:
    found: dict[str, list[ReadyRule]] = {}
    for one in sorted(rules.values(), key=lambda one: (one.rule.order, one.key)):
        if isinstance(one.rule.when, Threshold):
            found.setdefault(one.rule.when.threshold, []).append(one)
    return {key: tuple(some) for key, some in found.items()}
