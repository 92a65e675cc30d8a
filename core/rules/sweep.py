"""The absence rule as one SQL statement: which records had nothing for n days and were not reminded since.

The condition is pushed down (core/expressions); what it cannot express is re-checked by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, select

from core.expressions import Expression, Scope
from core.forms.definition import Form
from core.forms.storage import sql_table, tables_of
from core.rules.definition import Rule
from core.tables import reminder, snooze


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that the rule matches. `quiet_since`: the last thing that happened, or when it was made."""

    record_id: str
    quiet_since: datetime
    occurrence: str


def bound(now: datetime, days: int) -> datetime:
    """What happened before this instant is more than `days` whole days ago: day 31 for 30. `now` in business zone."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days)


def link_field(absence: Form, of: str, named: str = "") -> str | None:
    """The field of the absent form that links to the watched form."""
    links = [one.key for one in absence.fields if one.type == "link" and one.to == of]
    if named:
        return named if named in links else None
    return links[0] if len(links) == 1 else None


def sweep(
    connection: Connection,
    rule: Rule,
    forms: tuple[Form, Form],
    condition: Expression | None,
    scope: Scope,
    find: Callable[[str], Form | None],
) -> tuple[list[Hit], bool]:
    """The matching records, and whether the condition was expressed in full.

    forms  (the watched form, the form whose records are missed)
    """
    of, absent = forms
    main, other = tables_of(of).main, tables_of(absent).main
    link = other.c[link_field(absent, of.key, rule.when.link) or ""]
    last = select(link.label("target"), func.max(other.c.created_at).label("at")).group_by(link).subquery()
    quiet = func.coalesce(last.c.at, main.c.created_at)
    rested = case((and_(snooze.c.until.is_not(None), snooze.c.until > quiet), snooze.c.until), else_=quiet)
    reminded = (
        select(reminder.c.id)
        .where(reminder.c.rule == rule.key, reminder.c.record_id == main.c.id, reminder.c.created_at > rested)
        .exists()
    )
    pushed = condition.to_sql(sql_table(of, connection.dialect.name, find), scope) if condition else None
    query = (
        select(main.c.id, quiet.label("quiet"), snooze.c.until)
        .outerjoin(last, last.c.target == main.c.id)
        .outerjoin(snooze, and_(snooze.c.rule == rule.key, snooze.c.record_id == main.c.id))
        .where(quiet < bound(scope.now, rule.when.days))
        .where((snooze.c.until.is_(None)) | (snooze.c.until <= scope.now))
        .where(~reminded)
    )
    if pushed is not None:
        query = query.where(pushed.where)
    rows = connection.execute(query).all()
    return [_hit(row.id, row.quiet, row.until) for row in rows], pushed is None or pushed.exact


def _hit(record_id: str, quiet: datetime, until: datetime | None) -> Hit:
    since = max(quiet, until) if until else quiet
    return Hit(record_id, quiet, since.isoformat())
