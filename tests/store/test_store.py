"""The store: migrations, the writer, inbox, outbox order, audit chain, one process a file. On both databases where it matters."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import TimeSortedIds
from core.commands import SYSTEM, CreateRecord, Decide, TellPerson
from core.errors import Misconfigured
from core.head import head_path, verify, write_head
from core.store.audit import first_break
from core.store.engine import FileLock
from core.store.inbox import Delivery
from core.tables import metadata
from tests.company import Company, count


async def test_the_migrations_make_the_tables_that_the_code_knows(company: Company):
    """迁移建出的表和代码里的表一致。"""

    def difference(uow):
        context = MigrationContext.configure(uow.connection, opts={"compare_type": False})
        return [
            one
            for one in compare_metadata(context, metadata)
            if "f_" not in str(one) and "('a_" not in str(one)
        ]

    assert company.read(difference) == []


async def test_one_bad_job_does_not_hurt_its_neighbours(company: Company):
    """一批里有一个失败，其余照常提交。"""

    def bad(_uow):
        raise ValueError("no")

    store = company.store
    futures = []
    for n in range(30):
        futures.append(store.submit(bad if n % 3 == 0 else lambda uow: uow.definitions.next_number("n", "")))
    results = [one.exception() or one.result() for one in futures]
    assert sorted(one for one in results if isinstance(one, int)) == list(range(1, 21))
    assert sum(isinstance(one, ValueError) for one in results) == 10


async def test_a_counter_has_no_lost_update_from_many_threads(company: Company):
    """多线程自增 200 次，一个不少。"""
    threads = [
        threading.Thread(
            target=lambda: [
                company.store.submit(lambda u: u.definitions.next_number("c", "p")).result()
                for _ in range(25)
            ]
        )
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert company.store.submit(lambda uow: uow.definitions.next_number("c", "p")).result() == 201


def test_a_second_process_is_refused(tmp_path: Path):
    """同一个 SQLite 文件，第二个进程启动时被拒绝，并说明办法。"""
    first = FileLock(tmp_path / "z.db")
    with pytest.raises(Misconfigured, match="正被另一个 zhongshu 进程使用"):
        FileLock(tmp_path / "z.db")
    first.release()
    FileLock(tmp_path / "z.db").release()


def test_ids_sort_by_time_and_never_repeat():
    """编号随时间增长，不重复。"""
    make = TimeSortedIds()
    ids = [make() for _ in range(20_000)]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert all(len(one) == 26 for one in ids)


async def test_the_same_key_with_another_body_is_refused(company: Company):
    """幂等键相同、内容不同：拒绝，不执行第二次。"""
    values = {"name": "甲", "grade": "A", "sales": "li"}
    first = company.perform(CreateRecord("li", "customer", values), delivery=Delivery("api", "k", "hash-1"))
    again = company.perform(CreateRecord("li", "customer", values), delivery=Delivery("api", "k", "hash-1"))
    other = company.perform(
        CreateRecord("li", "customer", {**values, "name": "乙"}), delivery=Delivery("api", "k", "hash-2")
    )
    assert first.data == again.data
    assert other.code == "key_reused"
    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM f_customer")) == 1


async def test_a_stream_keeps_its_order_and_one_in_flight(company: Company):
    """同一个人的消息按顺序、一次一条；别人的不受影响。"""
    for person, words in (("li", "一"), ("li", "二"), ("zhou", "三")):
        company.perform(TellPerson(SYSTEM, person, "dingtalk", words))

    def claim(uow):
        return [row.body["text"] for row in uow.outbox.claim("me", uow.now, 10)]

    assert sorted(company.store.submit(claim).result()) == ["一", "三"]
    assert company.store.submit(claim).result() == []
    company.clock.forward(seconds=31)  # the lease of the dead worker runs out
    assert sorted(company.store.submit(claim).result()) == ["一", "三"]


async def test_a_platform_that_is_down_loses_nothing_and_keeps_order(company: Company):
    """平台故障时全部留在发件箱，恢复后按顺序到达。"""
    from bot.adapters.base import PlatformError

    company.ding.faults.extend(PlatformError("down", ambiguous=True) for _ in range(3))
    for words in ("一", "二", "三"):
        company.perform(TellPerson(SYSTEM, "li", "dingtalk", words))
    for _ in range(12):
        await company.settle()
        company.clock.forward(seconds=20)
    assert company.phone("li").texts == ["一", "二", "三"]


async def test_a_refused_message_is_parked_with_an_incident_and_can_be_retried(company: Company):
    """平台永久拒绝：搁置并报异常，管理员可重试。"""
    from bot.adapters.base import PlatformError
    from core.commands import RetryOutbox

    company.ding.faults.append(PlatformError("用户不存在", code="60121", permanent=True))
    company.perform(TellPerson(SYSTEM, "li", "dingtalk", "你好"))
    await company.settle()
    parked = company.read(lambda uow: uow.outbox.list("parked"))
    assert [one.last_error for one in parked] == ["60121 用户不存在"]
    assert company.read(lambda uow: uow.incidents.list("open"))[0].kind == "parked"
    assert company.perform(RetryOutbox("zhao", parked[0].id)).ok
    await company.settle()
    assert company.phone("li").texts == ["你好"]


async def test_the_audit_chain_finds_every_kind_of_tampering(company: Company):
    """改一个字、删一行、截尾：都能发现，并说出第几条。"""
    await company.submit_claim()
    keys, path = company.parts.keys, head_path(company.folder / "master.key")
    with company.store.read() as uow:
        assert first_break(uow.audit) is None
        write_head(uow, keys, path)
        assert verify(uow, keys, path) is None
        rows = uow.audit.count()
    assert rows > 5

    def tamper(statement: str) -> str | None:
        """What verify says after an edit that is rolled back."""
        found: list[str | None] = []

        def work(uow):
            if uow.connection.dialect.name == "sqlite":
                uow.connection.execute(text("DROP TRIGGER audit_no_update"))
                uow.connection.execute(text("DROP TRIGGER audit_no_delete"))
            else:
                uow.connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_no_change"))
            uow.connection.execute(text(statement))
            found.append(verify(uow, keys, path))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            company.store.submit(work).result()
        return found[0]

    assert "第 3 条" in (tamper("UPDATE audit SET actor = 'someone' WHERE seq = 3") or "")
    assert "第 4 条" in (tamper("DELETE FROM audit WHERE seq = 4") or "")
    assert "末尾被截断" in (tamper(f"DELETE FROM audit WHERE seq = {rows}") or "")
    assert "第 2 条" in (tamper("UPDATE audit SET body = body || ' ' WHERE seq = 2") or "")


async def test_the_database_itself_refuses_to_change_audit_rows(company: Company):
    """数据库触发器拒绝修改和删除审计行。"""
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        future = company.store.submit(
            lambda uow, statement=statement: uow.connection.execute(text(statement))
        )
        with pytest.raises(DBAPIError, match="append-only"):
            future.result()


async def test_refusals_leave_a_trace_and_change_nothing(company: Company):
    """不该他批的人来批：拒绝、说明、留痕。"""
    await company.submit_claim()
    task = company.open_tasks("wang")[0]
    before = company.read(lambda uow: uow.audit.count())
    outcome = company.perform(Decide("sun", task, "approve"))
    assert outcome.code == "not_allowed"
    rows = company.read(lambda uow: uow.audit.before(None, 1))
    assert rows[0].action == "CommandRefused"
    assert rows[0].actor == "sun"
    assert company.read(lambda uow: uow.audit.count()) == before + 1


def test_sqlite_is_opened_the_durable_way(tmp_path: Path):
    """WAL、FULL、外键、BEGIN IMMEDIATE。"""
    from core.store.engine import parse_url, sqlite_engine

    with sqlite_engine(parse_url(f"sqlite:///{tmp_path / 'a.db'}"), writer=True).connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
