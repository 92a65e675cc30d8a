"""聚合(…) and 查表(…) inside expressions: whether the tables that they name exist. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.expressions import Expression, ExpressionError
from core.expressions.nodes import Call, Const, walk
from core.rules.aggregate import Aggregate
from core.rules.book import measure_of
from core.rules.table import DecisionTable


def called(expression: Expression, name: str) -> Iterator[tuple[str | None, tuple[object, ...]]]:
    """(first argument where it is written out, the other arguments) of each call."""
    for node in walk(expression.root):
        if isinstance(node, Call) and node.name == name:
            first = node.args[0] if node.args else None
            text = first.value if isinstance(first, Const) and isinstance(first.value, str) else None
            yield text, node.args[1:]


def check_calls(
    expression: Expression, aggregates: Mapping[str, Aggregate], tables: Mapping[str, DecisionTable]
) -> list[str]:
    """Sentences about calls that cannot work."""
    return [*_aggregates(expression, aggregates), *_tables(expression, tables)]


def _aggregates(expression: Expression, aggregates: Mapping[str, Aggregate]) -> Iterator[str]:
    def find(name: str) -> Aggregate | None:
        found = aggregates.get(name)
        return found or next((one for one in aggregates.values() if one.title == name), None)

    for name, keys in called(expression, "聚合"):
        if name is None:
            yield '聚合 的第一个参数要直接写成文字，例如 聚合("库存台账.现存", 物料)'
            continue
        try:
            definition, _ = measure_of(name, find)
        except ExpressionError as error:
            yield error.message
            continue
        if len(keys) > len(definition.keys):
            labels = "、".join(one.label for one in definition.keys)
            yield f"聚合表「{definition.title}」只有 {len(definition.keys)} 个键：{labels}"


def _tables(expression: Expression, tables: Mapping[str, DecisionTable]) -> Iterator[str]:
    for name, _ in called(expression, "查表"):
        if name is None:
            yield "查表 的第一个参数要直接写成文字"
        elif name not in tables and all(one.title != name for one in tables.values()):
            yield f"没有「{name}」这张决策表"


def aggregates_named(expression: Expression, aggregates: Mapping[str, Aggregate]) -> set[str]:
    """The keys of the aggregate tables that an expression reads."""
    found = set()
    for name, _ in called(expression, "聚合"):
        title = (name or "").partition(".")[0]
        found |= {one.key for one in aggregates.values() if title in (one.key, one.title)}
    return found
