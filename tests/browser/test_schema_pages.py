"""A form changes on the design page: what a retype would do, what uses a field, versions compared and rolled back."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from core import commands as c
from tests.browser.desk import (  # noqa: F401 - fixtures
    Browser,
    Company,
    Screen,
    browser,
    cheap_passwords,
    chromium,
    company,
    deps,
    desk,
    seed,
)
from tests.browser.test_data_pages import shots, signed_in  # noqa: F401 - fixtures

OLD = """form: parts_note
title: 领料单
number: L-{seq:4}
fields:
  - {key: part, label: 物料, type: text}
  - {key: qty, label: 数量, type: text}
"""
NEW = OLD.replace("key: qty, label: 数量, type: text", "key: amount, label: 数量, type: number, from: qty")


async def test_a_retype_is_seen_before_and_can_be_rolled_back(company: Company, desk: Screen, shots: Path):
    """文字改数字：发布前看到哪条换不过去；发布后历史里能比较、能回滚。"""
    company.done(c.Publish("system", OLD))
    for qty in ("3", "很多", "4.5"):
        company.done(c.CreateRecord("li", "parts_note", {"part": "轴承", "qty": qty}))
    company.done(c.SaveDefinition("zhao", "form", "parts_note", NEW, 0))
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/design/form/parts_note"))
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_text("很多").last.wait_for()
    await page.wait_for_timeout(300)
    await page.screenshot(path=shots / "retype-1280.png")
    await page.get_by_role("button", name="发布为版本 2").click()
    await page.get_by_role("button", name="历史").click()
    await page.get_by_role("button", name="版本 1").click()
    await page.get_by_role("button", name="与当前文本比较").click()
    await page.wait_for_timeout(300)
    await page.screenshot(path=shots / "versions-1280.png")
    await page.get_by_role("button", name="回滚到这个版本").click()
    await page.locator(".el-message-box").get_by_role("button", name="回滚").click()
    await expect(page.locator(".el-message-box")).not_to_be_visible()
    await page.wait_for_timeout(300)
    with company.store.read() as uow:
        assert uow.shelf.version("form", "parts_note") == 3
        record = uow.records.page(uow.shelf.form("parts_note").form)[0]
    assert record.values["qty"] == "4.5"


async def test_a_used_field_cannot_be_removed_unseen(company: Company, desk: Screen, shots: Path):
    """去掉还在用的字段：编辑器下面说出每一处；「引用」里查得到。"""
    with company.store.read() as uow:
        text = uow.definitions.load("form", "expense_claim", 1).source
    without = "\n".join(line for line in text.split("\n") if "key: total," not in line)
    company.done(c.SaveDefinition("zhao", "form", "expense_claim", without, 0))
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/design/form/expense_claim"))
    await page.get_by_text("「合计」还用在").first.wait_for()
    await page.screenshot(path=shots / "still-used-1280.png")
    await page.set_viewport_size({"width": 375, "height": 800})
    await page.screenshot(path=shots / "still-used-375.png")
