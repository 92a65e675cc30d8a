"""Every page, photographed at desk and phone width (ZHONGSHU_SHOTS): no error, nothing sticking out sideways."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from admin.auth import first_account
from core.store.work import UnitOfWork
from tests.browser.screen import DINGTALK, PHONE, WECOM, WIDE, Screens, fits, phone
from tests.browser.test_admin_page import enter
from tests.wire.house import House, claim, real

pytestmark = pytest.mark.browser


def places(uow: UnitOfWork) -> list[tuple[str, str, str]]:
    """(name, address, a text that is there once the page is) of every admin page."""
    record = uow.records.page(uow.shelf.form("expense_claim").form)[0]
    instance = uow.instances.of_initiator("li")[0]
    editors = [
        ("form", "expense_claim", "费用报销"),
        ("flow", "expense_approval", "费用报销审批"),
        ("rule", "follow_up_30_days", "客户超过 30 天未跟进"),
        ("report", "expense_by_kind", "费用按类别"),
    ]
    return [
        ("overview", "/overview", "概览"),
        ("design", "/design", "费用报销审批"),
        *((f"editor-{kind}", f"/design/{kind}/{key}", title) for kind, key, title in editors),
        ("data", "/data", "费用报销"),
        ("records", "/data/expense_claim", "BX-"),
        ("record", f"/data/expense_claim/{record.id}", record.number),
        ("instances", "/instances", "BX-"),
        ("instance", f"/instances/{instance.id}", instance.number),
        ("people", "/people", "王强"),
        *(
            (f"operations-{tab}", f"/operations/{tab}", text)
            for tab, text in {
                "outbox": "所有消息都已发出",
                "incidents": "一切正常",
                "audit": "发起流程",
                "keys": "还没有接口密钥",
                "rules": "现在运行",
            }.items()
        ),
    ]


async def test_admin_pages(lived_in: House, screens: Screens):
    """管理页面每一页：有内容、没有报错、不横向滚动。"""
    li, wang = lived_in.phone("li", "dingtalk"), lived_in.phone("wang", "wecom")
    await claim(li, "6200", reason="采购样机")
    await wang.sees("小李的费用报销等您审批")
    found = lived_in.read(places)
    await first_account(lived_in.store)
    await asyncio.gather(*(visit_all(lived_in, screens, size, found) for size in (WIDE, PHONE)))


async def visit_all(
    house: House, screens: Screens, size: dict[str, int], found: list[tuple[str, str, str]]
) -> None:
    """One page after the other at one size."""
    width = size["width"]
    base = f"{house.parts.settings.base_url}/admin"
    stranger = await screens.open(base, size)
    await expect(stranger.get_by_role("heading", name="登录中枢")).to_be_visible()
    await screens.shoot(stranger, f"admin-login-{width}")
    page = await enter(house, screens, size=size)
    for name, address, text in found:
        await page.goto(f"{base}#{address}")
        await expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
        await at_rest(page)
        await screens.shoot(page, f"admin-{name}-{width}")
        await fits(page)
        if name.startswith("editor") and size is PHONE:
            if name == "editor-form":
                await page.get_by_role("button", name="设置与预览").click()
            await page.get_by_text("预览", exact=True).locator("visible=true").first.click()
            await at_rest(page)
            await screens.shoot(page, f"admin-{name}-preview-{width}")


async def at_rest(page: Page) -> None:
    """Nothing is being loaded or checked any more."""
    await page.wait_for_timeout(60)
    await expect(page.locator(".skeleton, .van-loading").locator("visible=true")).to_have_count(0)
    await expect(page.get_by_text("正在检查")).to_have_count(0)


async def opened(house: House, screens: Screens, who: Any, size: dict[str, int], card: Any) -> Page:
    """The H5 page behind a drawn card, in the client's browser at this size, logged in as the phone's owner."""
    link = real(card["link"] or next(one["url"] for one in reversed(card["buttons"]) if one["url"]))
    agent = DINGTALK if who.platform == "dingtalk" else WECOM
    start = f"{house.box.base}/webview/{who.platform}/{who.userid}?url={link}"
    return await screens.open(start, size, agent if size is PHONE else "")


async def test_h5_pages(lived_in: House, screens: Screens):
    """表单页、任务页、单据页：空白、出错、填好、办理，各看一眼。"""
    li, wang = lived_in.phone("li", "dingtalk"), lived_in.phone("wang", "wecom")
    await claim(li, "6200", reason="采购样机")
    task, record = await wang.sees("小李的费用报销等您审批"), await li.drawn()
    before = len(await li.cards())
    await li.say("报销")
    form = await li.sees("费用报销", beyond=before)
    for size in (WIDE, PHONE):
        width = size["width"]
        await look_at_form(screens, await opened(lived_in, screens, li, size, form), width)
        await look_at_task(screens, await opened(lived_in, screens, wang, size, task), width)
        page = await opened(lived_in, screens, li, size, record)
        await expect(page.get_by_text("采购样机").first).to_be_visible()
        await picture_came(page)
        await screens.shoot(page, f"h5-record-{width}")
        await fits(page)


async def look_at_form(screens: Screens, page: Page, width: int) -> None:
    """Empty, with mistakes, and with a row."""
    await expect(page.get_by_role("heading", name="费用报销")).to_be_visible()
    await screens.shoot(page, f"h5-form-{width}")
    await fits(page)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    await screens.shoot(page, f"h5-form-problems-{width}")
    await page.get_by_role("button", name="添加一条").click()
    if width >= WIDE["width"]:  # there the rows are a grid; its row heads open the sheet
        await page.get_by_role("rowheader", name="编辑第").last.click()
    await expect(page.get_by_role("button", name="完成")).to_be_visible()
    await screens.shoot(page, f"h5-row-{width}")
    await page.get_by_role("button", name="删除").last.click()


async def look_at_task(screens: Screens, page: Page, width: int) -> None:
    """The task, and the sheet that asks for a reason."""
    await expect(page.get_by_text("采购样机").first).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("同意")).first).to_be_visible()
    await picture_came(page)
    await screens.shoot(page, f"h5-task-{width}")
    await fits(page)
    await page.get_by_role("button", name=re.compile("拒绝")).first.click()
    await expect(page.get_by_role("button", name="确认拒绝")).to_be_visible()
    await screens.shoot(page, f"h5-reason-{width}")


async def picture_came(page: Page) -> None:
    """The invoice's small picture is drawn."""
    small = page.get_by_alt_text("发票.png").first
    await expect(small).to_have_js_property("naturalWidth", 320)


async def test_sandbox_page(lived_in: House, screens: Screens):
    """两部手机的页面：聊天、报文、时钟与故障；窄屏上换手机时看到最后一条。"""
    li, wang = lived_in.phone("li", "dingtalk"), lived_in.phone("wang", "wecom")
    await li.say("帮助")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    await wang.say("图表 费用")
    await wang.sees_picture()
    for size in (WIDE, PHONE):
        width = size["width"]
        page = await screens.open(lived_in.box.base, size)
        shown = phone(page, "dingtalk").get_by_text("费用报销").locator("visible=true")
        await expect(shown.first).to_be_visible()
        await page.wait_for_timeout(200)
        await screens.shoot(page, f"sandbox-{width}")
        await fits(page)
        await page.get_by_role("button", name="时钟与故障").click()
        await expect(page.get_by_text("平台完全不可用")).to_be_visible()
        await screens.shoot(page, f"sandbox-knobs-{width}")
    await page.get_by_role("button", name="关闭").click()
    await page.get_by_role("tab", name="企业微信").click()
    await expect(phone(page, "wecom").locator("img").last).to_be_in_viewport()
    await screens.shoot(page, "sandbox-wecom-375")
