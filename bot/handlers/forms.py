"""Filling a form on its card: save and go on, or submit. What was typed stays, right or wrong."""

from __future__ import annotations

from typing import Any

from bot import views
from bot.cards import Answer, Click, Said, Text
from bot.desk import Desk, Pressed, delivery_of
from core.commands import Command, OpenDraft, SaveDraft, SubmitDraft
from core.people import Person
from core.queries.quick import Filled
from core.store.inbox import Delivery


async def save(desk: Desk, pressed: Pressed) -> Answer:
    """保存并继续: the rest is filled on the page, in the same draft."""
    command = SaveDraft(pressed.person.id, pressed.card.subject_id, typed(pressed.click))
    return await _send(desk, pressed, command, "已保存，请到页面上继续填写。")


async def submit(desk: Desk, pressed: Pressed) -> Answer:
    """提交: becomes a record, or comes back with every mistake at its field."""
    command = SubmitDraft(
        pressed.person.id, pressed.card.subject_id, typed(pressed.click), pressed.click.platform
    )
    return await _send(desk, pressed, command, "")


async def _send(desk: Desk, pressed: Pressed, command: Command, note: str) -> Answer:
    if pressed.card.subject_kind != "draft":
        return Answer(Text("这张卡片不是表单，不能这样操作。"))
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    if outcome.ok:
        return await desk.answer(pressed, note)
    return await desk.answer(pressed, "" if outcome.problems else outcome.message)


def typed(click: Click) -> dict[str, Any]:
    """The inputs of a press as values of a draft; an absent input was left as it is."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in click.inputs.items()
        if not key.startswith("_")
    }


async def open_form(desk: Desk, person: Person, form: str, platform: str, delivery: Delivery) -> Answer:
    """A new draft; its card comes by the outbox, so it survives a crash."""
    outcome = await desk.perform(OpenDraft(person.id, form, platform), delivery)
    return Answer(None if outcome.ok else Text(outcome.message))


async def open_filled(desk: Desk, person: Person, found: Filled, message: Said) -> Answer:
    """A draft filled from a sentence: the answer says what was understood and what not, the card asks to confirm."""
    command = OpenDraft(person.id, found.form, message.platform, found.values)
    outcome = await desk.perform(command, delivery_of(message))
    return Answer(Text(views.quick_text(found) if outcome.ok else outcome.message))
