"""The one door to rule_engine: text in, our syntax tree out."""

from functools import cache
from typing import Any

from core.expressions.guard import check_tree
from core.expressions.lexer import Lexer
from core.expressions.syntax import Syntax
from core.expressions.values import ExpressionError


@cache
def _parser() -> Any:
    """The grammar, built on first use: 0.4 s that importing this package must not cost."""
    from core.expressions.grammar import Grammar  # noqa: PLC0415  # lazy, see above

    return Grammar()


def warm() -> None:
    """Build the grammar now: a server must not do it while people wait behind a save."""
    _parser()


def parse(text: str, known: frozenset[str]) -> Syntax:
    """The syntax tree of a text; `known` are the words it may be cut into. Raises ExpressionError only."""
    lexer = Lexer(text, known)
    try:
        root: Syntax = _parser().parse(text, None, lexer=lexer)
    except ExpressionError as error:
        if error.position == 0 and error.length == 0:
            raise ExpressionError(error.message, len(text), 0) from None
        raise
    check_tree(root)
    return root
