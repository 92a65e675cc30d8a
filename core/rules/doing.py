"""What all actions of a run stand on: the values they write, the people they find, the texts they fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from core.errors import Invalid, NotAllowed, NotFound, UserError
from core.events import Event, ReminderMade
from core.expressions import Expression, Kind, Schema, Scope
from core.flows.actions import start
from core.forms.actions import change, create, delete
from core.forms.asking import names_for, reading
from core.forms.check import check
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import plain_values, show
from core.people import active_only
from core.rules.base import People, Who, Written
from core.rules.book import Hole, ReadyRule
from core.rules.engine import Case
from core.rules.facts import Linked, Load, facts_of, told
from core.store.reminders import Reminder
from core.store.runs import Notice, Origin
from core.store.work import UnitOfWork


def loader(uow: UnitOfWork) -> Load:
    """Reads linked records."""

    def load(form: str, id_: str) -> tuple[Form, Record] | None:
        found = uow.shelf.find_form(form)
        record = uow.records.load(found, id_) if found else None
        return (found, record) if found and record else None

    return load


class Doing:
    """One run of a rule's actions. `events` and `notes` grow as actions are done."""

    def __init__(
        self, uow: UnitOfWork, ready: ReadyRule, case: Case, run_id: str, seen: Mapping[str, Any], actor: str
    ) -> None:
        self.uow = uow
        self.ready = ready
        self.case = case
        self.run_id = run_id
        self.seen = seen
        self.actor = actor
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.reminded = 0

    @cached_property
    def scope(self) -> Scope:
        """What expressions may know."""
        return self.uow.scope(self.case.actor)

    @property
    def rule(self) -> Any:
        """The rule's definition."""
        return self.ready.rule

    @property
    def record(self) -> Record:
        """The record in hand. Raises UserError for rules over none."""
        if self.case.record is None:
            raise UserError("no_record", "这条规则没有对应的单据，不能这样做。")
        return self.case.record

    # --- values ---------------------------------------------------------------------------------------

    def value(self, text: str, schema: Schema | None = None, facts: Mapping[str, Any] | None = None) -> Any:
        """An expression over what the rule sees. Raises ExpressionError."""
        found = self.ready.expression(text, schema)
        return found.evaluate(facts if facts is not None else self.case.facts, self.scope)

    def truth(self, text: str, schema: Schema, facts: Mapping[str, Any]) -> bool:
        """A condition."""
        found: Expression = self.ready.expression(text, schema, Kind.BOOL)
        return bool(found.evaluate(facts, self.scope))

    def written(
        self,
        written: Written,
        fields: tuple[FieldDef, ...],
        schema: Schema | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The values that `map` and `set` say, by field key, ready for the form's check."""
        found: dict[str, Any] = {}
        for name, text in written.map.items():
            field = _field(fields, name)
            found[field.key] = self._raw(field, self.value(text, schema, facts))
        for name, value in written.set.items():
            field = _field(fields, name)
            found[field.key] = self.fill(value, facts) if isinstance(value, str) else value
        return found

    def matched(self, match: Mapping[str, str], form: Form) -> dict[str, Any]:
        """The values that `match` asks for, by field key of the other form, as they are stored."""
        found = {}
        for name, text in match.items():
            field = _field(form.fields, name)
            found[field.key] = self._raw(field, self.value(text))
        return found

    def _raw(self, field: FieldDef, value: Any) -> Any:
        if isinstance(value, Linked):
            return value["id"]
        if isinstance(value, Decimal) and field.type in ("number", "money"):
            return value.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUND_HALF_UP)
        if isinstance(value, Decimal):
            return told(value)
        if isinstance(value, datetime):
            local = value.astimezone(self.uow.house.zone)
            return local.date() if field.type == "date" else f"{local:%Y-%m-%d %H:%M}"
        return value

    def fill(self, text: str, facts: Mapping[str, Any] | None = None) -> str:
        """A text with `{名称}` or any `{expression}` filled in."""
        parts = self.ready.holes(text, self.case.form)
        return "".join([one if isinstance(one, str) else self._said(one, facts) for one in parts])

    def _said(self, hole: Hole, facts: Mapping[str, Any] | None) -> str:
        record, field = self.case.record, hole.field
        if field is not None and record is not None and facts is None:
            return show(field, record.values.get(field.key), self.names())
        if hole.name in ("编号", "number") and record is not None:
            return record.number
        return self.shown(self.value(hole.name, None, facts))

    def plain_record(self) -> dict[str, Any]:
        """The values of the record in hand as JSON; {} for rules over none."""
        form = self.case.form
        return plain_values(form.fields, self.record.values) if form else {}

    def names(self) -> Names:
        """The people and titles that showing the record needs."""
        form, record = self.case.form, self.case.record
        return names_for(self.uow, form, record.values) if form and record else Names(self.uow.people)

    def shown(self, value: Any) -> str:
        """A value as people read it."""
        if isinstance(value, Linked):
            found = loader(self.uow)(value._form, value["id"])
            return found[1].title if found else ""
        if isinstance(value, str) and self.uow.people.get(value):
            return self.uow.people.called(value)
        if isinstance(value, bool):
            return "是" if value else "否"
        return "" if value is None else str(told(value))

    # --- people ---------------------------------------------------------------------------------------

    def people(self, who: People) -> tuple[str, ...]:
        """Everybody that is meant, once each; people who left are not."""
        found = [person for one in who for person in self._people(one)]
        return active_only(self.uow.people, found)

    def _people(self, who: Who) -> list[str | None]:
        directory = self.uow.people
        if who.role:
            return list(directory.holders(who.role))
        if who.person:
            return [who.person]
        named = self._member(who.field or who.manager_of or who.department_head_of)
        if who.manager_of:
            return [directory.manager(named)] if named else []
        if who.department_head_of:
            return [directory.department_head(named)] if named else []
        return [named]

    def _member(self, name: str) -> str | None:
        value = self.value(name)
        return value if isinstance(value, str) else None

    # --- records --------------------------------------------------------------------------------------

    def make(self, key: str, values: Mapping[str, Any]) -> Record:
        """A new record, its flow begun, marked with where it came from. Raises Invalid."""
        ready = self.uow.shelf.form(key)
        checked = check(ready, values, reading(self.uow, values), self.uow.scope(self.actor))
        if checked.problems:
            raise Invalid(checked.problems)
        record, events = create(self.uow, ready, checked, self.actor)
        self.events += events
        self.mark(record, "created")
        _, more = start(self.uow, ready, record, self.actor)
        self.events += more
        self.notes.append(f"新建{ready.form.title} {record.number}")
        return record

    def alter(self, key: str, record: Record, values: Mapping[str, Any]) -> Record:
        """Change a record; nothing is written when it says so already. Raises Invalid, NotAllowed."""
        ready = self.uow.shelf.form(key)
        self._may(record)
        checked = check(
            ready, values, reading(self.uow, values), self.uow.scope(self.actor), before=record.values
        )
        if checked.problems:
            raise Invalid(checked.problems)
        if checked.values == record.values:
            self.notes.append(f"{ready.form.title} {record.number} 已是这样，没有改动")
            return record
        changed, events = change(self.uow, ready, record, checked, self.actor)
        self.events += events
        self.mark(changed, "updated")
        if self.case.record is not None and changed.id == self.case.record.id:
            self._refresh(ready.form, changed)
        self.notes.append(f"修改{ready.form.title} {record.number}：{self._changes(ready, values)}")
        return changed

    def _refresh(self, form: Form, record: Record) -> None:
        """Later actions of the run see what earlier ones wrote."""
        facts = {**self.case.facts, **facts_of(form, record, loader(self.uow))}
        self.case = replace(self.case, record=record, facts=facts)

    def take_away(self, key: str, record: Record) -> None:
        """Delete a record. Raises NotAllowed, Conflict."""
        ready = self.uow.shelf.form(key)
        self._may(record)
        self.events += delete(self.uow, ready, record)
        self.notes.append(f"删除{ready.form.title} {record.number}")

    def _may(self, record: Record) -> None:
        if self.actor in ("system", record.created_by):
            return
        if not self.uow.people.holds(self.actor, "admin"):
            raise NotAllowed(f"{self.uow.people.called(self.actor)}不能改 {record.number}。")

    def _changes(self, ready: ReadyForm, values: Mapping[str, Any]) -> str:
        labels = {one.key: one.label for one in ready.form.fields}
        return "，".join(f"{labels.get(key, key)} = {self.shown(value)}" for key, value in values.items())

    def mark(self, record: Record, what: str) -> None:
        """Provenance."""
        origin = Origin(
            id=self.uow.ids(),
            form=record.form,
            record_id=record.id,
            what=what,
            rule=self.ready.key,
            version=self.ready.version,
            run_id=self.run_id,
            event=self.case.event,
            facts=dict(self.seen),
            at=self.uow.now,
        )
        self.uow.runs.made(origin)

    def target(self, name: str) -> tuple[str, Record]:
        """本单, or the record behind a link field of it, as it is now. Raises NotFound."""
        form, record = self.case.form, self.record
        if form is None:
            raise NotFound
        if name not in ("", "本单"):
            field = _field(form.fields, name)
            found = loader(self.uow)(field.to, str(record.values.get(field.key) or ""))
            if found is None:
                raise UserError("no_target", f"「{name}」没有填，找不到要改的数据。")
            return found[0].key, found[1]
        fresh = self.uow.records.load(form, record.id)
        if fresh is None:
            raise UserError("no_target", "这条数据已经不在了。")
        return form.key, fresh

    def facts_over(self, form: Form, record: Record) -> dict[str, Any]:
        """The facts of another record, with everything the rule sees behind it."""
        return {**self.case.facts, **facts_of(form, record, loader(self.uow))}

    # --- when people are told -------------------------------------------------------------------------

    def remind(self, row: Reminder) -> None:
        """Keep a reminder; its card leaves with the transaction."""
        self.uow.reminders.add(row)
        self.reminded += 1
        self.events.append(
            ReminderMade(
                f"reminder:{row.id}",
                row.id,
                row.rule,
                row.rule_version,
                row.form,
                row.record_id,
                row.person,
                row.text,
                row.facts,
                told_at(self.uow, self.rule),
            )
        )

    def tell(self, person: str, text: str) -> None:
        """A plain message: now, at the end of quiet hours, or gathered until the rule's hour."""
        at = told_at(self.uow, self.rule)
        if at is not None:
            notice = Notice(self.uow.ids(), person, self.ready.key, text, at)
            self.uow.runs.gather(notice)
        else:
            send(self.uow, person, text)
        self.notes.append(f"通知{self.uow.people.called(person)}")


def send(uow: UnitOfWork, person: str, text: str) -> bool:
    """A plain message to where a person is; an incident when that is nowhere."""
    platform = reachable(uow, person)
    if platform:
        uow.outbox.put_message(uow.ids(), "text", person, platform, {"text": text}, uow.now)
    return bool(platform)


def reachable(uow: UnitOfWork, person: str) -> str:
    """The platform on which to reach a person; "" with an incident when there is none."""
    found = uow.people.get(person)
    on = uow.house.platforms
    for identity in found.identities if found else ():
        if not on or identity.platform in on:
            return identity.platform
    text = f"{uow.people.called(person)}没有绑定钉钉或企业微信，收不到消息。"
    uow.incidents.raise_(uow.ids(), "unreachable", f"person:{person}", text, uow.now)
    return ""


def told_at(uow: UnitOfWork, rule: Any) -> datetime | None:
    """When people may be told; None: now."""
    now = uow.now
    if rule.digest:
        at = _clock(now, rule.digest)
        return at if at > now else at + timedelta(days=1)
    quiet = rule.quiet
    if quiet is None:
        return None
    at = now
    for _ in range(60):
        start_at, end_at = _clock(at, quiet.start), _clock(at, quiet.end)
        if (quiet.holidays and not is_workday(uow, at)) or (start_at > end_at and at >= start_at):
            at = _clock(at + timedelta(days=1), quiet.end)
        elif (start_at > end_at and at < end_at) or start_at <= at < end_at:
            at = end_at
        else:
            break
    return at if at > now else None


def _clock(day: datetime, text: str) -> datetime:
    return datetime.combine(day.date(), time.fromisoformat(text), day.tzinfo)


def is_workday(uow: UnitOfWork, at: datetime) -> bool:
    """Whether people work on this day: the house's calendar where it has one, else Monday to Friday."""
    call = uow.scope().calls.get("工作日")
    return bool(call(at.date())) if call else at.isoweekday() <= 5


def _field(fields: tuple[FieldDef, ...], name: str) -> FieldDef:
    found = next((one for one in fields if name in (one.key, one.label)), None)
    if found is None:
        raise UserError("unknown_field", f"没有「{name}」这个字段。")
    return found
