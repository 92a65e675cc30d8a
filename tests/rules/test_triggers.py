"""Days of the month, holidays, rows of sub-tables, hit policies, and conditions that ask nothing."""

from __future__ import annotations

import pytest

from core.commands import SetWorkdays
from core.publishing import review
from tests.company import SHANGHAI, Company
from tests.rules.house import create, load, records, runs, sweep, tick
from tests.rules.test_answers import ORDER, publish

MONTHLY = """rule: close_month
title: 月结提醒
when: {monthly: last_workday, at: "17:00"}
then: [{notify: {who: {role: admin}, text: 今天月结}}]
"""


async def test_each_months_last_working_day(small: Company):
    """每月最后一个工作日：11 月 30 日是周一；12 月 31 日放假，就在 30 日；每月一次，停机后补一次。"""
    publish(small, MONTHLY)
    assert small.perform(SetWorkdays("zhao", {"2026-12-31": "rest"})).ok
    small.clock.forward(hours=9)  # six in the evening
    for _ in range(45):
        await tick(small)
        await tick(small)
        small.clock.forward(days=1)
    assert [f"{one.at.astimezone(SHANGHAI):%m-%d}" for one in runs(small, "close_month")] == [
        "11-30",
        "12-30",
    ]


SILENT = """rule: silent
title: 三天没有跟进
when: {absence: follow_up, of: customer, days: 3, holidays: skip}
then: [{notify: {who: 归属销售, text: "{名称} {天数}"}}]
"""


async def test_on_days_off_an_absence_rule_waits(small: Company):
    """holidays: skip —— 周六到期，周日也不打扰，周一才提醒，天数照实算。"""
    publish(small, SILENT)
    create(small, "customer", name="甲", grade="C", sales="li")  # Tuesday
    small.clock.forward(days=4)  # Saturday
    assert await sweep(small, "silent") == 0
    small.clock.forward(days=1)
    assert await sweep(small, "silent") == 0
    small.clock.forward(days=1)
    assert await sweep(small, "silent") == 1
    assert runs(small, "silent")[0].facts["天数"] == 6


ROWS = """form: order
title: 订单
number: D-{seq:3}
fields:
  - {key: name, label: 名称, type: text}
  - key: lines
    label: 明细
    type: subtable
    fields: [{key: item, label: 品名, type: text}, {key: qty, label: 数量, type: number}]
---
form: job
title: 工单
number: G-{seq:3}
fields:
  - {key: what, label: 内容, type: text}
  - {key: qty, label: 数量, type: number}
---
rule: jobs
title: 每行一张工单
when: {created: order}
then: [{create: {form: job, each: 明细, if: 行.数量 > 0, map: {内容: 行.品名, 数量: 行.数量 * 2}}}]
"""


async def test_a_record_for_each_row(small: Company):
    """明细每行建一张工单，数量为零的行不建。"""
    publish(small, ROWS)
    create(
        small,
        "order",
        name="x",
        lines=[{"item": item, "qty": qty} for item, qty in (("甲", "2"), ("乙", "0"), ("丙", "3"))],
    )
    assert [(one.values["what"], int(one.values["qty"])) for one in records(small, "job")] == [
        ("甲", 4),
        ("丙", 6),
    ]


def policies(hit: str, more: str = "") -> str:
    """Points by amount, rows that overlap on purpose."""
    return f"""table: points
title: 积分
of: big_order
hit: {hit}
inputs: [金额]
outputs: [{{key: points, label: 积分, type: number{more}}}]
rows:
  - [">= 10", 1]
  - [">= 100", 5]
  - [">= 1000", 20]
otherwise: [0]
"""


@pytest.mark.parametrize(
    ("hit", "more", "amount", "points"),
    [
        ("first", "", "5000", "1"),
        ("priority", ", values: ['20', '5', '1', '0']", "5000", "20"),
        ("priority", ", values: ['20', '5', '1', '0']", "150", "5"),
        ("collect\ncollect: sum", "", "5000", "26"),
        ("collect\ncollect: count", "", "150", "2"),
        ("collect\ncollect: max", "", "150", "5"),
        ("collect\ncollect: min", "", "150", "1"),
        ("first", "", "5", "0"),
    ],
)
async def test_hit_policies(small: Company, hit: str, more: str, amount: str, points: str):
    """取首个、最优先、全部求和、计数、最大、最小，都不符合时取 otherwise。"""
    rule = """rule: give
title: 给分
when: {saved: big_order, fields: [金额]}
then: [{update: {map: {审批级别: '查表("积分")'}}}]
"""
    publish(small, ORDER, policies(hit, more), rule)
    order = create(small, "big_order", amount=amount)
    assert load(small, "big_order", order).values["level"] == points


async def test_a_condition_that_names_no_field_is_told(small: Company):
    """条件里一个字段也没有：发布时提醒，并指出是哪一句。"""
    publish(small, ORDER)
    text = """rule: all
title: 全都改
when: {created: big_order}
if: 1 == 1
then:
  - update: {form: customer, if: 2 > 1, set: {公海: 是}}
"""
    found = small.read(lambda uow: [(one.path, one.message, one.level) for one in review(uow, text).mistakes])
    assert [(path, level) for path, _, level in found] == [("if", "warn"), ("then.0.update.if", "warn")]
    assert "「1 == 1」没有用到任何字段，对每一条数据都一样" in found[0][1]
    assert "对全部客户都一样" in found[1][1]
