"""Commands of the rule engine: sweep an absence rule, answer a reminder's button."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from core.acting import Done
from core.commands import AnswerReminder, SweepRule, UpdateRecord
from core.errors import Conflict, Invalid, NotAllowed, NotFound, UserError
from core.events import Event, ReminderAnswered, ReminderMade
from core.flows.actions import start
from core.forms.actions import create, names_for, reading, update_record
from core.forms.check import check
from core.forms.storage import Record
from core.forms.text import plain_values, show
from core.rules.definition import Remind, Rule, RuleButton
from core.rules.sweep import Hit, link_field, sweep
from core.store.reminders import Reminder
from core.store.work import UnitOfWork

MOST_AT_ONCE = 5000


def sweep_rule(uow: UnitOfWork, command: SweepRule) -> Done:
    """One reminder for each record that was quiet too long, once until something happens again."""
    rule, version = uow.shelf.rule(command.rule)
    of, absent = uow.shelf.form(rule.when.of), uow.shelf.form(rule.when.absence)
    condition = uow.shelf.condition(rule.condition, of) if rule.condition else None
    scope = uow.scope()
    hits, exact = sweep(uow.connection, rule, (of.form, absent.form), condition, scope, uow.shelf.find_form)
    events: list[Event] = []
    for hit in hits[:MOST_AT_ONCE]:
        record = uow.records.load(of.form, hit.record_id)
        if record is None or (condition and not exact and not condition.evaluate(record.facts(), scope)):
            continue
        events += _remind(uow, rule, version, record, hit)
    return Done(f"「{rule.title}」检查完毕，提醒了 {len(events)} 条。", tuple(events), {"hits": len(events)})


def _remind(uow: UnitOfWork, rule: Rule, version: int, record: Record, hit: Hit) -> list[Event]:
    form = uow.shelf.form(record.form).form
    field = form.by_label(rule.remind.who)
    person = record.values.get(field.key) if field else None
    if not uow.people.active(person):
        where = f"record:{record.form}:{record.id}"
        text = f"规则「{rule.title}」找不到要提醒的人：{record.title} 的{rule.remind.who}为空或已离职。"
        uow.incidents.raise_(uow.ids(), "nobody_to_remind", where, text, uow.now)
        return []
    days = (uow.now.date() - hit.quiet_since.astimezone(uow.now.tzinfo).date()).days
    text = _fill(uow, rule.remind, record, days)
    row = Reminder(
        id=uow.ids(),
        rule=rule.key,
        rule_version=version,
        form=record.form,
        record_id=record.id,
        person=str(person),
        occurrence=hit.occurrence,
        text=text,
        facts={"days": days, "quiet_since": hit.quiet_since, **plain_values(form.fields, record.values)},
        state="open",
        version=1,
        answer="",
        created_at=uow.now,
        answered_at=None,
        answered_by=None,
    )
    if not uow.reminders.add(row):
        return []
    event = ReminderMade(
        f"reminder:{row.id}", row.id, rule.key, version, record.form, record.id, row.person, text, row.facts
    )
    return [event]


def _fill(uow: UnitOfWork, remind: Remind, record: Record, days: int) -> str:
    form = uow.shelf.form(record.form).form
    names = names_for(uow, form, record.values)

    def part(found: re.Match[str]) -> str:
        if found[1] == "天数":
            return str(days)
        field = form.by_label(found[1])
        return show(field, record.values.get(field.key), names) if field else record.number

    return re.sub(r"\{([^{}]+)\}", part, remind.text)


def answer_reminder(uow: UnitOfWork, command: AnswerReminder) -> Done:
    """A button of a reminder: write a record, rest for some days, or set fields."""
    reminder = uow.reminders.load(command.reminder_id)
    if reminder is None:
        raise NotFound
    if reminder.person != command.actor:
        raise NotAllowed("这条提醒是发给别人的。")
    if reminder.state != "open":
        raise Conflict(f"这条提醒已处理：{reminder.answer}。")
    rule, _ = uow.shelf.rule(reminder.rule)
    button = next((one for one in rule.remind.buttons if one.text == command.button), None)
    if button is None:
        raise UserError("unknown_button", "这个按钮已经不在规则里了，请联系管理员。")
    detail, events = _press(uow, rule, button, reminder, command)
    if not uow.reminders.answer(reminder.id, command.actor, detail, uow.now):
        raise Conflict("这条提醒刚刚已处理。")
    event = ReminderAnswered(f"reminder:{reminder.id}", reminder.id, command.actor, button.text, detail)
    return Done(f"{detail}。", (*events, event), {})


def _press(
    uow: UnitOfWork, rule: Rule, button: RuleButton, reminder: Reminder, command: AnswerReminder
) -> tuple[str, tuple[Event, ...]]:
    if button.snooze:
        until = uow.now + timedelta(days=button.snooze)
        uow.reminders.snooze(rule.key, reminder.record_id, until)
        return f"已延期 {button.snooze} 天，{until:%m-%d} 再提醒", ()
    if button.set:
        record = uow.records.load(uow.shelf.form(reminder.form).form, reminder.record_id)
        if record is None:
            raise NotFound
        change = UpdateRecord("system", reminder.form, record.id, record.version, button.set)
        return f"已{button.text}", update_record(uow, change).events
    return _create(uow, rule, button, reminder, command)


def _create(
    uow: UnitOfWork, rule: Rule, button: RuleButton, reminder: Reminder, command: AnswerReminder
) -> tuple[str, tuple[Event, ...]]:
    """A record of the button's form, linked to the reminded one. Raises Invalid with the fields' own problems."""
    ready = uow.shelf.form(button.create)
    link = link_field(ready.form, rule.when.of, rule.when.link)
    values: dict[str, Any] = {**command.values, **({link: reminder.record_id} if link else {})}
    checked = check(ready, values, reading(uow, values, ready, command.actor), uow.scope(command.actor))
    if checked.problems:
        raise Invalid(checked.problems)
    record, events = create(uow, ready, checked, command.actor)
    _, more = start(uow, ready, record, command.actor)
    return f"已记录{ready.form.title} {record.number}", (*events, *more)
