"""A report's numbers, ready to draw, as one person may see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.expressions import Kind, compile
from core.forms.definition import Form
from core.forms.fields import Names
from core.forms.text import show
from core.reports.chartdata import ChartData, ChartKind, Series
from core.reports.definition import Report
from core.reports.metrics import Grid, resolve, run
from core.store.visibility import visible
from core.store.work import UnitOfWork

EMPTY = "未填写"


def chart_data(uow: UnitOfWork, key: str, person: str) -> tuple[ChartKind, ChartData]:
    """The picture of a report in force. Raises NotFound."""
    return of_report(uow, uow.shelf.report(key), person)


def of_report(uow: UnitOfWork, report: Report, person: str) -> tuple[ChartKind, ChartData]:
    """The picture of a report: categories from the first dimension, series from the second or the measures."""
    ready = uow.shelf.form(report.source)
    form = ready.form
    condition = compile(report.condition, ready.schema, Kind.BOOL) if report.condition else None
    scope = uow.scope(person)
    grid = run(
        uow.connection, report, form, condition, scope, uow.shelf.find_form, visible(form, person, uow.people)
    )
    names = Names(uow.people, _titles(uow, report, form, grid))
    labels = [tuple(_label(report, form, i, key, names) for i, key in enumerate(row)) for row in grid.keys]
    series = _by_measure(report, labels, grid) if len(report.by) == 1 else _by_second(labels, grid)
    categories = tuple(dict.fromkeys(row[0] for row in labels))
    total = sum((row[0] for row in grid.numbers), Decimal(0))
    stamp = f"截至 {uow.now:%Y-%m-%d %H:%M} · 合计 {total:,.2f} {report.unit}".strip()
    return ChartKind(report.chart), ChartData(report.title, categories, series, report.unit, stamp)


def _titles(uow: UnitOfWork, report: Report, form: Form, grid: Grid) -> dict[str, str]:
    titles: dict[str, str] = {}
    for index, one in enumerate(report.by):
        source = resolve(form, one.path)
        target = uow.shelf.find_form(source.field.to) if source and source.field.to else None
        if target is not None:
            titles |= uow.records.titles(target, [str(row[index]) for row in grid.keys if row[index]])
    return titles


def _label(report: Report, form: Form, index: int, key: Any, names: Names) -> str:
    if key in (None, ""):
        return EMPTY
    one = report.by[index]
    source = resolve(form, one.path)
    return str(key) if one.month or source is None else show(source.field, key, names)


def _by_measure(report: Report, labels: list[tuple[str, ...]], grid: Grid) -> tuple[Series, ...]:
    """One series a measure; equal labels (two values shown alike) are added up."""
    categories = list(dict.fromkeys(row[0] for row in labels))
    found = []
    for index, measure in enumerate(report.measures):
        sums = dict.fromkeys(categories, Decimal(0))
        for row, numbers in zip(labels, grid.numbers, strict=True):
            sums[row[0]] += numbers[index]
        found.append(Series(measure.name, tuple(sums[one] for one in categories)))
    return tuple(found)


def _by_second(labels: list[tuple[str, ...]], grid: Grid) -> tuple[Series, ...]:
    """One series for each value of the second dimension, of the first measure."""
    categories = list(dict.fromkeys(row[0] for row in labels))
    seconds = list(dict.fromkeys(row[1] for row in labels))
    sums: dict[tuple[str, str], Decimal] = {}
    for row, numbers in zip(labels, grid.numbers, strict=True):
        sums[row[0], row[1]] = sums.get((row[0], row[1]), Decimal(0)) + numbers[0]
    return tuple(Series(second, tuple(sums.get((one, second)) for one in categories)) for second in seconds)
