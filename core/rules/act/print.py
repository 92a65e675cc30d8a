"""print: the record's printed sheet as a file; drawn when it is sent (bot/papers.py)."""

from __future__ import annotations

from core.reach import Channel
from core.rules.act.notify import nobody
from core.rules.act.reaching import letter_of, reach
from core.rules.doing import Doing, told_at
from core.rules.thens import Print
from core.telling import tell_person


def do(doing: Doing, spec: Print) -> None:
    """Raises UserError for rules over no record."""
    record = doing.record
    people = doing.people(spec.who)
    if spec.who and not people:
        nobody(doing)
    text = doing.fill(spec.text) if spec.text else f"{record.title}的打印件"
    letter = letter_of(doing, spec, text, spec.template)
    if Channel.CHAT in spec.by:
        for person in people:
            tell_person(doing.uow, person, Channel.CHAT, letter, told_at(doing.uow, doing.rule))
            doing.notes.append(f"打印件发给{doing.uow.people.called(person)}")
    reach(doing, spec, people, letter, kinds=(Channel.MAIL,))
