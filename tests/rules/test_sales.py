"""Rules 1–10 of the suite: each fires where it should and stays quiet where it should not."""

from __future__ import annotations

from datetime import date, datetime

from core.commands import CreateRecord
from tests.company import SHANGHAI, Company
from tests.rules.house import create, load, records, runs, sweep, tick, told, update


async def test_customer_ladder(company: Company):
    """第 30 天无事，31 天提醒，跟进后重新计，37 天到上级，45 天进公海。"""
    customer = create(company, "customer", name="宏图", grade="A", sales="li")
    for days, expected in ((30, 0), (1, 1), (1, 0)):
        company.clock.forward(days=days)
        assert await sweep(company, "follow_up_30_days") == expected
    create(company, "follow_up", customer=customer, way="电话", content="约好下周")
    company.clock.forward(days=30)
    assert await sweep(company, "follow_up_30_days") == 0
    company.clock.forward(days=1)
    assert await sweep(company, "follow_up_30_days") == 1
    company.clock.forward(days=5)
    assert await sweep(company, "follow_up_30_days") == 0
    company.clock.forward(days=1)
    assert await sweep(company, "follow_up_30_days") == 1
    assert company.phone("wang").card.body == "宏图 已 37 天未跟进"
    company.clock.forward(days=7)
    assert await sweep(company, "follow_up_30_days") == 0
    assert load(company, "customer", customer).values["public"] is not True
    company.clock.forward(days=1)
    assert await sweep(company, "follow_up_30_days") == 1
    assert load(company, "customer", customer).values["public"] is True
    for _ in range(10):
        company.clock.forward(days=10)
        assert await sweep(company, "follow_up_30_days") == 0


async def test_new_leads_go_to_the_region_and_the_least_loaded(small: Company):
    """华东轮到手上少的人；已有分配人的不动。"""
    first, second, third = (create(small, "lead", company=f"公司{n}", region="华东") for n in range(3))
    owners = [load(small, "lead", one).values["keeper"] for one in (first, second, third)]
    assert owners == ["li", "zhou", "li"]
    south = create(small, "lead", company="南", region="华南")
    assert load(small, "lead", south).values["keeper"] == "zhou"
    west = create(small, "lead", company="西", region="西南")
    assert load(small, "lead", west).values["keeper"] == "wang"
    kept = create(small, "lead", company="已分", region="华南", keeper="li")
    assert load(small, "lead", kept).values["keeper"] == "li"
    assert len(runs(small, "lead_assign")) == 5
    assert len(runs(small, "lead_assign", "not_matched")) == 1


async def test_an_untouched_lead_goes_to_the_next_person(small: Company):
    """4 个工作小时（跨午休）没人跟进就换人；跟进过的不换。"""
    small.clock.now = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
    lead = create(small, "lead", company="甲", region="华东")
    touched = create(small, "lead", company="乙", region="华南")
    small.clock.now = datetime(2026, 11, 24, 14, 30, tzinfo=SHANGHAI)
    create(small, "lead_touch", lead=touched, content="已联系")
    assert await tick(small) == 0
    small.clock.now = datetime(2026, 11, 24, 15, 6, tzinfo=SHANGHAI)
    assert await tick(small) == 1
    assert load(small, "lead", lead).values["keeper"] != "li"
    assert load(small, "lead", touched).values["keeper"] == "zhou"
    assert any("甲" in one for one in told(small, load(small, "lead", lead).values["keeper"]))


async def test_an_idle_opportunity_and_an_overdue_one(small: Company):
    """停在一个阶段 14 天提醒，换阶段重新计；过了预计成交日提醒，赢单的不提醒。"""
    idle = create(small, "opportunity", name="停", close_on=date(2027, 6, 1))
    moved = create(small, "opportunity", name="动")
    won = create(small, "opportunity", name="赢了", close_on=date(2026, 11, 30), stage="赢")
    late = create(small, "opportunity", name="晚了", close_on=date(2026, 11, 30))
    assert load(small, "opportunity", idle).values["stage_on"] == date(2026, 11, 24)
    small.clock.forward(days=7)
    await tick(small)
    assert [one.record_id for one in runs(small, "opportunity_overdue")] == [late]
    assert won not in [one.record_id for one in runs(small, "opportunity_idle")]
    assert update(small, "opportunity", moved, stage="方案").ok
    small.clock.forward(days=7)
    await tick(small)
    assert sorted(one.record_id for one in runs(small, "opportunity_idle")) == sorted([idle, late])
    assert "商机「停」停在「线索验证」14 天了" in told(small, "li")
    small.clock.forward(days=7)
    await tick(small)
    assert moved in [one.record_id for one in runs(small, "opportunity_idle")]


async def test_a_quote_before_it_expires(small: Company):
    """有效期前 3 天提醒一次；没写有效期的不提醒。"""
    customer = create(small, "customer", name="宏图", grade="C", sales="li")
    quote = create(small, "quote", customer=customer, valid_until=date(2026, 12, 10))
    create(small, "quote", customer=customer)
    for day, expected in ((6, 0), (7, 1), (8, 1)):
        small.clock.now = datetime(2026, 12, day, 9, 1, tzinfo=SHANGHAI)
        await tick(small)
        assert len(runs(small, "quote_expires")) == expected
    assert runs(small, "quote_expires")[0].record_id == quote
    assert "宏图的报价 2026-12-10 到期，请跟进或延期" in told(small, "li")


async def test_a_price_below_the_floor_is_not_saved(small: Company):
    """有一行低于底价就不能保存，什么都不留下；不低于的能保存。"""
    customer = create(small, "customer", name="宏图", grade="C", sales="li")
    item = create(small, "material", name="电机", floor="100")
    line = {"item": item, "qty": "2"}
    bad = {"customer": customer, "lines": [{**line, "price": "100"}, {**line, "price": "99.99"}]}
    outcome = small.perform(CreateRecord("li", "quote", bad))
    assert (outcome.code, outcome.message) == ("refused_by_rule", "有物料的单价低于最低价，请先申请特价")
    assert records(small, "quote") == []
    assert len(runs(small, "quote_floor", "refused")) == 1
    create(small, "quote", customer=customer, lines=[{**line, "price": "100"}])
    assert len(records(small, "quote")) == 1


async def test_payment_plan_lines_before_on_and_after_their_day(small: Company):
    """付款节点 −7、0、+7 天各提醒一次；已付的那一行不提醒。"""
    customer = create(small, "customer", name="宏图", grade="C", sales="li")
    plan = [
        {"node": "预付", "amount": "300", "due_on": "2026-12-01", "paid": True},
        {"node": "到货", "amount": "600", "due_on": "2026-12-20"},
    ]
    create(small, "contract", customer=customer, plan=plan)
    for _ in range(40):
        small.clock.forward(days=1)
        await tick(small)
    fired = [one.event for one in runs(small, "contract_plan_due")]
    assert fired == [f"date:2026-12-20:{offset}:1" for offset in ("-7", "+0", "+7")]
    assert "宏图合同的「到货」600 元 2026-12-20 到期" in told(small, "li")


async def test_credit_exceeded_freezes_the_order_and_asks(company: Company):
    """占用超过额度：订单冻结、额度申请带出处；收款后不再超；没有额度的客户不查。"""
    customer = create(company, "customer", name="宏图", grade="C", sales="li", credit="1000")
    free = create(company, "customer", name="蓝海", grade="C", sales="li")
    first = create(company, "sales_order", customer=customer, total="800")
    second = create(company, "sales_order", customer=customer, total="300.50")
    create(company, "sales_order", customer=free, total="99999")
    assert load(company, "sales_order", first).values["frozen"] is False
    assert load(company, "sales_order", second).values["frozen"] is True
    requests = records(company, "credit_request")
    assert [(one.values["sales_order"], str(one.values["over"])) for one in requests] == [(second, "100.50")]
    origin = company.read(lambda uow: uow.runs.origins(requests[0].id))[0]
    assert (origin.rule, origin.version, origin.what) == ("credit_exceeded", 1, "created")
    create(company, "receipt", customer=customer, amount="700")
    third = create(company, "sales_order", customer=customer, total="500")
    assert load(company, "sales_order", third).values["frozen"] is False


async def test_a_plan_later_than_promised(small: Company):
    """计划完工晚于承诺交期，告诉订单负责人；不晚的不说。"""
    customer = create(small, "customer", name="宏图", grade="C", sales="li")
    order = create(small, "sales_order", customer=customer, total="1", promise_on=date(2026, 12, 10))
    plan = create(small, "production_plan", sales_order=order, end_on=date(2026, 12, 10))
    assert runs(small, "promise_at_risk") == []
    update(small, "production_plan", plan, end_on=date(2026, 12, 12))
    await small.settle()
    assert any("承诺 2026-12-10 交货，计划 2026-12-12 才完工" in one for one in told(small, "li"))
