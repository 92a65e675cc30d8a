"""The buttons of a reminder: write a record, rest for some days, set fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.acting import Done
from core.commands import AnswerReminder, UpdateRecord
from core.errors import Conflict, Invalid, NotAllowed, NotFound, UserError
from core.events import Event, ReminderAnswered
from core.flows.actions import start
from core.forms.actions import create, update_record
from core.forms.asking import reading
from core.forms.check import check
from core.rules.definition import Rule
from core.rules.sweep import link_field
from core.rules.thens import RuleButton
from core.store.reminders import Reminder
from core.store.work import UnitOfWork


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
    button = rule.button(command.button)
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
    link = link_field(ready.form, rule.when.form, getattr(rule.when, "link", ""))
    values: dict[str, Any] = {**command.values, **({link: reminder.record_id} if link else {})}
    checked = check(ready, values, reading(uow, values, ready, command.actor), uow.scope(command.actor))
    if checked.problems:
        raise Invalid(checked.problems)
    record, events = create(uow, ready, checked, command.actor)
    _, more = start(uow, ready, record, command.actor)
    return f"已记录{ready.form.title} {record.number}", (*events, *more)
