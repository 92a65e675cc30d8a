"""Gaps and overlaps of a decision table, found before it is published. Pure.

Each column is cut at the bounds that its cells name, so a few points stand for all values; what is true for
the points is true for everything between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

from core.expressions import Kind
from core.forms.definition import Form
from core.rules.cells import points
from core.rules.table import ReadyTable

MOST_POINTS = 60_000


@dataclass(frozen=True)
class TableFault:
    """`kind` gap, overlap or unchecked; `rows` from 1; `text` a sentence with an example."""

    kind: str
    rows: tuple[int, ...]
    text: str


def faults(table: ReadyTable, form: Form, limit: int = 10) -> list[TableFault]:
    """Everything found, at most `limit` of each kind."""
    columns = [_column(table, form, index) for index in range(len(table.inputs))]
    return [*_overlaps(table, columns)[:limit], *_gaps(table, columns, limit)]


def _column(table: ReadyTable, form: Form, index: int) -> tuple[Any, ...]:
    kind = table.inputs[index].kind
    return points([row.cells[index] for row in table.rows], kind, column_options(table, form, index))


def column_options(table: ReadyTable, form: Form, index: int) -> tuple[str, ...]:
    """The values that an input can have, where it is a choice of the form."""
    expression = table.inputs[index]
    names = list(expression.names)
    field = form.field(names[0]) if len(names) == 1 else None
    plain = field is not None and expression.text.strip() == field.key
    return tuple(one.value for one in field.options) if field and plain and field.type == "select" else ()


def _overlaps(table: ReadyTable, columns: list[tuple[Any, ...]]) -> list[TableFault]:
    found: list[TableFault] = []
    for (one, first), (two, second) in combinations(enumerate(table.rows), 2):
        example = [
            a.overlaps(b, column) for a, b, column in zip(first.cells, second.cells, columns, strict=True)
        ]
        if all(point is not None for point in example) and (
            table.definition.hit == "unique" or first.outputs != second.outputs
        ):
            said = _said(table, example)
            found.append(
                TableFault(
                    "overlap", (one + 1, two + 1), f"第 {one + 1} 行和第 {two + 1} 行重叠，例如 {said}"
                )
            )
    return found


def _gaps(table: ReadyTable, columns: list[tuple[Any, ...]], limit: int) -> list[TableFault]:
    if table.definition.otherwise:
        return []
    size = prod(len(column) for column in columns)
    if size > MOST_POINTS:
        return [TableFault("unchecked", (), f"组合太多（{size} 种），没有检查遗漏")]
    found: list[TableFault] = []
    for example in product(*columns):
        if not any(
            all(cell.holds(point) for cell, point in zip(row.cells, example, strict=True))
            for row in table.rows
        ):
            found.append(TableFault("gap", (), f"没有一行符合：{_said(table, list(example))}"))
            if len(found) >= limit:
                break
    return found


def _said(table: ReadyTable, example: list[Any]) -> str:
    return "，".join(
        f"{name} {_point(point, expression.kind)}"
        for name, point, expression in zip(table.definition.inputs, example, table.inputs, strict=True)
    )


def _point(point: Any, kind: Kind) -> str:
    if kind not in (Kind.NUMBER, Kind.DATE):
        return {True: "= 是", False: "= 否"}.get(point, f"= {point}")
    value, side = point
    return f"{('略小于', '=', '略大于')[side + 1]} {value}"
