"""What handlers stand on: who pressed, the door, and the card of a subject as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot import views
from bot.cards import Answer, Card, Click, Said, Text
from core.commands import Command
from core.keys import Keys, Shown, action_token, read_token
from core.people import Person
from core.queries.cards import View, view
from core.refusals import note
from core.service import Outcome, Service
from core.store.inbox import Delivery
from core.store.outbox import CardRow
from core.store.work import UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True)
class Pressed:
    """A press, understood: by whom, on which card, of which version."""

    click: Click
    person: Person
    card: CardRow
    shown: Shown | None

    @property
    def version(self) -> int:
        """The version of the subject that was shown; 0 when the press carries no proof."""
        return self.shown.version if self.shown else 0


class Desk:
    """One for the process."""

    def __init__(self, service: Service, keys: Keys, base_url: str) -> None:
        self.service = service
        self.keys = keys
        self.base_url = base_url

    async def read(self, question: Callable[[UnitOfWork], T]) -> T:
        """Ask something in a thread of its own."""

        def run() -> T:
            with self.service.store.read() as uow:
                return question(uow)

        return await asyncio.to_thread(run)

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """A small change of our own rows (handles, notes), beside the door."""
        return await asyncio.wrap_future(self.service.store.submit(work))

    async def perform(self, command: Command, delivery: Delivery, pressed: str = "") -> Outcome:
        """Through the door, without blocking the loop."""
        return await asyncio.wrap_future(self.service.submit(command, delivery, pressed))

    async def note_refused(self, actor: str, target: str, what: str, message: str) -> None:
        """A press that never became a command leaves a trace."""
        await asyncio.wrap_future(
            self.service.store.submit(lambda uow: note(uow, actor, what, target, "not_allowed", message))
        )

    def link(self, card: CardRow) -> str:
        """The page behind a card: a random handle, nothing of the record in it."""
        return f"{self.base_url}/h5/l/{card.handle}"

    def frame(self, card: CardRow, version: int, now: datetime) -> views.Frame:
        """What every card needs beside its content."""
        token = action_token(self.keys, card.id, card.person, version, now)
        return views.Frame(self.link(card), token, self.service.store.house.zone)

    def draw(self, uow: UnitOfWork, card: CardRow, note: str = "", ask: str = "") -> tuple[Card, View] | None:
        """A card as it should look now; None when its subject is gone."""
        found = view(uow, card)
        if found is None:
            return None
        frame = self.frame(card, views.version_of(found), uow.now)
        return views.draw(found, frame, note, ask), found

    async def answer(self, pressed: Pressed, note: str = "", ask: str = "") -> Answer:
        """The pressed card, drawn anew for who pressed it."""

        def question(uow: UnitOfWork) -> tuple[Card, int] | None:
            card = uow.cards.by_id(pressed.card.id)
            drawn = self.draw(uow, card, note, ask) if card else None
            return (drawn[0], card.wanted_version) if card and drawn else None

        found = await self.read(question)
        if found is None:
            return Answer(Text(note or "这张卡片对应的单据已经不在了。"))
        card, version = found
        if ask:
            return Answer(card)

        async def shown() -> None:
            await asyncio.wrap_future(
                self.service.store.submit(lambda uow: uow.cards.shown(pressed.card.id, version))
            )

        return Answer(card, shown)

    async def understand(self, click: Click) -> Pressed | str:
        """Who pressed which card; or a sentence why it cannot be known."""

        def question(uow: UnitOfWork) -> Pressed | str:
            person = uow.people.by_identity(click.platform, click.actor)
            if person is None or not person.active:
                return stranger(uow, click.actor)
            card = uow.cards.by_external(click.platform, click.card)
            if card is None:
                return "这张卡片已经失效，请输入「待办」看最新的。"
            if card.person != person.id:
                return "这张卡片是发给别人的，您不能在上面操作。"
            return Pressed(click, person, card, read_token(self.keys, click.token, person.id, uow.now))

        return await self.read(question)

    async def who(self, message: Said | Click) -> Person | str:
        """Who wrote; or a sentence whom to ask."""

        def question(uow: UnitOfWork) -> Person | str:
            person = uow.people.by_identity(message.platform, message.actor)
            return person if person and person.active else stranger(uow, message.actor)

        return await self.read(question)


def stranger(uow: UnitOfWork, actor: str) -> str:
    """What somebody outside the directory is told: politely, and whom to ask."""
    admins = "、".join(uow.people.called(one) for one in uow.people.holders("admin")) or "系统管理员"
    return f"您好，公司通讯录里还没有您（{actor}），所以暂时不能使用。请联系 {admins} 把您加进通讯录。"


def delivery_of(message: Click | Said) -> Delivery:
    """The inbox key of a press or message."""
    return Delivery(message.platform, message.delivery)
