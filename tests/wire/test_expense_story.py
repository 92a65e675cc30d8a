"""报销 over the real wires: DingTalk stream, cards and login, WeCom callbacks, H5 pages; on both databases."""

from __future__ import annotations

import asyncio

import pytest

from core.commands import Publish
from tests.company import count
from tests.stories.test_races import TWO_MANAGERS
from tests.wire.house import House, Json, Refused, claim, labels, photo, rows_of, today, words

TRANSITIONS = "SELECT count(*) FROM transition"


async def effort(house: House) -> Json:
    """How often people were bothered and how often they had to act: words typed, taps in the chat, bubbles, redraws."""
    found = await house.box.get("counters")
    total: Json = {"said": 0, "taps": 0, "new_bubbles": 0, "redrawn": 0}
    for one in found.values():
        total["said"] += sum(one["said"].values())
        total["taps"] += sum(one["clicks"].values())
        bubbles = max(sum(one["cards"].values()), sum(one["messages"].values()))
        total["new_bubbles"] += bubbles
        total["redrawn"] += one["card_updates"]
    return total


async def test_a_small_claim_from_the_chat_to_the_manager_and_back(house: House):
    """小李在钉钉说「报销」，卡片填事由，页面上加两行和发票；王经理在企业微信点一次同意；小李的同一张卡片每步都跟着变。"""
    li, wang, chen = house.phone("li", "dingtalk"), house.phone("wang", "wecom"), house.phone("chen", "wecom")

    await li.say("报销")
    form = await li.sees("费用报销")
    assert [one["key"] for one in form["form"]["fields"]] == ["reason", "paid_by"]
    assert form["form"]["submit"] == "保存并继续"
    saved = await li.press(values={"reason": "拜访鸿达"})
    assert "已保存" in saved["note"]

    page = await li.opens((await li.click("填写明细"))["url"])
    assert page.logins == 1
    assert page.shown["me"] == {"id": "li", "name": "小李"}
    assert page.shown["draft"]["values"]["reason"] == "拜访鸿达"
    lines = [
        {"spent_on": today(-1), "kind": "交通", "amount": "86.5"},
        {"spent_on": today(-1), "kind": "住宿", "amount": "520"},
    ]
    await page.save(items=lines)
    invoice = await page.upload("发票.png", photo())
    assert (invoice["name"], invoice["type"]) == ("发票.png", "image/png")
    done = await page.submit(items=lines, invoice=[invoice])
    assert "已提交" in done["message"]

    waiting = await li.sees("费用报销 审批中", holding="等待 王经理")
    assert rows_of(waiting)["合计"] == "606.50 元"
    assert labels(waiting) == ["撤回", "催办", "查看详情"]
    task = await wang.sees("小李的费用报销等您审批")
    assert labels(task) == ["同意", "拒绝", "退回", "更多"]
    assert rows_of(task)["合计"] == "606.50 元"

    decided = await wang.press("同意")
    assert decided["tint"] == "done"
    assert labels(decided) == []
    assert "已由王经理" in decided["subtitle"]
    over = await li.sees("费用报销 已通过")
    assert over["tint"] == "done"
    assert labels(over) == ["查看详情"]
    await house.settled()
    assert len(await li.cards()) == 1
    assert not await chen.cards()
    spent = await effort(house)
    print("small claim:", spent)
    # said: 报销; taps: 保存并继续, 填写明细, 同意; bubbles: 小李's card, 王经理's task, 出纳's copy
    assert spent == {"said": 1, "taps": 3, "new_bubbles": 3, "redrawn": spent["redrawn"]}
    assert spent["redrawn"] <= 4


async def test_above_5000_the_finance_lead_is_asked_too(house: House):
    """超过 5000：王经理同意后轮到陈主管；小李的卡片先说等王经理，再说等陈主管，最后已通过。"""
    li, wang, chen = house.phone("li", "dingtalk"), house.phone("wang", "wecom"), house.phone("chen", "wecom")
    await claim(li, "4000", "1000.01")

    await li.sees("费用报销 审批中", holding="等待 王经理")
    await wang.sees("小李的费用报销等您审批")
    assert not await chen.cards()
    await wang.press("同意")
    await li.sees("费用报销 审批中", holding="等待 陈主管")
    await chen.sees("小李的费用报销等您审批")
    await chen.press("同意")

    over = await li.sees("费用报销 已通过")
    assert rows_of(over)["合计"] == "5,000.01 元"
    assert "王经理 已同意" in over["markdown"]
    assert "陈主管 已同意" in over["markdown"]
    cashier = house.phone("sun", "dingtalk")
    await cashier.sees("抄送给您：费用报销 已通过")
    await house.settled()
    assert len(await li.cards()) == 1
    spent = await effort(house)
    print("large claim:", spent)
    # one 同意 and one bubble more than the small one
    assert (spent["said"], spent["taps"], spent["new_bubbles"]) == (1, 4, 4)
    assert spent["redrawn"] <= 6


async def test_a_refusal_takes_its_reason_from_a_drop_down(house: House):
    """王经理在企业微信拒绝：同一张卡片先问原因，选一条再确认；小李看到原因。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")

    asked = await wang.press("拒绝")
    reason = asked["selects"][0]
    chosen = next(one for one in reason["options"] if one["text"] == "票据不全")
    assert "确认拒绝" in labels(asked)
    refused = await wang.press("确认拒绝", selected={reason["key"]: chosen["value"]})

    assert refused["tint"] == "refused"
    assert labels(refused) == []
    over = await li.sees("费用报销 已拒绝", holding="票据不全")
    assert over["tint"] == "refused"


async def test_a_returned_claim_is_mended_on_the_same_draft(house: House):
    """退回后小李在原来的链接里改金额，再交一次，王经理重新收到；填过的都还在。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    first = await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    asked = await wang.press("退回")
    chosen = asked["selects"][0]["options"][1]
    await wang.press("确认退回", selected={asked["selects"][0]["key"]: chosen["value"]})

    returned = await li.sees("费用报销（退回修改）", holding=chosen["text"])
    assert returned["form"]["enabled"]
    again = await li.opens()
    assert again.handle == first.handle
    assert again.logins == 0
    assert again.shown["draft"]["id"] == first.shown["draft"]["id"]
    assert again.shown["draft"]["values"]["items"][0]["amount"] == "86.5"
    await again.submit("tap-2", items=[{"spent_on": today(-1), "kind": "交通", "amount": "68.5"}])

    await li.sees("费用报销 审批中", holding="68.50 元")
    task = await wang.sees("小李的费用报销等您审批", holding="68.50 元")
    assert "同意" in labels(task)
    await wang.press("同意")
    await li.sees("费用报销 已通过")
    assert house.read(lambda uow: count(uow, "SELECT count(*) FROM f_expense_claim")) == 1


async def test_the_initiator_takes_it_back(house: House):
    """小李撤回：王经理的卡片失效；他手里的旧页面再批也只会被告知。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    page = await wang.opens()

    withdrawn = await li.press("撤回")
    assert withdrawn["title"] == "费用报销 已撤回"
    await house.settled()

    task = page.shown["task"]
    with pytest.raises(Refused) as refused:
        await page.call(
            "POST",
            f"task/{task['id']}/decide",
            {"verdict": "approve", "comment": "", "version": task["version"]},
        )
    assert refused.value.status == 409
    assert "小李" in refused.value.body["message"]
    cards = await wang.cards()
    for one in cards:
        pressed = await wang.click("同意", on=one["card_id"])
        assert "小李" in words(pressed["card"]["drawn"]) or not pressed["ok"]
    assert house.read(lambda uow: uow.instances.of_initiator("li"))[0].state.value == "withdrawn"


async def test_a_manager_hands_the_task_over_on_the_page(house: House):
    """王经理出差，在页面上转给赵总；赵总两个平台都有，收到卡片后同意。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    page = await wang.opens()
    assert page.logins == 1
    task = page.shown["task"]
    said = await page.call(
        "POST",
        f"task/{task['id']}/transfer",
        {"to": "zhao", "comment": "我在出差", "version": task["version"]},
    )
    assert "赵总" in said["message"]

    zhao = house.phone("zhao", "dingtalk")
    await zhao.sees("小李的费用报销等您审批")
    await li.sees("费用报销 审批中", holding="等待 赵总")
    decided = await zhao.press("同意")
    assert "已由赵总" in decided["note"]
    await li.sees("费用报销 已通过")


async def test_two_managers_press_at_once_one_wins_the_other_is_told(house: House):
    """或签的两人在企业微信同时点同意：一次生效，另一人看到是谁、几点。"""
    await house.perform(Publish("zhao", TWO_MANAGERS))
    li, wang, chen = house.phone("li", "dingtalk"), house.phone("wang", "wecom"), house.phone("chen", "wecom")
    await claim(li, "86.5")
    await asyncio.gather(*(one.sees("小李的费用报销等您审批") for one in (wang, chen)))

    one, two = await asyncio.gather(wang.press("同意"), chen.press("同意"))

    assert house.read(lambda uow: count(uow, TRANSITIONS)) == 1
    notes = [one["subtitle"], two["subtitle"]]
    assert sum("无需您再处理" in note for note in notes) == 1
    assert all("已由" in note for note in notes)
    assert labels(one) == labels(two) == []
    await li.sees("费用报销 已通过")


async def test_one_sentence_fills_the_claim_on_both_platforms(house: House):
    """一句话填单：钉钉的卡片上直接核对并提交；企业微信的卡片上也看得到填好的内容。"""
    li, chen = house.phone("li", "dingtalk"), house.phone("chen", "wecom")

    await li.say("报销 打车 86.5 昨天 客户拜访")
    form = await li.sees("费用报销")
    assert rows_of(form)["明细"] == f"{today(-1)} 交通 86.50"
    assert form["form"]["submit"] == "提交"
    await li.press(values={})
    assert rows_of(await li.sees("费用报销 审批中"))["合计"] == "86.50 元"

    await chen.say("报销 住宿 320 前天 培训")
    card = rows_of(await chen.sees("费用报销"))
    assert (card["明细"], card["事由"]) == (f"{today(-2)} 住宿 320.00", "培训")
    await chen.press("提交")
    assert rows_of(await chen.sees("费用报销 审批中"))["合计"] == "320.00 元"
