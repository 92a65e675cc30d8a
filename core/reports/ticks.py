"""Labels under a category axis: dates made short, and which of them there is room for."""

from __future__ import annotations

import re

from core.reports.picture import Measure, wrap

MONTH = re.compile(r"(\d{4})[-/年](\d{1,2})月?")
DAY = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?")
TIME = re.compile(r"\d{4}[-/年 ].*|\d{4}|\d{1,2} ?[月日时周]|\d{1,2}月\d{1,2}日|\d{1,2}[-/:]\d{1,2}|Q[1-4]")
GAP = 6
WIDE_GAP = 18  # between labels some of which are left out


def in_time(categories: tuple[str, ...]) -> bool:
    """True for months, days, weeks, years: their order means something, so they stay on a horizontal axis."""
    return bool(categories) and all(TIME.fullmatch(one) for one in categories)


def short_dates(categories: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(`3月`, ``) for 2026-03 and (`03-08`, ``) for 2026-03-08; the second is the year, where it changes."""
    rows: list[tuple[str, str]] = []
    year = ""
    for one in categories:
        month, day = MONTH.fullmatch(one), DAY.fullmatch(one)
        match = month or day
        if match is None:
            rows.append((one, ""))
            continue
        first = f"{int(match[2])}月" if month else f"{int(match[2]):02d}-{int(match[3]):02d}"
        rows.append((first, f"{match[1]}年" if match[1] != year else ""))
        year = match[1]
    return tuple(rows)


def every(texts: tuple[str, ...], slot: float, size: float, measure: Measure) -> int:
    """Show each n-th label: the smallest n with which neighbours do not touch."""
    widest = max((measure(text, size) for text in texts), default=0.0)
    return 1 if widest + GAP <= slot else max(2, -int(-(widest + WIDE_GAP) // slot))


def two_lines(texts: tuple[str, ...], slot: float, size: float, measure: Measure) -> list[list[str]] | None:
    """Every label in at most two lines of its slot, or None when one of them does not fit whole."""
    wrapped = [_balanced(text, slot - GAP, size, measure) for text in texts]
    # A line never breaks inside a word here: half a name under a bar reads worse than a bar on its side.
    whole = all(
        "".join(lines).replace(" ", "") == text.replace(" ", "") and not _split_word(lines)
        for lines, text in zip(wrapped, texts, strict=True)
    )
    return wrapped if whole else None


def _balanced(text: str, width: float, size: float, measure: Measure) -> list[str]:
    """Two lines of about the same length rather than a full one and a lone character."""
    whole = measure(text, size)
    if whole <= width:
        return [text]
    halves = wrap(text, min(width, whole / 2 + size * 0.6), size, measure, 2)
    return (
        halves
        if measure(halves[-1], size) <= width and "…" not in halves[-1]
        else wrap(text, width, size, measure, 2)
    )


def _split_word(lines: list[str]) -> bool:
    return len(lines) == 2 and lines[0][-1:].isascii() and lines[0][-1:].isalnum() and lines[1][:1].isascii()
