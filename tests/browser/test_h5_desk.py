"""H5 pages beside the form and the verdict: 催办, 撤回, 评论 with a file, 常用意见, 委托, the to-do list with several at once."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from core.commands import CreateRecord
from tests.browser.screen import PHONE, WIDE, Screens, fits
from tests.browser.test_admin_page import enter
from tests.browser.test_every_page import claim, opened
from tests.wire.house import House, today

pytestmark = pytest.mark.browser


async def test_the_initiator_urges_and_takes_back(town: House, screens: Screens):
    """小李在手机页面上催办、带附件评论、撤回；王经理的待办随之结束。"""
    li, wang = town.phone("li", "dingtalk"), town.phone("wang", "wecom")
    await claim(li, "86.5", reason="打车")
    await wang.sees("小李的费用报销等您审批")
    page = await opened(town, screens, li, PHONE, await li.drawn())
    await page.get_by_role("button", name="催办").click()
    await expect(page.get_by_text("已催办 1 人")).to_be_visible()
    await page.get_by_placeholder("写下意见").or_(page.get_by_label("评论")).first.fill("发票补在这里")
    await page.get_by_role("button", name="附件", exact=True).click()
    await page.locator("input[type=file]:not([capture])").set_input_files(
        {"name": "发票.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4" + b"0" * 64}
    )
    await expect(page.get_by_role("button", name="发票.pdf", exact=True)).to_be_visible()
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_role("link", name="发票.pdf")).to_be_visible()
    await page.wait_for_timeout(300)
    await page.get_by_role("button", name="撤回").scroll_into_view_if_needed()
    await screens.shoot(page, "h5-record-acts-375")
    await fits(page)
    await page.get_by_role("button", name="撤回").click()
    await page.wait_for_timeout(400)
    await screens.shoot(page, "h5-withdraw-375")
    await page.get_by_role("button", name="确认撤回").click()
    await expect(page.locator(".tag").first).to_have_text("已撤回")
    assert town.read(lambda uow: uow.instances.open_tasks("wang")) == []


async def test_several_to_dos_at_once_and_a_delegation(town: House, screens: Screens):
    """王经理：存一条常用意见，在待办页勾选两件一起同意，再委托陈主管三天。"""
    for reason in ("打车", "快递", "复印"):
        rows = [{"spent_on": today(-2), "kind": "交通", "amount": "20"}]
        assert (await town.perform(CreateRecord("li", "expense_claim", {"reason": reason, "items": rows}))).ok
    await town.settled()
    wang = town.phone("wang", "wecom")
    card = await wang.sees("小李的费用报销等您审批")
    page = await opened(town, screens, wang, PHONE, card)
    await page.get_by_role("button", name="我的常用意见").click()
    await page.get_by_label("写一条新的").fill("同意，注意控制费用")
    await page.get_by_role("button", name="添加").click()
    await expect(page.locator(".row", has_text="同意，注意控制费用")).to_be_visible()
    await page.wait_for_timeout(400)
    await screens.shoot(page, "h5-phrases-375")
    await page.get_by_role("button", name="完成").click()
    await page.get_by_role("button", name="同意，注意控制费用").click()
    await page.locator(".bottom-bar").get_by_role("button", name="同意").click()
    await page.get_by_role("link", name="看看还有哪些待办").click()
    await expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    await page.get_by_role("button", name="全选可以一起处理的").click()
    await page.wait_for_timeout(300)
    await screens.shoot(page, "h5-todo-375")
    await fits(page)
    await page.get_by_role("button", name="同意所选 2 件").click()
    await page.get_by_role("button", name="同意", exact=True).click()
    await expect(page.get_by_text("没有等您处理的事")).to_be_visible()
    assert town.read(lambda uow: uow.instances.open_tasks("wang")) == []

    await page.get_by_role("link", name="出差或休假").click()
    await page.get_by_role("button", name="请选择人员").click()
    await page.get_by_role("option", name="陈静").click()
    await page.get_by_role("button", name="开始委托").click()
    await expect(page.get_by_text("生效中的委托")).to_be_visible()
    await page.wait_for_timeout(300)
    await screens.shoot(page, "h5-delegate-375")
    await fits(page)
    await page.get_by_role("button", name="结束").click()
    await page.get_by_role("button", name="确认").click()
    await expect(page.get_by_text("生效中的委托")).to_have_count(0)


async def test_opinions_of_the_company_and_next_years_holidays(town: House, screens: Screens):
    """管理员改公司的常用意见；工作日历提示缺 2027 年，导入 CSV 后不再提示。"""
    page = await enter(town, screens, size=WIDE)
    base = f"{town.parts.settings.base_url}/admin"
    await page.goto(f"{base}#/operations/phrases")
    await page.get_by_label("同意时的常用意见").fill("同意\n按制度执行")
    await page.get_by_role("button", name="保存").first.click()
    await expect(page.get_by_text("常用意见已保存")).to_be_visible()
    await screens.shoot(page, "admin-phrases-1280")
    now = town.read(lambda uow: uow.now)
    await page.goto(f"{base}#/operations/calendar")
    if (now.year, now.month) >= (2026, 11):
        await expect(page.get_by_text("还没有 2027 年的法定节假日")).to_be_visible()
        await screens.shoot(page, "admin-calendar-warning-1280")
        await page.locator("input[type=file]").set_input_files(
            {
                "name": "2027.csv",
                "mimeType": "text/csv",
                "buffer": "日期,状态\n2027-02-08,休息\n2027-02-20,上班\n".encode(),
            }
        )
        await expect(page.get_by_text("还没有 2027 年的法定节假日")).to_have_count(0)
        assert town.read(lambda uow: uow.calendar.is_workday(now.date().replace(year=2027, month=2, day=20)))
