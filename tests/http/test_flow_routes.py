"""What a person does with a flow on the pages and through the API: fields, 加签, preview, comments, 委托, hooks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import commands as c
from tests.http.conftest import Browser, Company
from tests.http.test_api import Program, program
from tests.http.test_h5 import Phone

TRIP = """
form: trip
title: 出差
fields:
  - {key: place, label: 地点, type: text, required: true}
  - {key: days, label: 天数, type: number, required: true}
  - {key: hotel, label: 酒店, type: text}
  - {key: secret, label: 机密, type: text}
---
flow: trip_flow
title: 出差审批
form: trip
steps:
  - approve: 上级
    who: {manager: 1}
    fields: {hotel: required, secret: hidden}
    buttons: {approve: 准了}
  - {approve: 自选, who: {pick: previous, among: [{role: 财务主管}, {role: 出纳}]}}
  - {webhook: {url: "https://erp.example/x", wait: true, into: {酒店: hotel}}}
"""


@pytest.fixture
def trip(company: Company) -> dict[str, Any]:
    """A trip of 小李 that waits for 王经理."""
    company.done(c.Publish("system", TRIP))
    made = company.done(c.CreateRecord("li", "trip", {"place": "苏州", "days": "3", "secret": "s3cret"}))
    with company.store.read() as uow:
        one = uow.instances.load(made["instance_id"])
    assert one is not None
    return {**made, "task_id": one.open_tasks()[0].id}


def tasks_of(company: Company, instance_id: str) -> dict[str, str]:
    """Who is asked → task."""
    with company.store.read() as uow:
        one = uow.instances.load(instance_id)
    assert one is not None
    return {task.assignee: task.id for task in one.open_tasks()}


async def test_the_page_fills_signs_and_picks(company: Company, browser: Browser, trip: dict[str, Any]):
    """办理页：看得到能改的字段，看不到机密；前加签，再带字段和指定的人一起同意。"""
    wang = Phone(company, browser, "wang")
    page = await wang.opens(company.card("task", trip["task_id"], "wang").handle)
    assert [one["key"] for one in page["form"]["form"]["fields"]] == ["hotel"]
    assert "s3cret" not in str(page)
    assert {"key": "approve", "name": "准了"} in page["offer"]["buttons"]
    assert [one["id"] for one in page["offer"]["picks"][0]["among"]] == ["chen", "sun"]
    task = f"task/{trip['task_id']}"
    await wang.sends("POST", f"{task}/sign", json={"people": ["liu"], "how": "before", "version": 1})
    liu = tasks_of(company, trip["instance_id"])["liu"]
    assert company.do(c.Decide("liu", liu, "approve", values={"hotel": "全季"})).ok
    missing = await wang.sends(
        "POST", f"{task}/decide", 422, json={"verdict": "approve", "values": {"hotel": ""}}
    )
    assert "酒店" in str(missing)
    sent = {"verdict": "approve", "values": {"hotel": "亚朵"}, "picks": {"自选": ["sun"]}}
    await wang.sends("POST", f"{task}/decide", json=sent)
    assert list(tasks_of(company, trip["instance_id"])) == ["sun"]


async def test_the_api_does_the_same(company: Company, browser: Browser, trip: dict[str, Any]):
    """API：预览、加签、评论、催办、批量、委托，一样的规则。"""
    li, wang = program(company, browser, "li"), program(company, browser, "wang")
    ahead = await li.post("/forms/trip/foresee", {"values": {"place": "上海", "days": "1"}})
    assert ahead["steps"][0]["people"] == ["王经理"]
    shown = await wang.get(f"/tasks/{trip['task_id']}")
    assert shown["offer"]["fields"] == {"hotel": "required", "secret": "hidden"}
    await li.post(f"/instances/{trip['instance_id']}/urge", {})
    await li.post(f"/instances/{trip['instance_id']}/remarks", {"text": "请快一点", "mentions": ["wang"]})
    seen = await li.get(f"/instances/{trip['instance_id']}")
    assert "请快一点 @王经理" in [one["comment"] for one in seen["timeline"]]
    left = await wang.post("/tasks/decide", {"task_ids": [trip["task_id"]], "verdict": "approve"})
    assert "必填" in left["left"][0]["reason"]
    await wang.post(f"/tasks/{trip['task_id']}/sign", {"people": ["li"], "how": "before"})
    now = company.clock()
    period = {"since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat()}
    made = await wang.post("/delegations", {"to": "liu", **period}, 201)
    assert (await wang.get("/delegations"))["delegations"][0]["state"] == "active"
    await wang.call("DELETE", f"/delegations/{made['delegation_id']}")
    assert (await wang.get("/delegations"))["delegations"][0]["state"] == "over"


async def test_the_api_saves_and_takes_back_a_signer(
    company: Company, browser: Browser, trip: dict[str, Any]
):
    """API：保存这一步的字段不作决定；别人不能存、不能减；减签后待办回来；再减就说已经结束。"""
    li, wang = program(company, browser, "li"), program(company, browser, "wang")
    task = f"/tasks/{trip['task_id']}"
    saved = await wang.post(f"{task}/save", {"values": {"hotel": "全季"}})
    assert saved["message"] == "已保存，还没有提交您的处理。"
    record = await wang.get(f"/forms/trip/records/{trip['record_id']}")
    assert (record["values"]["hotel"], record["state"]) == ("全季", "running")
    assert list(tasks_of(company, trip["instance_id"])) == ["wang"]
    assert "地点" in str(await wang.post(f"{task}/save", {"values": {"place": "北京"}}, 403))
    assert (await li.post(f"{task}/save", {"values": {"hotel": "x"}}, 403))["code"] == "not_allowed"
    await wang.post(f"{task}/sign", {"people": ["liu"], "how": "before"})
    signer = tasks_of(company, trip["instance_id"])["liu"]
    assert "只有加签的人" in str(await li.post(f"/tasks/{signer}/drop-sign", {}, 403))
    assert (await wang.post(f"/tasks/{signer}/drop-sign", {}))["message"].startswith("已减签，刘主管")
    assert list(tasks_of(company, trip["instance_id"])) == ["wang"]
    await wang.post(f"/tasks/{signer}/drop-sign", {}, 409)
    await program(company, browser, "zhou").post(f"/tasks/{signer}/drop-sign", {}, 404)
    paths = (await li.get("/openapi.json"))["paths"]
    assert {"/tasks/{id}/save", "/tasks/{id}/drop-sign", "/tasks/{id}/sign"} <= set(paths)


async def test_a_called_system_answers_once(company: Company, browser: Browser, trip: dict[str, Any]):
    """接口回调：令牌只能用一次，错的令牌像不存在一样；回来的值写进单据，流程走完。"""
    picks = {"自选": ("sun",)}
    wang = tasks_of(company, trip["instance_id"])["wang"]
    company.done(c.Decide("wang", wang, "approve", values={"hotel": "全季"}, picks=picks))
    company.done(c.Decide("sun", tasks_of(company, trip["instance_id"])["sun"], "approve"))
    with company.store.read() as uow:
        rows = [row for row in uow.outbox.list() if row.kind == "webhook"]
    path = rows[0].body["payload"]["callback"]
    wrong = await browser.post("/hooks/flow/" + "x" * 32, json={"values": {}})
    assert wrong.status == 404
    assert (await browser.post(path, json={"values": {"hotel": "如家"}})).status == 200
    assert (await browser.post(path, json={"values": {"hotel": "再改"}})).status == 404
    api = program(company, browser, "li")
    record = await api.get(f"/forms/trip/records/{trip['record_id']}")
    assert (record["values"]["hotel"], record["state"]) == ("如家", "approved")


async def test_a_stranger_sees_nothing(company: Company, browser: Browser, trip: dict[str, Any]):
    """无关的人看不到待办，也不能评论和催办。"""
    zhou: Program = program(company, browser, "zhou")
    await zhou.get(f"/tasks/{trip['task_id']}", 404)
    await zhou.post(f"/instances/{trip['instance_id']}/remarks", {"text": "hi"}, 404)
    await zhou.post(f"/instances/{trip['instance_id']}/urge", {}, 404)
