"""Rows of a sub-table on the H5 page: filled from an Excel file, each with the options that its own column asks for."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

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
    pocket,
    seed,
    sign_in,
)

PARTNERS = """
form: partner
title: 合作方
fields:
  - {key: name, label: 名称, type: text}
  - {key: level, label: 等级, type: select, options: [A, B]}
"""
SPLIT = """
form: split
title: 分货单
fields:
  - key: lines
    label: 明细
    type: subtable
    rows: [0, 3]
    fields:
      - {key: item, label: 品名, type: text}
      - {key: qty, label: 数量, type: number, decimals: 0}
      - {key: level, label: 级, type: text}
      - {key: who, label: 给谁, type: select, options_from: {form: partner, where: {等级: 级}, take: 名称}}
      - {key: twice, label: 双倍, type: number, decimals: 0, formula: 数量 * 2}
"""
FILE = "级,品名,数量,备注,双倍\nA,轴承,2,x,9\nB,电机,3,,\nA,线缆,4,,\nA,多余,5,,\n"


async def test_rows_from_a_file_with_their_own_options(
    company: Company, browser: Browser, desk: Screen, pocket: Screen
):
    """从 Excel 导入: laid over like a paste, what is left out is said; then each row offers its own 给谁."""
    company.done(c.Publish("system", PARTNERS))
    company.done(c.Publish("system", SPLIT))
    for name, level in (("鸿达", "A"), ("小店", "B")):
        company.done(c.CreateRecord("li", "partner", {"name": name, "level": level}))
    _, handle = company.draft(form="split")
    await sign_in(company, browser, "li", handle)
    await desk.borrow()
    page = await desk.open(f"/h5/l/{handle}")
    await expect(page.get_by_role("button", name="从 Excel 导入")).to_be_visible()
    file = {"name": "分货.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    asked = lambda one: one.url.endswith("/linked") and "轴承" in (one.request.post_data or "")  # noqa: E731
    async with page.expect_response(asked):
        await page.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
    said = page.locator(".van-toast")
    for line in ("没有这些列：备注", "没有填入：双倍", "有 1 条放不下，最多 3 条"):
        await expect(said).to_contain_text(line)
    cell = lambda row, key: page.locator(f'[data-path="lines.{row}.{key}"]')  # noqa: E731
    await expect(cell(2, "item")).to_have_text("线缆")
    await expect(cell(1, "twice")).to_have_text("6")
    for row, only in ((0, "鸿达"), (1, "小店")):
        await cell(row, "who").dblclick()
        options = cell(row, "who").locator("option")
        await expect(options).to_have_text(["", only])
        await cell(row, "who").locator("select").select_option(only)
        await page.keyboard.press("Enter")
        await expect(cell(row, "who")).to_have_text(only)
    async with page.expect_response(lambda one: one.url.endswith("/submit")) as handed:
        await page.get_by_role("button", name="提交", exact=True).click()
    assert (await handed.value).status == 200

    _, handle = company.draft(form="split")
    await sign_in(company, browser, "li", handle)
    await pocket.borrow()
    phone = await pocket.open(f"/h5/l/{handle}")
    await phone.locator('input[type="file"]').set_input_files(files=[file])  # type: ignore[list-item]
    await phone.get_by_role("button", name="编辑第 2 条").click()
    await expect(phone.locator(".row-sheet").get_by_text("小店")).to_be_visible()
