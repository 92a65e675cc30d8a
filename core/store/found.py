"""Records by a rule's question: equal fields, and a condition pushed down as far as it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from core.expressions import Expression, Scope
from core.forms.definition import Form
from core.forms.storage import Record, Records, sql_table, tables_of
from core.tables import rule_run

PAGE = 1000
MOST = 20_000


def matching(
    connection: Connection,
    form: Form,
    wanted: Mapping[str, Any],
    condition: Expression | None,
    scope: Scope,
    find: Callable[[str], Form | None],
    limit: int,
) -> tuple[list[Record], bool]:
    """The records, oldest first, with their rows; False: the condition has to be asked again."""
    main = tables_of(form).main
    query = select(main.c.id).order_by(main.c.id)
    for key, value in wanted.items():
        query = query.where(main.c[key].is_(None) if value is None else main.c[key] == value)
    pushed = condition.to_sql(sql_table(form, connection.dialect.name, find), scope) if condition else None
    exact = pushed is None or pushed.exact
    if pushed is not None:
        query = query.where(pushed.where)
    ids = connection.execute(query.limit(limit if exact else MOST)).scalars().all()
    records = Records(connection, lambda: "")
    return [found for one in ids if (found := records.load(form, one)) is not None], exact


def fulfilling(
    connection: Connection,
    form: Form,
    condition: Expression | None,
    scope: Scope,
    find: Callable[[str], Form | None],
    *,
    without: tuple[str, str] | None = None,
) -> tuple[list[str], bool]:
    """The ids of all records that fulfil a condition; False: more than those, to be asked again.

    without  (rule, event): not the records for which the rule did this already
    """
    main = tables_of(form).main
    query = select(main.c.id).order_by(main.c.id)
    if without is not None:
        done = select(rule_run.c.id).where(
            rule_run.c.rule == without[0],
            rule_run.c.record_id == main.c.id,
            rule_run.c.event == without[1],
            rule_run.c.outcome.in_(("fired", "error")),
        )
        query = query.where(~done.exists())
    pushed = condition.to_sql(sql_table(form, connection.dialect.name, find), scope) if condition else None
    if pushed is not None:
        query = query.where(pushed.where)
    return list(connection.execute(query).scalars()), pushed is None or pushed.exact


def pages(connection: Connection, form: Form, ids: list[str]) -> Any:
    """Records of some ids with their rows, a page at a time."""
    records, main = Records(connection, lambda: ""), tables_of(form).main
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        page = records.page(form, where=[main.c.id.in_(part)], limit=PAGE)
        records.with_rows(form, page)
        yield from page


def load_of(
    connection: Connection,
    form: Form,
    field: str,
    condition: Expression | None,
    scope: Scope,
    find: Callable[[str], Form | None],
) -> dict[str, int]:
    """How many records name each person. A condition that SQL cannot say in full counts what it lets through."""
    main = tables_of(form).main
    query = select(main.c[field], func.count()).group_by(main.c[field])
    if condition is not None:
        query = query.where(condition.to_sql(sql_table(form, connection.dialect.name, find), scope).where)
    return {person: number for person, number in connection.execute(query) if person}
