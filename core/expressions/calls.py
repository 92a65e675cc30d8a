"""Checking of function calls: how many arguments, of which kinds, and what the result is."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from core.expressions.coerce import (
    boolean,
    common_source,
    compared,
    fail,
    gather,
    iso_moment,
    item_of,
    op,
    said,
    single,
    to_kind,
)
from core.expressions.function import Function, Parameter
from core.expressions.functions import BY_NAME, find
from core.expressions.nodes import Call, Const, Gather, Node, Op, Written, is_null
from core.expressions.syntax import Invoke, Span
from core.expressions.values import KIND_NAMES, Kind

LOOKUP = BY_NAME["LOOKUP"]
COMPARISONS = {">=": "ge", "<=": "le", "<>": "ne", "!=": "ne", "==": "eq", ">": "gt", "<": "lt", "=": "eq"}


@lru_cache(maxsize=256)
def compiled_pattern(pattern: str, span: Span = (0, 0)) -> Any:
    """The RE2 object of a pattern: linear time, whatever is written. Imported on first use."""
    import re2  # noqa: PLC0415  # loaded by the few expressions that match

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise fail("匹配的规则写得不对", span) from None


def checked(node: Invoke, args: tuple[Node, ...]) -> Node:
    """The checked call. Raises ExpressionError for unknown functions and wrong arguments."""
    function = find(node.name)
    if function is None:
        near = get_close_matches(node.name.upper(), list(BY_NAME), 1, 0.6)
        raise fail(f"没有「{node.name}」这个函数" + (f"，是不是 {near[0]}？" if near else ""), node.name_span)
    check_number(function, len(args), node)
    return RULES[function.rule](function, args, node.span)


def check_number(function: Function, given: int, node: Invoke) -> None:
    """Raises ExpressionError when a call has too few or too many arguments."""
    most = function.most
    if given < function.least or (most is not None and given > most):
        wrong = "少了" if given < function.least else "多了"
        raise fail(f"「{node.name}」{wrong}参数，写法是 {function.usage}", node.span)


def _call(
    function: Function, kind: Kind, args: tuple[Node, ...], span: Span, elements: Kind = Kind.ANY
) -> Call:
    over = common_source(args, span)
    return Call(kind=kind, span=span, over=over, elements=elements, name=function.name, args=args)


def _argument(function: Function, index: int, parameter: Parameter, node: Node) -> Node:
    for kind in sorted(parameter.kinds, key=lambda kind: kind is not node.kind):
        found = to_kind(node, kind)
        if found is not None:
            return found
    wanted = "或".join(KIND_NAMES[kind] for kind in parameter.kinds)
    raise fail(
        f"「{function.name}」的第 {index + 1} 个参数（{parameter.name}）要{wanted}，{said(node)}", node.span
    )


def _plain(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    parameters = function.parameters
    found = tuple(
        _argument(function, i, parameters[min(i, len(parameters) - 1)], arg) for i, arg in enumerate(args)
    )
    return _call(function, function.result or Kind.ANY, found, span)


def _spread(args: tuple[Node, ...]) -> tuple[Node, ...]:
    """Written lists count as so many arguments."""
    return tuple(item for arg in args for item in (arg.items if isinstance(arg, Written) else (arg,)))


def _drawn(fn: str, node: Node, kind: Kind, where: Node | None = None) -> Gather:
    """One column or list drawn together."""
    if node.over is not None or (where is not None and where.over is not None):
        return replace(gather(fn, node, kind, where), span=node.span)
    return Gather(kind=kind, span=node.span, fn=fn, source=node, body=item_of(node), where=where)


def _many(node: Node) -> bool:
    return node.over is not None or node.kind is Kind.LIST


def _gathered(function: Function, args: tuple[Node, ...], kind: Kind, span: Span) -> Node:
    """One column becomes a Gather (SQL knows it); a mixture becomes a call over single values and lists."""
    if len(args) == 1 and _many(args[0]):
        return replace(_drawn(function.name.lower(), args[0], kind), span=span)
    return _call(function, kind, tuple(single(arg) for arg in args), span)


def _worth(function: Function, index: int, arg: Node) -> Node:
    """An argument of SUM and its like: a value, a column, or a list of them."""
    parameter = function.parameters[0]
    if arg.kind is Kind.ROWS:
        raise fail(f"「{function.name}」要子表的一列，例如 {function.name}(子表.列)", arg.span)
    if arg.kind is not Kind.LIST:
        return _argument(function, index, parameter, arg)
    if arg.elements not in (*parameter.kinds, Kind.ANY):
        raise fail(
            f"「{function.name}」要{KIND_NAMES[parameter.kinds[0]]}，列表里是{KIND_NAMES[arg.elements]}",
            arg.span,
        )
    return arg


def _sum(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    values = tuple(_worth(function, i, arg) for i, arg in enumerate(_spread(args)))
    return _gathered(function, values, Kind.NUMBER, span)


def _extreme(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    values = tuple(_worth(function, i, arg) for i, arg in enumerate(_spread(args)))
    kinds = {
        value.elements if value.kind is Kind.LIST else value.kind for value in values if not is_null(value)
    }
    if kinds == {Kind.DATE, Kind.DATETIME}:
        values = tuple(to_kind(value, Kind.DATETIME) or value for value in values)
        kinds = {Kind.DATETIME}
    if len(kinds) > 1:
        raise fail(f"「{function.name}」的各个值要是同一种", span)
    return _gathered(function, values, kinds.pop() if kinds else Kind.ANY, span)


def _count(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    if len(args) == 1 and args[0].kind is Kind.ROWS:
        return Gather(kind=Kind.NUMBER, span=span, fn="count", source=args[0], body=None)
    if len(args) == 1 and args[0].over is not None and args[0].kind is Kind.BOOL:
        return _countif(function, args, span)
    return _gathered(function, _spread(args), Kind.NUMBER, span)


def _criterion(node: Node, rule: Node, span: Span) -> Node:
    """`范围, 条件` as one condition: a value means equal, a text may begin with an operator."""
    if isinstance(rule, Const) and isinstance(rule.value, str):
        sign = next((sign for sign in COMPARISONS if rule.value.startswith(sign)), "")
        if sign:
            wanted = _criterion_value(node, rule.value[len(sign) :].strip(), rule.span)
            left, right = compared(node, wanted, "比较")
            return op(COMPARISONS[sign], Kind.BOOL, left, right, span=span)
    if is_null(rule):
        return op("blank", Kind.BOOL, node, span=span)
    left, right = compared(node, rule, "比较")
    return op("eq", Kind.BOOL, left, right, span=span)


def _criterion_value(node: Node, text: str, span: Span) -> Const:
    if node.kind is Kind.NUMBER:
        try:
            return Const(kind=Kind.NUMBER, span=span, value=Decimal(text))
        except InvalidOperation:
            raise fail(f"条件里的「{text[:20]}」不是数字", span) from None
    if node.kind in (Kind.DATE, Kind.DATETIME) and (day := iso_moment(text)) is not None:
        return Const(kind=Kind.DATE, span=span, value=day)
    return Const(kind=Kind.TEXT, span=span, value=text)


def _listed(node: Node) -> tuple[Node, Node | None]:
    """The worth of each, and the list it is an element of (None for a column)."""
    if node.over is not None:
        return node, None
    if node.kind is Kind.LIST:
        return item_of(node), node
    raise fail(f"这里需要子表的一列或列表，{said(node)}", node.span)


def _walked(fn: str, source: Node | None, body: Node | None, where: Node, span: Span) -> Node:
    if source is not None:
        return Gather(kind=Kind.NUMBER, span=span, fn=fn, source=source, body=body, where=where)
    anchor = gather(fn, where, Kind.NUMBER)
    if body is not None:
        common_source((body, where), span)
    return Gather(kind=Kind.NUMBER, span=span, fn=fn, source=anchor.source, body=body, where=where)


def _countif(_function: Function, args: tuple[Node, ...], span: Span) -> Node:
    worth, source = _listed(args[0])
    where = boolean(worth) if len(args) == 1 else _criterion(worth, single(args[1]), span)
    return _walked("count", source, None, where, span)


def _sumif(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    worth, source = _listed(args[0])
    if len(args) == 2 and args[0].kind is Kind.BOOL:
        where, total = worth, args[1]
    else:
        where = _criterion(worth, single(args[1]), span)
        total = args[2] if len(args) == 3 else worth
    return _walked(
        "sum", source, _argument(function, 1, Parameter("求和列", (Kind.NUMBER,)), total), where, span
    )


def _any(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    condition = boolean(args[0])
    if condition.over is None:
        return condition
    return replace(gather(function.name.lower(), condition, Kind.BOOL), span=span)


def united(function: Function, values: tuple[Node, ...], span: Span) -> tuple[Kind, Kind, tuple[Node, ...]]:
    """The common kind of alternatives (and of their elements), with the alternatives brought to it."""
    kinds = {value.kind for value in values if not is_null(value)}
    if kinds == {Kind.DATE, Kind.DATETIME}:
        kinds = {Kind.DATETIME}
    if Kind.ANY in kinds or not kinds:
        return Kind.ANY, Kind.ANY, values
    kind = values[0].kind if len(kinds) > 1 else kinds.pop()
    brought = [to_kind(value, kind) for value in values]
    for value, found in zip(values, brought, strict=True):
        if found is None or kind in (Kind.ROWS, Kind.RECORD):
            raise fail(f"「{function.name}」的各个结果要是同一种，{said(value)}", value.span)
    elements = {value.elements for value in values if not is_null(value)}
    return (
        kind,
        elements.pop() if len(elements) == 1 else Kind.ANY,
        tuple(v for v in brought if v is not None),
    )


def _alternatives(function: Function, args: tuple[Node, ...], span: Span, conditions: int) -> Node:
    kind, elements, values = united(function, args[conditions:], span)
    return _call(function, kind, (*args[:conditions], *values), span, elements)


def _if(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    """IF becomes IFS: pairs of condition and result, one more result for otherwise."""
    return _pairs(function, (boolean(args[0]), *args[1:]), span)


def _pairs(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    conditions = [boolean(arg) for arg in args[0 : len(args) - 1 : 2]]
    results = list(args[1::2]) + ([args[-1]] if len(args) % 2 else [])
    kind, elements, values = united(function, tuple(results), span)
    ordered: list[Node] = [node for pair in zip(conditions, values, strict=False) for node in pair]
    ordered += values[len(conditions) :]
    call = _call(function, kind, tuple(ordered), span, elements)
    return replace(call, name="IFS")


def _logic(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    conditions = [boolean(arg) for arg in args]
    if len({condition.over for condition in conditions}) > 1:
        conditions = [single(condition) for condition in conditions]
    return op(function.name.lower(), Kind.BOOL, *conditions, span=span)


def _not(_function: Function, args: tuple[Node, ...], span: Span) -> Node:
    return op("not", Kind.BOOL, boolean(single(args[0])), span=span)


def _blank(_function: Function, args: tuple[Node, ...], span: Span) -> Op:
    return op("blank", Kind.BOOL, args[0], span=span)


def _coalesce(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    return _alternatives(function, args, span, 0)


def _concat(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    for arg in args:
        if arg.kind in (Kind.ROWS, Kind.RECORD):
            raise fail(f"{said(arg)}，不能连成文字，请取其中的字段", arg.span)
    if all(arg.over is None for arg in args):
        return _call(function, Kind.TEXT, args, span)
    return _call(function, Kind.TEXT, tuple(single(arg) for arg in args), span)


def _date(function: Function, args: tuple[Node, ...], span: Span) -> Node:
    if len(args) == 2 or (len(args) == 3 and to_kind(args[0], Kind.NUMBER) is None):
        raise fail(f"「{function.name}」要年、月、日三个数字，或一个值", span)
    return _plain(function, args, span)


Rule = Callable[[Function, tuple[Node, ...], Span], Node]
RULES: dict[str, Rule] = {
    "plain": _plain,
    "sum": _sum,
    "extreme": _extreme,
    "count": _count,
    "countif": _countif,
    "sumif": _sumif,
    "any": _any,
    "if": _if,
    "ifs": _pairs,
    "logic": _logic,
    "not": _not,
    "blank": _blank,
    "coalesce": _coalesce,
    "concat": _concat,
    "text": _plain,
    "date": _date,
}
