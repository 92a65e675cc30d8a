"""`python -m bench.stock [--moves N] [--kills N] [--only DB]`: parallel stock movements and kills, sums exact.

A worker process writes movements through the door from 16 threads and is killed (SIGKILL) at random moments;
it is started again until all are done. Each movement carries its delivery key, so what was committed before a
kill is not done twice. At the end the aggregate table is compared with a recount, and with the arithmetic of
the movements themselves, to the piece and to the cent.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench.rules import postgresql
from core.clock import TimeSortedIds, system_clock
from core.commands import SYSTEM, CreateRecord, Publish, ReplaceDirectory
from core.companies import read_company
from core.service import Service
from core.store.inbox import Delivery
from core.store.work import House, Store

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "suites"
WRITERS = 16
ITEMS = 40
AHEAD = 64  # movements that each writer keeps in the queue


def opened(url: str) -> Store:
    """The store on a database."""
    return Store.open(url, House(system_clock, TimeSortedIds(), ZoneInfo("Asia/Shanghai")))


def movement(number: int) -> tuple[int, str, Decimal, Decimal]:
    """(item, direction, quantity, worth) of a movement: the same for the same number."""
    chance = random.Random(number)
    qty = Decimal(chance.randint(1, 99_999)) / 100
    return chance.randrange(ITEMS), chance.choice("入出"), qty, Decimal(chance.randint(1, 9_999_999)) / 100


def prepare(url: str) -> None:
    """People, suites and materials without safety lines: only sums are looked at here."""
    store = opened(url)
    service = Service(store)
    people = read_company((SUITES / "company" / "people.yaml").read_text(encoding="utf-8"))
    assert service.perform(ReplaceDirectory(SYSTEM, people)).ok
    assert service.perform(Publish(SYSTEM, (SUITES / "supply" / "stock.yaml").read_text(encoding="utf-8"))).ok
    for number in range(ITEMS):
        values = {"name": f"物料{number}"}
        assert service.perform(CreateRecord("wu", "material", values)).ok
    store.close()


def work(url: str, moves: int) -> None:
    """The worker: every movement that was not committed yet, from 16 threads."""
    store = opened(url)
    service = Service(store)
    with store.read() as uow:
        form = uow.shelf.form("material").form
        items = [one.id for one in uow.records.page(form, limit=ITEMS)][::-1]
        query = "SELECT dedup_key FROM inbox WHERE source = 'bench'"
        done = {int(one) for one in uow.connection.execute(text(query)).scalars()}

    def write(part: int) -> None:
        waiting = []
        for number in range(part, moves, WRITERS):
            if number in done:
                continue
            item, direction, qty, worth = movement(number)
            values = {"item": items[item], "direction": direction, "qty": str(qty), "cost": str(worth)}
            command = CreateRecord("wu", "stock_move", values)
            waiting.append(service.submit(command, Delivery("bench", str(number))))
            if len(waiting) >= AHEAD // WRITERS:
                assert waiting.pop(0).result().ok
        assert all(one.result().ok for one in waiting)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    store.close()


def attack(url: str, moves: int, kills: int, after: tuple[float, float] = (4, 9)) -> tuple[int, float]:
    """Run the worker, kill it so many times, let it end; the number of kills and the seconds; `after`: when."""
    started, done = time.monotonic(), 0
    command = [sys.executable, "-m", "bench.stock", "--worker", url, "--moves", str(moves)]
    while True:
        process = subprocess.Popen(command, cwd=ROOT)
        killer = threading.Timer(random.uniform(*after), os.kill, (process.pid, signal.SIGKILL))
        if done < kills:
            killer.start()
        code = process.wait()
        killer.cancel()
        if code == -signal.SIGKILL:
            done += 1
            print(f"  killed {done}", flush=True)
            continue
        assert code == 0, code
        return done, time.monotonic() - started


def audit(url: str, moves: int) -> None:
    """Stored sums = a recount of the records = the arithmetic of the movements."""
    store = opened(url)
    expected: dict[int, list[Decimal]] = {}
    for number in range(moves):
        item, direction, qty, worth = movement(number)
        sign = 1 if direction == "入" else -1
        total = expected.setdefault(item, [Decimal(0), Decimal(0)])
        total[0] += sign * qty
        total[1] += sign * worth
    with store.read() as uow:
        ready = uow.shelf.book.aggregates["stock"]
        assert uow.records.count(uow.shelf.form("stock_move").form) == moves
        assert uow.ledger.verify(ready, uow.shelf.find_form) == []
        form = uow.shelf.form("material").form
        ids = [one.id for one in uow.records.page(form, limit=ITEMS)][::-1]
        for item, (pieces, cents) in expected.items():
            found = uow.ledger.measures(ready.definition, 0, ids[item])
            assert (found["on_hand"], found["worth"]) == (pieces, cents), item
    store.close()


def scenario(url: str, moves: int, kills: int) -> None:
    """Prepare, attack, audit."""
    prepare(url)
    done, seconds = attack(url, moves, kills)
    audit(url, moves)
    kind = url.partition(":")[0]
    print(
        f"{kind}: {moves} movements, {WRITERS} writers, {done} kills, {seconds:.0f} s: every sum exact",
        flush=True,
    )


def main() -> None:
    """Both databases, or the worker of one."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--moves", type=int, default=100_000)
    given.add_argument("--kills", type=int, default=3)
    given.add_argument("--only", choices=("sqlite", "postgresql"), help="one database alone")
    given.add_argument("--worker", default="")
    options = given.parse_args()
    if options.worker:
        work(options.worker, options.moves)
        return
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            scenario(f"sqlite:///{folder}/stock.db", options.moves, options.kills)
    if options.only != "sqlite":
        with postgresql() as url:
            scenario(url, options.moves, options.kills)


if __name__ == "__main__":
    main()
