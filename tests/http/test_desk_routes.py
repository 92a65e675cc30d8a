"""The H5 desk: to-dos with several at once, usual opinions, records to pick at a step, 减签; the walk for administrators."""

from __future__ import annotations

from typing import Any

import pytest

from core import commands as c
from core.queries.flowacts import acts
from tests.http.conftest import Browser, Company
from tests.http.test_h5 import Phone

VISIT = """
form: place
title: 地点
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text, required: true}
---
form: visit
title: 拜访
fields:
  - {key: why, label: 事由, type: text, required: true}
  - {key: spot, label: 地点, type: link, to: place}
  - {key: also, label: 顺路, type: link, to: place}
---
flow: visit_flow
title: 拜访审批
form: visit
steps:
  - approve: 上级
    who: {manager: 1}
    fields: {spot: write}
    candidates: {role: 财务主管}
"""


@pytest.fixture
def visits(company: Company) -> list[dict[str, Any]]:
    """Two visits of 小李 that wait for 王经理, and two places."""
    company.done(c.Publish("system", VISIT))
    for name in ("苏州", "无锡"):
        company.done(c.CreateRecord("wang", "place", {"name": name}))
    return [company.done(c.CreateRecord("li", "visit", {"why": why})) for why in ("回访", "收款")]


def task_of(company: Company, made: dict[str, Any]) -> str:
    """The open task of an instance."""
    with company.store.read() as uow:
        one = uow.instances.load(made["instance_id"])
    assert one is not None
    return one.open_tasks()[0].id


async def wang_opens(company: Company, browser: Browser, task: str) -> tuple[Phone, dict[str, Any]]:
    """王经理 on his task's page."""
    wang = Phone(company, browser, "wang")
    return wang, await wang.opens(company.card("task", task, "wang").handle)


async def test_a_link_of_a_step_is_searched(company: Company, browser: Browser, visits: list[dict[str, Any]]):
    """步骤里能改的关联字段可以搜索选择；不能改的字段、别人的待办都搜不到。"""
    task = task_of(company, visits[0])
    wang, page = await wang_opens(company, browser, task)
    assert page["offer"]["candidates"] == ["chen"]
    ask = {"field": "spot", "q": "苏", "after": ""}
    rows = (await wang.sends("POST", f"task/{task}/choices", json=ask))["rows"]
    assert [one["title"] for one in rows] == ["苏州"]
    await wang.sends("POST", f"task/{task}/choices", 404, json={**ask, "field": "also"})
    await wang.sends(
        "POST", f"task/{task}/decide", json={"verdict": "approve", "values": {"spot": rows[0]["id"]}}
    )


async def test_a_step_is_saved_without_a_verdict(
    company: Company, browser: Browser, visits: list[dict[str, Any]]
):
    """保存：字段记下了，待办还在；不能改的字段、别人的待办都存不进去。"""
    task = task_of(company, visits[0])
    wang, _ = await wang_opens(company, browser, task)
    ask = {"field": "spot", "q": "无锡", "after": ""}
    place = (await wang.sends("POST", f"task/{task}/choices", json=ask))["rows"][0]["id"]
    await wang.sends("POST", f"task/{task}/save", json={"values": {"spot": place}, "version": 1})
    _, page = await wang_opens(company, browser, task)
    assert page["form"]["values"] == {"spot": place} and page["form"]["titles"] == {place: "无锡"}
    assert task_of(company, visits[0]) == task
    await wang.sends("POST", f"task/{task}/save", 403, json={"values": {"why": "改掉"}})
    assert company.do(c.SaveStep("liu", task, {"spot": place})).code == "not_allowed"


async def test_several_to_dos_at_once(company: Company, browser: Browser, visits: list[dict[str, Any]]):
    """待办列表带页面地址；两件一起同意；处理过的和别人的留下并说明原因。"""
    ids = [task_of(company, one) for one in visits]
    wang, _ = await wang_opens(company, browser, ids[0])
    todo = (await wang.sends("GET", "tasks"))["tasks"]
    assert [one["id"] for one in todo] == ids and all(one["batch"] for one in todo)
    assert all(one["link"].startswith("/h5/l/") for one in todo)
    both = {"task_ids": ids, "verdict": "approve"}
    assert (await wang.sends("POST", "tasks/decide", json=both))["done"] == 2
    again = await wang.sends("POST", "tasks/decide", json=both)
    assert again["done"] == 0 and len(again["left"]) == 2


async def test_ones_own_opinions(company: Company, browser: Browser, visits: list[dict[str, Any]]):
    """存一条自己的常用意见，打开待办就能点。"""
    task = task_of(company, visits[0])
    wang, _ = await wang_opens(company, browser, task)
    await wang.sends("PUT", "phrases", json={"verdict": "approve", "texts": ["同意，早去早回"]})
    _, page = await wang_opens(company, browser, task)
    assert page["phrases"]["approve"][0] == "同意，早去早回"


async def test_a_signer_is_taken_back(company: Company, browser: Browser, visits: list[dict[str, Any]]):
    """前加签给范围里的人，范围外被拒绝；再减签，待办回到自己手里。"""
    task = task_of(company, visits[0])
    wang, _ = await wang_opens(company, browser, task)
    sign = {"people": ["liu"], "how": "before"}
    outside = await wang.sends("POST", f"task/{task}/sign", 422, json=sign)
    assert "只能选：陈主管" in str(outside)
    await wang.sends("POST", f"task/{task}/sign", json={**sign, "people": ["chen"]})
    _, page = await wang_opens(company, browser, task)
    assert [one["name"] for one in page["signers"]] == ["陈主管"]
    await wang.sends("POST", f"task/{page['signers'][0]['task']}/drop-sign", json={})
    assert task_of(company, visits[0]) == task


async def test_what_the_initiator_may_do(company: Company, browser: Browser, visits: list[dict[str, Any]]):
    """发起人的单据页能催办和撤回；王经理没有这两个按钮。"""
    with company.store.read() as uow:
        one = uow.instances.load(visits[0]["instance_id"])
        assert one is not None and acts(uow, one, "wang") == []
    li = Phone(company, browser, "li")
    card = company.card("instance", visits[0]["instance_id"], "li")
    assert (await li.opens(card.handle))["flow"]["can"] == ["withdraw", "urge"]
