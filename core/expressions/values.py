"""What expressions work on: kinds, symbols, the scope of one evaluation, and the one error they raise."""

import decimal
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

MAX_TEXT = 10_000
MAX_ITEMS = 1_000
SELF = ("本单", "本行")  # the record in hand, inside 查询
PLAIN_WORD = re.compile(r"[^\W\d]\w*")

_TRAPS = [decimal.Overflow, decimal.InvalidOperation, decimal.DivisionByZero]
EXACT = decimal.Context(prec=40, rounding=decimal.ROUND_HALF_UP, Emax=60, Emin=-60, traps=_TRAPS)
QUOTIENT = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_UP, Emax=60, Emin=-60, traps=_TRAPS)


class Kind(StrEnum):
    """The kinds of value an expression knows."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    LIST = "list"
    ROWS = "rows"
    RECORD = "record"
    ANY = "any"


KIND_NAMES: dict[Kind, str] = {
    Kind.NUMBER: "数字",
    Kind.TEXT: "文字",
    Kind.BOOL: "是否",
    Kind.DATE: "日期",
    Kind.DATETIME: "日期时间",
    Kind.DURATION: "时长",
    Kind.LIST: "列表",
    Kind.ROWS: "子表",
    Kind.RECORD: "关联数据",
    Kind.ANY: "任意值",
}


class ExpressionError(ValueError):
    """A mistake in an expression, or a failure while it ran.

    message   a Chinese sentence for the person who wrote it
    position  0-based character in the text the mistake is about; length is how many characters it covers
    """

    def __init__(self, message: str, position: int = 0, length: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = length


@dataclass(frozen=True)
class Symbol:
    """One name an expression may use.

    key       stable ASCII field key, what is stored
    label     what people write
    item      for ROWS (sub-table) and RECORD (linked record): the schema behind the dot
    scale     for NUMBER: decimals stored
    elements  for LIST: kind of the elements
    """

    key: str
    label: str
    kind: Kind
    item: "Schema | None" = None
    scale: int = 0
    elements: Kind | None = None


@dataclass(frozen=True)
class Schema:
    """The names of one form, sub-table or linked form. Hashable: compiled expressions are cached by it.

    forms   (name as written, its schema) of the other forms that 查询 may ask; a schema's name is the form's key
    """

    name: str
    symbols: tuple[Symbol, ...]
    forms: "tuple[tuple[str, Schema], ...]" = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.symbols, self.forms))

    @cached_property
    def _by_name(self) -> dict[str, Symbol]:
        labels = {symbol.label: symbol for symbol in reversed(self.symbols)}
        return labels | {symbol.key: symbol for symbol in self.symbols}

    def find(self, name: str) -> Symbol | None:
        """The symbol of that key or label; a key wins over a label, the first of two equal labels wins."""
        return self._by_name.get(name)

    def form(self, name: str) -> "Schema | None":
        """The schema of another form by its key or title."""
        return next((one for said, one in self.forms if name in (said, one.name)), None)

    def spelling(self, symbol: Symbol) -> str:
        """The label, or the key where the label would name another symbol."""
        return symbol.label if self.find(symbol.label) == symbol else symbol.key

    @cached_property
    def words(self) -> frozenset[str]:
        """Every key and label here and behind the dots: what the reader may cut 金额且数量 into."""
        return frozenset(_words(self))


def _words(schema: Schema) -> Iterator[str]:
    for symbol in schema.symbols:
        yield symbol.key
        yield symbol.label
        if symbol.item is not None:
            yield from symbol.item.words
    for _, other in schema.forms:
        yield from other.words
        yield from SELF


@dataclass(frozen=True)
class Scope:
    """Everything an evaluation may know besides the row; passed in, never looked up.

    now    aware datetime      zone  the business zone: 今天 and midnight are meant there
    me     person id
    calls  functions that ask the house: 上级(person, levels) -> id, 我的部门() -> id, 工作日(date) -> bool
    """

    now: datetime
    zone: tzinfo
    me: str | None = None
    calls: Mapping[str, Callable[..., object]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The business day of `now`."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Clause:
    """One and/or/comparison clause, explained.

    text   as people read it, labels in place   truth  None where the clause is no yes/no question
    value  what the clause gave: for a comparison the pair of both sides, else the value itself
    """

    text: str
    truth: bool | None
    value: object
    parts: tuple["Clause", ...] = ()


def number(value: object) -> Decimal | None:
    """A finite Decimal out of Decimal, int or float; None where it is none of them."""
    if type(value) is Decimal:
        return value if value.is_finite() else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**60 else None
    if isinstance(value, float):
        found = Decimal(repr(value))
        return found if found.is_finite() else None
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _datetime(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def _duration(value: object) -> timedelta | None:
    return value if isinstance(value, timedelta) else None


def _list(value: object) -> list[object] | None:
    if not isinstance(value, list | tuple | set | frozenset) or len(value) > MAX_ITEMS:
        return None
    return [Decimal(item) if type(item) is int else item for item in value]


def _rows(value: object) -> object | None:
    return value if isinstance(value, list | tuple) and len(value) <= MAX_ITEMS else None


def _record(value: object) -> object | None:
    return value if isinstance(value, Mapping | str) else None


def _any(value: object) -> object | None:
    if isinstance(value, list | tuple | set | frozenset):
        return _list(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return number(value)
    return _text(value) if isinstance(value, str) else value


# value → the same value as the language sees it, or None where it is not of that kind; never called with None
ADMIT: dict[Kind, Callable[[object], object | None]] = {
    Kind.NUMBER: number,
    Kind.TEXT: _text,
    Kind.BOOL: _bool,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.DURATION: _duration,
    Kind.LIST: _list,
    Kind.ROWS: _rows,
    Kind.RECORD: _record,
    Kind.ANY: _any,
}
