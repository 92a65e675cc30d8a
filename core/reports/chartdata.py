"""What a chart shows, apart from how it is drawn: this file loads without matplotlib, so the server may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

MAX_CATEGORIES = 40
MAX_DAYS = 120  # categories that follow one another in time are never folded, the latest are kept
MAX_POINTS = 366
MAX_SERIES = 8
LARGEST = Decimal(10) ** 18
OTHERS = "其他"


class ChartKind(StrEnum):
    BAR = "bar"
    STACKED_BAR = "stacked_bar"
    LINE = "line"


@dataclass(frozen=True)
class Series:
    """One measure over all categories; None is a gap, not zero."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class ChartData:
    """A report's numbers, ready to draw. Raises ValueError when a series does not fit the categories."""

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    subtitle: str = ""

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.categories):
                raise ValueError(
                    f"series {one.name!r} has {len(one.values)} values for {len(self.categories)} categories"
                )

    def is_empty(self) -> bool:
        """True when there is not one value to draw."""
        return all(value is None for one in self.series for value in one.values)


def finite(data: ChartData) -> ChartData:
    """The same with NaN and infinity as gaps. Raises ValueError at 10**18: a float axis would lie there."""
    return replace(
        data, series=tuple(Series(one.name, tuple(map(_finite, one.values))) for one in data.series)
    )


def _finite(value: Decimal | None) -> Decimal | None:
    if value is None or not Decimal(value).is_finite():
        return None
    if abs(Decimal(value)) >= LARGEST:
        raise ValueError("a value of 10**18 or more cannot be drawn")
    return Decimal(value)


def fold(data: ChartData, limit: int = MAX_CATEGORIES) -> ChartData:
    """At most `limit` categories: the largest keep their places, the rest become one 其他 with its sums."""
    if len(data.categories) <= limit:
        return data
    weights = [
        sum(abs(one.values[i] or Decimal(0)) for one in data.series) for i in range(len(data.categories))
    ]
    ranked = sorted(range(len(weights)), key=lambda i: (-weights[i], i))
    kept, rest = sorted(ranked[: limit - 1]), ranked[limit - 1 :]
    return replace(
        data,
        categories=(*(data.categories[i] for i in kept), f"{OTHERS}（{len(rest)} 项合计）"),
        series=tuple(
            Series(one.name, (*(one.values[i] for i in kept), total(one.values[i] for i in rest)))
            for one in data.series
        ),
    )


def fold_series(data: ChartData, limit: int = MAX_SERIES) -> ChartData:
    """At most `limit` series: the last ones are added up as 其他, since no palette tells more apart."""
    if len(data.series) <= limit:
        return data
    rest = data.series[limit - 1 :]
    summed = tuple(total(column) for column in zip(*(one.values for one in rest), strict=True))
    return replace(
        data, series=(*data.series[: limit - 1], Series(f"{OTHERS}（{len(rest)} 项合计）", summed))
    )


def latest(data: ChartData, limit: int) -> ChartData:
    """The last `limit` categories; the subtitle says so when some were left out."""
    if len(data.categories) <= limit:
        return data
    note = f"共 {len(data.categories)} 项，只画最近 {limit} 项"
    return replace(
        data,
        categories=data.categories[-limit:],
        series=tuple(Series(one.name, one.values[-limit:]) for one in data.series),
        subtitle=f"{data.subtitle} · {note}" if data.subtitle else note,
    )


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is there; None when nothing is."""
    there = [value for value in values if value is not None]
    return sum(there, Decimal(0)) if there else None


def all_values(data: ChartData) -> Sequence[Decimal]:
    """Every value of every series, gaps left out."""
    return [value for one in data.series for value in one.values if value is not None]
