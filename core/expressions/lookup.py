"""查询("表单", 取, 条件): the parts of a question to another form, and how what we know is laid into it.

Before the question is asked, every part of the condition that speaks of 本单 alone is worked out and becomes a
constant. What is left is a condition over the other form alone: SQL where SQL can say it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.expressions.coerce import fail, said, to_kind
from core.expressions.env import Env
from core.expressions.nodes import Call, Const, Field, Gather, Lookup, Node, Op, Path, Written, parts, walk
from core.expressions.syntax import Span
from core.expressions.values import SELF, Kind

ROW = "行"  # under this name a found record carries the row of its sub-table that fitted


@dataclass(frozen=True)
class Asked:
    """A question ready to be asked: `where` knows nothing of 本单 any more.

    over     the sub-table of the other form whose rows are meant    reaches  its link fields that are looked behind
    """

    form: str
    where: Node
    over: Path | None
    reaches: frozenset[str]


def looked_up(form: str, take: Node, where: Node, span: Span) -> Lookup:
    """The checked question. Raises ExpressionError."""
    if take.kind is Kind.ROWS:
        raise fail(f"{said(take)}，请取其中的一列", take.span)
    for node in (take, where):
        if node.over is not None and node.over[0] in SELF:
            raise fail("「本单」的子表请先用 SUM 等汇总，或者把公式写在子表的列里", node.span)
        if node.over is not None and len(node.over) > 1:
            raise fail("只能取那张表单自己的子表", node.span)
    if take.over is not None and where.over != take.over:
        raise fail("取子表的一列时，条件也要说明是子表的哪一行", where.span)
    taken = (to_kind(take, Kind.TEXT) or take) if take.kind is Kind.RECORD else take
    return Lookup(kind=taken.kind, span=span, elements=taken.elements, form=form, take=taken, where=where)


def within(node: Lookup) -> Iterator[Field]:
    """The fields of the other form that a question names."""
    for one in walk(node):
        if isinstance(one, Field) and not one.each and one.path[0] not in SELF:
            yield one


def own_fields(node: Lookup) -> Iterator[Field]:
    """The fields of the record in hand that a question names, as that record names them."""
    for one in walk(node):
        if isinstance(one, Field) and not one.each and one.path[0] in SELF and len(one.path) > 1:
            yield replace(one, path=one.path[1:])


def ours(node: Node, *, inside: bool = False) -> bool:
    """Whether a node speaks of 本单 and constants alone. `inside`: within an aggregate over our own rows."""
    match node:
        case Field(each=each, path=path):
            return inside if each else path[0] in SELF
        case Gather(source=source, body=body, where=where):
            rest = [part for part in (body, where) if part is not None]
            return ours(source, inside=inside) and all(ours(part, inside=True) for part in rest)
        case Call(name="查表"):
            return False
    return all(ours(part, inside=inside) for part in parts(node))


Closure = Callable[[Node], Callable[[Env], Any]]
Settle = Callable[[Env], Node]


def rebuilt(node: Node, closure: Closure) -> Settle:
    """A function that gives the node with everything that is ours worked out for one record."""
    if isinstance(node, Const):
        return lambda _env: node
    if ours(node) and not isinstance(node, Written):
        run = closure(node)
        return lambda env: Const(kind=node.kind, span=node.span, value=run(_own(env)))
    match node:
        case Op(args=args):
            return _operator(node, tuple(rebuilt(one, closure) for one in args))
        case Call(args=args):
            settled = tuple(rebuilt(one, closure) for one in args)
            return lambda env: replace(node, args=tuple(one(env) for one in settled))
        case Written(items=items):
            listed = tuple(rebuilt(one, closure) for one in items)
            return lambda env: replace(node, items=tuple(one(env) for one in listed))
        case Gather():
            return _gathered(node, closure)
    return lambda _env: node


def _own(env: Env) -> Env:
    found = Env(dict.fromkeys(SELF, env.row), env.scope)
    found.meter = env.meter
    return found


def _operator(node: Op, args: tuple[Settle, ...]) -> Settle:
    def settle(env: Env) -> Node:
        found = tuple(one(env) for one in args)
        if node.op == "eq" and any(_empty(new, old) for new, old in zip(found, node.args, strict=True)):
            return Const(kind=Kind.BOOL, span=node.span, value=False)  # nothing is found by an empty field
        return replace(node, args=found)

    return settle


def _empty(new: Node, old: Node) -> bool:
    return isinstance(new, Const) and not isinstance(old, Const) and new.value in (None, "")


def _gathered(node: Gather, closure: Closure) -> Settle:
    body = rebuilt(node.body, closure) if node.body is not None else None
    where = rebuilt(node.where, closure) if node.where is not None else None

    def settle(env: Env) -> Node:
        return replace(node, body=body and body(env), where=where and where(env))

    return settle
