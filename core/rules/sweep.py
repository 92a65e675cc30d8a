"""The absence rule as one SQL statement: which records had nothing for n days and were not reminded since.

The condition is pushed down (core/expressions); what it cannot express is re-checked by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from core.expressions import Expression, Scope
from core.forms.definition import Form
from core.forms.storage import sql_table, tables_of
from core.rules.definition import Rule
from core.rules.when import Absence
from core.tables import rule_run, snooze

DONE = ("fired", "error")
EVER = timedelta(days=1)  # a snooze that is over ended before this


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
    *,
    before: datetime | None = None,
    rested: datetime | None = None,
    rung: int = 0,
    only: str = "",
    limit: int | None = None,
) -> tuple[list[Hit], bool]:
    """The matching records, and whether the condition was expressed in full.

    forms   (the watched form, the form whose records are missed)
    before  the last thing happened before this instant; rested: or a snooze ended before this one
    rung    step of the ladder, each once for each silence   only  of this record alone
    """
    of, _ = forms
    pushed = condition.to_sql(sql_table(of, connection.dialect.name, find), scope) if condition else None
    query = statement(rule, forms, scope.now, before or bound(scope.now, _days(rule)), rested, rung)
    if pushed is not None:
        query = query.where(pushed.where)
    if only:
        query = query.where(tables_of(of).main.c.id == only)
    rows = connection.execute(query.limit(limit) if limit else query).all()
    return [_hit(id_, quiet, until, rung) for id_, quiet, until in rows], pushed is None or pushed.exact


def _days(rule: Rule) -> int:
    return rule.when.days if isinstance(rule.when, Absence) else 0


def statement(
    rule: Rule,
    forms: tuple[Form, Form],
    now: datetime,
    before: datetime,
    rested_before: datetime | None,
    rung: int,
) -> Any:
    """The SELECT without the rule's condition: id, quiet, until."""
    when = rule.when
    if not isinstance(when, Absence):
        raise TypeError(f"{rule.key} is no absence rule")
    of, absent = forms
    main, other = tables_of(of).main, tables_of(absent).main
    link = other.c[link_field(absent, of.key, when.link) or ""]
    last = select(link.label("target"), func.max(other.c.created_at).label("at")).group_by(link).subquery()
    quiet = func.coalesce(last.c.at, main.c.created_at)
    snoozed = and_(snooze.c.until.is_not(None), snooze.c.until > quiet)
    rested = case((snoozed, snooze.c.until), else_=quiet)
    done = (
        select(rule_run.c.id)
        .where(
            rule_run.c.rule == rule.key,
            rule_run.c.record_id == main.c.id,
            rule_run.c.rung == rung,
            rule_run.c.outcome.in_(DONE),
            rule_run.c.at > rested,
        )
        .exists()
    )
    return (
        select(main.c.id, quiet.label("quiet"), snooze.c.until)
        .outerjoin(last, last.c.target == main.c.id)
        .outerjoin(snooze, and_(snooze.c.rule == rule.key, snooze.c.record_id == main.c.id))
        .where(quiet < before, main.c.deleted_at.is_(None), main.c.voided_at.is_(None))
        .where(or_(~snoozed, snooze.c.until < (rested_before or now + EVER)))
        .where((snooze.c.until.is_(None)) | (snooze.c.until <= now))
        .where(~done)
    )


def stirred(
    connection: Connection, rule: Rule, absent: Form, ids: Sequence[str], since: datetime, now: datetime
) -> set[str]:
    """Of some records that were found silent, those of which something happened (or was put off) since."""
    when = rule.when
    if not isinstance(when, Absence):
        raise TypeError(f"{rule.key} is no absence rule")
    other = tables_of(absent).main
    link = other.c[link_field(absent, when.of, when.link) or ""]
    news = select(link).where(link.in_(list(ids)), other.c.created_at >= since)
    rests = select(snooze.c.record_id).where(
        snooze.c.rule == rule.key, snooze.c.record_id.in_(list(ids)), snooze.c.until > now
    )
    return {*connection.execute(news).scalars(), *connection.execute(rests).scalars()}


def _hit(record_id: str, quiet: datetime, until: datetime | None, rung: int) -> Hit:
    since = max(quiet, until) if until else quiet
    return Hit(record_id, quiet, f"since:{since.isoformat()}:{rung}")
