"""When rules that follow the clock are due. Missed strikes collapse into the newest one."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.rules.book import ReadyRule
from core.rules.cron import Cron
from core.rules.doing import is_workday
from core.rules.hours import month_day
from core.rules.when import Absence, DateDue, Schedule, Waiting
from core.store.work import UnitOfWork

OFTEN = Cron.parse("*/5 * * * *")


def due_rules(uow: UnitOfWork) -> list[str]:
    """The keys of the rules that have something to do now, and of those whose sweep was left unfinished."""
    left = uow.sweeps.silent(uow.now)
    return [
        key for key, ready in uow.shelf.book.rules.items() if key in left or strike(uow, ready) is not None
    ]


def daily_rules(uow: UnitOfWork) -> list[str]:
    """The keys of the rules that count days of silence: the house looks once a day."""
    return [
        key
        for key, ready in uow.shelf.book.rules.items()
        if isinstance(ready.rule.when, Absence) and ready.rule.when.days
    ]


def strike(uow: UnitOfWork, ready: ReadyRule) -> datetime | None:
    """The newest strike of a rule's schedule that was not worked off yet."""
    cron = schedule_of(ready)
    if cron is None:
        return None
    after = since(uow, ready)
    when = ready.rule.when
    if isinstance(when, Schedule) and when.monthly:
        return _monthly(uow, when, cron, after)
    return cron.last(uow.now, after)


def schedule_of(ready: ReadyRule) -> Cron | None:
    """The times at which a rule looks; None: it follows events, or the house's daily sweep."""
    when = ready.rule.when
    if isinstance(when, Schedule) and when.cron:
        return Cron.parse(when.cron)
    if isinstance(when, (Schedule, DateDue)):
        hour, minute = when.at.split(":")
        return Cron.parse(f"{int(minute)} {int(hour)} * * *")
    if isinstance(when, Waiting) or (isinstance(when, Absence) and when.work_hours):
        return OFTEN
    return None


def since(uow: UnitOfWork, ready: ReadyRule) -> datetime:
    """Up to when it was worked off; at first, when this version was published."""
    clock = uow.runs.clock(ready.key)
    if clock is None:
        row = uow.definitions.load("rule", ready.key, ready.version)
        clock = row.published_at if row else uow.now
    return clock.astimezone(uow.house.zone)


def _monthly(uow: UnitOfWork, when: Schedule, cron: Cron, after: datetime) -> datetime | None:
    def works(day: object) -> bool:
        return is_workday(uow, datetime.combine(day, datetime.min.time(), uow.now.tzinfo))  # type: ignore[arg-type]

    at = cron.last(uow.now, after)
    while at is not None:
        if month_day(at.date(), when.monthly, works):
            return at
        at = cron.last(at - timedelta(minutes=1), after)
    return None
