"""The one expression language: formulas, checks, visibility, conditions, rules, permissions, filters."""

from core.expressions.expression import Expression, compile  # the contract's word
from core.expressions.function import Function, Parameter
from core.expressions.functions import TABLE
from core.expressions.language import warm
from core.expressions.tables import Pushed, SqlTable
from core.expressions.values import Clause, ExpressionError, Kind, Schema, Scope, Symbol

__all__ = [
    "TABLE",
    "Clause",
    "Expression",
    "ExpressionError",
    "Function",
    "Kind",
    "Parameter",
    "Pushed",
    "Schema",
    "Scope",
    "SqlTable",
    "Symbol",
    "compile",
    "warm",
]
