"""The upright frame that bars and lines share: value axis at the left, categories below."""

from __future__ import annotations

from dataclasses import dataclass

from core.reports.chartdata import ChartData
from core.reports.picture import (
    BASE,
    BOTTOM,
    GRID,
    LEFT,
    MAX_LABEL,
    RIGHT,
    SMALL,
    SOFT,
    TEXT,
    Label,
    Picture,
    Stroke,
    clip,
    fit,
)
from core.reports.scale import Axis, number
from core.reports.ticks import every, in_time, short_dates, two_lines

HEIGHT = 560
MIN_PLOT = 300
ROW = 27


@dataclass(frozen=True)
class Frame:
    """The plot in pixels; `slot` is the width of one category."""

    left: float
    right: float
    top: float
    bottom: float
    axis: Axis
    slot: float

    def x(self, category: float) -> float:
        """The middle of a category."""
        return self.left + (category + 0.5) * self.slot

    def y(self, value: float) -> float:
        return self.bottom - self.axis.part(value) * (self.bottom - self.top)


def left_edge(picture: Picture, axis: Axis) -> float:
    """Where the plot begins: right of the widest tick."""
    return LEFT + max(picture.measure(number(tick, axis.digits), SMALL) for tick in axis.ticks) + 12


def slot_of(picture: Picture, axis: Axis, categories: int) -> float:
    return (picture.width - RIGHT - left_edge(picture, axis)) / categories


def draw_frame(picture: Picture, data: ChartData, axis: Axis, y: float) -> Frame:
    """Grid, ticks and category labels; sets the height of the picture."""
    slot = slot_of(picture, axis, len(data.categories))
    labels = category_labels(picture, data.categories, slot)
    rows = max((len(lines) for lines in labels), default=1)
    bottom = max(y + MIN_PLOT, HEIGHT - BOTTOM - 8 - rows * ROW)
    frame = Frame(left_edge(picture, axis), picture.width - RIGHT, y + 6, bottom, axis, slot)
    picture.height = bottom + 8 + rows * ROW + BOTTOM
    _grid(picture, frame)
    size = SMALL if in_time(data.categories) else TEXT
    for index, lines in enumerate(labels):
        for row, text in enumerate(lines):
            x = _inside(picture, frame.x(index), text)
            picture.add(Label(x, bottom + 8 + row * ROW + ROW / 2, text, size, SOFT, "center"))
    return frame


def _grid(picture: Picture, frame: Frame) -> None:
    for tick in frame.axis.ticks:
        y = frame.y(tick)
        zero = abs(tick) < 1e-12
        picture.add(Stroke(((frame.left, y), (frame.right, y)), BASE if zero else GRID, 2 if zero else 1.5))
        picture.add(Label(frame.left - 10, y, number(tick, frame.axis.digits), SMALL, SOFT, "right"))


def _inside(picture: Picture, x: float, text: str) -> float:
    """`x`, moved so far that a centred label ends inside the picture."""
    half = picture.measure(text, TEXT) / 2 + 14
    return min(max(x, half), picture.width - half)


def category_labels(picture: Picture, categories: tuple[str, ...], slot: float) -> list[list[str]]:
    """The lines under each category; an empty list where a label is left out for want of room."""
    texts = tuple(clip(one, MAX_LABEL) for one in categories)
    if not in_time(texts):
        wrapped = two_lines(texts, slot, TEXT, picture.measure)
        if wrapped is not None:
            return wrapped
        texts = tuple(fit(one, 130, TEXT, picture.measure) for one in texts)
    step = every(tuple(first for first, _ in short_dates(texts)), slot, SMALL, picture.measure)
    last = len(texts) - 1
    shown = [index for index in range(len(texts)) if (last - index) % step == 0]
    labels: list[list[str]] = [[] for _ in texts]
    for index, (first, year) in zip(shown, short_dates(tuple(texts[i] for i in shown)), strict=True):
        labels[index] = [first, year] if year else [first]
    return labels
