"""Large sweeps: chunk by chunk, exactly once whatever happens, and the same rows as one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text

from core import canon
from core.commands import SYSTEM, SweepRule
from core.forms.storage import tables_of
from core.queries.rules import sweeps
from core.rules import bulk, tick
from core.rules.clock import due_rules
from core.store.audit import first_break
from core.sweeps import Sweeps
from tests.company import Company
from tests.rules.house import create, load
from tests.rules.test_answers import publish

QUIET = """rule: quiet_long
title: 很久没有跟进
when: {absence: follow_up, of: customer, days: 30}
if: 等级 属于 ["A", "B"] 且 (公海 == 否 或 信用额度 > 1000)
then:
  - remind: {who: 归属销售, text: "{名称}（{编号}）已 {天数} 天，额度 {信用额度}", buttons: [{text: 延期, snooze: 7}]}
  - notify: {who: {manager_of: 归属销售}, text: "{名称} 没人跟"}
"""


def crowd(company: Company, number: int) -> None:
    """So many customers, straight into the table."""

    def work(uow: Any) -> None:
        main = tables_of(uow.shelf.form("customer").form).main
        system = {"version": 1, "state": "saved", "form_version": 1, "created_by": "li", "updated_by": "li"}
        rows = [
            {
                **system, "created_at": uow.now, "updated_at": uow.now, "id": f"{one:026}",
                "number": f"KH-{one}", "title": f"客户{one}", "name": f"客户{one}", "grade": "AB"[one % 2],
                "sales": "li", "public": False, "hold": False,
            }
            for one in range(number)
        ]  # fmt: skip
        uow.connection.execute(insert(main), rows)

    company.store.submit(work).result()


def counted(company: Company, table: str) -> int:
    """How many rows a table has."""
    return int(
        company.read(lambda uow: uow.connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
    )


async def test_a_sweep_that_died_goes_on_and_does_nothing_twice(company: Company):
    """两千多条分块处理；中途进程没了，两分钟后接着做完，每条一次；进度看得到，审计链完整。"""
    publish(company, QUIET)
    crowd(company, 2300)
    company.clock.forward(days=31)
    with company.store.read() as uow:
        parts = tick.looked(uow, uow.shelf.book.rule("quiet_long"))
    assert [len(one.hits) for one in parts] == [1000, 1000, 300]
    assert company.perform(SweepRule(SYSTEM, "quiet_long", parts[0])).data["hits"] == 1000
    row = company.read(sweeps)[0]
    assert (row["state"], row["found"], row["taken"], row["fired"]) == ("running", 2300, 1000, 1000)

    assert "quiet_long" not in company.read(due_rules)
    company.clock.forward(minutes=3)
    assert "quiet_long" in company.read(due_rules)
    late = company.perform(SweepRule(SYSTEM, "quiet_long", parts[0]))  # the same chunk, sent twice
    assert late.data["hits"] == 0
    assert Sweeps(company.parts.service).run("quiet_long").data["hits"] == 1300

    assert counted(company, "reminder") == counted(company, "rule_run") == counted(company, "card") == 2300
    assert counted(company, "outbox") == 4600
    assert [one["state"] for one in company.read(sweeps)] == ["done", "replaced"]
    assert "quiet_long" not in company.read(due_rules)
    assert company.read(lambda uow: first_break(uow.audit)) is None
    made = company.read(lambda uow: uow.audit.before(None, 10, "rule:quiet_long"))
    bodies = [canon.loads(one.body) for one in made if one.action == "RemindersMade"]
    assert sum(len(one["reminders"]) for one in bodies) == 2300


async def test_who_was_followed_up_meanwhile_is_left_out(company: Company):
    """查出来之后、处理之前有了跟进或延期，就不再提醒。"""
    publish(company, QUIET)
    first, second, third = (
        create(company, "customer", name=name, grade="A", sales="li") for name in "甲乙丙"
    )
    company.clock.forward(days=31)
    with company.store.read() as uow:
        parts = tick.looked(uow, uow.shelf.book.rule("quiet_long"))
    company.clock.forward(minutes=1)
    create(company, "follow_up", customer=first, way="电话", content="好")
    until = company.clock() + timedelta(days=7)
    company.store.submit(lambda uow: uow.reminders.snooze("quiet_long", second, until)).result()
    company.clock.forward(minutes=1)
    assert company.perform(SweepRule(SYSTEM, "quiet_long", parts[0])).data["hits"] == 1
    assert company.read(lambda uow: [one.record_id for one in uow.reminders.of_record(third)]) == [third]


async def test_in_bulk_and_one_by_one_write_the_same(company: Company, monkeypatch: Any):
    """成批写和逐条写，写下的内容一样（编号除外）。"""
    publish(company, QUIET)
    for name, credit in (("甲", "500"), ("乙", "20000.5"), ("丙", None)):
        create(company, "customer", name=name, grade="B", sales="li", region="华东", credit=credit)
    create(company, "customer", name="没人管", grade="A", sales="zhao")
    company.clock.forward(days=31)
    seen = []
    for many in (True, False):
        if not many:
            monkeypatch.setattr(tick, "only_tells", lambda _ready, _rung: False)
        with company.store.read() as uow:
            connection = uow.connection
            assert connection.execute(text("SELECT count(*) FROM rule_run")).scalar_one() == 0
        assert company.perform(SweepRule(SYSTEM, "quiet_long")).data["hits"] == 4
        seen.append(company.read(written))
        company.store.submit(emptied).result()
    assert seen[0] == seen[1]
    assert len(seen[0]["reminder"]) == 4 and len(seen[0]["outbox"]) == 4 + 3


COLUMNS = {
    "rule_run": "rule, version, form, record_id, event, rung, outcome, at, actor, clauses, facts, actions, error",
    "reminder": "rule, form, record_id, person, text, facts, state, version, created_at",
    "card": "subject_kind, person, platform, wanted_version, shown_version, generation, created_at",
    "outbox": "kind, priority, platform, person, body, state, attempts, next_at, created_at",
}


def written(uow: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a sweep leaves behind, without ids."""
    return {
        table: sorted(
            (tuple(row) for row in uow.connection.execute(text(f"SELECT {names} FROM {table}"))), key=str
        )
        for table, names in COLUMNS.items()
    }


def emptied(uow: Any) -> None:
    """As if it had not been."""
    for table in COLUMNS:
        uow.connection.execute(text(f"DELETE FROM {table}"))


async def test_one_that_cannot_be_worked_out_leaves_an_incident_and_the_others_are_told(company: Company):
    """一条算不出来：留下异常和出错记录，其余照常提醒。"""
    publish(
        company,
        QUIET.replace("{信用额度}", "{信用额度 * 信用额度 * 信用额度 * 信用额度 * 信用额度 * 信用额度}"),
    )
    bad = create(company, "customer", name="坏", grade="A", sales="li", credit="9000000000000")
    good = create(company, "customer", name="好", grade="A", sales="li", credit="2")
    company.clock.forward(days=31)
    assert company.perform(SweepRule(SYSTEM, "quiet_long")).data["hits"] == 1
    found = company.read(lambda uow: uow.runs.page("quiet_long"))
    assert {(one.record_id, one.outcome) for one in found} == {(bad, "error"), (good, "fired")}
    assert "太大" in next(one.error for one in found if one.record_id == bad)
    incident = company.read(lambda uow: uow.incidents.list("open"))[0]
    assert (incident.kind, incident.object) == ("rule_failed", f"rule:quiet_long:{bad}")
    assert load(company, "customer", bad).number in incident.text


async def test_a_step_that_changes_records_goes_one_by_one(company: Company):
    """只提醒的一级成批写，改数据的一级逐条做；超过五百条也不会被当成连锁。"""
    publish(company, QUIET + "escalate: [{days: 45, set: {公海: 是}}]\n")
    crowd(company, 520)
    company.clock.forward(days=46)
    outcome = Sweeps(company.parts.service).run("quiet_long")
    assert outcome.data["hits"] == 1040
    assert bulk.only_tells(company.read(lambda uow: uow.shelf.book.rule("quiet_long")), 0)
    public = text("SELECT count(*) FROM f_customer WHERE public = :yes")
    assert company.read(lambda uow: uow.connection.execute(public, {"yes": True}).scalar_one()) == 520
