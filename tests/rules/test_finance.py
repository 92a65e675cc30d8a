"""Rules 24, 26, 27 and 32: overdue ladder, double invoices, ticket limits, waiting approvals."""

from __future__ import annotations

from datetime import date, datetime

from core.commands import CreateRecord, Decide
from tests.company import SHANGHAI, Company
from tests.rules.house import create, load, records, runs, tick, told


async def test_the_overdue_ladder_ends_in_a_hold(small: Company):
    """逾期 1、15 天提醒，30 天暂停发货并告知上级；收齐的不提醒。"""
    customer = create(small, "customer", name="宏图", grade="C", sales="li")
    good = create(small, "customer", name="蓝海", grade="C", sales="li")
    create(small, "receivable", customer=customer, amount="1000", due_on=date(2026, 12, 1))
    create(small, "receivable", customer=good, amount="500", received="500", due_on=date(2026, 12, 1))
    for _ in range(45):
        small.clock.forward(days=1)
        await tick(small)
    assert [one.event for one in runs(small, "receivable_overdue")] == [
        "date:2026-12-01:+1",
        "date:2026-12-01:+15",
    ]
    assert load(small, "customer", customer).values["hold"] is True
    assert load(small, "customer", good).values["hold"] is False
    assert told(small, "wang") == ["宏图应收 1,000.00 元逾期 30 天，已暂停发货"]


async def test_an_invoice_number_is_taken_once(company: Company):
    """同一发票号第二次登记不能保存；改成别的号可以；两人同时登记只成一个。"""
    create(company, "invoice_entry", invoice_no="A001", amount="10")
    outcome = company.perform(CreateRecord("sun", "invoice_entry", {"invoice_no": "A001"}))
    assert outcome.message == "发票号 A001 已经登记过"
    futures = [
        company.parts.service.submit(CreateRecord("sun", "invoice_entry", {"invoice_no": "A002"}))
        for _ in range(6)
    ]
    assert sorted(one.result().code for one in futures) == ["ok", *["refused_by_rule"] * 5]
    assert len(records(company, "invoice_entry")) == 2


async def test_a_ticket_near_its_limit(small: Company):
    """用掉 80% 时限还没解决就升级一次；解决了的不升级。"""
    open_ = create(small, "ticket", problem="不转", hours="10")
    done = create(small, "ticket", problem="漏油", hours="10", phase="已解决")
    small.clock.forward(hours=7.9)
    await tick(small)
    assert runs(small, "ticket_late") == []
    small.clock.forward(hours=0.3)
    await tick(small)
    small.clock.forward(hours=5)
    await tick(small)
    assert [one.record_id for one in runs(small, "ticket_late")] == [open_]
    assert told(small, "wang") == ["工单「不转」时限 10 小时，快到了"]
    assert done not in [one.record_id for one in runs(small, "ticket_late")]


async def test_an_approval_that_waits(company: Company):
    """等 1 个工作日催办，3 个工作日升级，周末不算；处理了的不催。"""
    company.clock.now = datetime(2026, 11, 26, 10, 0, tzinfo=SHANGHAI)  # Thursday
    await company.submit_claim("wu")
    decided = await company.submit_claim("wu", reason="第二张")
    task = company.read(lambda uow: uow.instances.load(decided)).open_tasks()[0]
    assert company.perform(Decide("liu", task.id, "approve")).ok
    company.clock.now = datetime(2026, 11, 27, 9, 56, tzinfo=SHANGHAI)
    await tick(company)
    assert runs(company, "approval_waiting") == []
    company.clock.now = datetime(2026, 11, 27, 10, 6, tzinfo=SHANGHAI)
    await tick(company)
    assert len(runs(company, "approval_waiting")) == 1
    assert company.phone("liu").card.body == "「直属上级」已等您 1 个工作日"
    company.clock.now = datetime(2026, 11, 30, 11, 0, tzinfo=SHANGHAI)
    await tick(company)
    assert len(runs(company, "approval_waiting")) == 1
    company.clock.now = datetime(2026, 12, 1, 10, 6, tzinfo=SHANGHAI)
    await tick(company)
    await tick(company)
    assert len(runs(company, "approval_waiting")) == 2
    assert any("3 个工作日" in one for one in told(company, "zhao"))
