"""One press, one effect: redelivered, doubled, concurrent. Each test on both databases."""

from __future__ import annotations

import asyncio

from core.commands import Decide, Publish
from core.store.inbox import Delivery
from tests.company import Company, count

TWO_MANAGERS = """
flow: expense_approval
title: 费用报销审批
form: expense_claim
steps:
  - {approve: 任一主管, who: [{person: wang}, {person: chen}], vote: any}
"""


async def test_a_redelivered_press_has_one_effect_and_the_same_answer(company: Company):
    """同一次点击送到三次：只有一次生效，三次答复一样。"""
    await company.submit_claim()
    wang = company.phone("wang")
    card, shown = wang.newest, wang.card
    answers = [
        await company.wecom.press(wang.userid, card, shown.buttons[0], shown.token, delivery="same-press")
        for _ in range(3)
    ]
    assert len({one.message.note for one in answers}) == 1
    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM transition")) == 1


async def test_two_managers_press_at_once_one_wins_the_other_is_told(company: Company):
    """或签的两人同时点：一个生效，另一个看到「已由谁几点处理」。"""
    assert company.perform(Publish("zhao", TWO_MANAGERS)).ok
    await company.submit_claim()
    wang, chen = company.phone("wang"), company.phone("chen")

    await asyncio.gather(wang.clicks("同意"), chen.clicks("同意"))

    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM transition")) == 1
    notes = [wang.card.note, chen.card.note]
    assert sum("无需您再处理" in one for one in notes) == 1
    assert sum(one.endswith("同意。") for one in notes) == 1
    assert wang.card.buttons == chen.card.buttons == ()


async def test_fifty_racers_one_winner(company: Company):
    """五十个并发请求抢同一个待办：恰好一个成功，其余都知道是谁。"""
    await company.submit_claim()
    task = company.open_tasks("wang")[0]
    futures = [
        company.parts.service.submit(Decide("wang", task, "approve"), Delivery("test", f"press-{n}"))
        for n in range(50)
    ]
    outcomes = await asyncio.gather(*(asyncio.wrap_future(one) for one in futures))
    assert sum(one.ok for one in outcomes) == 1
    assert all("已由王经理" in one.message for one in outcomes if not one.ok)
    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM transition")) == 1


async def test_serial_numbers_have_no_gap_and_no_double_under_parallel_submitters(company: Company):
    """64 个人同时提交：流水号连续、不重。"""
    from core.commands import CreateRecord

    rows = [{"spent_on": "2026-11-20", "kind": "交通", "amount": "10"}]
    futures = [
        company.parts.service.submit(CreateRecord("li", "expense_claim", {"reason": str(n), "items": rows}))
        for n in range(64)
    ]
    outcomes = await asyncio.gather(*(asyncio.wrap_future(one) for one in futures))
    numbers = sorted(one.data["number"] for one in outcomes)
    assert numbers == [f"BX-202611-{n:04d}" for n in range(1, 65)]
