"""Cells of a decision table: what a value must be. Pure.

-  anything      5  "A"  是  2026-01-31   equal           < 5   >= 5    ordered
5..10  both ends in     [5..10)  (5..10]  ends in or out     A, B     one of         not A, B   none of them
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.expressions import Kind

_RANGE = re.compile(r"^([\[(])?\s*(.+?)\s*\.\.\s*(.+?)\s*([\])])?$")
_ORDER = re.compile(r"^(<=|>=|<|>|≤|≥)\s*(.+)$")
Bound = tuple[Any, int]  # (value, side): side −1 just below, 0 at, +1 just above it


@dataclass(frozen=True)
class Cell:
    """One test. Ordered kinds: spans of bounds [low, high]; other kinds: a set of values, or all but them."""

    text: str
    spans: tuple[tuple[Bound | None, Bound | None], ...] = ()
    values: frozenset[Any] = frozenset()
    negated: bool = False
    ordered: bool = False

    def accepts(self, value: Any) -> bool:
        """Whether a value fulfils it; an empty value fulfils `-` alone."""
        if self.text == "-":
            return True
        if value is None:
            return False
        if not self.ordered:
            return (value in self.values) != self.negated
        return any(_within((value, 0), low, high) for low, high in self.spans) != self.negated

    def overlaps(self, other: Cell, universe: tuple[Any, ...]) -> Any:
        """A value that fulfils both, or None; `universe`: the values worth asking about."""
        return next((one for one in universe if self.holds(one) and other.holds(one)), None)

    def holds(self, point: Any) -> bool:
        """As accepts, for a point of the universe: a Bound where the kind is ordered."""
        if self.text == "-":
            return True
        if not self.ordered:
            return (point in self.values) != self.negated
        return any(_within(point, low, high) for low, high in self.spans) != self.negated


def _within(point: Bound, low: Bound | None, high: Bound | None) -> bool:
    return (low is None or point >= low) and (high is None or point <= high)


def read_cell(text: Any, kind: Kind) -> Cell:
    """A cell of a column of this kind. Raises ValueError with a Chinese sentence."""
    said = ("是" if text else "否") if isinstance(text, bool) else str(text).strip()
    if said in ("", "-", "任意"):
        return Cell("-")
    negated = said.startswith(("not ", "非 "))
    body = said.split(" ", 1)[1] if negated else said
    parts = [one.strip() for one in re.split(r"[,，]", body) if one.strip()]
    if kind not in (Kind.NUMBER, Kind.DATE):
        return Cell(said, values=frozenset(read_value(one, kind) for one in parts), negated=negated)
    spans = tuple(_span(one, kind) for one in parts)
    return Cell(said, spans=spans, negated=negated, ordered=True)


def _span(text: str, kind: Kind) -> tuple[Bound | None, Bound | None]:
    found = _RANGE.match(text)
    if found:
        low, high = read_value(found[2], kind), read_value(found[3], kind)
        if low > high:
            raise ValueError(f"「{text}」的下限比上限大")
        return (low, 1 if found[1] == "(" else 0), (high, -1 if found[4] == ")" else 0)
    found = _ORDER.match(text)
    if not found:
        value = read_value(text, kind)
        return (value, 0), (value, 0)
    value = read_value(found[2], kind)
    match found[1]:
        case "<":
            return None, (value, -1)
        case "<=" | "≤":
            return None, (value, 0)
        case ">":
            return (value, 1), None
        case _:
            return (value, 0), None


def read_value(text: str, kind: Kind) -> Any:
    """A value of a column of this kind. Raises ValueError with a Chinese sentence."""
    said = text.strip().strip("\"'“”")
    try:
        if kind is Kind.NUMBER:
            return Decimal(said.replace("_", ""))
        if kind is Kind.DATE:
            return date.fromisoformat(said)
    except (InvalidOperation, ValueError):
        raise ValueError(f"「{text}」不是{'数字' if kind is Kind.NUMBER else '日期（2026-01-31）'}") from None
    if kind is Kind.BOOL:
        if said.lower() not in ("是", "否", "true", "false"):
            raise ValueError(f"「{text}」要写 是 或 否")
        return said.lower() in ("是", "true")
    return said


def points(cells: list[Cell], kind: Kind, options: tuple[str, ...]) -> tuple[Any, ...]:
    """Enough values of a column to tell every pair of its cells apart: around each bound, or each value and another."""
    if kind in (Kind.NUMBER, Kind.DATE):
        ends = {end[0] for cell in cells for span in cell.spans for end in span if end is not None}
        found: list[Bound] = [(end, side) for end in sorted(ends) for side in (-1, 0, 1)]
        return tuple(found) or ((0, 0),)
    if kind is Kind.BOOL:
        return (True, False)
    named = {value for cell in cells for value in cell.values}
    if options:
        return (*options, *sorted(named - set(options)))
    return (*sorted(named), "（其他）")
