"""Why (not)? Dry run, provenance, dead letters, decision tables, brakes."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy import text as sql

from core.clock import encode_id
from core.commands import SYSTEM, CreateRecord, PressRule, Publish, RebuildAggregate, ReceiveHook, RetryRun
from core.forms.storage import tables_of
from core.publishing import review
from core.queries.dryrun import compare, document
from core.queries.why import why
from tests.company import Company, count
from tests.rules.house import create, load, records, runs, tick, told, update

ORDER = """form: big_order
title: 大单
fields:
  - {key: name, label: 名称, type: text}
  - {key: amount, label: 金额, type: money}
  - {key: grade, label: 级别, type: select, options: [A, B, C]}
  - {key: seller, label: 销售, type: member, default: 我}
  - {key: level, label: 审批级别, type: text}
"""
RULE = """rule: big_one
title: 大单提醒
when: {saved: big_order, fields: [金额]}
if: 金额 > %s 且 级别 == "A"
then: [{notify: {who: 销售, text: "{名称} {金额} 元"}}]
"""


def publish(company: Company, *texts: str) -> None:
    """Put texts in force."""
    outcome = company.perform(Publish(SYSTEM, "\n---\n".join(texts)))
    assert outcome.ok, outcome.problems


async def test_dry_run_names_exactly_the_difference(company: Company):
    """10 万条数据上改门槛：正好指出多出来和少掉的那些，什么都不改。"""
    publish(company, ORDER, RULE % 5000)
    main = company.read(lambda uow: tables_of(uow.shelf.form("big_order").form).main)
    planted = {777: "5500", 40_123: "5999.99", 99_999: "5000.01"}

    def fill(uow: object) -> None:
        now = company.clock()
        common = {"version": 1, "state": "saved", "form_version": 1, "created_at": now, "created_by": "li",
                  "updated_at": now, "updated_by": "li", "seller": "li", "level": None}  # fmt: skip
        for start in range(0, 100_000, 20_000):
            rows = [
                {**common, "id": encode_id(number, number), "number": f"D{number}", "title": f"单{number}",
                 "name": f"单{number}", "grade": "A" if number in planted else "ABC"[number % 3],
                 "amount": planted.get(number, "9000" if number % 50 == 0 else "100")}
                for number in range(start, start + 20_000)
            ]  # fmt: skip
            uow.connection.execute(insert(main), rows)  # type: ignore[attr-defined]

    company.store.submit(fill).result()
    before = company.read(
        lambda uow: (count(uow, "SELECT count(*) FROM audit"), count(uow, "SELECT count(*) FROM outbox"))
    )
    _, same = company.read(lambda uow: compare(uow, RULE % 5000))
    assert (same.added, same.gone) == ([], [])
    _, run = company.read(lambda uow: compare(uow, RULE % 6000))
    assert run.added == []
    assert run.gone == [encode_id(number, number) for number in sorted(planted)]
    _, more = company.read(
        lambda uow: compare(uow, (RULE % 5000).replace('级别 == "A"', '级别 == "A" 或 金额 == 100'))
    )
    assert len(more.gone) == 0
    shown = company.read(lambda uow: document(uow, RULE % 50))
    assert shown["examples"][0]["would"][0].startswith("通知小李：「单")
    after = company.read(
        lambda uow: (count(uow, "SELECT count(*) FROM audit"), count(uow, "SELECT count(*) FROM outbox"))
    )
    assert after == before
    assert runs(company, "big_one") == []


async def test_why_it_did_and_why_it_did_not(small: Company):
    """逐个条件的值和真假；没执行说出哪一条不符合。"""
    publish(small, ORDER, RULE % 5000)
    small_one = create(small, "big_order", name="小单", amount="4000", grade="A")
    big = create(small, "big_order", name="大单", amount="8000", grade="A")
    not_ = small.read(lambda uow: why(uow, "big_one", load(small, "big_order", small_one).number))
    assert not_["answer"] == "从来没有对这条数据执行过。现在条件不符合：金额 > 5000。"
    assert [(one["text"], one["truth"]) for one in not_["clauses"]] == [
        ("金额 > 5000", False),
        ('级别 == "A"', True),
    ]
    assert not_["clauses"][0]["value"] == ["4000", "5000"]
    assert not_["runs"][0]["outcome"] == "not_matched"
    did = small.read(lambda uow: why(uow, "big_one", load(small, "big_order", big).number))
    assert did["answer"].startswith("最近一次执行在 2026-11-24 09:00：通知小李。")
    assert did["runs"][0]["facts"] == {"触发人": "li", "金额": "8000", "级别": "A"}


async def test_a_broken_rule_leaves_nothing_but_an_incident(company: Company):
    """执行出错：不留下半截动作，有异常，触发的保存成立；改好数据后重试成功。"""
    text = """rule: hand_on
title: 转交
when: {created: big_order}
then:
  - update: {set: {名称: 改过}}
  - create: {form: follow_up, map: {客户: 名称}, set: {方式: 电话, 内容: 好}}
"""
    publish(company, ORDER, text)
    order = create(company, "big_order", name="原名")
    assert load(company, "big_order", order).values["name"] == "原名"
    failed = runs(company, "hand_on", "error")
    assert len(failed) == 1 and "没有找到「改过」" in failed[0].error
    assert [one.kind for one in company.read(lambda uow: uow.incidents.list("open"))] == ["rule_failed"]
    create(company, "customer", name="改过", grade="C", sales="li")
    outcome = company.perform(RetryRun("zhao", failed[0].id))
    assert outcome.message == "重试成功。"
    assert load(company, "big_order", order).values["name"] == "改过"
    assert len(records(company, "follow_up")) == 1
    assert company.read(lambda uow: uow.incidents.list("open")) == []
    assert company.perform(RetryRun("zhao", failed[0].id)).code == "conflict"


async def test_the_save_falls_where_the_rule_says_so(small: Company):
    """on_error: refuse 的规则出错，触发的保存也不成立。"""
    text = """rule: strict
title: 严格
when: {created: big_order}
on_error: refuse
then: [{create: {form: follow_up, map: {客户: 名称}, set: {方式: 电话, 内容: 好}}}]
"""
    publish(small, ORDER, text)
    outcome = small.perform(CreateRecord("li", "big_order", {"name": "没有"}))
    assert outcome.code == "rule_failed"
    assert records(small, "big_order") == []
    assert len(runs(small, "strict", "error")) == 1


async def test_old_values_follow_forbid_and_run_as(small: Company):
    """原值可见；follow: forbid 不再触发别人；以触发人的身份新建。"""
    one = """rule: raised
title: 涨价
when: {updated: big_order, fields: [金额]}
if: 金额 > 原.金额 * 1.1
run_as: trigger
follow: forbid
then: [{create: {form: big_order, set: {名称: "从 {原.金额} 涨到 {金额}"}}}]
"""
    two = 'rule: seen\ntitle: 看见\nwhen: {created: big_order}\nif: 名称 =~ "从.*"\nthen: [{update: {set: {审批级别: 看见}}}]\n'
    publish(small, ORDER, one, two)
    order = create(small, "big_order", name="甲", amount="100")
    assert update(small, "big_order", order, amount="109").ok
    assert len(records(small, "big_order")) == 1
    assert update(small, "big_order", order, amount="130").ok
    made = records(small, "big_order")[1]
    assert (made.values["name"], made.created_by, made.values["level"]) == (
        "从 109 涨到 130.00",
        "system",
        None,
    )


async def test_throttle_quiet_hours_and_digest(small: Company):
    """同一条一天一次；安静时段的消息早上再发；汇总到点一起发。"""
    text = RULE % 10 + 'throttle: {days: 1}\nquiet: {from: "22:00", to: "08:00"}\n'
    more = (RULE % 10).replace("big_one", "gathered") + 'digest: "17:00"\n'
    publish(small, ORDER, text, more)
    order = create(small, "big_order", name="甲", amount="100", grade="A")
    assert update(small, "big_order", order, amount="200").ok
    await small.settle()
    assert (len(runs(small, "big_one")), len(runs(small, "big_one", "throttled"))) == (1, 1)
    assert small.phone("li").texts == ["甲 100.00 元"]
    small.clock.forward(hours=8, minutes=1)
    await tick(small)
    assert small.phone("li").texts[-1] == "您有 2 条提醒：\n1. 甲 100.00 元\n2. 甲 200.00 元"
    small.clock.forward(days=1, hours=6)
    assert update(small, "big_order", order, amount="300").ok
    await tick(small)
    assert len(small.phone("li").texts) == 2
    small.clock.forward(hours=9, minutes=10)
    await tick(small)
    assert "甲 300.00 元" in small.phone("li").texts


TABLE = """table: levels
title: 审批级别表
of: big_order
inputs: [金额, 级别]
outputs: [{key: level, label: 级别}]
rows:
  - ["< 1000", "-", 经理]
  - ["[1000..5000)", "A, B", 总监]
  - ["[1000..5000)", C, 总经理]
  - [">= 5000", "-", 总经理]
"""
ASK = """rule: ask
title: 定级
when: {saved: big_order, fields: [金额]}
then: [{update: {map: {审批级别: '查表("审批级别表")'}}}]
"""


@pytest.mark.parametrize(
    ("amount", "grade", "level"),
    [("999.99", "C", "经理"), ("1000", "B", "总监"), ("4999.99", "C", "总经理"), ("5000", "A", "总经理")],
)
async def test_a_decision_table_decides(small: Company, amount: str, grade: str, level: str):
    """规则里查决策表。"""
    publish(small, ORDER, TABLE, ASK)
    order = create(small, "big_order", amount=amount, grade=grade)
    assert load(small, "big_order", order).values["level"] == level


async def test_gaps_and_overlaps_of_a_table(small: Company):
    """重叠拒绝发布，指出两行和例子；遗漏提醒，指出哪一种没有行。"""
    bad = small.perform(Publish(SYSTEM, ORDER + "---\n" + TABLE.replace('"< 1000"', '"<= 1000"')))
    assert bad.code == "invalid"
    assert "第 1 行和第 2 行重叠，例如 金额 = 1000，级别 = A" in bad.problems[0].message
    gap = TABLE.replace('[1000..5000)", C', '(1000..5000)", C')
    outcome = small.perform(Publish(SYSTEM, ORDER + "---\n" + gap))
    assert outcome.ok
    told_ = small.read(lambda uow: [one.message for one in review(uow, gap).mistakes])
    assert told_ == ["没有一行符合：金额 = 1000，级别 = C"]


async def test_a_button_by_card_word_and_door(small: Company):
    """只有销售经理能点；条件不符合说为什么；聊天里说口令加编号。"""
    text = """rule: dun
title: 催款
when: {button: 催款, of: big_order, words: [催款], roles: [销售经理]}
if: 金额 > 10
then: [{notify: {who: 销售, text: "请催 {名称}"}}]
"""
    publish(small, ORDER, text)
    order = create(small, "big_order", "wang", name="甲", amount="100")
    poor = create(small, "big_order", "wang", name="乙", amount="1")
    assert small.perform(PressRule("li", "dun", order)).code == "not_allowed"
    assert small.perform(PressRule("wang", "dun", order)).message == "「催款」已执行：通知王经理。"
    assert (
        small.perform(PressRule("wang", "dun", poor)).message == "「催款」没有执行：条件不符合（金额 > 10）。"
    )
    answer = await small.phone("wang").says(f"催款 {load(small, 'big_order', order).number}")
    assert answer.message.text == "「催款」已执行：通知王经理。"
    assert told(small, "wang").count("请催 甲") == 2


async def test_a_hook_reads_what_it_declares(small: Company):
    """外部通知按声明的种类读，找到单据，执行；种类不对、单据不在都拒绝。"""
    text = """rule: paid
title: 到账通知
when: {webhook: bank, of: big_order, find: order, fields: {order: text, paid: number}}
if: paid >= 金额
then: [{update: {set: {审批级别: 已收齐}}}]
"""
    publish(small, ORDER, text)
    order = create(small, "big_order", name="甲", amount="100")
    number = load(small, "big_order", order).number
    assert small.perform(ReceiveHook(SYSTEM, "paid", {"order": number, "paid": "x"})).code == "invalid"
    assert small.perform(ReceiveHook(SYSTEM, "paid", {"order": "D-0", "paid": 1})).code == "not_found"
    assert small.perform(ReceiveHook(SYSTEM, "paid", {"order": number, "paid": 99})).data == {"fired": False}
    assert small.perform(ReceiveHook(SYSTEM, "paid", {"order": number, "paid": 100})).data == {"fired": True}
    assert load(small, "big_order", order).values["level"] == "已收齐"


async def test_rebuild_counts_everything_again(company: Company):
    """有人绕过系统改了库：核对指出哪一项，重算后一致。"""
    item = create(company, "material", name="轴承")
    create(company, "stock_move", item=item, direction="入", qty="5", cost="1.25")
    company.store.submit(lambda uow: uow.connection.execute(sql("UPDATE a_stock SET on_hand = 7"))).result()

    def broken(uow: object) -> list[object]:
        return uow.ledger.verify(uow.shelf.book.aggregates["stock"], uow.shelf.find_form)  # type: ignore[attr-defined]

    assert [one.keys for one in company.read(broken)] == [(item,)]
    assert company.perform(RebuildAggregate("zhao", "stock")).ok
    assert company.read(broken) == []
