"""What is due by its own dates: records (and rows) whose date field fits, tasks that wait too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, literal, select

from core.expressions import Expression, Scope
from core.forms.definition import Form
from core.forms.storage import sql_table, tables_of
from core.tables import instance, rule_run, task


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record whose date is due; `pos`: the row's place in its sub-table, −1 for a field of the record."""

    record_id: str
    on: date
    pos: int = -1


def due_records(
    connection: Connection,
    form: Form,
    path: tuple[str, str],
    days: Sequence[date],
    condition: tuple[Expression, Scope, Callable[[str], Form | None]] | None,
) -> list[DueRecord]:
    """Records whose date is one of these days, by id. path: (sub-table key or "", field key)."""
    tables = tables_of(form)
    rows = tables.rows.get(path[0])
    if rows is None:
        column = tables.main.c[path[1]]
        query = select(tables.main.c.id, column.label("day")).where(column.in_(days))
    else:
        column = rows.c[path[1]]
        query = (
            select(tables.main.c.id, column.label("day"), rows.c.pos)
            .join(rows, rows.c.record_id == tables.main.c.id)
            .where(column.in_(days))
        )
    if condition is not None and rows is None:
        expression, scope, find = condition
        query = query.where(expression.to_sql(sql_table(form, connection.dialect.name, find), scope).where)
    found = connection.execute(query.order_by(tables.main.c.id)).mappings()
    return [DueRecord(row["id"], row["day"], row.get("pos", -1)) for row in found]


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """An open task and whose record it asks about."""

    task_id: str
    name: str
    assignee: str
    opened_at: datetime
    form: str
    record_id: str


def waiting_tasks(
    connection: Connection, form: str, before: datetime, without: tuple[str, int]
) -> list[WaitingTask]:
    """Tasks that are open since before an instant; form "" means all.

    without  (rule, rung): not the tasks for which the rule did this already
    """
    rule, rung = without
    done = select(rule_run.c.id).where(
        rule_run.c.rule == rule,
        rule_run.c.record_id == instance.c.record_id,
        rule_run.c.event == literal("task:").concat(task.c.id).concat(f":{rung}"),
        rule_run.c.outcome.in_(("fired", "error")),
    )
    query = (
        select(
            task.c.id, task.c.name, task.c.assignee, task.c.opened_at, instance.c.form, instance.c.record_id
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .where(task.c.state == "open", task.c.kind == "approve", task.c.opened_at < before)
        .where(~done.exists())
        .order_by(task.c.opened_at)
    )
    if form:
        query = query.where(instance.c.form == form)
    return [WaitingTask(*row) for row in connection.execute(query)]
