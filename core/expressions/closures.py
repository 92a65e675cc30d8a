"""Checked tree → Python closures: what runs for each row, without walking a tree or looking up a name."""

from collections.abc import Callable, Mapping
from typing import Any

from core.expressions import dates, numeric, texts
from core.expressions.env import Env, Run, admitted, place, plain
from core.expressions.functions import BY_NAME
from core.expressions.lookup import ROW, Asked, rebuilt, within
from core.expressions.nodes import Call, Const, Field, Gather, Item, Lookup, Node, Op, Written
from core.expressions.operators import operated
from core.expressions.values import ExpressionError


def closure(node: Node) -> Run:  # one return a case
    """The function that gives a node's value."""
    match node:
        case Const(value=value):
            return lambda env: value
        case Field():
            return _field(node)
        case Item(kind=kind):
            return admitted(lambda env: env.each, kind, "列表里的值")
        case Written(items=items):
            runs = tuple(closure(item) for item in items)
            return lambda env: [run(env) for run in runs]
        case Op(args=args):
            return operated(node, tuple(closure(arg) for arg in args))
        case Call():
            return _call(node)
        case Gather():
            return _gather(node)
        case Lookup():
            return _lookup(node)
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
                raise ExpressionError(f"「{node.label}」所在的关联数据没有读出来", *place(node))
            value = value.get(key)
        return value

    if not rest and not each:
        return plain(first, node.kind, f"「{node.label}」的值", node)
    if not rest:
        return admitted(lambda env: env.each.get(first), node.kind, f"「{node.label}」的值", node)
    return admitted(found, node.kind, f"「{node.label}」的值", node)


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
            raise ExpressionError(error.message, *place(node)) from None

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
                raise ExpressionError(f"这里不能使用「{name}」", *place(node))
            values = [run(env) for run in runs]
            if name == "上级":
                person = values[0] if values else env.scope.me
                level = int(values[1]) if len(values) > 1 and values[1] is not None else 1
                return None if person is None else call(person, level)
            if name == "查表":
                return call(env.row, *values)
            try:
                return call(*values)
            except ExpressionError as error:
                raise ExpressionError(error.message, *place(node)) from None

        return go

    return build


_LAZY: dict[str, Callable[[Call, tuple[Run, ...]], Run]] = {
    "IFS": _ifs,
    "COALESCE": _coalesce,
    "ME": lambda _node, _runs: lambda env: env.scope.me,
    "上级": _asked("上级"),
    "MYDEPARTMENT": _asked("我的部门"),
    "聚合": _asked("聚合"),
    "查表": _asked("查表"),
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

    own = isinstance(node.source, Field) and not node.source.each
    return _once(go, id(node)) if own else go


def _lookup(node: Lookup) -> Run:
    """Ask for records of the other form, newest first, and take the value of the first that fits."""
    take = closure(node.take)
    settle = rebuilt(node.where, closure)
    reaches = frozenset(one.path[0] for one in within(node) if len(one.path) > 1)

    def go(env: Env) -> object:
        call = env.scope.calls.get("查询")
        if call is None:
            raise ExpressionError("这里不能使用「查询」", *place(node))
        env.meter.spend(1)
        where = settle(env)
        found = call(Asked(node.form, where, node.where.over or node.take.over, reaches))
        if not isinstance(found, Mapping):
            return None
        inner = Env(found, env.scope)
        inner.each = found.get(ROW)
        return take(inner)

    return go


def _once(run: Run, name: int) -> Run:
    def go(env: Env) -> object:
        if name not in env.totals:
            env.totals[name] = run(env)
        return env.totals[name]

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
