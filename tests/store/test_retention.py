"""What running leaves behind goes by age; what is a key, a failure or a proof stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.store.retention import Keep
from core.store.runs import Run
from tests.company import Company, count


async def test_old_runs_go_and_the_newest_of_each_record_stays(company: Company):
    """180 天前的执行记录清掉；每条数据最近的一次、出错的、等待中的审批留下；审计一行不少。"""
    day = timedelta(days=1)

    def work(uow):  # type: ignore[no-untyped-def]
        base = Run("", "r", 1, "customer", "a", "", "fired", uow.now, "system")
        for number, (record, outcome, event, age) in enumerate(
            [
                ("a", "fired", "one", 400),
                ("a", "fired", "two", 300),  # the newest of record a: the key of what was done
                ("b", "not_matched", "x", 181),
                ("b", "not_matched", "y", 179),
                ("c", "error", "z", 400),
                ("c", "error", "w", 731),
                ("d", "fired", "task:1:0", 200),
                ("d", "fired", "task:2:0", 190),
            ]
        ):
            uow.runs.add(
                [
                    replace(
                        base,
                        id=f"{number:026}",
                        record_id=record,
                        outcome=outcome,
                        event=event,
                        at=uow.now - age * day,
                    )
                ]
            )
        uow.outbox.put_texts([("m1", "li", "dingtalk", "旧"), ("m2", "li", "dingtalk", "新")], uow.now)
        for id_, age in (("m1", 91), ("m2", 89)):
            uow.outbox.claim("me", uow.now, 10)
            assert uow.outbox.settle(id_, "me", "sent", uow.now - age * day)

    company.store.submit(work).result()
    trail = company.read(lambda uow: uow.audit.count())
    assert await company.parts.scheduler.purge() == 4
    assert {one.event for one in company.read(lambda uow: uow.runs.page("r"))} == {
        "two",
        "y",
        "z",
        "task:1:0",
        "task:2:0",
    }
    assert company.read(lambda uow: [one.id for one in uow.outbox.list("sent")]) == ["m2"]
    assert company.read(lambda uow: uow.audit.count()) == trail


async def test_dropping_goes_batch_by_batch(company: Company):
    """一次事务最多清一批，直到清完。"""

    def fill(uow):  # type: ignore[no-untyped-def]
        old = uow.now - timedelta(days=200)
        uow.runs.add(
            [Run(f"{one:026}", "r", 1, "", "", f"e{one}", "throttled", old, "system") for one in range(25)]
        )

    company.store.submit(fill).result()
    steps = []
    while not steps or steps[-1] == 10:
        steps.append(
            company.store.submit(lambda uow: uow.retention.step(uow.now, Keep(), 10)["rule_run"]).result()
        )
    assert steps == [10, 10, 5]
    assert company.read(lambda uow: count(uow, "SELECT count(*) FROM rule_run")) == 0
