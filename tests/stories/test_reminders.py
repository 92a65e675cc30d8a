"""30 天未跟进: once, with buttons that work. Each test on both databases."""

from __future__ import annotations

from core.commands import SYSTEM, CreateRecord, SweepRule
from tests.company import Company, count

RULE = "follow_up_30_days"


def add_customer(company: Company, **values: str) -> str:
    """A customer of 小李."""
    outcome = company.perform(
        CreateRecord("li", "customer", {"name": "宏图精密", "grade": "A", "sales": "li", **values})
    )
    assert outcome.ok, outcome
    return outcome.data["record_id"]


async def sweep(company: Company) -> int:
    """Run the rule now; the number of reminders."""
    outcome = company.perform(SweepRule(SYSTEM, RULE))
    assert outcome.ok
    await company.settle()
    return outcome.data["hits"]


async def test_day_30_nothing_day_31_once(company: Company):
    """第 30 天不提醒，第 31 天提醒一次，之后每天查也不再提醒。"""
    add_customer(company)
    company.clock.forward(days=30)
    assert await sweep(company) == 0
    company.clock.forward(days=1)
    assert await sweep(company) == 1
    li = company.phone("li")
    assert li.card.body == "宏图精密 已 31 天未跟进"
    assert li.labels == ["记录跟进", "延期 7 天", "放入公海"]
    for _ in range(5):
        company.clock.forward(days=1)
        assert await sweep(company) == 0


async def test_the_card_writes_the_follow_up_and_the_count_starts_again(company: Company):
    """卡片上点记录跟进，填两项就写入；31 天后才会再提醒。"""
    customer = add_customer(company)
    company.clock.forward(days=31)
    await sweep(company)
    li = company.phone("li")

    await li.clicks("记录跟进")
    assert [one.key for one in li.card.inputs] == ["way", "content"]
    await li.clicks("记录跟进", way="电话")
    assert "请填写内容" in li.card.note
    await li.clicks("记录跟进", way="电话", content="约了下周看样")

    assert li.card.title == "提醒已处理"
    assert "已记录跟进记录 GJ-202612-0001" in li.card.note
    found = company.read(lambda uow: uow.records.page(uow.shelf.form("follow_up").form))
    assert found[0].values["customer"] == customer
    company.clock.forward(days=30)
    assert await sweep(company) == 0
    company.clock.forward(days=1)
    assert await sweep(company) == 1


async def test_snooze_and_public_pool(company: Company):
    """延期 7 天后再提醒；放入公海后不再提醒。"""
    customer = add_customer(company)
    company.clock.forward(days=31)
    await sweep(company)
    li = company.phone("li")
    await li.clicks("延期 7 天")
    assert "已延期 7 天" in li.card.note
    company.clock.forward(days=6)
    assert await sweep(company) == 0
    company.clock.forward(days=1)
    assert await sweep(company) == 1

    await li.clicks("放入公海")
    record = company.read(lambda uow: uow.records.load(uow.shelf.form("customer").form, customer))
    assert record.values["public"] is True
    company.clock.forward(days=40)
    assert await sweep(company) == 0


async def test_the_condition_leaves_others_alone(company: Company):
    """C 级客户和公海客户不提醒；没有负责人是一条异常，不是沉默。"""
    add_customer(company, grade="C")
    add_customer(company, name="蓝海", public="是")
    company.clock.forward(days=60)
    assert await sweep(company) == 0


async def test_two_sweeps_at_once_remind_once(company: Company):
    """两个进程同时检查，也只提醒一次。"""
    add_customer(company)
    company.clock.forward(days=31)
    futures = [company.parts.service.submit(SweepRule(SYSTEM, RULE)) for _ in range(4)]
    assert sum(one.result().data["hits"] for one in futures) == 1
    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM reminder")) == 1
