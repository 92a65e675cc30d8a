"""What a clock rule finds when it looks: first which records (one SQL a step), then what the rule sees of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core.rules.book import ReadyRule
from core.rules.doing import is_workday, loader
from core.rules.engine import Case
from core.rules.facts import facts_of
from core.rules.hours import hours_before, workdays_before, workdays_between
from core.rules.names import date_path
from core.rules.sweep import bound, sweep
from core.rules.thens import Action
from core.rules.when import Absence, DateDue, Schedule, Waiting
from core.store.due import due_records, waiting_tasks
from core.store.found import fulfilling
from core.store.work import UnitOfWork

Found = tuple[Case, tuple[Action, ...]]
WINDOW = 60  # days that a date rule looks back after the house was down
PAGE = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that is due. form "": the rule looks at no record.

    event  unique for (rule, version, record)   rung  of the ladder, 0 the rule itself
    more   what the rule sees besides the record   row  (sub-table, place) where a row is due
    """

    form: str
    record_id: str
    event: str
    rung: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)
    row: tuple[str, int] | None = None


def look(
    uow: UnitOfWork, ready: ReadyRule, struck: datetime, after: datetime, only: str = ""
) -> Iterator[Hit]:
    """Everything due at `struck` that was not at `after`. Conditions that SQL cannot say are asked by the caller.

    only  of this record alone (absence and waiting)
    """
    when = ready.rule.when
    match when:
        case Absence():
            yield from _absence(uow, ready, when, only)
        case DateDue():
            yield from _dates(uow, ready, when, struck, after)
        case Schedule():
            yield from _schedule(uow, ready, when, struck)
        case Waiting():
            yield from (one for one in _waiting(uow, ready, when) if only in ("", one.record_id))


def hits(
    uow: UnitOfWork, ready: ReadyRule, struck: datetime, after: datetime, only: str = ""
) -> Iterator[Found]:
    """What is due, with what the rule sees of it and does."""
    waiting: list[Hit] = []
    for one in look(uow, ready, struck, after, only):
        waiting.append(one)
        if len(waiting) == PAGE:
            yield from cases(uow, ready, waiting)
            waiting = []
    yield from cases(uow, ready, waiting)


def cases(uow: UnitOfWork, ready: ReadyRule, some: Sequence[Hit]) -> Iterator[Found]:
    """What the rule sees now of some hits; who is gone is left out. Records are read in one go."""
    forms = {key: uow.shelf.form(key).form for key in {one.form for one in some} if key}
    records = {
        record.id: record
        for key, form in forms.items()
        for record in uow.records.load_many(form, [one.record_id for one in some if one.form == key])
    }
    load = loader(uow)
    steps = {rung: actions_of(ready, rung) for rung in {one.rung for one in some}}
    for hit in some:
        actions = steps[hit.rung]
        if not hit.form:
            yield Case(None, None, {"_actor": "system", **hit.more}, hit.event, "system"), actions
            continue
        record = records.get(hit.record_id)
        if record is None:
            continue
        facts = {**facts_of(forms[hit.form], record, load), **hit.more, "_actor": "system"}
        if hit.row is not None:
            rows = facts.get(hit.row[0]) or []
            facts["_row"] = rows[hit.row[1]] if hit.row[1] < len(rows) else {}
        yield Case(forms[hit.form], record, facts, hit.event, "system", rung=hit.rung), actions


def actions_of(ready: ReadyRule, rung: int) -> tuple[Action, ...]:
    """What a step of the ladder does; 0 is the rule itself."""
    if rung and rung <= len(ready.rule.escalate):
        return ready.rule.escalate[rung - 1].actions(ready.rule.then)
    return ready.rule.then


def calendar(uow: UnitOfWork) -> Callable[[date], bool]:
    """Whether people work on a day."""
    return lambda day: is_workday(uow, datetime.combine(day, time(12), uow.now.tzinfo))


def _absence(uow: UnitOfWork, ready: ReadyRule, when: Absence, only: str) -> Iterator[Hit]:
    rule, works, now = ready.rule, calendar(uow), uow.now
    if when.holidays == "skip" and not works(now.date()):
        return
    of, absent = uow.shelf.form(when.of).form, uow.shelf.form(when.absence).form
    first = hours_before(now, when.work_hours, works) if when.work_hours else bound(now, when.days)
    steps: list[tuple[datetime, datetime | None]] = [(first, None)]
    for one in rule.escalate:
        before = bound(now, one.days - 1) if one.days else workdays_before(now, one.workdays, works)
        steps.append((before, bound(now, one.days - when.days - 2) if one.days else None))
    today, zone = now.date(), now.tzinfo
    for rung, (before, rested) in enumerate(steps):
        found, _ = sweep(
            uow.connection,
            rule,
            (of, absent),
            ready.condition,
            uow.scope(),
            uow.shelf.find_form,
            before=before,
            rested=rested,
            rung=rung,
            only=only,
            limit=rule.most,
        )
        for hit in found:
            days = (today - hit.quiet_since.astimezone(zone).date()).days
            yield Hit(of.key, hit.record_id, hit.occurrence, rung, {"_days": days})


def _dates(
    uow: UnitOfWork, ready: ReadyRule, when: DateDue, struck: datetime, after: datetime
) -> Iterator[Hit]:
    if when.holidays == "skip" and not calendar(uow)(struck.date()):
        return
    form = uow.shelf.form(when.of).form
    path = date_path(form, when.date)
    if path is None:
        return
    clock = time.fromisoformat(when.at)
    first = after.date() if after.timetz().replace(tzinfo=None) < clock else after.date() + timedelta(days=1)
    first = max(first, struck.date() - timedelta(days=WINDOW))
    days = [first + timedelta(days=one) for one in range((struck.date() - first).days + 1)]
    condition = (ready.condition, uow.scope(), uow.shelf.find_form) if ready.condition else None
    for offset in when.days:
        wanted = [day - timedelta(days=offset) for day in days]
        for one in due_records(uow.connection, form, path, wanted, condition):
            event = f"date:{one.on.isoformat()}:{offset:+d}" + (f":{one.pos}" if one.pos >= 0 else "")
            row = (path[0], one.pos) if one.pos >= 0 else None
            yield Hit(form.key, one.record_id, event, 0, {"_offset": offset}, row)


def _schedule(uow: UnitOfWork, ready: ReadyRule, when: Schedule, struck: datetime) -> Iterator[Hit]:
    event = "once" if when.once else f"at:{struck.isoformat()}"
    if not when.of:
        yield Hit("", "", event)
        return
    form = uow.shelf.form(when.of).form
    ids, _ = fulfilling(
        uow.connection,
        form,
        ready.condition,
        uow.scope(),
        uow.shelf.find_form,
        without=(ready.key, event),
    )
    yield from (Hit(form.key, one, event) for one in ids)


def _waiting(uow: UnitOfWork, ready: ReadyRule, when: Waiting) -> Iterator[Hit]:
    works, rule = calendar(uow), ready.rule
    for rung, days in enumerate((when.workdays, *(one.length for one in rule.escalate))):
        before = workdays_before(uow.now, days, works)
        for one in waiting_tasks(uow.connection, when.form, before, (rule.key, rung)):
            waited = workdays_between(one.opened_at.astimezone(uow.house.zone), uow.now, works)
            more = {"_assignee": one.assignee, "_step": one.name, "_waited": waited}
            yield Hit(one.form, one.record_id, f"task:{one.task_id}:{rung}", rung, more)
