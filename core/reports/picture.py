"""A picture as plain shapes in pixels, y downwards, and its fixed parts: title, subtitle, legend.

Everything here is geometry; `charts.py` alone knows how a shape becomes ink. Sizes suit an image of 750 px
that a phone shows 358 points wide: 20 px here is 10 points there, the smallest size that reads well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

WIDTH = 750
LEFT, RIGHT, TOP, BOTTOM = 28, 28, 24, 22
TITLE, TEXT, SMALL = 31, 21, 19
MAX_TITLE, MAX_SUBTITLE, MAX_LABEL = 80, 120, 40
INK, SOFT, GRID, BASE, PAPER = "#1F2933", "#5B6672", "#E6EAEE", "#9AA5B1", "#FFFFFF"
BELOW_ZERO = "#B8473A"
REST = "#7B8794"
PALETTE = ("#2F6DB5", "#C9761B", "#2B8A7E", "#7A5FA8", "#B0485F", "#7A8B2A", "#3E93B8", "#8A5A3C")

Align = Literal["left", "center", "right"]
Measure = Callable[[str, float], float]


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    color: str


@dataclass(frozen=True)
class Stroke:
    """A line through the points; `width` in pixels."""

    points: tuple[tuple[float, float], ...]
    color: str
    width: float


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    color: str


@dataclass(frozen=True)
class Label:
    """One line of text; `y` is the middle of its characters."""

    x: float
    y: float
    text: str
    size: float = TEXT
    color: str = INK
    align: Align = "left"


Shape = Rect | Stroke | Dot | Label


@dataclass
class Picture:
    """Shapes gathered from top to bottom; the height is known when the last one is placed."""

    measure: Measure
    width: int = WIDTH
    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        self.shapes.extend(shapes)

    def lines(self, text: str, y: float, size: float, *, color: str = INK, limit: int = 3) -> float:
        """Wrapped text over the whole width; returns the y below it."""
        pitch = round(size * 1.38)
        for line in wrap(text, self.width - LEFT - RIGHT, size, self.measure, limit):
            self.add(Label(LEFT, y + pitch / 2, line, size, color))
            y += pitch
        return y


def color_of(index: int, name: str) -> str:
    """The palette in order; 其他 is always grey."""
    return REST if name.startswith("其他") else PALETTE[index % len(PALETTE)]


def header(picture: Picture, title: str, subtitle: str) -> float:
    """Title and subtitle; returns the y below them."""
    y = picture.lines(clip(title, MAX_TITLE), TOP, TITLE)
    if subtitle:
        y = picture.lines(clip(subtitle, MAX_SUBTITLE), y + 2, TEXT, color=SOFT, limit=2)
    return y + 12


def caption(picture: Picture, y: float, text: str) -> float:
    """The unit of the value axis, at the right; returns the same y, for a legend may share the row."""
    if text:
        picture.add(Label(picture.width - RIGHT, y + 16, text, SMALL, SOFT, "right"))
    return y


def legend(picture: Picture, y: float, names: tuple[str, ...], right: float) -> float:
    """Swatch and name for each series in rows; `right` is kept free in the first one. Returns the y below."""
    x, limit = float(LEFT), picture.width - RIGHT - right
    for index, name in enumerate(names):
        text = fit(clip(name, MAX_LABEL), 280, TEXT, picture.measure)
        wide = 26 + picture.measure(text, TEXT)
        if x > LEFT and x + wide > limit:
            x, y, limit = float(LEFT), y + 32, picture.width - RIGHT
        picture.add(Rect(x, y + 8, 17, 17, color_of(index, name)), Label(x + 25, y + 16, text))
        x += wide + 24
    return y + 32


def clip(text: str, limit: int) -> str:
    """At most `limit` characters on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def fit(text: str, width: float, size: float, measure: Measure) -> str:
    """The text, or its beginning with … when it is wider than `width`."""
    if measure(text, size) <= width:
        return text
    while text and measure(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def wrap(text: str, width: float, size: float, measure: Measure, limit: int) -> list[str]:
    """At most `limit` lines; breaks between 汉字 and at blanks and hyphens, inside a long word if it must."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < limit - 1 and measure(rest, size) > width:
        cut = _cut(rest, width, size, measure)
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*lines, fit(rest, width, size, measure)] if rest else lines


def _cut(text: str, width: float, size: float, measure: Measure) -> int:
    """How many characters the first line takes, at least one."""
    end, used = 0, 0.0
    while end < len(text):
        used += measure(text[end], size)
        if used > width:
            break
        end += 1
    best = next((i for i in range(end, 0, -1) if _breakable(text, i)), 0)
    return max(1, best if best > end // 2 else end)


NO_START = frozenset("，。、；：！？）》」』】”’％%)],.;:!?·")


def _breakable(text: str, at: int) -> bool:
    """May a line end before `text[at]`? Not before closing punctuation, and not inside a word or number."""
    if at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after in NO_START or before in "（《「『【“‘([":
        return False
    return after == " " or before in " -/·" or is_wide(before) or is_wide(after)


def is_wide(char: str) -> bool:
    """汉字 and full-width signs, between which a line may break."""
    return unicodedata.east_asian_width(char) in "WF"
