"""From a report's numbers to a picture: one function for each kind of chart."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from core.reports import bars as spans
from core.reports.bars import Bars
from core.reports.chartdata import (
    MAX_CATEGORIES,
    MAX_DAYS,
    MAX_POINTS,
    ChartData,
    ChartKind,
    all_values,
    finite,
    fold,
    fold_series,
    latest,
    total,
)
from core.reports.frame import Frame, draw_frame, slot_of
from core.reports.picture import (
    LEFT,
    MAX_LABEL,
    PAPER,
    SMALL,
    SOFT,
    TEXT,
    Dot,
    Label,
    Measure,
    Picture,
    Rect,
    Stroke,
    caption,
    clip,
    color_of,
    header,
    legend,
)
from core.reports.scale import Scale, axis_for, scale_for
from core.reports.sideways import draw_sideways
from core.reports.ticks import in_time, two_lines

MAX_UPRIGHT = 12
WIDEST_BAR = 88
FEW_POINTS = 16


def layout(kind: ChartKind, data: ChartData, measure: Measure) -> Picture:
    """The whole picture. Raises ValueError for a value of 10**18 or more."""
    data = fold_series(finite(data))
    picture = Picture(measure)
    if kind is ChartKind.LINE:
        data = latest(data, MAX_POINTS)
    else:
        data = latest(data, MAX_DAYS) if in_time(data.categories) else fold(data, MAX_CATEGORIES)
    if data.is_empty():
        _empty(picture, data)
    else:
        PLOTS[kind](picture, data)
    return picture


def _empty(picture: Picture, data: ChartData) -> None:
    y = header(picture, data.title, data.subtitle)
    picture.height = y + 300
    picture.add(Label(picture.width / 2, y + 135, "无数据", 34, SOFT, "center"))


def _top(picture: Picture, data: ChartData, scale: Scale) -> float:
    """Title, subtitle, then legend or the one series' name, with the unit; returns the y below."""
    y = header(picture, data.title, data.subtitle)
    unit = f"单位：{scale.unit}" if scale.unit else ""
    if len(data.series) > 1:
        caption(picture, y, unit)
        names = tuple(one.name for one in data.series)
        return legend(picture, y, names, picture.measure(unit, SMALL) + 20) + 10
    name = clip(data.series[0].name, MAX_LABEL)
    text = "　".join(part for part in (name if name != data.title else "", unit) if part)
    if text:
        picture.add(Label(LEFT, y + 14, text, SMALL, SOFT))
    return y + (40 if text else 6)


def _bar(picture: Picture, data: ChartData) -> None:
    scale = scale_for(all_values(data), data.unit)
    _stand_or_lie(picture, data, scale, spans.grouped(data, scale))


def _stacked_bar(picture: Picture, data: ChartData) -> None:
    columns = zip(*(one.values for one in data.series), strict=True)
    totals = [total(column) or Decimal(0) for column in columns]
    scale = scale_for([*all_values(data), *totals], data.unit)
    _stand_or_lie(picture, data, scale, spans.stacked(data, scale))


def _stand_or_lie(picture: Picture, data: ChartData, scale: Scale, bars: Bars) -> None:
    """Bars stand while their names fit below them; time always runs from left to right."""
    axis = axis_for(bars.ends(), from_zero=True, whole=scale.whole)
    slot = slot_of(picture, axis, len(data.categories))
    names = tuple(clip(one, MAX_LABEL) for one in data.categories)
    y = _top(picture, data, scale)
    stands = in_time(names) or (
        len(names) <= MAX_UPRIGHT and two_lines(names, slot, TEXT, picture.measure) is not None
    )
    if stands:
        frame = draw_frame(picture, data, axis, y)
        _upright(picture, frame, bars)
    else:
        draw_sideways(picture, names, bars, axis, y)


def _upright(picture: Picture, frame: Frame, bars: Bars) -> None:
    group = min(frame.slot * 0.72, WIDEST_BAR * bars.lanes)
    lane = group / bars.lanes
    gap = 2 if lane > 12 and bars.lanes > 1 else 0
    for bar in bars.bars:
        x = frame.x(bar.category) - group / 2 + bar.lane * lane
        top, bottom = sorted((frame.y(bar.start), frame.y(bar.end)))
        picture.add(Rect(x + gap / 2, top, lane - gap, bottom - top, bar.color))
    size = _mark_size(picture, bars, frame.slot - 4 if bars.lanes == 1 else lane - 3)
    for mark in bars.marks if size else ():
        x = frame.x(mark.category) - group / 2 + (mark.lane + 0.5) * lane
        y = frame.y(mark.value) + (-15 if mark.value >= 0 else 15)
        picture.add(Label(x, y, mark.text, size, align="center"))


def _mark_size(picture: Picture, bars: Bars, room: float) -> float:
    """The text size in which every value fits its bar, or 0 when the axis has to do."""
    for size in (TEXT, SMALL, 17):
        if all(picture.measure(mark.text, size) <= room for mark in bars.marks):
            return size
    return 0


def _line(picture: Picture, data: ChartData) -> None:
    scale = scale_for(all_values(data), data.unit)
    places = [
        [None if value is None else scale.place(value) for value in series.values] for series in data.series
    ]
    there = [value for row in places for value in row if value is not None]
    axis = axis_for(there, from_zero=False, whole=scale.whole)
    frame = draw_frame(picture, data, axis, _top(picture, data, scale))
    for index, (series, row) in enumerate(zip(data.series, places, strict=True)):
        _polyline(picture, frame, row, color_of(index, series.name))
    if len(places) == 1:
        _point_values(picture, frame, places[0], scale)


def _polyline(picture: Picture, frame: Frame, row: list[float | None], color: str) -> None:
    """A line that breaks at gaps; a point between two gaps stays visible as a dot."""
    dots = len(row) <= FEW_POINTS
    for run in _runs(row):
        points = tuple((frame.x(index), frame.y(value)) for index, value in run)
        if len(points) > 1:
            picture.add(Stroke(points, color, 3.5 if len(row) <= 60 else 2.5))
        for x, y in points if dots or len(points) == 1 else ():
            picture.add(Dot(x, y, 6.5, PAPER), Dot(x, y, 4.5, color))


def _runs(row: list[float | None]) -> list[list[tuple[int, float]]]:
    """Neighbouring values with their places."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(row):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def _point_values(picture: Picture, frame: Frame, row: list[float | None], scale: Scale) -> None:
    """Written over each point of a short single line, under it in a valley."""
    texts = {index: scale.label(value) for index, value in enumerate(row) if value is not None}
    crowded = any(picture.measure(text, SMALL) > frame.slot - 4 for text in texts.values())
    if crowded or len(row) > MAX_UPRIGHT:
        return
    for index, text in texts.items():
        value = row[index] or 0.0
        around = [
            one for one in (*row[max(0, index - 1) : index], *row[index + 1 : index + 2]) if one is not None
        ]
        valley = bool(around) and all(one > value for one in around)
        picture.add(
            Label(frame.x(index), frame.y(value) + (19 if valley else -19), text, SMALL, align="center")
        )


PLOTS: dict[ChartKind, Callable[[Picture, ChartData], None]] = {
    ChartKind.BAR: _bar,
    ChartKind.STACKED_BAR: _stacked_bar,
    ChartKind.LINE: _line,
}
