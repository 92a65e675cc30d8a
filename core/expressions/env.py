"""What a running expression has in hand, and the check of values that come in."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from core.expressions.guard import Meter
from core.expressions.nodes import Node
from core.expressions.values import ADMIT, KIND_NAMES, ExpressionError, Kind, Scope


class Env:
    """One evaluation: the row, the sub-table row (or list element) in hand, the scope, and what it spent.

    totals   sub-totals worked out already: they depend on the row alone, also inside a loop over its rows
    """

    __slots__ = ("each", "meter", "row", "scope", "totals")

    def __init__(self, row: Mapping[str, object], scope: Scope) -> None:
        self.row = row
        self.each: Any = None
        self.scope = scope
        self.meter = Meter()
        self.totals: dict[int, object] = {}


Run = Callable[[Env], Any]


def place(node: Node) -> tuple[int, int]:
    """Position and length for an error."""
    return node.span[0], node.span[1] - node.span[0]


_SURE: dict[Kind, type] = {Kind.BOOL: bool, Kind.DATE: date, Kind.DURATION: timedelta}


def admitted(run: Run, kind: Kind, what: str, node: Node | None = None) -> Run:
    """The value, if it is of the kind it should be."""
    admit = ADMIT[kind]
    sure = _SURE.get(kind, Env)  # Env: no value is one

    def checked(env: Env) -> object:
        value = run(env)
        if value is None or type(value) is sure:
            return value
        found = admit(value)
        if found is None:
            where = place(node) if node is not None else (0, 0)
            raise ExpressionError(f"{what}不是可用的{KIND_NAMES[kind]}", *where)
        return found

    return checked
