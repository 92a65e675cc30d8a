"""What the parser makes of a text, before anybody asked what the names mean."""

from dataclasses import dataclass

from core.expressions.values import Kind

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `kind` ANY means 空."""

    value: object
    kind: Kind
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """A name standing alone: a field."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """`owner.name`; `name_span` covers the name alone."""

    owner: "Syntax"
    name: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function call; 今天 and its like come as calls without arguments."""

    name: str
    arguments: tuple["Syntax", ...]
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Prefix:
    """`op` is not or neg."""

    op: str
    operand: "Syntax"
    span: Span


@dataclass(frozen=True, slots=True)
class Infix:
    """`op`: and or, eq ne lt le gt ge, in contains starts ends match search, add sub mul div idiv mod."""

    op: str
    left: "Syntax"
    right: "Syntax"
    span: Span


@dataclass(frozen=True, slots=True)
class Several:
    """A list written out: `["A", "B"]`."""

    items: tuple["Syntax", ...]
    span: Span


Syntax = Literal | Word | Member | Invoke | Prefix | Infix | Several
SYNTAX_CLASSES = (Literal, Word, Member, Invoke, Prefix, Infix, Several)
