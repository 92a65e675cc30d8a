"""Presses on reminders of rules: the buttons that the rule's author wrote."""

from __future__ import annotations

from bot.cards import Answer, Text
from bot.desk import Desk, Pressed, delivery_of
from bot.handlers.forms import typed
from core.commands import AnswerReminder
from core.queries.cards import ReminderView, view
from core.store.work import UnitOfWork


async def ask(desk: Desk, pressed: Pressed) -> Answer:
    """A button that needs some fields first: the same card asks for them."""
    return await desk.answer(pressed, ask=pressed.click.values.get("b", "0"))


async def press(desk: Desk, pressed: Pressed) -> Answer:
    """A button that acts."""
    if pressed.card.subject_kind != "reminder":
        return Answer(Text("这张卡片不是提醒，不能这样操作。"))
    index = pressed.click.values.get("b", "")

    def name(uow: UnitOfWork) -> str:
        found = view(uow, pressed.card)
        if not isinstance(found, ReminderView) or not index.isdigit() or int(index) >= len(found.buttons):
            return ""
        return found.buttons[int(index)][0]

    command = AnswerReminder(
        pressed.person.id, pressed.card.subject_id, await desk.read(name), typed(pressed.click)
    )
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    if outcome.problems:
        return await desk.answer(pressed, outcome.message, ask=index)
    return await desk.answer(pressed, "" if outcome.ok else outcome.message)
