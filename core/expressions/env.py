"""What a running expression has in hand, and the check of values that come in."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.expressions.guard import Meter
from core.expressions.nodes import Node
from core.expressions.values import ADMIT, KIND_NAMES, MAX_TEXT, ExpressionError, Kind, Scope


class Env:
    """One evaluation: the row, the sub-table row (or list element) in hand, the scope, and what it spent.

    totals   sub-totals worked out already: they depend on the row alone, also inside a loop over its rows
    """

    __slots__ = ("_meter", "_totals", "each", "row", "scope")

    def __init__(self, row: Mapping[str, object], scope: Scope) -> None:
        self.row = row
        self.each: Any = None
        self.scope = scope
        self._meter: Meter | None = None  # made when first asked for: most conditions have no loops
        self._totals: dict[int, object] | None = None

    @property
    def meter(self) -> Meter:
        """What was spent so far."""
        if self._meter is None:
            self._meter = Meter()
        return self._meter

    @meter.setter
    def meter(self, meter: Meter) -> None:
        self._meter = meter

    @property
    def totals(self) -> dict[int, object]:
        """Sub-totals worked out already."""
        if self._totals is None:
            self._totals = {}
        return self._totals


Run = Callable[[Env], Any]


def place(node: Node) -> tuple[int, int]:
    """Position and length for an error."""
    return node.span[0], node.span[1] - node.span[0]


_SURE: dict[Kind, type] = {Kind.BOOL: bool, Kind.DATE: date, Kind.DURATION: timedelta}


def plain(first: str, kind: Kind, what: str, node: Node) -> Run:
    """A field of the row itself, checked: `admitted` in one step for the kinds that are nearly always right."""
    slow = admitted(lambda env: env.row.get(first), kind, what, node)
    if kind is Kind.NUMBER:

        def number(env: Env) -> object:
            value = env.row.get(first)
            return value if type(value) is Decimal and value.is_finite() else slow(env)

        return number
    if kind is Kind.TEXT:

        def text(env: Env) -> object:
            value = env.row.get(first)
            return value if type(value) is str and len(value) <= MAX_TEXT else slow(env)

        return text
    sure = _SURE.get(kind)
    if sure is None:
        return slow

    def exact(env: Env) -> object:
        value = env.row.get(first)
        return value if type(value) is sure else slow(env)

    return exact


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
