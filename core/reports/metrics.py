"""A report as one SELECT: measures by dimensions over a form's records, and the numbers ready to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from core.errors import Problem, UserError
from core.expressions import Expression, Scope
from core.forms.definition import FieldDef, Form
from core.forms.storage import sql_table, tables_of
from core.reports.definition import Dimension, Measure, Report


@dataclass(frozen=True, slots=True)
class Grid:
    """The answer: one row for each group. `keys` as stored values, `numbers` one for each measure."""

    keys: tuple[tuple[Any, ...], ...]
    numbers: tuple[tuple[Decimal, ...], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A field of the source form: itself, its table and its sub-table's key ("" for the form)."""

    field: FieldDef
    table: Table
    subtable: str


def resolve(form: Form, path: str) -> Source | None:
    """A field by `标签`, `key`, `子表.列` or their keys."""
    first, _, second = path.partition(".")
    field = form.by_label(first)
    tables = tables_of(form)
    if field is None:
        return None
    if not second:
        return Source(field, tables.main, "") if field.type != "subtable" else None
    child = next((one for one in field.fields if second in (one.label, one.key)), None)
    return Source(child, tables.rows[field.key], field.key) if child else None


def lint(report: Report, form: Form) -> list[Problem]:
    """What is wrong with a report over this form."""
    found = []
    for index, measure in enumerate(report.measures):
        source = resolve(form, measure.sum) if measure.sum else None
        if measure.sum and (source is None or source.field.type not in ("number", "money")):
            found.append(Problem(f"measures.{index}.sum", f"「{measure.sum}」不是「{form.title}」的数字字段"))
    for index, one in enumerate(report.by):
        source = resolve(form, one.path)
        if source is None:
            found.append(Problem(f"by.{index}", f"「{form.title}」没有「{one.path}」这个字段"))
        elif one.month and source.field.type != "date":
            found.append(Problem(f"by.{index}", f"「{one.path}」不是日期，不能按月"))
    tables = {s.subtable for s in _sources(report, form) if s.subtable}
    if len(tables) > 1:
        found.append(Problem("by", "一个报表只能用一张子表的列"))
    return found


def _sources(report: Report, form: Form) -> list[Source]:
    paths = [one.sum for one in report.measures if one.sum] + [one.path for one in report.by]
    return [found for path in paths if (found := resolve(form, path)) is not None]


def run(
    connection: Connection,
    report: Report,
    form: Form,
    condition: Expression | None,
    scope: Scope,
    find: Callable[[str], Form | None],
    visible: Sequence[ColumnElement[bool]] = (),
) -> Grid:
    """Ask the database. `visible` restricts the rows to those that the asking person may see."""
    main = tables_of(form).main
    dialect = connection.dialect.name
    keys = [_dimension(form, one, dialect) for one in report.by]
    numbers = [_measure(form, one) for one in report.measures]
    query = select(*keys, *numbers).select_from(main)
    child = next((s for s in _sources(report, form) if s.subtable), None)
    if child is not None:
        query = query.join(child.table, child.table.c.record_id == main.c.id)
    if condition is not None:
        pushed = condition.to_sql(sql_table(form, dialect, find), scope)
        if not pushed.exact:
            raise UserError("filter_too_complex", "报表条件太复杂，数据库算不了，请改简单些。")
        query = query.where(pushed.where)
    alive = (main.c.deleted_at.is_(None), main.c.voided_at.is_(None))
    rows = connection.execute(query.where(*alive, *visible).group_by(*keys)).all()
    width = len(keys)
    rows = sorted(rows, key=_order(report, form))
    return Grid(
        tuple(tuple(row[:width]) for row in rows),
        tuple(tuple(Decimal(value or 0) for value in row[width:]) for row in rows),
    )


def _order(report: Report, form: Form) -> Callable[[Sequence[Any]], list[tuple[bool, int, Any]]]:
    """How rows follow one another: choices as their options stand, all else by value, what is empty last.

    Databases sort Chinese text each in its own way; this order is the same on all of them.
    """
    sources = [None if one.month else resolve(form, one.path) for one in report.by]
    places = [{o.value: n for n, o in enumerate(s.field.options)} if s else {} for s in sources]

    def order(row: Sequence[Any]) -> list[tuple[bool, int, Any]]:
        return [
            (row[n] is None, place.get(row[n], len(place)), "" if row[n] is None else row[n])
            for n, place in enumerate(places)
        ]

    return order


def _dimension(form: Form, one: Dimension, dialect: str) -> ColumnElement[Any]:
    source = resolve(form, one.path)
    if source is None:
        raise KeyError(one.path)
    column = source.table.c[source.field.key]
    if not one.month:
        return column
    return func.substr(column, 1, 7) if dialect == "sqlite" else func.to_char(column, "YYYY-MM")


def _measure(form: Form, one: Measure) -> ColumnElement[Any]:
    source = resolve(form, one.sum) if one.sum else None
    if source is None:
        return func.count(tables_of(form).main.c.id.distinct())
    column = source.table.c[source.field.key]
    return func.sum(column, type_=column.type)
