"""Bringing operands and arguments to the kinds they need, and saying it well when they cannot be."""

from dataclasses import replace
from datetime import date, datetime

from core.expressions.nodes import Const, Field, Gather, Item, Node, Op, is_null
from core.expressions.syntax import Span
from core.expressions.values import KIND_NAMES, ExpressionError, Kind

MOMENTS = (Kind.DATE, Kind.DATETIME)


def fail(message: str, span: Span) -> ExpressionError:
    """The error at a place of the text."""
    return ExpressionError(message, span[0], span[1] - span[0])


def op(name: str, kind: Kind, *args: Node, span: Span | None = None, data: str = "") -> Op:
    """An operator node; it is a column when one of its arguments is."""
    where = span or (args[0].span[0], args[-1].span[1])
    return Op(kind=kind, span=where, over=common_source(args, where), op=name, args=args, data=data)


def common_source(args: tuple[Node, ...], span: Span) -> tuple[str, ...] | None:
    """The sub-table the arguments run over together; None for single values."""
    sources = {arg.over for arg in args if arg.over is not None}
    if len(sources) > 1:
        raise fail("不能把两个不同子表的列放在一起计算，请先各自汇总", span)
    return next(iter(sources), None)


def said(node: Node) -> str:
    """How a message names a node: a field by its label, the rest by what it is."""
    if isinstance(node, Field):
        return f"「{node.label}」是{KIND_NAMES[node.kind]}"
    if isinstance(node, Const):
        return f"这里写的是{KIND_NAMES[node.kind]}"
    return f"这里算出的是{KIND_NAMES[node.kind]}"


def iso_moment(text: str) -> date | datetime | None:
    """2026-01-31 or 2026/1/31 as a date; None for other texts."""
    parts = text.strip().replace("/", "-").split("-")
    if len(parts) != 3 or not all(part.isdecimal() and part.isascii() for part in parts):
        return None
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def _as_moment(node: Node, kind: Kind) -> Node | None:
    """A written date as DATE, raised to DATETIME where that is wanted; None where it is no date."""
    if not isinstance(node, Const) or not isinstance(node.value, str):
        return None
    found = iso_moment(node.value)
    if found is None:
        return None
    day = Const(kind=Kind.DATE, span=node.span, value=found)
    return day if kind is Kind.DATE else op("midnight", Kind.DATETIME, day)


def to_kind(node: Node, kind: Kind) -> Node | None:
    """The node as `kind`, or None where that cannot be."""
    if kind in (node.kind, Kind.ANY) or is_null(node):
        return node
    if node.kind is Kind.ANY:
        return op("as", kind, node)
    if node.kind is Kind.DATE and kind is Kind.DATETIME:
        return op("midnight", kind, node)
    if node.kind is Kind.DATETIME and kind is Kind.DATE:
        return op("day", kind, node)
    if node.kind is Kind.RECORD and kind is Kind.TEXT:
        return op("ident", Kind.TEXT, node)
    return _as_moment(node, kind) if kind in MOMENTS else None


def compared(left: Node, right: Node, word: str) -> tuple[Node, Node]:
    """Both sides of a comparison as one kind. A date against a moment means its midnight."""
    if Kind.ANY in (left.kind, right.kind) and word == "比较":
        return left, right
    for kind in _meeting(left.kind, right.kind):
        one, other = to_kind(left, kind), to_kind(right, kind)
        if one is not None and other is not None:
            return one, other
    raise fail(f"{said(left)}，不能与{KIND_NAMES[right.kind]}{word}{_hint(left, right)}", left.span)


def _meeting(left: Kind, right: Kind) -> tuple[Kind, ...]:
    """The kinds to try, best first."""
    if Kind.RECORD in (left, right):
        return (Kind.TEXT,)
    if {left, right} == set(MOMENTS):
        return (Kind.DATETIME,)
    if left is Kind.TEXT or left is Kind.ANY:
        return (right, left)
    return (left, right)


def _hint(left: Node, right: Node) -> str:
    if {left.kind, right.kind} == {Kind.DURATION, Kind.NUMBER}:
        return "，请写出单位，例如 30天、8小时"
    if Kind.LIST in (left.kind, right.kind):
        return "，列表请用「包含」或「属于」"
    if Kind.ROWS in (left.kind, right.kind):
        return "，子表请先用 SUM、COUNT 等汇总"
    return ""


def boolean(node: Node) -> Node:
    """The node as a yes/no question."""
    found = to_kind(node, Kind.BOOL)
    if found is None:
        raise fail(f"这里需要一个判断（是或否），{said(node)}", node.span)
    return found


def single(node: Node) -> Node:
    """A column as one value: yes/no columns mean 任一行, other columns become a list."""
    if node.over is None:
        return node
    if node.kind is Kind.BOOL:
        return gather("any", node, Kind.BOOL)
    whole = gather("collect", node, Kind.LIST)
    return replace(whole, elements=node.kind)


def gather(fn: str, body: Node, kind: Kind, where: Node | None = None) -> Gather:
    """A column (`body.over` or `where.over` is set) drawn together."""
    over = body.over if body.over is not None else where.over if where is not None else None
    if over is None:
        raise fail("这里需要子表的一列", body.span)
    source = Field(kind=Kind.ROWS, span=body.span, path=over, label=over[-1])
    return Gather(kind=kind, span=body.span, fn=fn, source=source, body=body, where=where)


def item_of(source: Node) -> Item:
    """The element in hand while a list is walked."""
    return Item(kind=source.elements, span=source.span)
