"""`python -m bench.schema [--records N]`: a form changes eleven times under load, on SQLite and PostgreSQL.

A form has 100,000 records. Twenty users save new records and change old ones without a pause to speak of, somebody
reads the whole list again and again (on PostgreSQL that holds up a change of the table). Every change is published
as the page does it, backfills and indexes run as the scheduler runs them. At the end every value is accounted for.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

from sqlalchemy import insert

from bench.rules import postgresql
from bench.stock import opened
from core.clock import TimeSortedIds
from core.commands import SYSTEM, CreateRecord, Publish, ReplaceDirectory, StepBackfill, UpdateRecord
from core.companies import read_company
from core.forms.tables import tables_of
from core.service import Service
from core.store.work import Store, UnitOfWork

ROOT = Path(__file__).resolve().parent.parent
USERS = 20
PAUSE = 0.05
BAD_EVERY = 50  # a quantity that is no number

NAME = "{key: name, label: 名称, type: text}"
QTY = "{key: qty, label: 数量, type: text}"
NOTE = "{key: note, label: 备注, type: text}"
GRADE = "{key: grade, label: 级别, type: select, options: [A, B]}"
ITEMS = "key: items, label: 明细, type: subtable, fields: [{key: part, label: 物料, type: text}"
HIDDEN = 'text, visible_if: "数量 = 空", when_hidden: keep}'
AMOUNT = "{key: amount, label: 数量, type: number, from: qty}"


def form(*fields: str, title: str = "订单", more: str = "") -> str:
    """The form with these fields."""
    lines = "\n".join(f"  - {one}" for one in fields)
    return f"form: so\ntitle: {title}\nnumber: S-{{seq:7}}\nfields:\n{lines}\n{more}"


START = form(NAME, QTY, NOTE, GRADE, f"{{{ITEMS}]}}")
LINES = f"{{{ITEMS}, {{key: count, label: 件数, type: number}}]}}"
CODE = "{key: code, label: 外部编号, type: text, unique: true}"
TOTAL = "{key: double, label: 双倍, type: number, formula: 数量 * 2}"
CHANGES = [
    ("add a field", form(NAME, QTY, NOTE, GRADE, f"{{{ITEMS}]}}", "{key: due, label: 交期, type: date}")),
    ("rename a field", form(NAME.replace("名称", "客户名称"), QTY, NOTE, GRADE, f"{{{ITEMS}]}}")),
    (
        "hide a field",
        form(NAME, QTY, NOTE.replace("text}", HIDDEN), GRADE, f"{{{ITEMS}]}}"),
    ),
    ("change options", form(NAME, QTY, NOTE, GRADE.replace("A, B", "A, B, C, D"), f"{{{ITEMS}]}}")),
    ("column in a sub-table", form(NAME, QTY, NOTE, GRADE, LINES)),
    ("retype with backfill", form(NAME, AMOUNT, NOTE, GRADE, LINES)),
    ("unique field, with index", form(NAME, AMOUNT, NOTE, GRADE, LINES, CODE)),
    (
        "unique on a full column",
        form(NAME.replace("text}", "text, unique: true}"), AMOUNT, NOTE, GRADE, LINES, CODE),
    ),
    (
        "link, with index",
        form(NAME, AMOUNT, NOTE, GRADE, LINES, CODE, "{key: who, label: 负责人, type: member}"),
    ),
    ("formula over the new type", form(NAME, AMOUNT, NOTE, GRADE, LINES, CODE, TOTAL)),
    ("remove a field", form(NAME, AMOUNT, GRADE, LINES, CODE, TOTAL)),
    ("bring it back", form(NAME, AMOUNT, NOTE, GRADE, LINES, CODE, TOTAL, title="销售订单")),
]


def seed(store: Store, records: int) -> list[str]:
    """Records as history brought them, each with a line in its sub-table."""
    ids = TimeSortedIds()
    known = [ids() for _ in range(records)]

    def work(start: int) -> None:
        def rows(uow: UnitOfWork) -> None:
            tables = tables_of(uow.shelf.form("so").form)
            common = {
                "version": 1,
                "state": "saved",
                "form_version": 1,
                "created_by": "li",
                "updated_by": "li",
            }
            common |= {"created_at": uow.now, "updated_at": uow.now, "title": "x"}
            part = range(start, min(start + 10_000, records))
            uow.connection.execute(
                insert(tables.main),
                [
                    {**common, "id": known[n], "number": f"H-{n}", "name": f"客户{n}", "grade": "AB"[n % 2]}
                    | {"note": f"备注{n}", "qty": "很多" if n % BAD_EVERY == 0 else f"{n}.5"}
                    for n in part
                ],
            )
            lines = [{"id": ids(), "record_id": known[n], "pos": 0, "part": f"料{n}"} for n in part]
            uow.connection.execute(insert(tables.rows["items"]), lines)

        store.submit(rows).result()

    for start in range(0, records, 10_000):
        work(start)
    return known


class User(threading.Thread):
    """Saves and changes records; keeps how long each answer took and what it wrote."""

    def __init__(self, number: int, service: Service, old: list[str], end: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.service, self.old, self.end = number, service, old, end
        self.waits: list[tuple[float, float]] = []
        self.wrong: list[str] = []
        self.made: dict[str, str] = {}
        self.noted: dict[str, str] = {}

    def run(self) -> None:
        count = 0
        while not self.end.is_set():
            began = time.perf_counter()
            if count % 4 == 3:
                self._change(count)
            else:
                self._make(count)
            self.waits.append((began, time.perf_counter() - began))
            count += 1
            self.end.wait(random.uniform(0.5, 1.5) * PAUSE)

    def _make(self, count: int) -> None:
        name = f"新{self.number}-{count}"
        line = {"part": name}
        outcome = self.service.perform(CreateRecord("li", "so", {"name": name, "items": [line]}))
        if outcome.ok:
            self.made[outcome.data["record_id"]] = name
        else:
            self.wrong.append(f"{outcome.message} {outcome.problems}")

    def _change(self, count: int) -> None:
        """The grade of an old record that is this user's alone."""
        mine = self.number + USERS * count
        if mine >= len(self.old):
            return
        id_, grade = self.old[mine], "BA"[count % 2]
        with self.service.store.read() as uow:
            record = uow.records.load(uow.shelf.form("so").form, id_)
        if record is None:
            self.wrong.append(f"lost {id_}")
            return
        outcome = self.service.perform(UpdateRecord("li", "so", id_, record.version, {"grade": grade}))
        if outcome.ok:
            self.noted[id_] = grade
        else:
            self.wrong.append(f"{outcome.message} {outcome.problems}")


class Keeper(threading.Thread):
    """What the scheduler does meanwhile, and somebody who reads much for some seconds."""

    def __init__(self, service: Service, end: threading.Event) -> None:
        super().__init__(daemon=True)
        self.service, self.end, self.wrong = service, end, ""

    def run(self) -> None:
        try:
            while not self.end.is_set():
                self.service.store.make_indexes()
                self.service.perform(StepBackfill(SYSTEM))
                self.end.wait(0.02)
        except Exception as error:
            self.wrong = repr(error)
            raise


def reading(store: Store, end: threading.Event) -> None:
    """A report that holds the table for a second and a half, again and again."""
    while not end.is_set():
        with store.read() as uow:
            table = uow.shelf.form("so").form
            uow.records.count(table)
            end.wait(1.5)
        end.wait(0.5)


def scenario(url: str, records: int) -> None:
    """One database."""
    store = opened(url)
    service = Service(store)
    people = read_company((ROOT / "suites" / "company" / "people.yaml").read_text(encoding="utf-8"))
    assert service.perform(ReplaceDirectory(SYSTEM, people)).ok
    assert service.perform(Publish(SYSTEM, START)).ok
    old = seed(store, records)
    end = threading.Event()
    users = [User(n, service, old, end) for n in range(USERS)]
    keeper = Keeper(service, end)
    reader = threading.Thread(target=reading, args=(store, end), daemon=True)
    for one in (*users, keeper, reader):
        one.start()
    time.sleep(2)
    print(f"{url.partition(':')[0]}: {records} records, {USERS} users", flush=True)
    for what, text in CHANGES:
        began = time.perf_counter()
        outcome = service.perform(Publish(SYSTEM, text))
        took = time.perf_counter() - began
        assert outcome.ok, (what, outcome)
        time.sleep(1.5)
        waits = [seconds for one in users for at, seconds in one.waits if at + seconds > began]
        print(f"  {what:28} published in {took:5.2f} s, longest wait {max(waits) * 1000:4.0f} ms", flush=True)
    while _left(store):
        time.sleep(0.2)
    time.sleep(1)
    end.set()
    for one in (*users, keeper, reader):
        one.join()
    store.make_indexes()
    _judge(store, users, keeper, records)
    store.close()


def _left(store: Store) -> bool:
    with store.read() as uow:
        return bool(uow.life.backfills(open_only=True))


def _judge(store: Store, users: list[User], keeper: Keeper, records: int) -> None:
    waits = sorted(seconds for one in users for _, seconds in one.waits)
    wrong = [text for one in users for text in one.wrong]
    made = {id_: name for one in users for id_, name in one.made.items()}
    noted = {id_: grade for one in users for id_, grade in one.noted.items()}
    assert not wrong, wrong[:3]
    assert not keeper.wrong, keeper.wrong
    with store.read() as uow:
        form_ = uow.shelf.form("so").form
        main = tables_of(form_).main
        assert uow.records.count(form_) == records + len(made)
        backfill = uow.life.backfills("so")[0]
        bad = len(range(0, records, BAD_EVERY))
        assert backfill.failed == bad, backfill
        assert uow.records.count(form_, [main.c.amount.is_not(None)]) == records - bad
        lost = 0
        ids = uow.records.ids(form_)
        for start in range(0, len(ids), 1000):
            for one in uow.records.load_many(form_, ids[start : start + 1000]):
                lost += not _whole(one.number, one.values, made.get(one.id, ""), noted.get(one.id, ""))
    assert lost == 0, lost
    p99 = waits[int(len(waits) * 0.99)]
    print(
        f"  {len(made)} made, {len(noted)} changed, no error, nothing lost; answers: median "
        f"{waits[len(waits) // 2] * 1000:.0f} ms, 99 % {p99 * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms",
        flush=True,
    )


def _whole(number: str, values: dict[str, object], made: str, grade: str) -> bool:
    """Whether a record still holds everything that was ever put into it."""
    if made:
        return values["name"] == made and values["items"][0]["part"] == made  # type: ignore[index]
    n = int(number.partition("-")[2])
    amount = None if n % BAD_EVERY == 0 else Decimal(f"{n}.5")
    right = (f"客户{n}", f"备注{n}", grade or "AB"[n % 2], amount, f"料{n}")
    given = (values["name"], values["note"], values["grade"], values["amount"])
    return (*given, values["items"][0]["part"]) == right  # type: ignore[index]


def main() -> None:
    """Both databases."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--records", type=int, default=100_000)
    given.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    options = given.parse_args()
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            scenario(f"sqlite:///{folder}/schema.db", options.records)
    if options.only != "sqlite":
        with postgresql() as url:
            scenario(url, options.records)


if __name__ == "__main__":
    main()
