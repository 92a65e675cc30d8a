"""remind: a card with buttons, one for each person."""

from __future__ import annotations

from core.events import ReminderMade
from core.forms.text import plain_values
from core.rules.act.notify import nobody
from core.rules.act.reaching import letter_of, reach
from core.rules.doing import Doing, told_at
from core.rules.thens import Remind
from core.store.reminders import Reminder


def do(doing: Doing, spec: Remind) -> None:
    """The reminder's facts are what the rule saw: its provenance."""
    people = doing.people(spec.who)
    if spec.who and not people:
        nobody(doing)
    text = doing.fill(spec.text)[:500]
    for person in people:
        _one(doing, person, text)
    reach(doing, spec, people, letter_of(doing, spec, text))


def _one(doing: Doing, person: str, text: str) -> None:
    uow, record, form = doing.uow, doing.record, doing.case.form
    facts = {**(plain_values(form.fields, record.values) if form else {}), **doing.seen}
    row = Reminder(
        id=uow.ids(),
        rule=doing.ready.key,
        rule_version=doing.ready.version,
        form=record.form,
        record_id=record.id,
        person=person,
        occurrence=f"{doing.run_id}:{len(doing.events)}",
        text=text,
        facts=facts,
        state="open",
        version=1,
        answer="",
        created_at=uow.now,
        answered_at=None,
        answered_by=None,
    )
    uow.reminders.add(row)
    event = ReminderMade(
        f"reminder:{row.id}",
        row.id,
        row.rule,
        row.rule_version,
        row.form,
        row.record_id,
        person,
        text,
        facts,
        told_at(uow, doing.rule),
    )
    doing.events.append(event)
    doing.notes.append(f"提醒{uow.people.called(person)}：{text}")
