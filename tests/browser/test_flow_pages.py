"""Pages of flows in a real browser: 谁会审批, fields of a step, 退回 with its way back, 加签; what administrators do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from admin.auth import first_account
from core.commands import CreateRecord, Delegate, StoreFile
from core.flows.instance import Instance
from tests.browser.screen import PHONE, WIDE, Screens, fits
from tests.browser.test_admin_page import enter
from tests.browser.test_every_page import at_rest, opened
from tests.wire.house import House, today

OPERATIONS = {"interventions": "部门负责人休假", "delegations": "委托给", "calendar": "法定节假日"}
pytestmark = pytest.mark.browser


async def contract(house: House) -> str:
    """小李's contract, handed in; its instance."""
    file = await house.perform(StoreFile("li", "合同.pdf", "application/pdf", b"%PDF-1.4" + b"0" * 64))
    values: dict[str, Any] = {
        "name": "年度供货",
        "kind": "销售",
        "party": "宏图精密",
        "amount": "150000",
        "starts_on": today(7),
        "ends_on": today(400),
        "draft": [file.data],
    }
    made = await house.perform(CreateRecord("li", "contract_review", values))
    return str(made.data["instance_id"])


def instance(house: House, id_: str) -> Instance:
    """As it stands."""
    return house.read(lambda uow: uow.instances.load(id_))


async def test_who_will_decide_is_told_before_it_is_handed_in(town: House, screens: Screens):
    """请假单上点「谁会审批」：按填的内容推算每一步是谁。"""
    li = town.phone("li", "dingtalk")
    await li.say("请假")
    page = await opened(town, screens, li, PHONE, await li.sees("请假"))
    await page.get_by_role("button", name="谁会审批").click()
    way = page.locator(".foresee")
    await expect(way.get_by_text("直属上级")).to_be_visible()
    await expect(way.get_by_text("王经理").first).to_be_visible()
    await expect(way.get_by_text("人事备案")).to_be_visible()
    await way.scroll_into_view_if_needed()
    await screens.shoot(page, "h5-foresee-375")
    await fits(page)


async def test_an_administrator_starts_for_somebody(town: House, screens: Screens):
    """赵总的请假单上有「代谁发起」：选小李，推算出的是小李的上级；小李自己的单上没有这一行。"""
    boss, li = town.phone("zhao", "dingtalk"), town.phone("li", "dingtalk")
    await boss.say("请假")
    page = await opened(town, screens, boss, PHONE, await boss.sees("请假"))
    line = page.get_by_role("region", name="代谁发起")
    await line.get_by_role("button", name="选择").click()
    await page.get_by_role("option", name="李明").click()
    await expect(line.get_by_text("发起人是李明，并注明由您代发起。")).to_be_visible()
    await page.get_by_role("button", name="谁会审批").click()
    await expect(page.locator(".foresee").get_by_text("王经理").first).to_be_visible()
    await line.scroll_into_view_if_needed()
    await screens.shoot(page, "h5-behalf-375")
    await fits(page)
    await expect(page.get_by_text("已保存").first).to_be_visible()
    await page.reload()
    await expect(line.get_by_text("发起人是李明")).to_be_visible()
    await li.say("请假")
    own = await opened(town, screens, li, PHONE, await li.sees("请假"))
    await expect(own.get_by_role("button", name="谁会审批")).to_be_visible()
    await expect(own.get_by_role("region", name="代谁发起")).to_have_count(0)


async def test_a_step_with_fields_a_return_and_a_sign(town: House, screens: Screens):
    """法务在页面上：不填意见不能同意；退回可选到哪一步、怎么回来；加签一位同事；填好再同意。"""
    id_ = await contract(town)
    wang, chen = town.phone("wang", "wecom"), town.phone("chen", "wecom")
    await wang.sees("小李的合同审批单等您审批")
    await wang.press("同意")
    await chen.sees("小李的合同审批单等您审批")
    cards = {
        one["drawn"]["note"] + one["drawn"]["subtitle"] + str(one["drawn"]["rows"]): one["drawn"]
        for one in await chen.cards()
    }
    card = next(one for key, one in cards.items() if "法务审核" in key)
    page = await opened(town, screens, chen, PHONE, card)
    await expect(page.get_by_role("heading", name="这一步要填写")).to_be_visible()
    await page.locator(".bottom-bar").get_by_role("button", name="同意").click()
    await expect(page.get_by_text("请填写法务意见")).to_be_visible()
    await page.wait_for_timeout(400)
    await screens.shoot(page, "h5-step-fields-375")
    await fits(page)

    await page.locator(".bottom-bar").get_by_role("button", name="退回").click()
    await expect(page.get_by_text("退回到")).to_be_visible()
    await page.get_by_role("button", name="部门负责人").click()
    await page.get_by_text("改好后直接回到我").click()
    await page.wait_for_timeout(400)
    await screens.shoot(page, "h5-return-375")
    await page.get_by_role("button", name="取消").click()

    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("button", name="加签").click()
    await page.get_by_role("button", name="请选择人员").click()
    await page.get_by_role("option", name="刘建国").click()
    await page.wait_for_timeout(400)
    await screens.shoot(page, "h5-sign-375")
    await page.get_by_role("button", name="确认加签").click()
    await expect(page.get_by_text("已请刘主管先处理")).to_be_visible()
    signer = next(one for one in instance(town, id_).open_tasks() if one.sign == "before")
    assert signer.assignee == "liu"

    liu = town.phone("liu", "dingtalk")
    page = await opened(town, screens, liu, PHONE, await liu.sees("小李的合同审批单等您审批"))
    await page.locator(".bottom-bar").get_by_role("button", name="同意").click()
    await page.wait_for_timeout(300)
    if await page.get_by_text("请填写法务意见").count():
        await (
            page.get_by_label("法务意见")
            .or_(page.locator("[data-path=legal_note] textarea"))
            .first.fill("条款可行")
        )
        await page.locator(".bottom-bar").get_by_role("button", name="同意").click()
    await expect(page.get_by_role("heading", name="已同意")).to_be_visible()
    await town.settled()

    page = await opened(town, screens, chen, PHONE, card)
    await page.locator("[data-path=legal_note] textarea").fill("违约金上限已改")
    await page.locator(".bottom-bar").get_by_role("button", name="同意").click()
    await expect(page.get_by_role("heading", name="已同意")).to_be_visible()
    found = instance(town, id_)
    assert "法务审核" in found.done
    form = town.read(lambda uow: uow.shelf.form("contract_review").form)
    record = town.read(lambda uow: uow.records.load(form, found.record_id))
    assert record.values["legal_note"] == "违约金上限已改"


async def test_what_administrators_do_with_flows(town: House, screens: Screens, tmp_path: Path):
    """管理页：提出干预、待确认列表、委托、工作日历改一天、交接预览、BPMN 导出再导入。"""
    id_ = await contract(town)
    now = town.read(lambda uow: uow.now)
    await town.perform(Delegate("wang", "wang", "zhao", now, now.replace(year=now.year + 1), (), False))
    await first_account(town.store)
    base = f"{town.parts.settings.base_url}/admin"
    page = await enter(town, screens, size=WIDE)

    await page.goto(f"{base}#/instances/{id_}")
    await page.get_by_role("button", name="干预").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_text("跳转", exact=True).click()
    await page.get_by_role("combobox", name="到哪一步").click()
    await page.get_by_role("option", name="总经理").click()
    await page.get_by_placeholder("为什么要干预").fill("部门负责人休假")
    await page.wait_for_timeout(300)
    await screens.shoot(page, "admin-intervene-1280")
    await page.get_by_role("button", name="提交确认").click()
    await expect(page.get_by_text("等另一位管理员确认").first).to_be_visible()
    assert [one.state for one in town.read(lambda uow: uow.interventions.list("asked"))] == ["asked"]

    for size in (WIDE, PHONE):
        page = await enter(town, screens, size=size)
        for tab, text in {
            "interventions": "部门负责人休假",
            "delegations": "委托给",
            "calendar": "法定节假日",
        }.items():
            await page.goto(f"{base}#/operations/{tab}")
            await expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
            await at_rest(page)
            await screens.shoot(page, f"admin-operations-{tab}-{size['width']}")
            await fits(page)
        await page.goto(f"{base}#/people")
        await page.get_by_role("button", name="交接").locator("visible=true").first.click()
        await expect(page.get_by_text("负责的部门")).to_be_visible()
        await page.wait_for_timeout(300)
        await screens.shoot(page, f"admin-handover-{size['width']}")

    page = await enter(town, screens, size=WIDE)
    await page.goto(f"{base}#/operations/calendar")
    day = page.get_by_role("button", name=f"{now.year}-12-25")
    was = await day.get_attribute("aria-label") or ""
    await day.click()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("button", name=f"{now.year}-12-25")).not_to_have_attribute(
        "aria-label", was
    )
    christmas = now.date().replace(month=12, day=25)
    for _ in range(50):  # the label turns at the press; the table a moment later, when it is stored
        shown = town.read(lambda uow: uow.calendar.is_workday(christmas))
        if shown == ("休息" in was):
            break
        await page.wait_for_timeout(100)
    assert shown == ("休息" in was)

    await page.goto(f"{base}#/design/flow/contract_approval")
    async with page.expect_download() as waiting:
        await page.get_by_text("导出 BPMN").click()
    file = tmp_path / "contract.bpmn"
    await (await waiting.value).save_as(file)
    assert "法务审核" in file.read_text(encoding="utf-8")
    await page.goto(f"{base}#/design")
    await page.get_by_role("button", name="导入 BPMN").click()
    await page.locator("input[type=file]").set_input_files(file)
    await page.wait_for_timeout(300)
    await page.get_by_role("button", name="导入", exact=True).click()
    await expect(page.get_by_text("已经有了")).to_be_visible()
    await screens.shoot(page, "admin-import-bpmn-1280")
    await page.get_by_role("button", name="打开草稿").click()
    await expect(page.get_by_text("有草稿").first).to_be_visible()
    await at_rest(page)
    await screens.shoot(page, "admin-imported-1280")
