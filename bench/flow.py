"""Approvals, durable: the whole product door (permission, engine, cards, audit, outbox) beside bare SQLite.

Reference: one approval as six plain statements and a commit with synchronous=FULL, by the standard library.
"""

from __future__ import annotations

import sqlite3
import tempfile
from concurrent.futures import Future
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.rounds import Contender
from core.clock import TimeSortedIds, system_clock
from core.commands import SYSTEM, CreateRecord, Decide, Publish, ReplaceDirectory
from core.companies import read_company
from core.service import Outcome, Service
from core.store.inbox import Delivery
from core.store.work import House, Store

ROOT = Path(__file__).resolve().parent.parent
APPROVALS = 300
CALLERS = 64


class Raw:
    """Plain SQLite: task, instance, transition, audit and outbox rows of one approval, one commit each."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
        run = self.connection.execute
        run("PRAGMA journal_mode=wal")
        run("PRAGMA synchronous=full")
        run("CREATE TABLE task(id INTEGER PRIMARY KEY, state TEXT, version INTEGER, by TEXT)")
        run("CREATE TABLE instance(id INTEGER PRIMARY KEY, state TEXT, version INTEGER)")
        run("CREATE TABLE transition(task INTEGER, version INTEGER, by TEXT, PRIMARY KEY(task, version))")
        run("CREATE TABLE audit(seq INTEGER PRIMARY KEY, body TEXT, hash TEXT)")
        run("CREATE TABLE outbox(id INTEGER PRIMARY KEY, card INTEGER, state TEXT)")
        self.done = 0

    def approve(self) -> int:
        """300 approvals, one transaction each."""
        run = self.connection.execute
        first = self.done + 1
        run("BEGIN")
        for n in range(first, first + APPROVALS):
            run("INSERT INTO task VALUES (?, 'open', 1, NULL)", (n,))
            run("INSERT INTO instance VALUES (?, 'running', 1)", (n,))
        run("COMMIT")
        for n in range(first, first + APPROVALS):
            run("BEGIN IMMEDIATE")
            changed = run(
                "UPDATE task SET state='done', version=2, by='w' WHERE id=? AND version=1", (n,)
            ).rowcount
            assert changed == 1
            run("UPDATE instance SET state='approved', version=2 WHERE id=? AND version=1", (n,))
            run("INSERT INTO transition VALUES (?, 1, 'w')", (n,))
            run("INSERT INTO audit(body, hash) VALUES (?, ?)", ("{}" * 60, "0" * 64))
            run("INSERT INTO outbox(card, state) VALUES (?, 'waiting')", (n,))
            run("INSERT INTO outbox(card, state) VALUES (?, 'waiting')", (-n,))
            run("COMMIT")
        self.done += APPROVALS
        return APPROVALS


class Product:
    """The reference company's expense flow through `perform`."""

    def __init__(self, folder: Path) -> None:
        house = House(system_clock, TimeSortedIds(), ZoneInfo("Asia/Shanghai"))
        self.store = Store.open(f"sqlite:///{folder / 'product.db'}", house)
        self.service = Service(self.store)
        people = read_company((ROOT / "suites/company/people.yaml").read_text(encoding="utf-8"))
        assert self.service.perform(ReplaceDirectory(SYSTEM, people)).ok
        text = (ROOT / "suites/office/expense.yaml").read_text(encoding="utf-8")
        assert self.service.perform(Publish(SYSTEM, text)).ok
        self.presses = 0

    def prepare(self) -> list[str]:
        """Claims that wait for the manager; not part of the time."""
        row = {"spent_on": "2026-11-20", "kind": "交通", "amount": "86.5"}
        command = CreateRecord("li", "expense_claim", {"reason": "打车", "items": [row]})
        futures = [self.service.submit(command) for _ in range(APPROVALS)]
        assert all(one.result().ok for one in futures)
        with self.store.read() as uow:
            return [task.id for task, _ in uow.instances.open_tasks("wang", APPROVALS * 2)]

    def press(self, task: str) -> Future[Outcome]:
        """One press, with its delivery key."""
        self.presses += 1
        return self.service.submit(
            Decide("wang", task, "approve"), Delivery("bench", f"press-{self.presses}")
        )

    def serial(self, tasks: list[str]) -> int:
        """One after the other, each answer awaited."""
        assert all(self.press(one).result().ok for one in tasks)
        return len(tasks)

    def burst(self, tasks: list[str]) -> int:
        """64 at once, answers awaited together."""
        for start in range(0, len(tasks), CALLERS):
            futures = [self.press(one) for one in tasks[start : start + CALLERS]]
            assert all(one.result().ok for one in futures)
        return len(tasks)


def contenders() -> tuple[list[Contender], list[object]]:
    """Reference first. What is returned second must be kept alive and is thrown away with its folder."""
    folder = tempfile.TemporaryDirectory()
    raw, product = Raw(Path(folder.name)), Product(Path(folder.name))
    tasks: list[str] = []

    def prepare() -> None:
        tasks[:] = product.prepare()

    found = [
        Contender("bare SQLite, FULL, a commit each", raw.approve),
        Contender("中枢 perform, one caller", lambda: product.serial(tasks), prepare),
        Contender(f"中枢 perform, {CALLERS} callers", lambda: product.burst(tasks), prepare),
    ]
    return found, [folder, product]
