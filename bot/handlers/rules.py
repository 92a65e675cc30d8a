"""Buttons of rules: on the card of a record, or as a chat word with the record's number."""

from __future__ import annotations

from bot.cards import Answer, Said, Text
from bot.desk import Desk, Pressed, delivery_of
from core.commands import PressRule
from core.people import Person
from core.queries.buttons import record_of
from core.queries.rules import find
from core.store.work import UnitOfWork


async def press(desk: Desk, pressed: Pressed) -> Answer:
    """A rule's button on a progress card."""
    record_id = await desk.read(lambda uow: record_of(uow, pressed.card))
    command = PressRule(pressed.person.id, pressed.click.values.get("rule", ""), record_id)
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    return await desk.answer(pressed, outcome.message)


async def by_word(desk: Desk, person: Person, message: Said, rule: str, text: str) -> Answer:
    """`催款 DD-0001`."""
    if not text.strip():
        return Answer(Text("请在后面写上单据编号。"))

    def question(uow: UnitOfWork) -> str:
        return find(uow, uow.shelf.book.rule(rule), text)[1]

    record_id = await desk.read(question)
    outcome = await desk.perform(PressRule(person.id, rule, record_id), delivery_of(message))
    return Answer(Text(outcome.message))
