"""What a clock rule finds when it looks: (what the rule sees, what it does), record by record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from core.forms.definition import Form
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


def hits(uow: UnitOfWork, ready: ReadyRule, struck: datetime, after: datetime) -> Iterator[Found]:
    """Everything due at `struck` that was not at `after`. Conditions that SQL cannot say are asked by the caller."""
    when = ready.rule.when
    match when:
        case Absence():
            yield from _absence(uow, ready, when)
        case DateDue():
            yield from _dates(uow, ready, when, struck, after)
        case Schedule():
            yield from _schedule(uow, ready, when, struck)
        case Waiting():
            yield from _waiting(uow, ready, when)


def calendar(uow: UnitOfWork) -> Callable[[date], bool]:
    """Whether people work on a day."""
    return lambda day: is_workday(uow, datetime.combine(day, time(12), uow.now.tzinfo))


def case_of(
    uow: UnitOfWork, form: Form, record_id: str, event: str, more: dict[str, Any], rung: int = 0
) -> Case | None:
    """What the rule sees of a record now; None when it is gone."""
    record = uow.records.load(form, record_id)
    if record is None:
        return None
    facts = {**facts_of(form, record, loader(uow)), **more, "_actor": "system"}
    return Case(form, record, facts, event, "system", rung=rung)


def _absence(uow: UnitOfWork, ready: ReadyRule, when: Absence) -> Iterator[Found]:
    rule, works = ready.rule, calendar(uow)
    if when.holidays == "skip" and not works(uow.now.date()):
        return
    of, absent = uow.shelf.form(when.of).form, uow.shelf.form(when.absence).form
    first = hours_before(uow.now, when.work_hours, works) if when.work_hours else bound(uow.now, when.days)
    steps: list[tuple[datetime, datetime | None, tuple[Action, ...]]] = [(first, None, rule.then)]
    for one in rule.escalate:
        before = bound(uow.now, one.days - 1) if one.days else workdays_before(uow.now, one.workdays, works)
        rested = bound(uow.now, one.days - when.days - 2) if one.days else None
        steps.append((before, rested, one.actions(rule.then)))
    for rung, (before, rested, actions) in enumerate(steps):
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
            limit=rule.most,
        )
        for hit in found:
            days = (uow.now.date() - hit.quiet_since.astimezone(uow.now.tzinfo).date()).days
            case = case_of(uow, of, hit.record_id, hit.occurrence, {"_days": days}, rung)
            if case is not None:
                yield case, actions


def _dates(
    uow: UnitOfWork, ready: ReadyRule, when: DateDue, struck: datetime, after: datetime
) -> Iterator[Found]:
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
            case = case_of(uow, form, one.record_id, event, {"_offset": offset})
            if case is None or uow.runs.fired(ready.key, one.record_id, event):
                continue
            if one.pos >= 0:
                case = _with_row(case, path[0], one.pos)
            yield case, ready.rule.then


def _with_row(case: Case, table: str, pos: int) -> Case:
    rows = case.facts.get(table) or []
    row = rows[pos] if pos < len(rows) else {}
    return Case(case.form, case.record, {**case.facts, "_row": row}, case.event, case.actor)


def _schedule(uow: UnitOfWork, ready: ReadyRule, when: Schedule, struck: datetime) -> Iterator[Found]:
    event = "once" if when.once else f"at:{struck.isoformat()}"
    if not when.of:
        yield Case(None, None, {"_actor": "system"}, event, "system"), ready.rule.then
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
    for record_id in ids:
        case = case_of(uow, form, record_id, event, {})
        if case is not None:
            yield case, ready.rule.then


def _waiting(uow: UnitOfWork, ready: ReadyRule, when: Waiting) -> Iterator[Found]:
    works = calendar(uow)
    rule = ready.rule
    steps = [(when.workdays, rule.then), *((one.length, one.actions(rule.then)) for one in rule.escalate)]
    for rung, (days, actions) in enumerate(steps):
        for one in waiting_tasks(uow.connection, when.form, workdays_before(uow.now, days, works)):
            event = f"task:{one.task_id}:{rung}"
            if uow.runs.fired(rule.key, one.record_id, event):
                continue
            waited = workdays_between(one.opened_at.astimezone(uow.house.zone), uow.now, works)
            more = {"_assignee": one.assignee, "_step": one.name, "_waited": waited}
            case = case_of(uow, uow.shelf.form(one.form).form, one.record_id, event, more, rung)
            if case is not None:
                yield case, actions
