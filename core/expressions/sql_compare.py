"""Conditions as SQL: TRUE exactly where the expression's truth is the one wanted.

Constants are moved away from columns: `今天 - 上次跟进日 > 30天` becomes `last < :day`, for the index.
"""

from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast

from core.expressions import dates
from core.expressions.nodes import Call, Const, Field, Gather, Node, Op
from core.expressions.operators import same
from core.expressions.sql_calls import CALLS
from core.expressions.sql_values import BIG, Unsupported, Value, Valuer, is_constant
from core.expressions.values import Kind

FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq"}
LENGTH_OPS = ("diff", "shift", "unshift")
MOMENTS = (Kind.DATE, Kind.DATETIME)


def signed(op: str, left: Any, right: Any) -> ColumnElement[bool]:
    """`left op right` for eq lt le gt ge."""
    found: ColumnElement[bool] = {
        "eq": left.__eq__,
        "lt": left.__lt__,
        "le": left.__le__,
        "gt": left.__gt__,
        "ge": left.__ge__,
    }[op](right)
    return found


class Translator(Valuer):
    """Adds truth to Valuer's values."""

    def called(self, node: Call) -> Value:
        """A function of sql_calls.CALLS. Raises Unsupported for the others."""
        if node.name not in CALLS:
            raise Unsupported
        return CALLS[node.name](self, node)

    def truth(self, node: Node, *, want: bool) -> ColumnElement[bool]:
        """True where the node is `want`; null counts as not true. Raises Unsupported."""
        if is_constant(node):
            return true() if bool(self.constant(node)) is want else false()
        if isinstance(node, Op) and node.op == "not":
            return self.truth(node.args[0], want=not want)
        if isinstance(node, Op) and node.op in ("and", "or"):
            parts = [self.truth(arg, want=want) for arg in node.args]
            return and_(true(), *parts) if (node.op == "and") is want else or_(false(), *parts)
        if isinstance(node, Op) and node.op == "ne":
            positive = self._operator("eq", node.args)
            return positive.is_not(true()) if want else positive
        positive = self._positive(node)
        return positive if want else positive.is_not(true())

    def _positive(self, node: Node) -> ColumnElement[bool]:
        if isinstance(node, Op):
            return self._operator(node.op, node.args)
        if isinstance(node, Gather) and node.fn in ("any", "all"):
            return self.gathered(node).sql
        if isinstance(node, Field | Call) and node.kind is Kind.BOOL:
            return self.value(node).sql.is_(true())
        raise Unsupported

    def _operator(self, op: str, args: tuple[Node, ...]) -> ColumnElement[bool]:
        if op in FLIPPED:
            return self.compared(op, *args)
        match op:
            case "in":
                return self._in(args[0], args[1:])
            case "blank":
                return self._blank(args[0])
            case "has":
                return self._has(*args)
            case "contains" | "starts" | "ends":
                return self._textual(op, *args)
        raise Unsupported

    def compared(self, op: str, left: Node, right: Node) -> ColumnElement[bool]:
        """A comparison, null on either side not true (but 空 == 空)."""
        if left.kind is not right.kind or left.kind in (Kind.ANY, Kind.LIST, Kind.ROWS):
            raise Unsupported
        if is_constant(left):
            return self.against(FLIPPED[op], right, self.constant(left))
        if is_constant(right):
            return self.against(op, left, self.constant(right))
        one, other = self.aligned([self.value(left), self.value(right)])
        if op == "eq":
            return one.sql.is_not_distinct_from(other.sql)
        return signed(op, self._ordered_text(one), self._ordered_text(other))

    def _ordered_text(self, value: Value) -> ColumnElement[Any]:
        """Python's order of texts is by code point."""
        if value.kind is Kind.TEXT and not self.sqlite:
            return value.sql.collate("C")
        return value.sql

    def against(self, op: str, node: Node, constant: object) -> ColumnElement[bool]:
        """`node op constant`, with the constant moved past date arithmetic."""
        if constant is None:
            return self.value(node).sql.is_(None) if op == "eq" else false()
        if isinstance(node, Op) and (node.op in LENGTH_OPS or node.op in ("midnight", "day")):
            try:
                moved = self._moved(op, node, constant)
            except OverflowError:
                raise Unsupported from None
            if moved is not None:
                return moved
        return self._plain(op, self.value(node), constant)

    def _plain(self, op: str, value: Value, constant: object) -> ColumnElement[bool]:
        if isinstance(constant, Decimal) and self.sqlite:
            return self._against_number(op, value, constant)
        if isinstance(constant, bool) and op != "eq":
            raise Unsupported
        return signed(
            op, self._ordered_text(value) if op != "eq" else value.sql, self.bound(constant, value.kind).sql
        )

    @staticmethod
    def _against_number(op: str, value: Value, constant: Decimal) -> ColumnElement[bool]:
        """The constant takes the column's scale, so that the column stands alone."""
        scaled = constant.scaleb(value.scale)
        rounding = ROUND_CEILING if op in ("lt", "ge") else ROUND_FLOOR
        whole = int(scaled.to_integral_value(rounding))
        if op == "eq" and whole != scaled:
            return false()
        if abs(whole) >= BIG:
            above = (whole > 0) is (op in ("lt", "le"))
            return value.sql.is_not(None) if above and op != "eq" else false()
        return signed(op, value.sql, literal(whole, BigInteger()))

    def _moved(self, op: str, node: Op, constant: Any) -> ColumnElement[bool] | None:  # one return a case
        """None where there is nothing to move."""
        if node.op == "midnight":
            return self._day_against_moment(op, node.args[0], constant)
        if node.op == "day":
            return self._moment_against_day(op, node.args[0], constant)
        left, right = node.args
        if is_constant(left) and node.op == "diff":
            base = self.constant(left)
            return false_or(base, lambda: self._threshold(FLIPPED[op], right, _start(base) - constant))
        if not is_constant(right):
            return None
        base = self.constant(right)
        if base is None:
            return None
        if node.op == "diff":
            return self._threshold(op, left, _start(base) + constant)
        length = base if node.op == "shift" else -_length(base)
        if node.kind is Kind.DATE:
            return self._threshold(op, left, _start(constant) - timedelta(days=_length(length).days))
        return self._threshold(op, left, constant - length)

    def _threshold(self, op: str, node: Node, threshold: datetime) -> ColumnElement[bool]:
        """`node op threshold`; naive thresholds are for dates and may fall within a day."""
        if node.kind is Kind.DATETIME:
            return self.against(op, node, threshold)
        day = threshold.date()
        return self._day(op, node, day, on_the_dot=threshold.time() == time.min)

    def _day(self, op: str, node: Node, day: date, *, on_the_dot: bool) -> ColumnElement[bool]:
        """A date against a moment of `day`: at its midnight, or later on that day."""
        if on_the_dot:
            return self.against(op, node, day)
        if op == "eq":
            return false()
        return self.against("le" if op in ("lt", "le") else "gt", node, day)

    def _day_against_moment(self, op: str, node: Node, moment: datetime) -> ColumnElement[bool]:
        day = dates.day_of(moment, self.scope)
        return self._day(op, node, day, on_the_dot=dates.midnight(day, self.scope) == moment)

    def _moment_against_day(self, op: str, node: Node, day: date) -> ColumnElement[bool]:
        begin = dates.midnight(day, self.scope)
        end = dates.midnight(day + dates.DAY, self.scope)
        if op == "eq":
            return and_(self.against("ge", node, begin), self.against("lt", node, end))
        bound = begin if op in ("lt", "ge") else end
        return self.against({"lt": "lt", "le": "lt", "gt": "ge", "ge": "ge"}[op], node, bound)

    def _in(self, member: Node, items: tuple[Node, ...]) -> ColumnElement[bool]:
        if is_constant(member) and all(is_constant(item) for item in items):
            found = any(same(self.constant(member), self.constant(item)) for item in items)
            return true() if found else false()
        if member.kind is Kind.TEXT and all(isinstance(item, Const) for item in items):
            values = [item.value for item in items if isinstance(item, Const)]
            column = self.value(member).sql
            listed = column.in_([value for value in values if isinstance(value, str)])
            return or_(listed, column.is_(None)) if None in values else listed
        return or_(false(), *(self._equal_item(member, item) for item in items))

    def _equal_item(self, member: Node, item: Node) -> ColumnElement[bool]:
        if is_constant(item) and not is_constant(member):
            return self.against("eq", member, self.constant(item))
        return self.compared("eq", member, item)

    def _blank(self, node: Node) -> ColumnElement[bool]:
        if isinstance(node, Field) and node.kind is Kind.ROWS:
            count = Gather(kind=Kind.NUMBER, span=node.span, fn="count", source=node, body=None)
            return signed("eq", self.gathered(count).sql, literal(0))
        if isinstance(node, Op) and node.kind is Kind.BOOL:
            return false()
        column = self.value(node).sql
        if node.kind is Kind.TEXT:
            return or_(column.is_(None), column == literal("", Text()))
        if node.kind is Kind.LIST:
            return or_(column.is_(None), sql_cast(column, Text()).in_(["[]", "null"]))
        return column.is_(None)

    def _has(self, container: Node, member: Node) -> ColumnElement[bool]:
        if not isinstance(container, Field) or member.kind is not Kind.TEXT:
            raise Unsupported
        column, wanted = self.value(container).sql, self.value(member).sql
        if not self.sqlite:
            return func.jsonb_exists(sql_cast(sql_cast(column, Text()), _jsonb()), wanted, type_=Boolean())
        element = func.json_each(column).table_valued("value", "type")
        here = and_(element.c.type == "text", element.c.value == wanted)
        return exists(select(literal(1)).select_from(element).where(here).correlate_except(element))

    def _textual(self, op: str, left: Node, right: Node) -> ColumnElement[bool]:
        if Kind.LIST in (left.kind, right.kind):
            raise Unsupported
        text, piece = self.value(left).sql, self.value(right).sql
        if op == "contains":
            place = func.instr(text, piece) if self.sqlite else func.strpos(text, piece)
            return signed("gt", place, literal(0))
        if op == "starts":
            return func.substr(text, 1, func.length(piece), type_=Text()) == piece
        tail = func.substr(text, func.length(text) - func.length(piece) + 1, type_=Text())
        return and_(func.length(text) >= func.length(piece), tail == piece)


def _jsonb() -> Any:
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415  # for PostgreSQL alone

    return JSONB()


def _start(base: Any) -> Any:
    """A date as its naive midnight, so that hours can be taken from it; a moment as it is."""
    return base if isinstance(base, datetime) else datetime.combine(base, time.min)


def _length(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise Unsupported
    return value


def false_or(base: object, build: Any) -> ColumnElement[bool]:
    """Nothing compares with an unknown constant."""
    found: ColumnElement[bool] = false() if base is None else build()
    return found
