"""The administrator's screen: in by a one-time link, a threshold changed, compared, published; and its effect."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from admin.auth import first_account, one_time_link
from tests.browser.screen import Screens
from tests.wire.house import House, claim

pytestmark = pytest.mark.browser


async def enter(town: House, screens: Screens, **size: object) -> Page:
    """The admin page, logged in by a one-time link."""
    await first_account(town.store)
    link = await one_time_link(town.store, town.parts.settings.base_url)
    page = await screens.open(link, **size)
    await expect(page.get_by_role("heading", name="概览").first).to_be_visible()
    assert "code=" not in page.url
    return page


async def at_the_end_of(page: Page, text: str) -> None:
    """Put the cursor at the end of the editor's line with this text, once the editor has come to rest."""
    await expect(page.get_by_text("没有问题")).to_be_visible()
    await page.locator(".cm-line", has_text=text).click()
    await page.keyboard.press("End")
    await expect(page.locator(".cm-activeLine")).to_contain_text(text)


async def test_the_threshold_goes_from_5000_to_3000(town: House, screens: Screens):
    """赵总用一次性链接登录，把 5000 改成 3000，看差异，发布；下一张 4000 元的要财务审，进行中的那张照旧。"""
    li, wang, chen = town.phone("li", "dingtalk"), town.phone("wang", "wecom"), town.phone("chen", "wecom")
    await claim(li, "4000", reason="旧的一张")
    await wang.sees("小李的费用报销等您审批", holding="旧的一张")

    page = await enter(town, screens)
    await page.get_by_role("link", name="设计").first.click()
    await page.get_by_text("费用报销审批").first.click()
    await at_the_end_of(page, "合计 > 5000")
    for _ in "5000":
        await page.keyboard.press("Backspace")
    await page.keyboard.type("3000")
    await page.keyboard.press("Escape")
    await screens.shoot(page, "admin-edited")
    await page.get_by_role("button", name="查看差异").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("合计 > 5000 → 合计 > 3000")
    await expect(dialog).to_contain_text("1")
    await screens.shoot(page, "admin-diff")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_label("发布说明").fill("三千以上也请财务看一眼")
    await screens.shoot(page, "admin-publish")
    await page.get_by_role("button", name="发布为版本 2").click()
    await expect(page.get_by_text("版本 2").first).to_be_visible()

    await wang.press("同意")
    await li.sees("费用报销 已通过", holding="旧的一张")
    assert not await chen.cards()
    await claim(li, "4000", reason="新的一张")
    await wang.sees("小李的费用报销等您审批", holding="新的一张")
    await wang.press("同意")
    await chen.sees("小李的费用报销等您审批", holding="新的一张")
    await li.sees("费用报销 审批中", holding="等待 陈主管")
    await page.get_by_role("button", name="历史").click()
    await expect(page.get_by_text("三千以上也请财务看一眼")).to_be_visible()
    await screens.shoot(page, "admin-history")


async def test_a_mistake_in_the_text_is_shown_and_cannot_be_published(town: House, screens: Screens):
    """把字段写错：编辑器下面说出哪一行、错在哪，发布按钮按不动；改回来就好了。"""
    page = await enter(town, screens)
    await page.goto(f"{town.parts.settings.base_url}/admin#/design/flow/expense_approval")
    await at_the_end_of(page, "合计 > 5000")
    await page.keyboard.type(" 且 金客 > 3")
    await page.keyboard.press("Escape")
    mistakes = page.get_by_role("region", name="问题")
    await expect(mistakes).to_contain_text("11 行")
    await expect(mistakes).to_contain_text("金客")
    publish = page.get_by_role("button", name="发布", exact=True)
    await expect(publish).to_be_disabled()
    await screens.shoot(page, "admin-mistake")
    for _ in " 且 金客 > 3":
        await page.keyboard.press("Backspace")
    await expect(publish).to_be_enabled()


async def test_a_link_works_once(town: House, screens: Screens):
    """一次性链接用过就不能再用；没有登录看不到任何数据。"""
    await first_account(town.store)
    link = await one_time_link(town.store, town.parts.settings.base_url)
    page = await screens.open(link)
    await expect(page.get_by_role("heading", name="概览").first).to_be_visible()

    other = await screens.open(town.parts.settings.base_url + "/admin#/data")
    await expect(other.get_by_role("heading", name="登录中枢")).to_be_visible()
    screens.refusals.append(("401", "/admin/api/login"))
    await other.goto(link)
    await expect(other.get_by_role("alert").first).to_contain_text("用过")
    await screens.shoot(other, "admin-login-refused")
