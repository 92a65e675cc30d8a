"""A chart's numbers as lines of text, for when no picture can be drawn or sent."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from core.reports.chartdata import LARGEST, ChartData

MAX_ROWS = 15
MAX_COLUMNS = 4
MAX_LABEL = 20
GAP = "–"


def as_text(data: ChartData) -> str:
    """Title, subtitle and an aligned table of at most 15 rows; what was left out is counted in the last one.

    Columns are padded with U+3000, which is as wide as one 汉字 in every chat font, so lines stay level
    where the font is not fixed-width as well.
    """
    head = [data.title + (f"（{data.unit}）" if data.unit else "")]
    head += [data.subtitle] if data.subtitle else []
    if data.is_empty():
        return "\n".join([*head, "无数据"])
    return "\n".join([*head, *_aligned(_rows(data)), *_left_out(data)])


def _rows(data: ChartData) -> list[list[str]]:
    """Head row first when there is more than one series."""
    shown = data.series[:MAX_COLUMNS]
    rows = [["", *(_short(one.name) for one in shown)]] if len(data.series) > 1 else []
    for i, category in enumerate(data.categories[: _fits(data)]):
        rows.append([_short(category), *(_exact(one.values[i]) for one in shown)])
    return rows


def _fits(data: ChartData) -> int:
    """How many categories get a row: all, or one less than the limit to make room for the count."""
    return len(data.categories) if len(data.categories) <= MAX_ROWS else MAX_ROWS - 1


def _left_out(data: ChartData) -> list[str]:
    notes = []
    if len(data.categories) > MAX_ROWS:
        notes.append(f"另有 {len(data.categories) - _fits(data)} 项")
    if len(data.series) > MAX_COLUMNS:
        notes.append(f"另有 {len(data.series) - MAX_COLUMNS} 个指标")
    return ["，".join(notes) + "，请在网页查看"] if notes else []


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: list[str], widths: list[int]) -> str:
    label = row[0] + _pad(widths[0] - _width(row[0]))
    numbers = (" " * (wide - _width(cell)) + cell for cell, wide in zip(row[1:], widths[1:], strict=True))
    return "  ".join([label, *numbers]) if widths[0] else "  ".join(numbers)


def _pad(columns: int) -> str:
    return "\u3000" * (columns // 2) + " " * (columns % 2)


def _width(text: str) -> int:
    """Columns of a fixed-width font: 2 for a 汉字, 1 for the rest."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_LABEL else flat[: MAX_LABEL - 1] + "…"


def _exact(value: Decimal | None) -> str:
    """The value itself, never rounded: `12,345.60`; a gap is a dash; 1E+900 does not become 900 zeros."""
    if value is None or not value.is_finite():
        return GAP
    return f"{value:,f}" if abs(value) < LARGEST else f"{value:.6E}"
