"""Bars that lie: for many categories or long names, one row each, the name at the left."""

from __future__ import annotations

from dataclasses import dataclass

from core.reports.bars import Bars
from core.reports.picture import (
    BASE,
    BOTTOM,
    GRID,
    LEFT,
    RIGHT,
    SMALL,
    SOFT,
    TEXT,
    Label,
    Picture,
    Rect,
    Stroke,
    wrap,
)
from core.reports.scale import Axis, number

TALLEST = 1980
NAME_SHARE, WIDER_SHARE = 0.36, 0.42
LABELLED_LANES = 3
PITCH = 25
TWO_LINE_ROWS = 20


@dataclass(frozen=True)
class Rows:
    """The plot in pixels: values run from `left` to `right`, rows from `top` on."""

    left: float
    right: float
    top: float
    height: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def draw_sideways(picture: Picture, names: tuple[str, ...], bars: Bars, axis: Axis, y: float) -> None:
    """Names, bars, and either the values themselves or an axis; sets the height of the picture."""
    written = bool(bars.marks) and bars.lanes <= LABELLED_LANES
    wrapped = _wrapped(picture, names)
    height = _row_height(bars.lanes, max(map(len, wrapped)), len(names), TALLEST - y - 60)
    edge = LEFT + max(picture.measure(line, TEXT) for lines in wrapped for line in lines)
    rows = _rows(picture, edge, bars, None if written else axis, y=y, height=height)
    end = y + height * len(names)
    if not written:
        _axis(picture, rows, axis, end)
    _names(picture, rows, wrapped, edge)
    _bars(picture, rows, bars)
    if written:
        _values(picture, rows, bars)
    picture.add(Stroke(((rows.x(0.0), y), (rows.x(0.0), end)), BASE, 2))
    picture.height = end + BOTTOM + (0 if written else 34)


def _wrapped(picture: Picture, names: tuple[str, ...]) -> list[list[str]]:
    """Names in two lines at most; in one wider line when there are many rows."""
    few = len(names) <= TWO_LINE_ROWS
    width = picture.width * (NAME_SHARE if few else WIDER_SHARE)
    return [wrap(name, width, TEXT, picture.measure, 2 if few else 1) or [""] for name in names]


def _row_height(lanes: int, lines: int, count: int, room: float) -> float:
    """Few rows are given air; many shrink until all of them fit the tallest picture."""
    needed = max(34, 14 + lanes * (20 if lanes == 1 else 19), lines * PITCH + 12)
    return min(max(needed, min(64, 340 / count)), room / count)


def _rows(picture: Picture, names: float, bars: Bars, axis: Axis | None, *, y: float, height: float) -> Rows:
    """Right of the names, which end at `names`; without an axis, values are written beyond the bars."""
    left = names + 14
    right = float(picture.width - RIGHT)
    if axis is not None:
        return Rows(left, right - 12, y, height, axis.low, axis.high)
    low, high = min(0.0, *bars.ends()), max(0.0, *bars.ends())
    before = [picture.measure(mark.text, SMALL) for mark in bars.marks if mark.value < 0]
    after = [picture.measure(mark.text, SMALL) for mark in bars.marks if mark.value >= 0]
    left += max(before) + 10 if before else 0
    right -= max(after) + 10 if after else 0
    return Rows(left, right, y, height, low, high if high > low else low + 1.0)


def _axis(picture: Picture, rows: Rows, axis: Axis, end: float) -> None:
    for tick in axis.ticks:
        x = rows.x(tick)
        picture.add(Stroke(((x, rows.top), (x, end)), GRID, 1.5))
        picture.add(Label(x, end + 20, number(tick, axis.digits), SMALL, SOFT, "center"))


def _names(picture: Picture, rows: Rows, wrapped: list[list[str]], edge: float) -> None:
    for index, lines in enumerate(wrapped):
        middle = rows.top + (index + 0.5) * rows.height
        for row, line in enumerate(lines):
            y = middle + (row - (len(lines) - 1) / 2) * PITCH
            picture.add(Label(edge, y, line, TEXT, SOFT, "right"))


def _lane(rows: Rows, bars: Bars) -> float:
    return min(rows.height * (0.66 if bars.lanes == 1 else 0.8), 30.0 * bars.lanes) / bars.lanes


def _middle(rows: Rows, bars: Bars, category: int, lane: int) -> float:
    return rows.top + (category + 0.5) * rows.height + (lane - (bars.lanes - 1) / 2) * _lane(rows, bars)


def _bars(picture: Picture, rows: Rows, bars: Bars) -> None:
    thick = _lane(rows, bars)
    gap = 2 if bars.lanes > 1 and thick > 8 else 0
    for bar in bars.bars:
        left, right = sorted((rows.x(bar.start), rows.x(bar.end)))
        y = _middle(rows, bars, bar.category, bar.lane)
        picture.add(Rect(left, y - (thick - gap) / 2, right - left, thick - gap, bar.color))


def _values(picture: Picture, rows: Rows, bars: Bars) -> None:
    size = SMALL if _lane(rows, bars) >= 17 else 16
    for mark in bars.marks:
        y = _middle(rows, bars, mark.category, mark.lane)
        positive = mark.value >= 0
        x = rows.x(mark.value) + (8 if positive else -8)
        picture.add(Label(x, y, mark.text, size, align="left" if positive else "right"))
