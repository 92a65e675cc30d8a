"""Operators as closures: each takes the closures of its arguments and gives one of its own."""

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.expressions import dates, numeric, texts
from core.expressions.calls import compiled_pattern
from core.expressions.env import Env, Run, admitted
from core.expressions.nodes import Const, Node, Op
from core.expressions.values import EXACT, Kind


def operated(node: Op, runs: tuple[Run, ...]) -> Run:
    """The closure of an operator over those of its arguments."""
    if node.op in _SPECIAL:
        return _SPECIAL[node.op](node, runs)
    if node.op in _ORDERED:
        return _ordered(_ORDERED[node.op], *runs)
    if len(runs) == 1:
        return _unary(_UNARY[node.op], runs[0])
    return _binary(_BINARY[node.op], *runs)


def _unary(fn: Callable[[Any], object], run: Run) -> Run:
    def go(env: Env) -> object:
        value = run(env)
        return None if value is None else fn(value)

    return go


def _binary(fn: Callable[[Any, Any], object], left: Run, right: Run) -> Run:
    def go(env: Env) -> object:
        one = left(env)
        other = right(env)
        return None if one is None or other is None else fn(one, other)

    return go


def _ordered(fn: Callable[[Any, Any], bool], left: Run, right: Run) -> Run:
    """Ordered comparison: false with a null."""

    def go(env: Env) -> bool:
        one = left(env)
        other = right(env)
        return one is not None and other is not None and fn(one, other)

    return go


def _no_null(fn: Callable[[Any, Any], bool]) -> Callable[[Node, tuple[Run, ...]], Run]:

    def made(node: Node, runs: tuple[Run, ...]) -> Run:
        constant = node.args[1] if isinstance(node, Op) else None
        if isinstance(constant, Const) and constant.value is not None:
            return _against(fn, runs[0], constant.value)
        return _ordered(fn, *runs)

    return made


def _against(fn: Callable[[Any, Any], bool], left: Run, value: object) -> Run:
    """Compared with a constant, which needs no looking up."""

    def go(env: Env) -> bool:
        one = left(env)
        return one is not None and fn(one, value)

    return go


def same(one: object, other: object) -> bool:
    """Equality that keeps 是 and 1 apart."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return one == other


def blank(value: object) -> bool:
    """Null, empty text, no element, no row."""
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _and(_node: Node, runs: tuple[Run, ...]) -> Run:
    if len(runs) == 2:
        left, right = runs
        return lambda env: bool(left(env)) and bool(right(env))

    def go(env: Env) -> bool:
        for run in runs:  # noqa: SIM110  (a generator would cost more than the clauses)
            if not run(env):
                return False
        return True

    return go


def _or(_node: Node, runs: tuple[Run, ...]) -> Run:
    if len(runs) == 2:
        left, right = runs
        return lambda env: bool(left(env)) or bool(right(env))
    return lambda env: any(run(env) for run in runs)


def _equal(node: Op, runs: tuple[Run, ...]) -> Run:
    left, right = runs
    strict = {arg.kind for arg in node.args} & {Kind.ANY, Kind.LIST}
    constant = node.args[1]
    if isinstance(constant, Const) and not strict:
        value = constant.value
        if node.op == "eq":
            return lambda env: bool(left(env) == value)
        return lambda env: bool(left(env) != value)
    if node.op == "eq":
        if strict:
            return lambda env: same(left(env), right(env))
        return lambda env: bool(left(env) == right(env))
    if strict:
        return lambda env: not same(left(env), right(env))
    return lambda env: bool(left(env) != right(env))


def _in(node: Op, runs: tuple[Run, ...]) -> Run:
    member, *items = runs
    written = node.args[1:]
    if all(
        isinstance(item, Const) and isinstance(item.value, str | Decimal | date | None) for item in written
    ):
        fixed = frozenset(item.value for item in written if isinstance(item, Const))

        def quick(env: Env) -> bool:
            value = member(env)
            return not isinstance(value, bool | list) and value in fixed

        return quick

    def go(env: Env) -> bool:
        value = member(env)
        return any(same(value, item(env)) for item in items)

    return go


def _has(_node: Node, runs: tuple[Run, ...]) -> Run:
    container, member = runs

    def go(env: Env) -> bool:
        found = container(env)
        if found is None:
            return False
        wanted = member(env)
        return any(same(item, wanted) for item in found)

    return go


def _search(node: Op, runs: tuple[Run, ...]) -> Run:
    pattern = compiled_pattern(node.data, node.span)
    find = pattern.match if node.op == "match" else pattern.search

    def go(env: Env) -> bool:
        value = runs[0](env)
        return value is not None and find(value) is not None

    return go


def _midnight(_node: Node, runs: tuple[Run, ...]) -> Run:
    def go(env: Env) -> object:
        day = runs[0](env)
        return None if day is None else dates.midnight(day, env.scope)

    return go


def _day(_node: Node, runs: tuple[Run, ...]) -> Run:
    def go(env: Env) -> object:
        moment = runs[0](env)
        return None if moment is None else dates.day_of(moment, env.scope)

    return go


def _ident(_node: Node, runs: tuple[Run, ...]) -> Run:
    def go(env: Env) -> object:
        record = runs[0](env)
        found = record.get("id") if isinstance(record, Mapping) else record
        return None if found is None else str(found)

    return go


def _not(_node: Node, runs: tuple[Run, ...]) -> Run:
    return lambda env: not runs[0](env)


def _blank(_node: Node, runs: tuple[Run, ...]) -> Run:
    return lambda env: blank(runs[0](env))


_SPECIAL: dict[str, Callable[[Op, tuple[Run, ...]], Run]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "eq": _equal,
    "ne": _equal,
    "in": _in,
    "has": _has,
    "blank": _blank,
    "match": _search,
    "search": _search,
    "midnight": _midnight,
    "day": _day,
    "ident": _ident,
    "as": lambda node, runs: admitted(runs[0], node.kind, "这里的值", node),
    "contains": _no_null(lambda text, piece: piece in text),
    "starts": _no_null(str.startswith),
    "ends": _no_null(str.endswith),
}
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_UNARY: dict[str, Callable[[Any], object]] = {"neg": EXACT.minus, "dneg": operator.neg}


def _shifted(moment: date | datetime, length: timedelta) -> date | datetime:
    return moment + length if isinstance(moment, datetime) else dates.shift_day(moment, length)


def _ratio(one: timedelta, other: timedelta) -> Decimal | None:
    return numeric.divide(Decimal(one // dates.MICROSECOND), Decimal(other // dates.MICROSECOND))


def _share(length: timedelta, by: Decimal) -> timedelta | None:
    part = numeric.divide(Decimal(length // dates.MICROSECOND), by)
    return None if part is None else timedelta(microseconds=int(part))


_BINARY: dict[str, Callable[[Any, Any], object]] = {
    "add": EXACT.add,
    "sub": EXACT.subtract,
    "mul": EXACT.multiply,
    "div": numeric.divide,
    "idiv": numeric.whole_quotient,
    "mod": numeric.remainder,
    "dadd": operator.add,
    "dsub": operator.sub,
    "dmul": dates.scaled,
    "ddiv": _share,
    "dratio": _ratio,
    "join": lambda one, other: texts.bounded(one + other),
    "shift": _shifted,
    "unshift": lambda moment, length: _shifted(moment, -length),
    "diff": operator.sub,
}
