"""Which handler answers which press or word: two dicts, and the one `receive` that adapters call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.cards import Answer, Click, Said, Text
from bot.desk import Desk, Pressed, delivery_of
from bot.handlers import forms, reminders, rules, tasks, words
from core.commands import LearnGroup
from core.people import Person
from core.store.inbox import Delivery

CardHandler = Callable[[Desk, Pressed], Awaitable[Answer]]
MenuHandler = Callable[[Desk, Person, Click], Awaitable[Answer]]

# Presses on cards of a subject.
CARDS: dict[str, CardHandler] = {
    "submit": forms.submit,
    "save": forms.save,
    "approve": tasks.approve,
    "reject": tasks.ask_reject,
    "return": tasks.ask_return,
    "ask_approve": tasks.ask_approve,
    "confirm_approve": tasks.approve_with_reason,
    "urge": tasks.urge,
    "confirm_reject": tasks.reject,
    "confirm_return": tasks.send_back,
    "back": tasks.back,
    "withdraw": tasks.withdraw,
    "ask": reminders.ask,
    "remind": reminders.press,
    "rule": rules.press,
}


async def _open(desk: Desk, person: Person, click: Click) -> Answer:
    form = click.values.get("form", "")
    return await forms.open_form(desk, person, form, click.platform, delivery_of(click))


async def _todo(desk: Desk, person: Person, _click: Click) -> Answer:
    return await words.todo(desk, person)


async def _chart(desk: Desk, person: Person, click: Click) -> Answer:
    return await words.picture(desk, person, click, click.values.get("report", ""))


async def _resend(desk: Desk, person: Person, _click: Click) -> Answer:
    return await words.resend(desk, person)


# Presses on menus, which belong to no subject.
MENUS: dict[str, MenuHandler] = {"open": _open, "todo": _todo, "chart": _chart, "resend": _resend}


class Router:
    """Takes what adapters understood and answers it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._groups: set[str] = set()

    async def _learn(self, person: Person, message: Said) -> None:
        """Remember the group that somebody of the house speaks to us in; the database knows whether it is new."""
        command = LearnGroup(person.id, message.platform, message.group_id, message.group)
        key = Delivery(message.platform, f"{message.delivery}/group")
        if (await self._desk.perform(command, key)).ok:
            self._groups.add(message.group_id)

    async def receive(self, message: Click | Said) -> Answer:
        """One press or message. What it changes is committed before the answer is given (guarantee A1)."""
        if isinstance(message, Said):
            who = await self._desk.who(message)
            if isinstance(who, str):
                return Answer(Text(who))
            if message.group_id and message.group_id not in self._groups:
                await self._learn(who, message)
            return await words.said(self._desk, who, message)
        if message.button in MENUS:
            who = await self._desk.who(message)
            return (
                Answer(Text(who))
                if isinstance(who, str)
                else await MENUS[message.button](self._desk, who, message)
            )
        handler = CARDS.get(message.button)
        if handler is None:
            return Answer(Text("这个按钮已经不能用了，请输入「待办」看最新的卡片。"))
        pressed = await self._desk.understand(message)
        if isinstance(pressed, str):
            actor = f"{message.platform}:{message.actor}"
            await self._desk.note_refused(actor, f"card:{message.card}", message.button, pressed)
            return Answer(Text(pressed))
        return await handler(self._desk, pressed)
