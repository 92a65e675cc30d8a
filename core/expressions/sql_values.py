"""Checked value nodes → SQL expressions.

How kinds look in SQL
  NUMBER    SQLite: BIGINT × 10**scale, the scale carried along; PostgreSQL: NUMERIC, scale 0 here
  DATE      date (ISO text on SQLite)      DATETIME  SQLite: BIGINT microseconds UTC; PostgreSQL: timestamptz
  DURATION  BIGINT microseconds            BOOL, TEXT as they are
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Text,
    case,
    exists,
    extract,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.expression import FromClause

from core.columns import Exact, Instant, to_micros
from core.expressions.closures import closure
from core.expressions.dates import MICROSECOND
from core.expressions.env import Env
from core.expressions.nodes import Call, Field, Gather, Item, Node, Op, Path, walk
from core.expressions.tables import SqlTable
from core.expressions.values import ExpressionError, Kind, Scope

MAX_SCALE = 8
DAY_MICROS = 86_400_000_000
BIG = 1 << 63


class Unsupported(Exception):  # no error: the part is re-checked in Python
    """SQL cannot say this."""


@dataclass(frozen=True)
class Value:
    """An SQL expression with its kind; `scale` for NUMBER on SQLite."""

    sql: ColumnElement[Any]
    kind: Kind
    scale: int = 0


def is_constant(node: Node) -> bool:
    """No field and no list element below: worth the same for every row."""
    return not any(isinstance(part, Field | Item) for part in walk(node))


def scaled_down(value: Decimal) -> tuple[int, int]:
    """A Decimal as (integer, scale) with the smallest scale."""
    sign, digits, exponent = value.normalize().as_tuple()
    if not isinstance(exponent, int):
        raise Unsupported
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    return (whole, -exponent) if exponent < 0 else (whole * 10**exponent, 0)


class Valuer:
    """Translates values over one table; `each` is the sub-table inside a Gather."""

    def __init__(self, table: SqlTable, scope: Scope, each: SqlTable | None = None) -> None:
        self.table = table
        self.scope = scope
        self.each = each
        self.sqlite = table.dialect != "postgresql"

    def inside(self, each: SqlTable) -> "Valuer":
        """The same within the rows of a sub-table."""
        return type(self)(self.table, self.scope, each)

    def truth(self, node: Node, *, want: bool) -> ColumnElement[bool]:
        """Given by sql_compare.Translator."""
        raise NotImplementedError

    def constant(self, node: Node) -> object:
        """The value of a node without fields, computed here. What fails here fails row by row in Python."""
        try:
            return closure(node)(Env({}, self.scope))
        except (ExpressionError, ArithmeticError, ValueError, TypeError):
            raise Unsupported from None

    def value(self, node: Node) -> Value:
        """The node as SQL. Raises Unsupported."""
        if is_constant(node):
            return self.bound(self.constant(node), node.kind)
        if isinstance(node, Field):
            return self.field(node)
        if isinstance(node, Gather):
            return self.gathered(node)
        if node.kind is Kind.BOOL:
            return Value(case((self.truth(node, want=True), literal(True)), else_=literal(False)), Kind.BOOL)
        if isinstance(node, Op):
            return self.operated(node)
        if isinstance(node, Call):
            return self.called(node)
        raise Unsupported

    def called(self, node: Call) -> Value:
        """A function; given by sql_compare.Translator."""
        raise NotImplementedError

    def bound(self, value: object, kind: Kind) -> Value:  # one return a case
        """A constant as a bind parameter."""
        match value:
            case None:
                return Value(literal(None, _NULL_TYPES.get(kind, Text())), kind)
            case bool():
                return Value(literal(value, Boolean()), Kind.BOOL)
            case Decimal():
                return self._number(value)
            case str():
                return Value(literal(value, Text()), Kind.TEXT)
            case datetime():
                return Value(self.moment(value), Kind.DATETIME)
            case date():
                return Value(literal(value, Date()), Kind.DATE)
            case timedelta():
                return Value(literal(value // MICROSECOND, BigInteger()), Kind.DURATION)
        raise Unsupported

    def _number(self, value: Decimal) -> Value:
        if not self.sqlite:
            return Value(literal(value, Numeric()), Kind.NUMBER)
        whole, scale = scaled_down(value)
        if scale > MAX_SCALE or abs(whole) >= BIG:
            raise Unsupported
        return Value(literal(whole, BigInteger()), Kind.NUMBER, scale)

    def moment(self, value: datetime) -> ColumnElement[Any]:
        """An aware datetime as a bind parameter."""
        if self.sqlite:
            return literal(to_micros(value), BigInteger())
        return literal(value, DateTime(timezone=True))

    def field(self, node: Field) -> Value:
        """A column; through links a correlated scalar subquery."""
        return self._reached(self.start(node), node.path, node)

    def start(self, node: Field) -> SqlTable:
        """The table a field's path begins at."""
        table = self.each if node.each else self.table
        if table is None:
            raise Unsupported
        return table

    def _reached(self, table: SqlTable, path: Path, node: Field) -> Value:
        if len(path) == 1:
            return self._column(table, path[0], node)
        if path[0] not in table.links:
            raise Unsupported
        linked, key, own = _apart(*table.links[path[0]])
        inner = self._reached(linked, path[1:], node)
        found = select(inner.sql).where(key == own).correlate_except(_table_of(key)).scalar_subquery()
        return Value(found, inner.kind, inner.scale)

    def _column(self, table: SqlTable, key: str, node: Field) -> Value:
        if node.kind is Kind.RECORD and key in table.links:
            return Value(_as_text(table.links[key][2]), Kind.TEXT)
        column = table.columns.get(key)
        if column is None:
            raise Unsupported
        if node.kind is Kind.NUMBER:
            return self._number_column(column)
        if node.kind is Kind.DATETIME:
            return Value(self._instant(column), Kind.DATETIME)
        if node.kind in (Kind.ANY, Kind.RECORD, Kind.ROWS, Kind.DURATION):
            raise Unsupported
        return Value(column, node.kind)

    def _number_column(self, column: ColumnElement[Any]) -> Value:
        if not self.sqlite:
            return Value(type_coerce(column, Numeric()), Kind.NUMBER)
        if isinstance(column.type, Exact):
            return Value(type_coerce(column, BigInteger()), Kind.NUMBER, column.type.scale)
        if isinstance(column.type, Integer):
            return Value(column, Kind.NUMBER)
        raise Unsupported

    def _instant(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if not isinstance(column.type, Instant):
            raise Unsupported
        return type_coerce(column, BigInteger() if self.sqlite else DateTime(timezone=True))

    def gathered(self, node: Gather) -> Value:
        """A correlated subquery over a sub-table's rows."""
        if not isinstance(node.source, Field) or len(node.source.path) != 1 or node.source.each:
            raise Unsupported
        if node.source.path[0] not in self.table.rows:
            raise Unsupported
        child, key, own = _apart(*self.table.rows[node.source.path[0]])
        inner = self.inside(child)
        wanted = [key == own]
        if node.where is not None:
            wanted.append(inner.truth(node.where, want=True))
        if node.fn in ("any", "all"):
            return Value(_exists(inner, node, wanted, _table_of(key)), Kind.BOOL)
        result = self._result(inner, node)
        found = select(result.sql).select_from(_table_of(key)).where(*wanted)
        return replace(result, sql=found.correlate_except(_table_of(key)).scalar_subquery())

    @staticmethod
    def _result(inner: "Valuer", node: Gather) -> Value:
        if node.body is None:
            return Value(func.count(), Kind.NUMBER)
        body = inner.value(node.body)
        if node.fn == "count":
            return Value(func.count(body.sql), Kind.NUMBER)
        if node.fn == "sum":
            return replace(body, sql=func.coalesce(func.sum(body.sql), 0))
        if node.fn in ("min", "max"):
            return replace(body, sql=getattr(func, node.fn)(body.sql))
        raise Unsupported

    def operated(self, node: Op) -> Value:  # one return a case
        """Arithmetic and joining."""
        if node.op in ("shift", "unshift"):
            return self._shifted(node)
        args = [self.value(arg) for arg in node.args]
        match node.op:
            case "add" | "sub":
                one, other = self.aligned(args)
                return replace(one, sql=one.sql + other.sql if node.op == "add" else one.sql - other.sql)
            case "mul":
                return self._product(*args)
            case "neg" | "dneg":
                return replace(args[0], sql=-args[0].sql)
            case "dadd" | "dsub":
                left, right = args[0].sql, args[1].sql
                return Value(left + right if node.op == "dadd" else left - right, Kind.DURATION)
            case "join":
                return Value(args[0].sql.concat(args[1].sql), Kind.TEXT)
            case "diff":
                return self._difference(*args)
            case "ident":
                return args[0]
        raise Unsupported

    def _product(self, one: Value, other: Value) -> Value:
        scale = one.scale + other.scale
        if scale > MAX_SCALE:
            raise Unsupported
        return Value(one.sql * other.sql, Kind.NUMBER, scale)

    def aligned(self, values: list[Value]) -> list[Value]:
        """Numbers brought to one scale; other kinds as they are."""
        scale = max(value.scale for value in values)
        return [
            value
            if value.scale == scale
            else replace(value, sql=value.sql * 10 ** (scale - value.scale), scale=scale)
            for value in values
        ]

    def _difference(self, one: Value, other: Value) -> Value:
        if one.kind is Kind.DATE:
            days = one.sql - other.sql
            if self.sqlite:
                days = func.julianday(one.sql) - func.julianday(other.sql)
            return Value(sql_cast(days, BigInteger()) * DAY_MICROS, Kind.DURATION)
        return Value(self._micros(one.sql) - self._micros(other.sql), Kind.DURATION)

    def _micros(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        if self.sqlite:
            return moment
        return sql_cast(extract("epoch", moment) * 1_000_000, BigInteger())

    def _shifted(self, node: Op) -> Value:
        """A moment moved by a constant length."""
        if not is_constant(node.args[1]):
            raise Unsupported
        length = self.constant(node.args[1])
        base = self.value(node.args[0])
        if not isinstance(length, timedelta):
            return self.bound(None, node.kind)
        if node.op == "unshift":
            length = -length
        if node.kind is Kind.DATETIME:
            step = literal(length // MICROSECOND, BigInteger()) if self.sqlite else literal(length)
            return Value(base.sql + step, Kind.DATETIME)
        if self.sqlite:
            return Value(type_coerce(func.date(base.sql, f"{length.days:+d} days"), Date()), Kind.DATE)
        return Value(type_coerce(base.sql + literal(length.days, Integer()), Date()), Kind.DATE)


_NULL_TYPES: dict[Kind, Any] = {
    Kind.NUMBER: BigInteger(),
    Kind.BOOL: Boolean(),
    Kind.DATE: Date(),
    Kind.DURATION: BigInteger(),
}


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """An id as text, whatever the foreign key's type."""
    return column if isinstance(column.type, String) else sql_cast(column, Text())


def _exists(
    inner: Valuer, node: Gather, wanted: list[ColumnElement[bool]], table: FromClause
) -> ColumnElement[bool]:
    if node.body is None:
        raise Unsupported
    wanted = [*wanted, inner.truth(node.body, want=node.fn == "any")]
    found = exists(select(literal(1)).select_from(table).where(*wanted).correlate_except(table))
    return found if node.fn == "any" else ~found


def _table_of(column: ColumnElement[Any]) -> FromClause:
    if not isinstance(column, Column):
        raise Unsupported
    return column.table


def _apart(
    table: SqlTable, key: ColumnElement[Any], own: ColumnElement[Any]
) -> tuple[SqlTable, ColumnElement[Any], ColumnElement[Any]]:
    """A neighbour under an alias, so that a form linked to itself is told apart from its outer self."""
    alias = _table_of(key).alias()

    def there(column: ColumnElement[Any]) -> ColumnElement[Any]:
        found = alias.corresponding_column(column) if isinstance(column, Column) else None
        return column if found is None else found

    def ways(found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: (other, far, there(near)) for name, (other, far, near) in found.items()}

    columns = {name: there(column) for name, column in table.columns.items()}
    moved = replace(table, columns=columns, rows=ways(table.rows), links=ways(table.links))
    return moved, there(key), own
