"""The seam without a platform: keeps what each person sees; a test or a terminal says and presses things.

Behaves as a real platform does where it matters: the same key twice is one message, an answer replaces the
presser's card only, a button that is not on the shown card cannot be pressed, a press may be delivered twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from bot.adapters.base import Handle, PlatformError
from bot.cards import NOTHING, Answer, Button, Card, Click, File, Message, Picture, Receive, Said, Text


@dataclass(frozen=True, slots=True)
class Shown:
    """One message in a person's chat. `changes` counts how often the card was replaced."""

    external_id: str
    message: Message
    changes: int = 0


class Console:
    """An adapter whose people are driven by calls; `name` lets it stand in for a platform's name in tests.

    faults  raised one each by the next calls of `send` and `update`, oldest first
    lost    the same, but after the work was done: the answer got lost on its way
    """

    def __init__(self, name: str = "console") -> None:
        self.name = name
        self.faults: deque[PlatformError] = deque()
        self.lost: deque[PlatformError] = deque()
        self._receive: Receive | None = None
        self._ready = asyncio.Event()
        self._chats: dict[str, list[Shown]] = {}
        self._groups: dict[tuple[str, str], dict[str, str]] = {}
        self._numbers = count(1)

    async def run(self, receive: Receive) -> None:
        self._receive = receive
        self._ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            self._receive = None
            self._ready.clear()

    async def send(self, to: str, message: Message, key: str) -> Handle:
        self._fail()
        chat = self._chats.setdefault(to, [])
        known = any(shown.external_id == key for shown in chat)
        if not known:
            chat.append(Shown(key, message))
        self._lose()
        return Handle(key, repeated=known)

    async def update(self, to: str, handle: Handle, card: Card) -> Handle:
        self._fail()
        if not self._replace(to, handle.external_id, card):
            raise PlatformError("没有这张卡片", code="unknown_card", gone=True)
        self._lose()
        return replace(handle, repeated=False)

    async def send_group(self, way: str, address: str, text: Text, key: str) -> None:
        self._fail()
        chat = self._groups.setdefault((way, address), {})
        chat.setdefault(key, text.text)
        self._lose()

    def group(self, address: str) -> list[str]:
        """What stands in the group with this address, oldest first."""
        return [text for (_, at), chat in self._groups.items() if at == address for text in chat.values()]

    def login_url(self, back: str, state: str) -> str:
        return f"{back}{'&' if '?' in back else '?'}state={state}"

    async def login(self, code: str) -> str:
        """The code is the person."""
        if not code:
            raise PlatformError("登录码是空的", code="outsider", permanent=True)
        return code

    def healthy(self) -> bool:
        return self._receive is not None

    async def close(self) -> None:
        """Nothing is open."""

    def chat(self, person: str) -> tuple[Shown, ...]:
        """Everything this person sees, oldest first."""
        return tuple(self._chats.get(person, ()))

    def cards(self, person: str) -> dict[str, Card]:
        """The person's cards as they look now, by external id, oldest first."""
        return {s.external_id: s.message for s in self.chat(person) if isinstance(s.message, Card)}

    def card(self, person: str) -> Card:
        """The person's newest card; LookupError when there is none."""
        return self.cards(person)[self._newest(person)]

    def texts(self, person: str) -> list[str]:
        """The plain words in the chat: messages, toasts, and what stands for a picture."""
        return [_words(shown.message) for shown in self.chat(person) if not isinstance(shown.message, Card)]

    def transcript(self, person: str) -> str:
        """The chat as a terminal shows it."""
        parts = [m.plain() if isinstance(m, Card) else "" for m in (s.message for s in self.chat(person))]
        words = iter(self.texts(person))
        return "\n\n".join(part or next(words) for part in parts)

    async def say(
        self,
        person: str,
        text: str,
        *,
        name: str = "",
        group: str = "",
        group_id: str = "",
        delivery: str = "",
    ) -> Answer:
        """The person writes to the bot; the answer is already in the chat when this returns."""
        delivery = delivery or self._delivery()
        return await self._bring(Said(self.name, person, text, delivery, name, group, group_id))

    async def click(
        self,
        person: str,
        button: str,
        inputs: Mapping[str, object] = NOTHING,
        *,
        card: str = "",
        delivery: str = "",
    ) -> Answer:
        """Presses a button, by its text or name, on the newest card or the one named.

        Raises LookupError when the card shows no such button. `delivery` given twice is a redelivery.
        """
        card = card or self._newest(person)
        shown = self.cards(person)[card]
        return await self.press(person, card, find(shown, button), shown.token, inputs, delivery=delivery)

    async def press(
        self,
        person: str,
        card: str,
        button: Button,
        token: str,
        inputs: Mapping[str, object] = NOTHING,
        *,
        delivery: str = "",
    ) -> Answer:
        """A press without looking at what is shown: an old copy of a card, somebody else's, a forged one."""
        click = Click(
            platform=self.name,
            actor=person,
            card=card,
            button=button.name,
            delivery=delivery or self._delivery(),
            token=token,
            values=button.values,
            inputs=dict(inputs),
        )
        return await self._bring(click)

    async def _bring(self, said: Click | Said) -> Answer:
        await self._ready.wait()
        assert self._receive is not None  # noqa: S101  ready says so
        answer = await self._receive(said)
        self._show(said, answer.message)
        await answer.shown()
        return answer

    def _show(self, said: Click | Said, message: Message | None) -> None:
        if message is None:
            return
        pressed = isinstance(said, Click) and isinstance(message, Card)
        if not (pressed and isinstance(said, Click) and self._replace(said.actor, said.card, message)):
            self._chats.setdefault(said.actor, []).append(Shown(f"reply-{said.delivery}", message))

    def _replace(self, person: str, external_id: str, message: Message) -> bool:
        chat = self._chats.get(person, [])
        for place, shown in enumerate(chat):
            if shown.external_id == external_id:
                chat[place] = replace(shown, message=message, changes=shown.changes + 1)
                return True
        return False

    def _newest(self, person: str) -> str:
        cards = self.cards(person)
        if not cards:
            raise LookupError(f"{person} has no card")
        return list(cards)[-1]

    def _delivery(self) -> str:
        return f"{self.name}-{next(self._numbers)}"

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.popleft()

    def _lose(self) -> None:
        if self.lost:
            raise self.lost.popleft()


def _words(message: Text | Picture | File) -> str:
    match message:
        case Text():
            return message.text
        case Picture():
            return message.alt
        case File():
            return message.name


def find(card: Card, wanted: str) -> Button:
    """The card's button with this text or name; LookupError names those that are there."""
    buttons = [*card.buttons, *([card.submit] if card.submit else [])]
    for button in buttons:
        if wanted in (button.text, button.name):
            return button
    raise LookupError(f"no button {wanted} on {card.title}: {' '.join(b.text for b in buttons)}")
