"""The checked tree: every name resolved, every kind known, every operator of one meaning.

Operators (`Op.op`), with the kinds of their arguments:
  and or not            BOOL                      eq ne lt le gt ge     two of one kind (never a null literal)
  blank                 anything: null, "" or []  in                    member, then the written-out items
  has                   LIST, member              contains starts ends  TEXT, TEXT
  match search          TEXT; the pattern is `Op.data`
  neg add sub mul div idiv mod   NUMBER           dneg dadd dsub        DURATION
  dmul ddiv             DURATION, NUMBER          dratio                DURATION, DURATION → NUMBER
  join                  TEXT, TEXT → TEXT         shift unshift         DATE or DATETIME, DURATION → the same
  diff                  two DATE or two DATETIME → DURATION
  midnight              DATE → DATETIME           day                   DATETIME → DATE, in the business zone
  ident                 RECORD → its id as TEXT   as                    ANY → `kind`, checked when it runs
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.expressions.syntax import Span
from core.expressions.values import Kind, Schema

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node knows.

    over      set while the value is a column: the path of the sub-table it has one value for each row of
    elements  of a LIST    schema  of ROWS and RECORD
    """

    kind: Kind
    span: Span
    over: Path | None = None
    elements: Kind = Kind.ANY
    schema: Schema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Const(Node):
    """A literal; a null has kind ANY."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    """A field of the row, or (`each`) of the sub-table row in hand; further keys: through linked records."""

    path: Path
    each: bool = False
    label: str = ""
    scale: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Node):
    """The element of the list that is being walked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Op(Node):
    """An operator, see the table above."""

    op: str
    args: tuple[Node, ...]
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of functions.TABLE by its main name."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Node):
    """A list written out."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather(Node):
    """One value out of many rows or elements.

    fn      sum avg min max count any all collect
    source  a ROWS field or a LIST   body  worth of each row (None: the row itself counts)   where  which rows
    """

    fn: str
    source: Node
    body: Node | None
    where: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Node):
    """查询: what the newest fitting record of another form says. Both nodes stand over that form.

    form  its key    take  the value    where  which record (or row, with `over`); 本单.… is the record in hand
    """

    form: str
    take: Node
    where: Node


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly under one."""
    match node:
        case Op(args=args) | Call(args=args):
            yield from args
        case Written(items=items):
            yield from items
        case Gather(source=source, body=body, where=where):
            yield from (part for part in (source, body, where) if part is not None)
        case Lookup(take=take, where=where):
            yield from (take, where)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it."""
    yield node
    for part in parts(node):
        yield from walk(part)


def is_null(node: Node) -> bool:
    """The literal 空."""
    return isinstance(node, Const) and node.value is None
