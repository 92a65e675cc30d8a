"""Bars as spans of values, before anybody knows which way they stand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.reports.chartdata import OTHERS, ChartData
from core.reports.picture import BELOW_ZERO, REST, color_of
from core.reports.scale import Scale


@dataclass(frozen=True)
class Bar:
    """From `start` to `end` in the scale's unit, in one lane of its category."""

    category: int
    lane: int
    start: float
    end: float
    color: str


@dataclass(frozen=True)
class Mark:
    """A value written beyond the end of a bar; its sign says on which side."""

    category: int
    lane: int
    value: float
    text: str


@dataclass(frozen=True)
class Bars:
    """All bars of a chart; `marks` is empty when a stack goes both ways: a sum would mislead there."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    lanes: int

    def ends(self) -> tuple[float, ...]:
        return tuple(end for bar in self.bars for end in (bar.start, bar.end))


def grouped(data: ChartData, scale: Scale) -> Bars:
    """One lane a series; with a single series, what lies below zero is red (赤字)."""
    alone = len(data.series) == 1
    bars, marks = [], []
    for lane, series in enumerate(data.series):
        color = color_of(lane, series.name)
        for category, value in enumerate(series.values):
            if value is None:
                continue
            place = scale.place(value)
            own = _own_color(data.categories[category], value) if alone else None
            bars.append(Bar(category, lane, 0.0, place, own or color))
            marks.append(Mark(category, lane, place, scale.label(place)))
    return Bars(tuple(bars), tuple(marks), len(data.series))


def _own_color(category: str, value: Decimal) -> str | None:
    """A bar that is not like its neighbours: below zero, or the sum of what was folded."""
    if value < 0:
        return BELOW_ZERO
    return REST if category.startswith(OTHERS) else None


def stacked(data: ChartData, scale: Scale) -> Bars:
    """Positive values pile up, negative ones down; the total is written over piles that only go up."""
    bars, marks = [], []
    downwards = False
    for category in range(len(data.categories)):
        up = down = 0.0
        for lane, series in enumerate(data.series):
            value = series.values[category]
            if value is None:
                continue
            place = scale.place(value)
            start = up if place >= 0 else down
            bars.append(Bar(category, 0, start, start + place, color_of(lane, series.name)))
            up, down = (up + place, down) if place >= 0 else (up, down + place)
        downwards = downwards or down < 0
        if up:
            marks.append(Mark(category, 0, up, scale.label(up)))
    return Bars(tuple(bars), () if downwards else tuple(marks), 1)
