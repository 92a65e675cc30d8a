"""Questions to other forms inside a transaction: sums, counts, equal records, locks. Void and deleted do not count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, false, func, or_, select, text, tuple_

from core.errors import UserError
from core.expressions import Expression, Scope
from core.forms.definition import FieldDef, Form
from core.forms.refs import bare
from core.forms.resolve import reached
from core.forms.tables import columns, in_columns, sql_table, tables_of

Find = Callable[[str], Form | None]
Pairs = Sequence[tuple[str, Any]]
ASKED = 400  # values in one question
# `unnest` gives the keys in the order of the list, and each is locked as it is read.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
)


def lock(connection: Connection, keys: Iterable[str]) -> None:
    """Queue up with everybody who names one of these keys, until the transaction ends; always in the same order.

    SQLite has one writer, so there everybody queues already.
    """
    wanted = sorted(set(keys)) if connection.dialect.name == "postgresql" else []
    if wanted:
        connection.execute(_LOCK, {"keys": wanted})


def counts(main: Table) -> tuple[ColumnElement[bool], ...]:
    """Records that count: not deleted, not void."""
    return (main.c.deleted_at.is_(None), main.c.voided_at.is_(None))


def column_of(form: Form, path: str) -> tuple[Any, str]:
    """(column, sub-table key or "") of a path as `amount`, `items.amount` or `id`. Raises KeyError."""
    if path == "id":
        return tables_of(form).main.c.id, ""
    table, found = reached(form, path)
    if found is None or not in_columns(found):
        raise KeyError(path)
    own = tables_of(form).rows[table.key] if table else tables_of(form).main
    return own.c[columns(found)[0].name], table.key if table else ""


def pushed(connection: Connection, form: Form, condition: Expression, scope: Scope, find: Find) -> Any:
    """A condition as SQL. Raises UserError when SQL cannot say it in full."""
    found = condition.to_sql(sql_table(form, connection.dialect.name, find), scope)
    if not found.exact:
        raise UserError("condition_too_complex", "汇总或校验的条件太复杂，数据库算不了，请改简单些。")
    return found.where


def equal(form: Form, pairs: Pairs) -> list[ColumnElement[bool]]:
    """Conditions that fields of the form have these values; nothing equals an empty value."""
    return [_equal(column_of(form, path)[0], bare(value)) for path, value in pairs]


def one_of(form: Form, fields: Sequence[FieldDef], text: str) -> ColumnElement[bool]:
    """That the number or one of these fields is exactly this text."""
    main = tables_of(form).main
    return or_(main.c.number == text, *(main.c[one.key] == text for one in fields))


def _equal(column: Any, value: Any) -> ColumnElement[bool]:
    return false() if value is None else column == value


def gathered(
    connection: Connection,
    form: Form,
    agg: str,
    take: str,
    pairs: Pairs,
    where: Sequence[ColumnElement[bool]] = (),
) -> Decimal | None:
    """sum, count, min, max or avg of `take` over the records (or rows) whose fields have these values."""
    query = _from(form, [take, *(path for path, _ in pairs)], [_aggregate(form, agg, take)])
    row = connection.execute(query.where(*equal(form, pairs), *where)).one()
    return _number(row, agg)


def by_link(
    connection: Connection,
    form: Form,
    field: FieldDef,
    by: str,
    ids: Sequence[str],
    where: Sequence[ColumnElement[bool]] = (),
) -> dict[str, Decimal | None]:
    """A rollup for many records at once: the linking field `by` of `form` points to them."""
    link = _link_column(form, by)
    query = _from(form, [field.take], [link, _aggregate(form, field.agg or "count", field.take)])
    query = _joined(form, by, query).where(link.in_(list(ids)), *where).group_by(link)
    found = {row[0]: _number(row[1:], field.agg or "count") for row in connection.execute(query)}
    empty = None if field.agg in ("min", "max", "avg") else Decimal(0)
    return {id_: found.get(id_, empty) for id_ in ids}


def pointing(connection: Connection, form: Form, by: str, ids: Sequence[str]) -> dict[str, list[str]]:
    """The ids of the records whose field `by` links to each of these."""
    main = tables_of(form).main
    link = _link_column(form, by)
    query = _joined(form, by, select(link, main.c.id).select_from(main))
    found: dict[str, list[str]] = {id_: [] for id_ in ids}
    for target, id_ in connection.execute(
        query.where(link.in_(list(ids)), main.c.deleted_at.is_(None)).order_by(main.c.id.desc())
    ):
        found[target].append(id_)
    return found


def twin(
    connection: Connection, form: Form, pairs: Pairs, but: str, where: Sequence[ColumnElement[bool]] = ()
) -> str | None:
    """The number of another record with these values; None when there is none."""
    main = tables_of(form).main
    query = select(main.c.number).where(*equal(form, pairs), *counts(main), main.c.id != but, *where).limit(1)
    return connection.execute(query).scalar()


def holders(
    connection: Connection, form: Form, key: str, values: Sequence[Any]
) -> dict[Any, tuple[str, int]]:
    """Value → (id of a record that has it in field `key`, how many have it); values that nobody has are left out."""
    main = tables_of(form).main
    column = main.c.number if key == "number" else column_of(form, key)[0]
    found: dict[Any, tuple[str, int]] = {}
    for start in range(0, len(values), ASKED):
        query = select(column, func.min(main.c.id), func.count()).where(
            column.in_(list(values[start : start + ASKED])), main.c.deleted_at.is_(None)
        )
        for value, id_, count in connection.execute(query.group_by(column)):
            found[value] = (id_, count)
    return found


def held(
    connection: Connection, form: Form, keys: Sequence[str], values: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], str]:
    """Those of some value tuples that a record has already in these fields, with its number."""
    main = tables_of(form).main
    held_by = [column_of(form, key)[0] for key in keys]
    found: dict[tuple[Any, ...], str] = {}
    for start in range(0, len(values), ASKED):
        part = values[start : start + ASKED]
        is_one = held_by[0].in_([one[0] for one in part]) if len(keys) == 1 else tuple_(*held_by).in_(part)
        query = select(main.c.number, *held_by).where(is_one, *counts(main))
        found |= {tuple(values_): number for number, *values_ in connection.execute(query)}
    return found


def distinct(connection: Connection, form: Form, take: str, where: Sequence[Any], limit: int) -> list[Any]:
    """The different values of a field, in order."""
    column, _ = column_of(form, take)
    query = _from(form, [take], [column]).where(column.is_not(None), *where)
    return [row[0] for row in connection.execute(query.distinct().order_by(column).limit(limit))]


def totals(
    connection: Connection,
    form: Form,
    fields: Sequence[FieldDef],
    where: Sequence[Any],
    group: FieldDef | None,
) -> list[tuple[Any, int, dict[str, Decimal | None]]]:
    """(group's value, how many, sum of each field) of the records in a list; one entry without a group."""
    main = tables_of(form).main
    key = main.c[columns(group)[0].name] if group else None
    sums = [func.sum(main.c[one.key], type_=main.c[one.key].type).label(f"s_{one.key}") for one in fields]
    query = select(*([key] if key is not None else []), func.count(), *sums).select_from(main).where(*where)
    if key is not None:
        query = query.group_by(key).order_by(func.count().desc()).limit(200)
    found = []
    for row in connection.execute(query):
        values = list(row)
        value = values.pop(0) if key is not None else None
        found.append((value, values[0], dict(zip((one.key for one in fields), values[1:], strict=True))))
    return found


def _aggregate(form: Form, agg: str, take: str) -> Any:
    if agg == "count":
        return func.count()
    column, _ = column_of(form, take)
    if agg == "avg":
        return func.sum(column, type_=column.type).label("total"), func.count(column)
    return getattr(func, agg)(column, type_=column.type)


def _from(form: Form, paths: Sequence[str], select_: Sequence[Any]) -> Select[Any]:
    tables = tables_of(form)
    flat = [inner for one in select_ for inner in (one if isinstance(one, tuple) else (one,))]
    query = select(*flat).select_from(tables.main).where(*counts(tables.main))
    children = {column_of(form, path)[1] for path in paths if path} - {""}
    for key in children:
        query = query.join(tables.rows[key], tables.rows[key].c.record_id == tables.main.c.id)
    return query


def _link_column(form: Form, by: str) -> Any:
    found = form.by_label(by)
    if found is None:
        raise KeyError(by)
    tables = tables_of(form)
    return tables.joins[found.key].c.target if found.type == "links" else tables.main.c[found.key]


def _joined(form: Form, by: str, query: Select[Any]) -> Select[Any]:
    found = form.by_label(by)
    tables = tables_of(form)
    if found is None or found.type != "links":
        return query
    return query.join(tables.joins[found.key], tables.joins[found.key].c.record_id == tables.main.c.id)


def _number(row: Sequence[Any], agg: str) -> Decimal | None:
    value = row[0]
    if agg == "avg":
        return Decimal(value) / row[1] if row[1] else None
    if value is None:
        return Decimal(0) if agg in ("sum", "count") else None
    return Decimal(value)
