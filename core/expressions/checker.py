"""Syntax + schema → checked tree. Every mistake is one Chinese sentence with its place."""

from dataclasses import dataclass, field
from difflib import get_close_matches

from core.expressions import calls
from core.expressions.coerce import MOMENTS, boolean, compared, fail, gather, op, said, single, to_kind
from core.expressions.functions import find
from core.expressions.guard import MAX_PATTERN
from core.expressions.lookup import looked_up
from core.expressions.nodes import Const, Field, Node, Path, Written, is_null
from core.expressions.syntax import Infix, Invoke, Literal, Member, Prefix, Several, Span, Syntax, Word
from core.expressions.values import KIND_NAMES, SELF, Kind, Schema, Symbol

MAX_LINKS = 4
NAME_KINDS = (Kind.ROWS, Kind.RECORD)


@dataclass(frozen=True)
class Name:
    """A name in the text and the path of keys it stands for."""

    span: Span
    path: Path


@dataclass
class Checker:
    """Checks one text; `names` collects where which field was named.

    rowwise  且 and 或 between a field and a column are meant for each row (查询), not settled before
    """

    schema: Schema
    rowwise: bool = False
    names: list[Name] = field(default_factory=list)

    def check(self, node: Syntax) -> Node:  # one return a case
        """The checked node of a syntax node."""
        match node:
            case Literal(value=value, kind=kind, span=span):
                return Const(kind=kind, span=span, value=value)
            case Word():
                return self._word(node)
            case Member():
                return self._member(node)
            case Prefix(op=sign, operand=operand, span=span):
                return self._prefix(sign, self.check(operand), span)
            case Infix(op=sign, left=left, right=right, span=span):
                if self.rowwise and sign in ("and", "or"):
                    return _by_row(sign, self.check(left), self.check(right), span)
                return _infix(sign, self.check(left), self.check(right), span)
            case Several(items=items, span=span):
                return _written(tuple(self.check(item) for item in items), span)
            case Invoke() if find(node.name) is calls.LOOKUP:
                return self._lookup(node)
            case Invoke():
                return calls.checked(node, tuple(self.check(item) for item in node.arguments))

    def _word(self, node: Word) -> Field:
        symbol = self.schema.find(node.name)
        if symbol is None:
            raise unknown(node.name, self.schema, node.span)
        self.names.append(Name(node.span, (symbol.key,)))
        return _field(symbol, (symbol.key,), None, node.span)

    def _member(self, node: Member) -> Field:
        owner = self.check(node.owner)
        if not isinstance(owner, Field) or owner.kind not in NAME_KINDS or owner.schema is None:
            raise fail(f"{said(owner)}，后面不能用「.」取字段", node.owner.span)
        symbol = owner.schema.find(node.name)
        if symbol is None:
            raise unknown(node.name, owner.schema, node.name_span)
        path = _whole(owner)
        self.names.append(Name(node.name_span, (*path, symbol.key)))
        if len(path) >= MAX_LINKS:
            raise fail(f"最多连续取 {MAX_LINKS} 层", node.span)
        if owner.kind is Kind.ROWS:
            if symbol.kind is Kind.ROWS:
                raise fail("子表里的子表不能再取", node.span)
            return _field(symbol, (symbol.key,), path, node.span)
        if symbol.kind is Kind.ROWS and owner.over is not None:
            raise fail("子表里的子表不能再取", node.span)
        return _field(symbol, (*owner.path, symbol.key), owner.over, node.span)

    def _lookup(self, node: Invoke) -> Node:
        """查询("表单", 取, 条件): the last two are read with the other form's names and 本单."""
        calls.check_number(calls.LOOKUP, len(node.arguments), node)
        first, take, where = node.arguments
        other = self.schema.form(str(first.value)) if isinstance(first, Literal) else None
        if not isinstance(first, Literal) or not isinstance(first.value, str):
            raise fail(
                '「查询」的第一个参数要直接写成文字，例如 查询("价目表", 单价, 物料 == 本单.物料)', first.span
            )
        if other is None:
            raise fail(f"没有「{first.value}」这张表单，或者这里不能使用「查询」", first.span)
        own = tuple(Symbol(word, word, Kind.RECORD, item=self.schema) for word in SELF)
        inner = Checker(Schema(other.name, (*own, *other.symbols)), rowwise=True)
        found = looked_up(other.name, inner.check(take), boolean(inner.check(where)), node.span)
        self.names += [mark for one in inner.names if (mark := _outside(one, other.name)) is not None]
        return found

    @staticmethod
    def _prefix(sign: str, operand: Node, span: Span) -> Node:
        if sign == "not":
            return op("not", Kind.BOOL, boolean(single(operand)), span=span)
        if operand.kind is Kind.DURATION:
            return op("dneg", Kind.DURATION, operand, span=span)
        return op("neg", Kind.NUMBER, _number(operand), span=span)


def _outside(name: Name, form: str) -> Name | None:
    """A name inside 查询 as the whole text counts it: 本单.物料 is ours, the rest stands behind @form."""
    if name.path[0] in SELF:
        return Name(name.span, name.path[1:]) if len(name.path) > 1 else None
    return Name(name.span, (f"@{form}", *name.path))


def _field(symbol: Symbol, path: Path, over: Path | None, span: Span) -> Field:
    return Field(
        kind=symbol.kind,
        span=span,
        over=over,
        elements=symbol.elements or Kind.ANY,
        schema=symbol.item,
        path=path,
        each=over is not None,
        label=symbol.label,
        scale=symbol.scale,
    )


def _whole(node: Field) -> Path:
    return (node.over or ()) + node.path


def unknown(name: str, schema: Schema, span: Span) -> Exception:
    """No such field; with the nearest one, or what the form has."""
    labels = [symbol.label for symbol in schema.symbols]
    near = get_close_matches(name, [*labels, *(symbol.key for symbol in schema.symbols)], 1, 0.4)
    if near:
        found = schema.find(near[0])
        return fail(f"没有「{name}」这个字段，是不是「{found.label if found else near[0]}」？", span)
    return fail(f"「{schema.name}」里没有「{name}」这个字段", span)


def _number(node: Node) -> Node:
    found = to_kind(node, Kind.NUMBER)
    if found is None:
        raise fail(f"{said(node)}，不能参加数字计算", node.span)
    return found


def _written(items: tuple[Node, ...], span: Span) -> Written:
    kinds = {item.kind for item in items if not is_null(item)}
    if any(item.over is not None or item.kind in (Kind.LIST, Kind.ROWS) for item in items):
        raise fail("列表里只能写单个的值", span)
    elements = kinds.pop() if len(kinds) == 1 else Kind.ANY
    return Written(kind=Kind.LIST, span=span, elements=elements, items=items)


def _infix(sign: str, left: Node, right: Node, span: Span) -> Node:  # one return a case
    if sign in ("and", "or"):
        return _logic(sign, left, right, span)
    if sign in ("eq", "ne"):
        return _equal(sign, left, right, span)
    if sign in ("lt", "le", "gt", "ge"):
        return _ordered(sign, left, right, span)
    if sign == "in":
        return member_of(left, right, span)
    if sign in ("contains", "starts", "ends"):
        return _textual(sign, left, right, span)
    if sign in ("match", "search"):
        return _pattern(sign, left, right, span)
    return _arithmetic(sign, left, right, span)


def _logic(sign: str, left: Node, right: Node, span: Span) -> Node:
    """Two columns of one sub-table are joined row by row; otherwise each side is settled first."""
    left, right = boolean(left), boolean(right)
    if left.over != right.over:
        left, right = single(left), single(right)
    return op(sign, Kind.BOOL, left, right, span=span)


def _by_row(sign: str, left: Node, right: Node, span: Span) -> Node:
    """As `_logic`, but what is not a column counts for every row."""
    if None not in (left.over, right.over):
        return _logic(sign, left, right, span)
    return op(sign, Kind.BOOL, boolean(left), boolean(right), span=span)


def _equal(sign: str, left: Node, right: Node, span: Span) -> Node:
    if is_null(left) or is_null(right):
        found: Node = op("blank", Kind.BOOL, right if is_null(left) else left, span=span)
        return found if sign == "eq" else op("not", Kind.BOOL, found, span=span)
    if {left.kind, right.kind} == set(MOMENTS):  # 创建时间 == 今天 means: on that day
        left, right = (to_kind(side, Kind.DATE) or side for side in (left, right))
    else:
        left, right = compared(left, right, "比较")
    if Kind.ROWS in (left.kind, right.kind):
        raise fail("子表不能直接比较，请先用 SUM、COUNT 等汇总", span)
    return op(sign, Kind.BOOL, left, right, span=span)


def _ordered(sign: str, left: Node, right: Node, span: Span) -> Node:
    left, right = compared(left, right, "比较大小")
    for side in (left, right):
        if side.kind in (Kind.BOOL, Kind.LIST, Kind.ROWS, Kind.RECORD):
            raise fail(f"{said(side)}，不能比较大小", side.span)
    return op(sign, Kind.BOOL, left, right, span=span)


def member_of(member: Node, container: Node, span: Span) -> Node:
    """`member 属于 container`: a written list, a list field, a column, or a longer text."""
    if container.over is not None:
        one, other = compared(member, container, "比较")
        return gather("any", op("eq", Kind.BOOL, other, one, span=span), Kind.BOOL)
    if isinstance(container, Written):
        if member.kind is Kind.LIST:
            raise fail(f"{said(member)}，不能用「属于」，请用「包含」", member.span)
        items = tuple(
            item if is_null(item) else compared(member, item, "比较")[1] for item in container.items
        )
        key = (
            member
            if not items
            else next((compared(member, i, "比较")[0] for i in container.items if not is_null(i)), member)
        )
        return op("in", Kind.BOOL, key, *items, span=span)
    if container.kind is Kind.LIST:
        return _has(container, member, span)
    if container.kind is Kind.TEXT and member.kind in (Kind.TEXT, Kind.ANY):
        return op("contains", Kind.BOOL, container, to_kind(member, Kind.TEXT) or member, span=span)
    if container.kind is Kind.ANY:
        return op("has", Kind.BOOL, op("as", Kind.LIST, container), member, span=span)
    raise fail(f'「属于」后面要写列表，例如 ["A", "B"]，{said(container)}', container.span)


def _has(container: Node, member: Node, span: Span) -> Node:
    if Kind.ANY not in (container.elements, member.kind):
        found = to_kind(member, container.elements)
        if found is None:
            raise fail(f"{said(member)}，列表里是{KIND_NAMES[container.elements]}", member.span)
        member = found
    return op("has", Kind.BOOL, container, member, span=span)


def _textual(sign: str, left: Node, right: Node, span: Span) -> Node:
    if sign == "contains" and left.kind is Kind.LIST:
        if not isinstance(right, Written):
            return _has(left, right, span)
        found = [_has(left, item, span) for item in right.items]
        return (
            op("and", Kind.BOOL, *found, span=span) if found else Const(kind=Kind.BOOL, span=span, value=True)
        )
    sides = [to_kind(side, Kind.TEXT) for side in (left, right)]
    for side, wanted in zip((left, right), sides, strict=True):
        if wanted is None:
            raise fail(f"{said(side)}，这里需要文字", side.span)
    return op(sign, Kind.BOOL, sides[0] or left, sides[1] or right, span=span)


def _pattern(sign: str, left: Node, right: Node, span: Span) -> Node:
    if not isinstance(right, Const) or not isinstance(right.value, str):
        raise fail("匹配的规则要直接写成文字", right.span)
    if len(right.value) > MAX_PATTERN:
        raise fail(f"匹配的规则太长，最多 {MAX_PATTERN} 个字", right.span)
    calls.compiled_pattern(right.value, right.span)
    text = to_kind(left, Kind.TEXT)
    if text is None:
        raise fail(f"{said(left)}，这里需要文字", left.span)
    return op(sign, Kind.BOOL, text, span=span, data=right.value)


_DURATIONS = {
    ("add", Kind.DURATION, Kind.DURATION): ("dadd", Kind.DURATION),
    ("sub", Kind.DURATION, Kind.DURATION): ("dsub", Kind.DURATION),
    ("mul", Kind.DURATION, Kind.NUMBER): ("dmul", Kind.DURATION),
    ("div", Kind.DURATION, Kind.NUMBER): ("ddiv", Kind.DURATION),
    ("div", Kind.DURATION, Kind.DURATION): ("dratio", Kind.NUMBER),
    ("add", Kind.TEXT, Kind.TEXT): ("join", Kind.TEXT),
    **{("add", kind, Kind.DURATION): ("shift", kind) for kind in MOMENTS},
    **{("sub", kind, Kind.DURATION): ("unshift", kind) for kind in MOMENTS},
    **{("sub", kind, kind): ("diff", Kind.DURATION) for kind in MOMENTS},
}
_SWAPPED = {("mul", Kind.NUMBER, Kind.DURATION), *(("add", Kind.DURATION, kind) for kind in MOMENTS)}


def _arithmetic(sign: str, left: Node, right: Node, span: Span) -> Node:
    if (sign, left.kind, right.kind) in _SWAPPED:
        left, right = right, left
    if sign == "sub" and {left.kind, right.kind} == set(MOMENTS):
        left, right = (to_kind(side, Kind.DATETIME) or side for side in (left, right))
    found = _DURATIONS.get((sign, left.kind, right.kind))
    if found is not None:
        return op(found[0], found[1], left, right, span=span)
    if left.kind in MOMENTS and right.kind is Kind.NUMBER:
        raise fail(f"{said(left)}，不能直接加减数字，请写出单位，例如 7天", right.span)
    if Kind.TEXT in (left.kind, right.kind) and sign == "add":
        raise fail("文字与其他值相连请用 CONCAT", span)
    return op(sign, Kind.NUMBER, _number(left), _number(right), span=span)
