"""remind: a card with buttons, one for each person."""

from __future__ import annotations

from typing import Any

from core.rules.act.notify import nobody
from core.rules.act.reaching import letter_of, reach
from core.rules.doing import Doing
from core.rules.thens import Remind
from core.store.reminders import Reminder


def do(doing: Doing, spec: Remind) -> None:
    """The reminder's facts are what the rule saw: its provenance."""
    people = doing.people(spec.who)
    if spec.who and not people:
        nobody(doing)
    text = doing.fill(spec.text)[:500]
    facts = {**doing.plain_record(), **doing.seen}
    for person in people:
        _one(doing, person, text, facts)
    if spec.beyond_chat:
        reach(doing, spec, people, letter_of(doing, spec, text))


def _one(doing: Doing, person: str, text: str, facts: dict[str, Any]) -> None:
    uow, record = doing.uow, doing.record
    row = Reminder(
        id=uow.ids(),
        rule=doing.ready.key,
        rule_version=doing.ready.version,
        form=record.form,
        record_id=record.id,
        person=person,
        occurrence=f"{doing.run_id}:{doing.reminded}",
        text=text,
        facts=facts,
        state="open",
        version=1,
        answer="",
        created_at=uow.now,
        answered_at=None,
        answered_by=None,
    )
    doing.remind(row)
    doing.notes.append(f"提醒{uow.people.called(person)}：{text}")
