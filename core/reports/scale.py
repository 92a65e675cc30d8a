"""Numbers as Chinese readers expect them on an axis: 万 and 亿, thousands separators, round steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

POWERS = ((Decimal(10) ** 12, Decimal(10) ** 12, "万亿"), (Decimal(10) ** 8, Decimal(10) ** 8, "亿"))
WAN = Decimal(10) ** 4
HEADROOM = 0.12
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """How values of one chart are divided and written.

    unit    what stands in the caption, as 万元
    digits  decimals of a value label; an axis tick needs as many as its step
    """

    divisor: Decimal
    unit: str
    digits: int
    whole: bool

    def place(self, value: Decimal) -> float:
        """The value in the chart's unit."""
        return float(value / self.divisor)

    def label(self, value: float) -> str:
        """A value as written beside its bar; a small one keeps two figures instead of reading 0."""
        digits = self.digits
        if value and abs(value) < 0.5 * 10.0**-digits:
            digits = min(6, 1 - math.floor(math.log10(abs(value))))
        return number(value, digits)


def scale_for(values: Sequence[Decimal], unit: str = "") -> Scale:
    """元 below 100,000, then 万元, from 100,000,000 on 亿元; a percentage stays as it is."""
    top = max((abs(value) for value in values), default=Decimal(0))
    divisor, word = (Decimal(1), "") if unit in ("%", "‰") else _power(top)
    whole = divisor == 1 and all(value == value.to_integral_value() for value in values)
    scaled = top / divisor
    digits = 0 if whole or scaled >= 1000 else 1 if scaled >= 100 else 2
    return Scale(divisor, word + unit, digits, whole)


def _power(top: Decimal) -> tuple[Decimal, str]:
    for limit, divisor, word in POWERS:
        if top >= limit:
            return divisor, word
    return (WAN, "万") if top >= 10 * WAN else (Decimal(1), "")


def number(value: float | Decimal, digits: int) -> str:
    """`1,234.5`: halves go up (四舍五入), separators, no needless zeros, never `-0`."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(value, 9)))
    text = f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@dataclass(frozen=True)
class Axis:
    """A value axis from the first tick to the last, with `low` and `high` as its drawn ends."""

    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int

    def part(self, value: float) -> float:
        """Where a value lies between low (0) and high (1)."""
        return (value - self.low) / (self.high - self.low)


def axis_for(values: Sequence[float], *, from_zero: bool, whole: bool = False, steps: int = 6) -> Axis:
    """Round ticks around the values with 12 % of room beyond the outermost bar on either side.

    from_zero  bars always start at 0; a line does only when its values are not far from it
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    near_zero = from_zero or low <= 0 or low < 0.6 * high
    if near_zero:
        low, high = min(low, 0.0), max(high, 0.0) or (0.0 if low < 0 else 1.0)
    room = (high - low or abs(high) or 1.0) * HEADROOM
    bottom = low - room if low < 0 or not near_zero else low
    top = high + room if high > 0 or low == high else high
    step = _step((top - bottom) / steps, whole)
    first, last = math.ceil(bottom / step - 1e-9), math.floor(top / step + 1e-9)
    ticks = tuple(step * i for i in range(first, last + 1))
    digits = max(0, -math.floor(math.log10(step) + 1e-9) + (_figures(step) == 2.5))
    return Axis(bottom, top, ticks, digits)


def _step(rough: float, whole: bool) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough * (1 - 1e-9))
    return max(1.0, math.ceil(step)) if whole else step


def _figures(step: float) -> float:
    """The leading figures of a step: 1, 2, 2.5 or 5."""
    return round(step / 10.0 ** math.floor(math.log10(step) + 1e-9), 6)
