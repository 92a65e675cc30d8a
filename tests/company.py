"""The cast and the house of the stories: the reference company, phones, a clock that is set, real databases."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import create_engine, text

from bot.adapters.console import Console
from bot.app import Parts, assemble
from bot.cards import Answer, Card, Picture, Text
from bot.router import Router
from core.clock import TimeSortedIds
from core.commands import SYSTEM, Command, Publish, ReplaceDirectory
from core.companies import read_company
from core.people import Directory
from core.service import Outcome
from core.settings import Settings
from core.store.work import House, Store, UnitOfWork

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "suites"
SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI)


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        """Move on by days, hours, seconds …"""
        self.now += timedelta(**parts)


@dataclass
class Phone:
    """One person's chat on one platform."""

    company: Company
    console: Console
    userid: str

    async def says(self, words: str, **more: str) -> Answer:
        """Write to the bot; everything that follows from it has arrived when this returns."""
        answer = await self.console.say(self.userid, words, **more)
        await self.company.settle()
        return answer

    async def clicks(self, button: str, *, on: str = "", delivery: str = "", **inputs: Any) -> Answer:
        """Press a button of the newest card (or the one named) with inputs."""
        answer = await self.console.click(self.userid, button, inputs, card=on, delivery=delivery)
        await self.company.settle()
        return answer

    @property
    def card(self) -> Card:
        """The newest card as it looks now."""
        return self.console.card(self.userid)

    @property
    def cards(self) -> list[Card]:
        """All cards, oldest first."""
        return list(self.console.cards(self.userid).values())

    @property
    def newest(self) -> str:
        """The newest card's external id."""
        return list(self.console.cards(self.userid))[-1]

    @property
    def texts(self) -> list[str]:
        """Plain messages."""
        return [one.message.text for one in self.console.chat(self.userid) if isinstance(one.message, Text)]

    @property
    def pictures(self) -> list[Picture]:
        """Pictures."""
        return [one.message for one in self.console.chat(self.userid) if isinstance(one.message, Picture)]

    @property
    def labels(self) -> list[str]:
        """What can be pressed on the newest card."""
        card = self.card
        return [*(one.text for one in card.buttons), *([card.submit.text] if card.submit else [])]


@dataclass
class Company:
    """The running house."""

    parts: Parts
    clock: SetClock
    ding: Console
    wecom: Console
    router: Router
    folder: Path
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.parts.store

    def perform(self, command: Command, **more: Any) -> Outcome:
        """Through the door."""
        return self.parts.service.perform(command, **more)

    async def settle(self) -> None:
        """Let everything that is due leave the house; the pressed card's own row rests a few seconds."""
        await self.parts.delivery.drain()

    def read(self, question: Any) -> Any:
        """Ask the database something."""
        with self.store.read() as uow:
            return question(uow)

    def phone(self, person: str, platform: str = "") -> Phone:
        """A person's phone, by their id."""
        found = self.people.people[person]
        for one in found.identities:
            if platform in ("", one.platform):
                console = self.ding if one.platform == "dingtalk" else self.wecom
                return Phone(self, console, one.external_id)
        raise KeyError(person)

    @property
    def people(self) -> Directory:
        return self.read(lambda uow: uow.people)

    async def submit_claim(
        self, by: str = "li", amount: str = "86.50", reason: str = "打车", **more: Any
    ) -> str:
        """A claim through the door; the id of its instance."""
        from core.commands import CreateRecord

        rows = [{"spent_on": "2026-11-20", "kind": "交通", "amount": amount}]
        values = {"reason": reason, "items": rows, **more}
        if float(amount) > 500 and "invoice" not in more:
            values["invoice"] = [self.upload(by)]
        outcome = self.perform(CreateRecord(by, "expense_claim", values))
        assert outcome.ok, outcome
        await self.settle()
        return outcome.data["instance_id"]

    def upload(self, by: str = "li", name: str = "发票.png") -> dict[str, Any]:
        """A file that this person uploaded."""
        from core.commands import StoreFile

        outcome = self.perform(StoreFile(by, name, "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 64))
        assert outcome.ok
        return outcome.data

    def open_tasks(self, person: str) -> list[str]:
        """Ids of a person's open tasks."""
        return [task.id for task, _ in self.read(lambda uow: uow.instances.open_tasks(person, 1000))]


def suites_text() -> str:
    """All suites as one text."""
    files = sorted(one for one in SUITES.rglob("*.yaml") if one.parent.name != "company")
    return "\n---\n".join(one.read_text(encoding="utf-8").strip() for one in files)


def furnish(store: Store, service: Any) -> None:
    """The reference company's people and suites."""
    people = read_company((SUITES / "company" / "people.yaml").read_text(encoding="utf-8"))
    outcome = service.perform(ReplaceDirectory(SYSTEM, people))
    assert outcome.ok, outcome
    outcome = service.perform(Publish(SYSTEM, suites_text()))
    assert outcome.ok, outcome


@asynccontextmanager
async def opened(url: str, clock: SetClock, **more: Any) -> AsyncIterator[Company]:
    """A company on this database, with `more` settings."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=url,
            master_key_file=Path(folder) / "master.key",
            listen="127.0.0.1:1",
            outward_allow="127.0.0.1, ::1",
            **more,
        )
        house = House(clock, TimeSortedIds(), SHANGHAI, frozenset({"dingtalk", "wecom"}))
        store = await asyncio.to_thread(Store.open, url, house)
        ding, wecom = Console("dingtalk"), Console("wecom")
        async with aiohttp.ClientSession() as http:
            parts = assemble(settings, store, http, {"dingtalk": ding, "wecom": wecom})
            await asyncio.to_thread(furnish, store, parts.service)
            router = Router(parts.desk)
            company = Company(parts, clock, ding, wecom, router, Path(folder))
            company.tasks = [asyncio.create_task(one.run(router.receive)) for one in (ding, wecom)]
            try:
                yield company
            finally:
                for task in company.tasks:
                    task.cancel()
                await asyncio.gather(*company.tasks, return_exceptions=True)
                for close in parts.closing:
                    await close()
                parts.renderer.close()
                await asyncio.to_thread(store.close)


def fresh_postgresql(admin_url: str, name: str) -> str:
    """An empty database of this name on the test server; its URL."""
    engine = create_engine(
        admin_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    base, _, query = admin_url.partition("?")
    head = base.rsplit("/", 1)[0]
    return f"{head}/{name}".replace("postgresql://", "postgresql+psycopg://") + (f"?{query}" if query else "")


def count(uow: UnitOfWork, statement: str) -> int:
    """A number from the database."""
    return int(uow.connection.execute(text(statement)).scalar_one())
