"""A decision table (决策表) as data: inputs, outputs, rows; and its outcome for one record. Pure.

table: quote_level
title: 报价审批级别
of: quote
hit: unique                      # unique, first, priority, collect
inputs: [毛利率, 合计]            # expressions over the form
outputs: [{key: level, label: 级别}]
rows:
  - ["< 10", "-", 总经理]
  - [">= 10", "> 50000", 总监]
  - [">= 10", "<= 50000", 经理]
otherwise: [总经理]               # when no row fits; without it nothing comes out
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field, model_validator

from core.errors import Problem
from core.expressions import Expression, ExpressionError, Scope, compile
from core.forms.definition import Form
from core.forms.schema import FindForm, schema_of
from core.rules.base import KEY, Strict
from core.rules.cells import Cell, read_cell

HITS = {
    "unique": "只有一行符合",
    "first": "取第一个符合的行",
    "priority": "取输出最优先的行",
    "collect": "取所有符合的行",
}


class OutputDef(Strict):
    """One column that comes out. `values`: the legal ones; for `priority`, the first is the highest."""

    key: str = Field(pattern=KEY)
    label: str = Field(min_length=1, max_length=40)
    type: Literal["text", "number", "bool"] = "text"
    values: tuple[str, ...] = ()


class DecisionTable(Strict):
    """A decision table."""

    table: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=40)
    of: str
    hit: Literal["unique", "first", "priority", "collect"] = "unique"
    collect: Literal["", "sum", "count", "min", "max"] = ""
    inputs: tuple[str, ...] = Field(min_length=1, max_length=12)
    outputs: tuple[OutputDef, ...] = Field(min_length=1, max_length=12)
    rows: tuple[tuple[Any, ...], ...] = Field(min_length=1, max_length=2000)
    otherwise: tuple[Any, ...] = ()

    @model_validator(mode="after")
    def _shape(self) -> DecisionTable:
        width = len(self.inputs) + len(self.outputs)
        bad = [str(index + 1) for index, row in enumerate(self.rows) if len(row) != width]
        if bad:
            raise ValueError(
                f"第 {'、'.join(bad[:5])} 行不是 {width} 格（输入 {len(self.inputs)} 输出 {len(self.outputs)}）"
            )
        if self.otherwise and len(self.otherwise) != len(self.outputs):
            raise ValueError(f"otherwise 要写 {len(self.outputs)} 格")
        if self.hit == "priority" and not self.outputs[0].values:
            raise ValueError("priority 要在第一个输出上写 values，按优先次序")
        if bool(self.collect) and self.hit != "collect":
            raise ValueError("collect 只和 hit: collect 一起写")
        if self.collect in ("sum", "min", "max") and self.outputs[0].type != "number":
            raise ValueError(f"collect: {self.collect} 的第一个输出要是 number")
        return self

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.table

    def sentence(self, names: dict[str, str]) -> str:
        """As people read it."""
        outputs = "、".join(one.label for one in self.outputs)
        return (
            f"{names.get(self.of, self.of)}按{'、'.join(self.inputs)}查出{outputs}，"
            f"共 {len(self.rows)} 行，{HITS[self.hit]}。"
        )


@dataclass(frozen=True)
class Row:
    """A compiled row."""

    cells: tuple[Cell, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True)
class Found:
    """What a table said: its rows (from 1) and the value of each output, by key."""

    rows: tuple[int, ...]
    values: Mapping[str, Any]
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class ReadyTable:
    """A compiled decision table."""

    definition: DecisionTable
    inputs: tuple[Expression, ...]
    rows: tuple[Row, ...]
    otherwise: tuple[Any, ...]

    def decide(self, facts: Mapping[str, Any], scope: Scope) -> Found:
        """The outcome for a record. Raises ExpressionError; also when `unique` finds two rows."""
        return self.decided([one.evaluate(facts, scope) for one in self.inputs])

    def decided(self, values: Sequence[Any]) -> Found:
        """The outcome for some inputs. Raises ExpressionError when `unique` finds two rows."""
        rows = self.hits(values)
        return Found(rows, self._outcome([one - 1 for one in rows]), tuple(values))

    def hits(self, values: Sequence[Any]) -> tuple[int, ...]:
        """The rows (from 1) that some inputs fulfil."""
        return tuple(
            index
            for index, row in enumerate(self.rows, 1)
            if all(cell.accepts(value) for cell, value in zip(row.cells, values, strict=True))
        )

    def _outcome(self, hits: list[int]) -> dict[str, Any]:
        definition = self.definition
        keys = [one.key for one in definition.outputs]
        if definition.hit == "collect":
            return self._collected(hits, keys)
        if not hits:
            return dict(zip(keys, self.otherwise or (None,) * len(keys), strict=True))
        if definition.hit == "unique" and len(hits) > 1:
            said = "、".join(str(one + 1) for one in hits)
            raise ExpressionError(f"决策表「{definition.title}」有 {len(hits)} 行同时符合（第 {said} 行）")
        best = hits[0]
        if definition.hit == "priority":
            order = definition.outputs[0].values
            best = min(hits, key=lambda one: _rank(order, self.rows[one].outputs[0]))
        return dict(zip(keys, self.rows[best].outputs, strict=True))

    def _collected(self, hits: list[int], keys: Sequence[str]) -> dict[str, Any]:
        columns = {key: [self.rows[one].outputs[place] for one in hits] for place, key in enumerate(keys)}
        match self.definition.collect:
            case "count":
                return {key: Decimal(len(hits)) for key in keys}
            case "sum":
                return {
                    key: sum((one for one in column if one is not None), Decimal(0))
                    for key, column in columns.items()
                }
            case "min" | "max" as name:
                pick = min if name == "min" else max
                return {key: pick(column) if column else None for key, column in columns.items()}
        return columns


def _rank(order: tuple[str, ...], value: Any) -> int:
    return order.index(str(value)) if str(value) in order else len(order)


def _output(value: Any, definition: OutputDef) -> Any:
    if value in (None, "", "-"):
        return None
    if definition.values and str(value) not in definition.values:
        raise ValueError(f"输出「{definition.label}」没有「{value}」这个值")
    if definition.type == "bool":
        return value if isinstance(value, bool) else str(value) in ("是", "true")
    if definition.type == "number":
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValueError(f"输出「{definition.label}」的「{value}」不是数字") from None
    return str(value)


def read_table(definition: DecisionTable, find: FindForm) -> tuple[ReadyTable | None, list[Problem]]:
    """Compiled, or None with everything that is wrong."""
    form: Form | None = find(definition.of)
    if form is None:
        return None, [Problem("of", f"没有「{definition.of}」这个表单")]
    problems: list[Problem] = []
    inputs: list[Expression] = []
    for index, text in enumerate(definition.inputs):
        try:
            inputs.append(compile(text, schema_of(form, find)))
        except ExpressionError as error:
            problems.append(Problem(f"inputs.{index}", f"{error.message}（第 {error.position + 1} 个字）"))
    if problems:
        return None, problems
    rows = [_row(definition, row, index, inputs, problems) for index, row in enumerate(definition.rows)]
    otherwise = (
        _outputs(definition, definition.otherwise, "otherwise", problems) if definition.otherwise else ()
    )
    if problems:
        return None, problems
    return ReadyTable(definition, tuple(inputs), tuple(rows), otherwise), []


def _row(
    definition: DecisionTable,
    row: tuple[Any, ...],
    index: int,
    inputs: list[Expression],
    problems: list[Problem],
) -> Row:
    cells: list[Cell] = []
    for column, expression in enumerate(inputs):
        try:
            cells.append(read_cell(row[column], expression.kind))
        except ValueError as error:
            problems.append(
                Problem(
                    f"rows.{index}.{column}", f"第 {index + 1} 行「{definition.inputs[column]}」：{error}"
                )
            )
    outputs = _outputs(definition, row[len(inputs) :], f"rows.{index}", problems, len(inputs))
    return Row(tuple(cells), outputs)


def _outputs(
    definition: DecisionTable, values: Sequence[Any], at: str, problems: list[Problem], first: int = 0
) -> tuple[Any, ...]:
    """The typed outputs; `first`: the place of the first one among the row's cells."""
    found = []
    for place, (value, one) in enumerate(zip(values, definition.outputs, strict=True), first):
        try:
            found.append(_output(value, one))
        except ValueError as error:
            problems.append(Problem(f"{at}.{place}", str(error)))
    return tuple(found)
