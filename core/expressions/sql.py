"""Checked condition → WHERE. What SQL cannot say is left out, for the caller to re-check in Python.

`superset(node, want)` yields a condition that is true for every row where the node's truth is `want`, and
whether for no other row. So a part that cannot be said becomes TRUE, on either side of a 非.
"""

from sqlalchemy import ColumnElement, and_, false, or_, true

from core.expressions.coerce import fail, said
from core.expressions.nodes import Node, Op
from core.expressions.sql_compare import Translator
from core.expressions.sql_values import Unsupported
from core.expressions.tables import Pushed, SqlTable
from core.expressions.values import Kind, Scope


def pushed(root: Node, table: SqlTable, scope: Scope) -> Pushed:
    """The condition of a yes/no expression. Raises ExpressionError for other expressions."""
    if root.kind is not Kind.BOOL:
        raise fail(f"只有判断才能作为查询条件，{said(root)}", root.span)
    where, exact = superset(Translator(table, scope), root, want=True)
    return Pushed(where, exact)


def superset(translator: Translator, node: Node, *, want: bool) -> tuple[ColumnElement[bool], bool]:
    """SQL that is true at least where the node is `want`; the flag: there only."""
    if isinstance(node, Op) and node.op == "not":
        return superset(translator, node.args[0], want=not want)
    if isinstance(node, Op) and node.op in ("and", "or"):
        parts = [superset(translator, arg, want=want) for arg in node.args]
        together = (node.op == "and") is want
        return _joined([part for part, _ in parts], together=together), all(exact for _, exact in parts)
    try:
        return translator.truth(node, want=want), True
    except Unsupported:
        return true(), False


def _joined(parts: list[ColumnElement[bool]], *, together: bool) -> ColumnElement[bool]:
    if together:
        return and_(true(), *parts)
    return or_(false(), *parts)
