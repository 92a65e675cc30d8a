"""试走 in the editor: walk a flow, see why, go back, keep the walk as a case."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.screen import PHONE, WIDE, Screens, fits
from tests.browser.test_admin_page import enter
from tests.wire.house import House

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "375"])
async def test_an_administrator_walks_a_flow(town: House, screens: Screens, size: dict[str, int]):
    """采购流程试走：发起、看到问谁为什么、退回、退一步、走到底、存为用例；数据库里没有多一张单据。"""
    page = await enter(town, screens, size=size)
    before = town.read(lambda uow: uow.audit.count())
    await page.goto(page.url.split("/admin")[0] + "/admin#/design/flow/office_purchase_approval")
    await page.get_by_role("button", name="试走").click()
    drawer = page.get_by_role("dialog", name="试走流程")
    await drawer.get_by_label("用途").first.fill("展台物料")
    await drawer.get_by_role("button", name="发起", exact=True).click()
    await expect(drawer.locator(".turns")).to_contain_text("部门负责人 →")
    await page.wait_for_timeout(300)
    await screens.shoot(page, f"trial-first-{size['width']}")
    await drawer.locator(".stop").get_by_role("button", name="同意").first.click()
    await expect(drawer.locator(".turns")).to_contain_text("同意")
    await drawer.get_by_role("button", name="退一步").click()
    await drawer.get_by_role("button", name="走到底").click()
    await expect(drawer.locator(".state")).to_contain_text("已通过")
    await page.wait_for_timeout(300)
    await screens.shoot(page, f"trial-whole-{size['width']}")
    await fits(page)
    await drawer.get_by_role("button", name="存为用例").click()
    await expect(page.get_by_text("已写进定义的 tests")).to_be_visible()
    await page.get_by_role("button", name="试走").click()
    await page.get_by_role("dialog", name="试走流程").get_by_role("button", name="用例").click()
    await expect(page.get_by_role("dialog", name="试走流程")).to_contain_text("通过 1 个")
    await screens.shoot(page, f"trial-cases-{size['width']}")
    assert town.read(lambda uow: uow.audit.count()) - before < 5
