"""Pictures become PNG here; the sole import of matplotlib.

Pure and deterministic: the same data gives the same bytes in every process. It takes 0.6 s and 70 MB to load,
so the server never imports this file: `renderer.py` runs it in a worker process.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.patches import Circle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from core.reports.chartdata import ChartData, ChartKind, Series
from core.reports.picture import PAPER, Dot, Label, Picture, Rect, Shape, Stroke, is_wide
from core.reports.plots import layout

__all__ = ["ChartData", "ChartKind", "Series", "draw", "missing"]

FONT = Path(__file__).parent / "fonts" / "NotoSansCJKsc-GBK.otf"
MAX_SIDE = 2000
DPI = 72  # one point is one pixel, so sizes in picture.py are what they say
UNKNOWN = "〓"  # the printers' mark for a character that is not at hand
CENTER = 0.375  # half the height of 汉字 and digits over their baseline, in em
SETTINGS: dict[Any, Any] = {
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "text.hinting": "none",
    "path.simplify": False,
}


def draw(kind: ChartKind, data: ChartData) -> bytes:
    """A PNG of 750 px by 420 to 2,000. Raises ValueError for a value of 10**18 or more."""
    with mpl.rc_context(SETTINGS):
        return _paint(layout(kind, data, _measure))


def missing(text: str) -> set[str]:
    """Characters the font has no glyph for; they are drawn as 〓, emoji not at all."""
    return {char for char in text if ord(char) not in _characters()}


@cache
def _characters() -> frozenset[int]:
    return frozenset(get_font(FONT).get_charmap())


@cache
def _advance(char: str) -> float:
    """The width of a character in em."""
    font = get_font(FONT)
    glyph = font.load_char(ord(char), flags=LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance) / font.units_per_EM


def _measure(text: str, size: float) -> float:
    return size * sum(map(_advance, _drawable(text)))


def _drawable(text: str) -> str:
    """The text with what the font lacks taken out (emoji, marks) or replaced by 〓 (rare 汉字)."""
    if not missing(text):
        return text
    kept = (
        char if not missing(char) else UNKNOWN if is_wide(char) and char.isalpha() else "" for char in text
    )
    return "".join(kept)


def _paint(picture: Picture) -> bytes:
    width, height = min(picture.width, MAX_SIDE), min(math.ceil(picture.height), MAX_SIDE)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    down = Affine2D().scale(1, -1).translate(0, height)
    for order, artist in enumerate(_artists(picture.shapes, down)):
        artist.set_zorder(order)
        figure.add_artist(artist)
    canvas.draw()  # type: ignore[no-untyped-call]
    return _png(canvas, width, height)


def _artists(shapes: Iterable[Shape], down: Affine2D) -> list[Artist]:
    """Shapes in their order; neighbours of one kind share a collection, much faster than one each."""
    artists: list[Artist] = []
    for kind, group in groupby(shapes, type):
        run = list(group)
        artists += PAINTERS[kind](run, down)
    return artists


def _rects(rects: Sequence[Rect], down: Affine2D) -> list[Artist]:
    """Edges are rounded to whole pixels, so that bars are crisp."""
    corners = []
    for one in rects:
        left, right = round(one.x), max(round(one.x + one.width), round(one.x) + 1)
        top, bottom = round(one.y), round(one.y + one.height)
        corners.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    colors = [one.color for one in rects]
    return [PolyCollection(corners, facecolors=colors, linewidths=0, antialiased=False, transform=down)]


def _strokes(strokes: Sequence[Stroke], down: Affine2D) -> list[Artist]:
    lines = LineCollection(
        [one.points for one in strokes],
        colors=[one.color for one in strokes],
        linewidths=[one.width for one in strokes],
        capstyle="round",
        joinstyle="round",
        transform=down,
    )
    return [lines]


def _dots(dots: Sequence[Dot], down: Affine2D) -> list[Artist]:
    return [
        Circle((one.x, one.y), one.radius, facecolor=one.color, edgecolor="none", transform=down)
        for one in dots
    ]


def _labels(labels: Sequence[Label], down: Affine2D) -> list[Artist]:
    return [
        Text(
            one.x,
            one.y + one.size * CENTER,
            _drawable(one.text),
            fontproperties=FontProperties(fname=FONT),
            fontsize=one.size,
            color=one.color,
            horizontalalignment=one.align,
            verticalalignment="baseline",
            transform=down,
        )
        for one in labels
    ]


# The values take sequences of their own shape; groupby keeps each run to one type.
PAINTERS: dict[type[Shape], Callable[[Any, Affine2D], list[Artist]]] = {
    Rect: _rects,
    Stroke: _strokes,
    Dot: _dots,
    Label: _labels,
}


def _png(canvas: FigureCanvasAgg, width: int, height: int) -> bytes:
    """With a palette (a third of the bytes in a third of the time), without alpha and time stamps."""
    buffer = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    pixels = Image.frombuffer("RGBA", (width, height), buffer, "raw", "RGBA", 0, 1)
    few = pixels.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colors = few.getpalette() or []
    few.putpalette([255 if color == 254 else color for color in colors])  # the octree makes white 254
    out = io.BytesIO()
    few.save(out, "PNG", compress_level=6)
    return out.getvalue()
