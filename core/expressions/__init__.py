"""The one expression language: formulas, checks, visibility, branch conditions, rules, permissions, report filters."""

from core.expressions.expression import Expression, compile  # the contract's word
from core.expressions.functions import TABLE, Function
from core.expressions.tables import Pushed, SqlTable
from core.expressions.values import Clause, ExpressionError, Kind, Schema, Scope, Symbol

__all__ = [
    "TABLE",
    "Clause",
    "Expression",
    "ExpressionError",
    "Function",
    "Kind",
    "Pushed",
    "Schema",
    "Scope",
    "SqlTable",
    "Symbol",
    "compile",
]
