"""`python -m bench.sheets [--orders N]`: an order book as Excel, in and out, on SQLite and PostgreSQL.

Each order names a customer by title and two lines below it, each line a product by number. Some rows are wrong. The
file is tried, imported by a process that is killed half way and begun again, imported once more as an upsert, exported,
and the export imported over what is there: it must change nothing.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.rules import postgresql
from bench.stock import opened
from connect import excel, imports
from core.commands import SYSTEM, CreateRecord, Publish, ReplaceDirectory
from core.companies import read_company
from core.queries import lists
from core.queries.lists import Wish
from core.service import Service
from core.store.inbox import Delivery
from core.store.work import Store

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
CUSTOMERS, PRODUCTS, WRONG_EVERY = 2_000, 500, 100
FORMS = """
form: customer
title: 客户
number: C-{seq:5}
summary: "{名称}"
fields: [{key: name, label: 名称, type: text, unique: true}, {key: city, label: 城市, type: text}]
---
form: product
title: 产品
number: P-{seq:4}
summary: "{名称}"
fields: [{key: name, label: 名称, type: text}, {key: price, label: 单价, type: money}]
---
form: so
title: 订单
number: S-{yyyy}-{seq:6}
fields:
  - {key: code, label: 客户订单号, type: text, required: true, unique: true}
  - {key: customer, label: 客户, type: link, to: customer, required: true}
  - {key: order_day, label: 日期, type: date}
  - {key: note, label: 备注, type: text}
  - key: items
    label: 明细
    type: subtable
    fields:
      - {key: product, label: 产品, type: link, to: product, required: true}
      - {key: qty, label: 数量, type: number, decimals: 0, required: true}
      - {key: price, label: 单价, type: money}
      - {key: sum, label: 金额, type: money, formula: 数量 * 单价}
  - {key: total, label: 合计, type: money, formula: SUM(明细.金额)}
"""


def book(orders: int, *, wrong: bool) -> bytes:
    """The order book; every hundredth order names nobody or has a line without a number when `wrong`."""
    writer = excel.Writer()
    main = writer.sheet("订单", ["客户订单号", "客户", "日期", "备注"])
    rows = writer.sheet("明细", ["所属编号", "产品", "数量", "单价"])
    for n in range(orders):
        bad = wrong and n % WRONG_EVERY == 7
        customer = "查无此人" if bad and n % 200 < 100 else f"客户{n % CUSTOMERS}"
        for column, value in enumerate([f"PO-{n}", customer, f"2026-{n % 12 + 1:02d}-01", "=1+1"]):
            writer.put(main, n + 1, column, value)
        for k in range(2):
            count = "三箱" if bad and n % 200 >= 100 and k else str(n % 90 + k + 1)
            cells = [f"PO-{n}", f"P-{(n + k) % PRODUCTS + 1:04d}", count, f"{n % 700 + 1}.5"]
            for column, value in enumerate(cells):
                writer.put(rows, 2 * n + k + 1, column, value)
    return writer.bytes()


def carry(
    service: Service, body: bytes, *, by: str, dry_run: bool = False, job: str = ""
) -> imports.Findings:
    """An import as the page does it: with a job, each step has its own delivery key."""
    sheets = excel.read(body)
    with service.store.read() as uow:
        form = uow.shelf.form("so").form
    mapped = imports.suggest(form, sheets)
    drafts = imports.gather(form, sheets, mapped, by or "code")
    found = imports.Findings(sheets, mapped, drafts)
    for part, command in imports.steps(form, drafts, SYSTEM, by=by, dry_run=dry_run, start_flow=False):
        key = Delivery("import", f"{job}:{command.rows[0][0]}") if job else None
        outcome = service.perform(command, key)
        assert outcome.ok, outcome
        found.take(part, outcome.data["results"])
    found.sheet = excel.errors(sheets, found.wrong) if found.wrong else b""  # type: ignore[attr-defined]
    return found


def prepare(url: str) -> None:
    """People, forms, customers and products."""
    store = opened(url)
    service = Service(store)
    people = read_company((ROOT / "suites" / "company" / "people.yaml").read_text(encoding="utf-8"))
    assert service.perform(ReplaceDirectory(SYSTEM, people)).ok
    published = service.perform(Publish(SYSTEM, FORMS))
    assert published.ok, published
    for n in range(PRODUCTS):
        assert service.perform(CreateRecord(SYSTEM, "product", {"name": f"产品{n}", "price": "9.5"})).ok
    waiting = [
        service.submit(CreateRecord(SYSTEM, "customer", {"name": f"客户{n}", "city": "深圳"}))
        for n in range(CUSTOMERS)
    ]
    assert all(one.result().ok for one in waiting)
    store.close()


def worker(url: str, file: str) -> None:
    """The process that is killed."""
    store = opened(url)
    carry(Service(store), Path(file).read_bytes(), by="", job="j1")
    store.close()


class Clerk(threading.Thread):
    """Somebody who makes customers meanwhile; `longest` is what they had to wait at most."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._service, self._end, self.longest, self.made = service, threading.Event(), 0.0, 0

    def run(self) -> None:
        while not self._end.wait(0.05):
            began = time.perf_counter()
            name = f"新客{time.monotonic_ns()}"
            assert self._service.perform(CreateRecord("li", "customer", {"name": name})).ok
            self.longest, self.made = max(self.longest, time.perf_counter() - began), self.made + 1

    def end(self) -> str:
        """Stop, and say how it was."""
        self._end.set()
        self.join()
        return f"somebody else saved {self.made} records meanwhile, longest wait {self.longest * 1000:.0f} ms"


def timed(what: str, work: Callable[[], T]) -> T:
    """Do it and print how long it took."""
    began, worked = time.perf_counter(), time.process_time()
    found = work()
    seconds, own = time.perf_counter() - began, time.process_time() - worked
    print(f"  {what}: {seconds:.1f} s ({own:.1f} s of processor)", flush=True)
    return found


def written(store: Store, target: Path) -> bytes:
    """The export, as the page writes it."""
    with store.read() as uow:
        made = excel.Book(uow.shelf.form("so").form, target)
        for records in lists.stream(uow, "so", SYSTEM, Wish(sort="number"), 100_000)[1]:
            made.add(uow, records)
        made.close()
    return target.read_bytes()


def everything(store: Store) -> list[dict[str, object]]:
    """The values of all orders, by number."""
    with store.read() as uow:
        pages = lists.stream(uow, "so", SYSTEM, Wish(sort="number"), 100_000)[1]
        return [{**one.values, "#": one.number, "v": one.version} for page in pages for one in page]


def scenario(url: str, orders: int, folder: Path) -> None:
    """One database from beginning to end."""
    print(f"{url.partition(':')[0]}: {orders} orders, {2 * orders} lines", flush=True)
    prepare(url)
    first, mended = book(orders, wrong=True), book(orders, wrong=False)
    wrong = len(range(7, orders, WRONG_EVERY))
    file = folder / "orders.xlsx"
    file.write_bytes(first)
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bench.sheets", "--worker", url, str(file)], cwd=ROOT)
    time.sleep(max(3.0, orders / 1_500))
    process.kill()
    process.wait()
    store = opened(url)
    service = Service(store)
    with store.read() as uow:
        half = uow.records.count(uow.shelf.form("so").form)
    print(f"  killed after {time.perf_counter() - begun:.1f} s with {half} orders saved", flush=True)
    found = timed("begun again, to the end", lambda: carry(service, first, by="", job="j1"))
    assert (found.counts.created, found.counts.failed) == (orders - wrong, wrong), found.counts
    told = excel.read(found.sheet)  # type: ignore[attr-defined]
    reasons = [str(row[-1]) for one in told for row in one.rows]
    assert sum("查无此人" in one for one in reasons) + sum("不是数字" in one for one in reasons) == wrong
    print(f"  error sheet: {wrong} wrong orders in {[len(one.rows) for one in told]} rows", flush=True)
    upserted(service, (mended, orders, wrong), folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of the process: {peak:.0f} MB", flush=True)
    store.close()


def upserted(service: Service, given: tuple[bytes, int, int], folder: Path) -> None:
    """The mended file over what is there, then out and in again."""
    mended, orders, wrong = given
    store = service.store
    clerk = Clerk(service)
    clerk.start()
    found = timed("mended file, upsert by 客户订单号", lambda: carry(service, mended, by="code"))
    print(f"  {clerk.end()}", flush=True)
    assert (found.counts.created, found.counts.same, found.counts.failed) == (wrong, orders - wrong, 0)
    before = everything(store)
    assert len(before) == orders
    dry = timed("dry run of the same", lambda: carry(service, mended, by="", dry_run=True))
    assert dry.counts.failed == orders  # each 客户订单号 is there already
    out = timed("export", lambda: written(store, folder / "out.xlsx"))
    again = timed("export imported over it", lambda: carry(service, out, by="code"))
    assert (again.counts.same, again.counts.failed) == (orders, 0), again.counts
    assert everything(store) == before
    print("  the same records, the same versions", flush=True)


def fresh(url: str, orders: int) -> None:
    """The plain figure: the whole file into an empty table, nobody interferes."""
    prepare(url)
    store = opened(url)
    body = book(orders, wrong=False)
    found = timed("whole file into an empty table", lambda: carry(Service(store), body, by=""))
    assert found.counts.created == orders
    store.close()


def main() -> None:
    """Both databases, or the worker of one."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--orders", type=int, default=20_000)
    given.add_argument("--worker", nargs=2, default=None)
    options = given.parse_args()
    if options.worker:
        worker(*options.worker)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh(f"sqlite:///{folder}/fresh.db", options.orders)
        scenario(f"sqlite:///{folder}/sheets.db", options.orders, folder)
        with postgresql() as url:
            scenario(url, options.orders, folder)
        with postgresql() as url:
            fresh(url, options.orders)


if __name__ == "__main__":
    main()
