"""A decision table edited as a grid: keyboard, mouse, paste, mistakes at their cells, a row tried, published."""

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
from tests.browser.test_data_pages import shots, signed_in  # noqa: F401 - fixture

TEXT = """form: quote
title: 报价单
number: BJ-{seq:4}
fields:
  - {key: margin, label: 毛利率, type: number, decimals: 1}
  - {key: total, label: 合计, type: money}
  - {key: grade, label: 等级, type: select, options: [A, B, C]}
---
# 谁批报价
table: quote_level
title: 报价审批级别
of: quote
hit: unique
inputs: [毛利率, 等级]
outputs: [{key: level, label: 级别}]
rows:
  - ["< 10", "-", 总经理]
  - [">= 10", "A", 经理]
  - [">= 10", "B, C", 总监]
otherwise: [总经理]
"""


def rows_of(path: Path) -> list[str]:
    """The lines of a CSV file."""
    return path.read_text(encoding="utf-8-sig").splitlines()


async def test_a_table_is_edited_as_a_grid(company: Company, desk: Screen, shots: Path):
    """键盘插入、移动、删除行，粘贴一片格子，错误标在格子上，试一行，导出导入，发布。"""
    assert company.service.perform(c.Publish("system", TEXT)).ok
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/design/table/quote_level"))
    cell = lambda row, column: page.locator(f'[data-cell="{row}:{column}"]')  # noqa: E731
    await expect(cell(2, 2)).to_have_value("总监")
    await expect(page.get_by_text("检查通过")).to_be_visible()
    await page.screenshot(path=shots / "grid-1280.png")

    await cell(2, 2).press("Enter")  # below the last row: a new one
    await expect(cell(3, 2)).to_be_focused()
    await page.keyboard.type("董事长")
    await cell(3, 0).fill("九十")
    await expect(cell(3, 0)).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("td.error")).to_have_attribute("title", "第 4 行「毛利率」：「九十」不是数字")
    await cell(3, 0).fill(">= 10")
    await expect(page.locator("th.no.error").first).to_have_attribute(
        "title", "第 2 行和第 4 行重叠，例如 毛利率 = 10，等级 = A"
    )
    await page.screenshot(path=shots / "grid-problems-1280.png")
    await cell(3, 0).fill(">= 90")
    await cell(1, 0).fill("[10..90)")
    await cell(2, 0).fill("[10..90)")
    await expect(page.get_by_text("检查通过")).to_be_visible()

    await cell(3, 1).press("Alt+ArrowUp")
    await expect(cell(2, 2)).to_have_value("董事长")
    await expect(cell(2, 1)).to_be_focused()
    await page.get_by_role("button", name="第 3 行上移").click()
    await expect(cell(1, 2)).to_have_value("董事长")
    await page.locator("tbody th.no").nth(1).drag_to(page.locator("tbody th.no").nth(0))
    await expect(cell(0, 2)).to_have_value("董事长")
    await cell(0, 0).press("Alt+Enter")
    await cell(1, 0).press("Alt+Delete")
    await expect(page.locator("tbody tr")).to_have_count(5)

    await cell(3, 2).evaluate(
        "(cell) => { const data = new DataTransfer(); data.setData('text/plain', '副总\\n多\\n');"
        " cell.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})) }"
    )
    await expect(cell(4, 2)).to_have_value("多")
    await cell(4, 0).press("Alt+Delete")
    await expect(page.get_by_text("检查通过")).to_be_visible()

    await page.get_by_role("button", name="试一行").click()
    await page.locator("form.try input").nth(0).fill("95")
    await page.get_by_role("button", name="看命中哪行").click()
    await expect(page.get_by_role("status").filter(has_text="命中第 1 行")).to_contain_text("级别 董事长")
    await expect(page.locator("tr.hit")).to_have_count(1)
    await page.screenshot(path=shots / "grid-try-1280.png")

    async with page.expect_download() as saved:
        await page.get_by_role("button", name="导出 CSV").click()
    await (await saved.value).save_as(shots / "grid.csv")
    lines = rows_of(shots / "grid.csv")
    assert lines[:2] == ["毛利率,等级,→级别", ">= 90,-,董事长"]
    changed = "\r\n".join([*lines, "-,-,没人"]).replace("副总", "副总经理")
    await page.get_by_label("CSV 文件").set_input_files(
        {"name": "x.csv", "mimeType": "text/csv", "buffer": changed.encode()}
    )
    await expect(cell(4, 2)).to_have_value("没人")
    await page.get_by_role("button", name="删除第 5 行").click()
    await expect(page.locator(".cm-content")).to_contain_text("副总经理")

    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_label("发布说明").fill("加一级")
    await page.get_by_role("button", name="发布为版本 2").click()
    await expect(page.get_by_text("版本 2", exact=True)).to_be_visible()
    with company.store.read() as uow:
        row = uow.definitions.load("table", "quote_level", 2)
        assert row is not None and row.source.startswith("# 谁批报价")
        assert [one[2] for one in uow.shelf.book.tables["quote_level"].definition.rows] == [
            "董事长", "总经理", "经理", "副总经理",
        ]  # fmt: skip
    await page.set_viewport_size({"width": 375, "height": 812})
    await expect(cell(0, 0)).to_be_visible()
    wide, room = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room
    await page.screenshot(path=shots / "grid-375.png")
