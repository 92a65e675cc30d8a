"""Functions that have an SQL twin."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Text,
    case,
    extract,
    func,
    literal,
    type_coerce,
)

from core.expressions.nodes import Call, Const, Node
from core.expressions.sql_values import MAX_SCALE, Unsupported, Value, Valuer, is_constant
from core.expressions.values import Kind


def _alternatives(valuer: Valuer, nodes: list[Node]) -> list[Value]:
    if any(node.kind is Kind.ANY and not isinstance(node, Const) for node in nodes):
        raise Unsupported
    return valuer.aligned([valuer.value(node) for node in nodes])


def _ifs(valuer: Valuer, node: Call) -> Value:
    args = node.args
    if node.kind in (Kind.ANY, Kind.LIST):
        raise Unsupported
    results = list(args[1::2]) + ([args[-1]] if len(args) % 2 else [])
    values = _alternatives(valuer, results)
    conditions = [valuer.truth(arg, want=True) for arg in args[0 : len(args) - 1 : 2]]
    pairs = list(zip(conditions, (value.sql for value in values), strict=False))
    otherwise = values[-1].sql if len(args) % 2 else valuer.bound(None, node.kind).sql
    return Value(case(*pairs, else_=otherwise), node.kind, values[0].scale)


def _coalesce(valuer: Valuer, node: Call) -> Value:
    if node.kind in (Kind.ANY, Kind.LIST):
        raise Unsupported
    values = _alternatives(valuer, list(node.args))
    return Value(func.coalesce(*(value.sql for value in values), None), node.kind, values[0].scale)


def _round(valuer: Valuer, node: Call) -> Value:
    places = (
        valuer.constant(node.args[1]) if len(node.args) == 2 and is_constant(node.args[1]) else Decimal(0)
    )
    if (len(node.args) == 2 and not is_constant(node.args[1])) or not isinstance(places, Decimal):
        raise Unsupported
    base, digits = valuer.value(node.args[0]), int(places)
    if not 0 <= digits <= MAX_SCALE:
        raise Unsupported
    if not valuer.sqlite:
        return replace(base, sql=func.round(base.sql, literal(digits, Integer())))
    if base.scale <= digits:
        return base
    unit = 10 ** (base.scale - digits)
    half = (func.abs(base.sql) + literal(unit // 2, BigInteger())) // literal(unit, BigInteger())
    return Value(half * func.sign(base.sql), Kind.NUMBER, digits)


def _sum(valuer: Valuer, node: Call) -> Value:
    values = valuer.aligned([valuer.value(arg) for arg in node.args])
    if any(arg.kind is not Kind.NUMBER for arg in node.args):
        raise Unsupported
    total: ColumnElement[Any] = func.coalesce(values[0].sql, 0)
    for value in values[1:]:
        total = total + func.coalesce(value.sql, 0)
    return replace(values[0], sql=total)


def _absolute(valuer: Valuer, node: Call) -> Value:
    base = valuer.value(node.args[0])
    return replace(base, sql=func.abs(base.sql))


def _length(valuer: Valuer, node: Call) -> Value:
    size = func.coalesce(func.length(valuer.value(node.args[0]).sql), 0)
    return Value(type_coerce(size, BigInteger() if valuer.sqlite else Numeric()), Kind.NUMBER)


def _left(valuer: Valuer, node: Call) -> Value:
    size = valuer.constant(node.args[1]) if len(node.args) == 2 and is_constant(node.args[1]) else Decimal(1)
    if (len(node.args) == 2 and not is_constant(node.args[1])) or not isinstance(size, Decimal):
        raise Unsupported
    return Value(func.substr(valuer.value(node.args[0]).sql, 1, max(0, int(size))), Kind.TEXT)


def _concat(valuer: Valuer, node: Call) -> Value:
    if any(arg.kind is not Kind.TEXT for arg in node.args):
        raise Unsupported
    texts = [func.coalesce(valuer.value(arg).sql, literal("", Text())) for arg in node.args]
    joined: ColumnElement[Any] = texts[0]
    for text in texts[1:]:
        joined = joined.concat(text)
    return Value(type_coerce(joined, Text()), Kind.TEXT)


def _date_part(part: str) -> "Callable[[Valuer, Call], Value]":
    def build(valuer: Valuer, node: Call) -> Value:
        day = valuer.value(node.args[0])
        if day.kind is not Kind.DATE:
            raise Unsupported
        return Value(extract(part, day.sql), Kind.NUMBER)

    return build


CALLS: dict[str, Callable[[Valuer, Call], Value]] = {
    "IFS": _ifs,
    "COALESCE": _coalesce,
    "ROUND": _round,
    "SUM": _sum,
    "ABS": _absolute,
    "LEN": _length,
    "LEFT": _left,
    "CONCAT": _concat,
    "YEAR": _date_part("year"),
    "MONTH": _date_part("month"),
    "DAY": _date_part("day"),
}
