"""Names in a text: keys for storage, labels for people. What stands between the names stays as it is."""

from collections.abc import Sequence

from core.expressions.checker import Name
from core.expressions.lexer import Lexer
from core.expressions.nodes import Path
from core.expressions.syntax import Span
from core.expressions.values import PLAIN_WORD, ExpressionError, Schema
from core.expressions.words import BARE, WORDS


def render(source: str, marks: Sequence[Name], schema: Schema | None, span: Span | None = None) -> str:
    """The text (or a span of it) with each name as a key (`schema` None) or as the schema's label."""
    spellings = [_spelling(mark.path, schema) for mark in marks]
    text = _replaced(source, marks, spellings, span, quote_all=False)
    if span is None and not _reads_back(text, spellings, schema):
        return _replaced(source, marks, spellings, span, quote_all=True)
    return text


def _spelling(path: Path, schema: Schema | None) -> str:
    if schema is None:
        return path[-1]
    here: Schema | None = schema
    name = path[-1]
    if path[0].startswith("@"):  # a name of a form that 查询 asks
        here, path = schema.form(path[0][1:]), path[1:]
    for key in path:
        symbol = here.find(key) if here is not None else None
        if here is None or symbol is None or symbol.key != key:
            return path[-1]
        name, here = here.spelling(symbol), symbol.item
    return name


def is_plain(name: str) -> bool:
    """A name that needs no 【】."""
    small = name.casefold()
    return PLAIN_WORD.fullmatch(name) is not None and small not in WORDS and small not in BARE


def _replaced(
    source: str, marks: Sequence[Name], spellings: list[str], span: Span | None, *, quote_all: bool
) -> str:
    start, end = span or (0, len(source))
    out, at = "", start
    for mark, name in zip(marks, spellings, strict=True):
        if mark.span[0] < start or mark.span[1] > end:
            continue
        out += source[at : mark.span[0]]
        out += f"【{name}】" if quote_all or not is_plain(name) else name
        at = mark.span[1]
    return out + source[at:end]


def _reads_back(text: str, spellings: list[str], schema: Schema | None) -> bool:
    """Whether the reader finds these names again: 【】 is needed where a name sticks to a word."""
    known = frozenset(spellings) | (schema.words if schema is not None else frozenset())
    try:
        tokens = Lexer(text, known).tokens
    except ExpressionError:
        return False
    found = [token.value.content for token in tokens if token.type == "SYMBOL"]
    rest = iter(found)
    return all(any(name == word for word in rest) for name in spellings)
