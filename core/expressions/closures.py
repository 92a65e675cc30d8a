"""Checked tree → Python closures: what runs for each row. No tree is walked and no name looked up while it runs."""

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.expressions import dates, numeric, texts
from core.expressions.calls import compiled_pattern
from core.expressions.functions import BY_NAME
from core.expressions.guard import Meter
from core.expressions.nodes import Call, Const, Field, Gather, Item, Node, Op, Written
from core.expressions.values import ADMIT, EXACT, KIND_NAMES, ExpressionError, Kind, Scope


class Env:
    """One evaluation: the row, the sub-table row (or list element) in hand, the scope, and what it spent."""

    __slots__ = ("each", "meter", "row", "scope")

    def __init__(self, row: Mapping[str, object], scope: Scope) -> None:
        self.row = row
        self.each: Any = None
        self.scope = scope
        self.meter = Meter()


Run = Callable[[Env], Any]


def closure(node: Node) -> Run:
    """The function that gives a node's value."""
    match node:
        case Const(value=value):
            return lambda env: value
        case Field():
            return _field(node)
        case Item(kind=kind):
            return _admitted(lambda env: env.each, kind, "列表里的值")
        case Written(items=items):
            runs = tuple(closure(item) for item in items)
            return lambda env: [run(env) for run in runs]
        case Op():
            return _op(node)
        case Call():
            return _call(node)
        case Gather():
            return _gather(node)
    raise AssertionError(node)


def _field(node: Field) -> Run:
    first, *rest = node.path
    each = node.each

    def found(env: Env) -> object:
        value = (env.each if each else env.row).get(first)
        for key in rest:
            if value is None:
                return None
            if not isinstance(value, Mapping):
                raise ExpressionError(f"「{node.label}」所在的关联数据没有读出来", *_place(node))
            value = value.get(key)
        return value

    if not rest:
        simple: Run = (lambda env: env.each.get(first)) if each else (lambda env: env.row.get(first))
        return _admitted(simple, node.kind, f"「{node.label}」的值", node)
    return _admitted(found, node.kind, f"「{node.label}」的值", node)


def _place(node: Node) -> tuple[int, int]:
    return node.span[0], node.span[1] - node.span[0]


_SURE: dict[Kind, type] = {Kind.BOOL: bool, Kind.DATE: date, Kind.DURATION: timedelta}


def _admitted(run: Run, kind: Kind, what: str, node: Node | None = None) -> Run:
    """The value, if it is of the kind it should be."""
    admit = ADMIT[kind]
    sure = _SURE.get(kind, Env)  # Env: no value is one

    def checked(env: Env) -> object:
        value = run(env)
        if value is None or type(value) is sure:
            return value
        found = admit(value)
        if found is None:
            place = _place(node) if node is not None else (0, 0)
            raise ExpressionError(f"{what}不是可用的{KIND_NAMES[kind]}", *place)
        return found

    return checked


def _op(node: Op) -> Run:
    runs = tuple(closure(arg) for arg in node.args)
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
    return lambda _node, runs: _ordered(fn, *runs)


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
    return lambda env: all(run(env) for run in runs)


def _or(_node: Node, runs: tuple[Run, ...]) -> Run:
    if len(runs) == 2:
        left, right = runs
        return lambda env: bool(left(env)) or bool(right(env))
    return lambda env: any(run(env) for run in runs)


def _equal(node: Op, runs: tuple[Run, ...]) -> Run:
    left, right = runs
    strict = {arg.kind for arg in node.args} & {Kind.ANY, Kind.LIST}
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
        return record.get("id") if isinstance(record, Mapping) else record

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
    "as": lambda node, runs: _admitted(runs[0], node.kind, "这里的值", node),
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

_PLAIN: dict[str, Callable[..., object]] = {
    "SUM": numeric.total,
    "AVG": numeric.average,
    "MIN": numeric.least,
    "MAX": numeric.most,
    "COUNT": numeric.count,
    "ROUND": numeric.round_half_up,
    "ROUNDUP": numeric.round_up,
    "ROUNDDOWN": numeric.round_down,
    "INT": numeric.floor,
    "MOD": numeric.mod,
    "ABS": numeric.absolute,
    "大写": numeric.money_in_words,
    "TEXT": texts.to_text,
    "LEFT": texts.left,
    "RIGHT": texts.right,
    "MID": texts.mid,
    "LEN": texts.length,
    "TRIM": texts.trimmed,
    "CONCAT": texts.joined,
    "FIND": texts.position,
    "TODAY": dates.today,
    "NOW": dates.now,
    "DATE": dates.to_date,
    "YEAR": dates.year,
    "MONTH": dates.month,
    "DAY": dates.day_number,
    "WEEKDAY": dates.weekday,
    "EDATE": dates.edate,
    "EOMONTH": dates.eomonth,
    "DATEDIF": dates.datedif,
    "NETWORKDAYS": dates.networkdays,
    "WORKDAY": dates.workday,
    "工作日": dates.is_workday,
}
_SEES_NULL = {"SUM", "AVG", "MIN", "MAX", "COUNT"}


def _call(node: Call) -> Run:
    runs = tuple(closure(arg) for arg in node.args)
    if node.name in _LAZY:
        return _LAZY[node.name](node, runs)
    function = BY_NAME[node.name]
    fn, scoped = _PLAIN[node.name], function.scoped
    nulls = function.nulls or node.name in _SEES_NULL

    def go(env: Env) -> object:
        values = [run(env) for run in runs]
        if not nulls and None in values:
            return None
        try:
            return fn(env.scope, *values) if scoped else fn(*values)
        except ExpressionError as error:
            raise ExpressionError(error.message, *_place(node)) from None

    return go


def _ifs(_node: Call, runs: tuple[Run, ...]) -> Run:
    pairs = tuple(zip(runs[0 : len(runs) - 1 : 2], runs[1::2], strict=True))
    otherwise = runs[-1] if len(runs) % 2 else None

    def go(env: Env) -> object:
        for condition, result in pairs:
            if condition(env):
                return result(env)
        return otherwise(env) if otherwise is not None else None

    return go


def _coalesce(_node: Call, runs: tuple[Run, ...]) -> Run:
    def go(env: Env) -> object:
        return next((value for run in runs if (value := run(env)) is not None), None)

    return go


def _asked(name: str) -> Callable[[Call, tuple[Run, ...]], Run]:
    """A question to the house, through scope.calls."""

    def build(node: Call, runs: tuple[Run, ...]) -> Run:
        def go(env: Env) -> object:
            call = env.scope.calls.get(name)
            if call is None:
                raise ExpressionError(f"这里不能使用「{name}」", *_place(node))
            values = [run(env) for run in runs]
            if name == "上级":
                person = values[0] if values else env.scope.me
                level = int(values[1]) if len(values) > 1 and values[1] is not None else 1
                return None if person is None else call(person, level)
            return call(*values)

        return go

    return build


_LAZY: dict[str, Callable[[Call, tuple[Run, ...]], Run]] = {
    "IFS": _ifs,
    "COALESCE": _coalesce,
    "ME": lambda _node, _runs: lambda env: env.scope.me,
    "上级": _asked("上级"),
    "MYDEPARTMENT": _asked("我的部门"),
}


def _gather(node: Gather) -> Run:
    source = closure(node.source)
    body = closure(node.body) if node.body is not None else lambda env: True
    where = closure(node.where) if node.where is not None else None
    finish = _FINISH[node.fn]

    def go(env: Env) -> object:
        rows = source(env) or ()
        env.meter.spend(len(rows) + 1)
        before, values = env.each, []
        for env.each in rows:  # the loop variable is the row in hand
            if where is None or where(env):
                values.append(body(env))
        env.each = before
        return finish(values)

    return go


_FINISH: dict[str, Callable[[list[Any]], object]] = {
    "sum": lambda values: numeric.total(*values),
    "avg": lambda values: numeric.average(*values),
    "min": lambda values: numeric.least(*values),
    "max": lambda values: numeric.most(*values),
    "count": lambda values: numeric.count(*values),
    "any": any,
    "all": all,
    "collect": list,
}
