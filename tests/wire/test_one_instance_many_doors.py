"""One instance driven from DingTalk, WeCom, the H5 page and the open API: one state, all cards right."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import MakeApiKey, Publish
from tests.wire.house import House, Json, Refused, claim, labels, until, words

FLOW = """\
flow: expense_approval
title: 费用报销审批
form: expense_claim
steps:
  - approve: 直属上级
    who: {manager: 1}
  - branch: parallel
    name: 会办
    paths:
      - steps:
          - {approve: 会签, who: {people: [周婷, 陈静]}, vote: all, returns: {to: [any], back: straight, choose: false}}
      - steps:
          - {approve: 生产复核, who: {person: 刘建国}}
  - approve: 总经理
    who: {role: 总经理}
  - copy: {who: [{role: 出纳}]}
"""
TITLE = "小李的费用报销等您审批"


class Program:
    """A program with a person's key."""

    def __init__(self, house: House, secret: str) -> None:
        self.house, self.secret = house, secret
        self.calls = 0

    async def call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Status and answer of a call."""
        self.calls += 1
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": f"call-{self.calls}"}
        url = f"{self.house.parts.settings.base_url}/api/v1/{path}"
        async with self.house.box.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


async def program(house: House, person: str) -> Program:
    """A key of this person."""
    made = await house.perform(MakeApiKey("system", "test", person, 30))
    return Program(house, made.data["secret"])


async def test_one_instance_goes_through_every_door(house: House):
    """钉钉提交，企业微信同意，钉钉、H5、API 会签，企业微信退回到某一步，再走完：一个状态，所有卡片都对。"""
    await house.perform(Publish("zhao", FLOW))
    li, zhou = house.phone("li", "dingtalk"), house.phone("zhou", "dingtalk")
    wang, chen = house.phone("wang", "wecom"), house.phone("chen", "wecom")
    zhao_ding, zhao_wecom = house.phone("zhao", "dingtalk"), house.phone("zhao", "wecom")
    liu = await program(house, "liu")

    # DingTalk: the claim.  WeCom: the manager.
    await claim(li, "86.5")
    await wang.sees(TITLE)
    await wang.press("同意")

    # Three are asked at once. DingTalk: 小周 agrees on the card.
    await li.sees("费用报销 审批中", holding="等待 陈主管")
    await zhou.sees(TITLE)
    decided = await zhou.press("同意")
    assert labels(decided) == ["查看详情"]

    # WeCom: 陈主管 sends it back to the manager, past the branch, in the middle of a 会签.
    await chen.sees(TITLE)
    asked = await chen.press("退回")
    where, reason = asked["selects"][0], asked["selects"][1]
    goes = {one["text"]: one["value"] for one in where["options"]}
    why = {one["text"]: one["value"] for one in reason["options"]}
    assert "直属上级" in goes
    picked = {where["key"]: goes["直属上级"], reason["key"]: next(iter(why.values()))}
    await chen.press("确认退回", selected=picked)
    await li.sees("费用报销 审批中", holding="等待 王经理")

    # The API is told that the task of 刘主管 has moved on: it waits for the manager now.
    status, found = await liu.call("GET", "tasks")
    assert (status, found["tasks"]) == (200, [])

    # H5: the manager mends it on the page and it goes straight back to whom it left.
    await wang.sees(TITLE, beyond=1)
    page = await wang.opens()
    task = page.shown["task"]
    said = await page.call(
        "POST",
        f"task/{task['id']}/decide",
        {"verdict": "approve", "comment": "附件已补", "version": task["version"]},
    )
    assert said["message"]

    # API: 刘主管's program agrees.  H5: 陈主管.  小周 had agreed, and is not asked again.
    status, found = await liu.call("GET", "tasks")
    assert [one["step"] for one in found["tasks"]] == ["生产复核"]
    status, answer = await liu.call("POST", f"tasks/{found['tasks'][0]['id']}/decide", {"verdict": "approve"})
    assert status == 200, answer
    await chen.sees(TITLE, beyond=1)
    page = await chen.opens()
    task = page.shown["task"]
    sent = {"verdict": "approve", "comment": "", "version": task["version"]}
    await page.call("POST", f"task/{task['id']}/decide", sent)

    # DingTalk or WeCom: 赵总 has both; it is decided once.
    await zhao_ding.sees(TITLE)
    await zhao_ding.press("同意")
    over = await li.sees("费用报销 已通过")
    assert labels(over) == ["查看详情"]
    await house.settled()

    await _one_state(house, liu)
    for phone in (wang, chen, zhou, zhao_ding, zhao_wecom):
        await _nothing_to_press(house, phone)
    assert len(await li.cards()) == 1

    # What comes too late, through each door, is told what happened and changes nothing.
    with pytest.raises(Refused) as refused:
        await page.call("POST", f"task/{task['id']}/decide", sent | {"verdict": "reject", "comment": "晚了"})
    assert refused.value.status == 409
    status, answer = await liu.call("POST", f"tasks/{found['tasks'][0]['id']}/decide", {"verdict": "reject"})
    assert status == 409
    late = await zhou.click("同意")
    assert not late["ok"] or "已" in words(late["card"]["drawn"])
    await _one_state(house, liu)


async def _one_state(house: House, liu: Program) -> None:
    """Database, open API and timeline say the same."""
    instance = house.read(lambda uow: uow.instances.of_initiator("li"))[0]
    assert instance.state.value == "approved"
    assert not instance.live_tasks()
    agreed = [(one.step, one.decided_by) for one in instance.tasks if one.verdict == "approve"]
    assert sorted(agreed) == sorted(
        [
            ("直属上级", "wang"),
            ("会签", "zhou"),
            ("直属上级", "wang"),
            ("会签", "chen"),
            ("生产复核", "liu"),
            ("总经理", "zhao"),
        ]
    )
    status, found = await liu.call("GET", f"instances/{instance.id}")
    assert status == 200
    assert found["state"] == "approved"


async def _nothing_to_press(house: House, phone: Any) -> None:
    """No card of a finished instance offers a decision."""

    async def look() -> bool | None:
        offered = [labels(one["drawn"]) for one in await phone.cards()]
        return None if any({"同意", "拒绝", "退回"} & set(one) for one in offered) else True

    await until(look, 8.0, phone.report)
