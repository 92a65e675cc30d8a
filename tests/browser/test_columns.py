"""Fields that say how wide they are stand side by side where there is room, and below each other on a phone."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page

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

ORDER = """
form: wide_order
title: 订货单
fields:
  - {key: name, label: 名称, type: text, required: true, width: full}
  - {key: qty, label: 数量, type: number, width: half}
  - {key: price, label: 单价, type: money, width: half}
  - {key: made_on, label: 日期, type: date, width: third}
  - {key: grade, label: 等级, type: select, options: [A, B], width: third}
  - {key: keeper, label: 负责人, type: member, width: third}
  - {key: remark, label: 备注, type: text, lines: 3}
"""


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go: ZHONGSHU_SHOTS, or the test's own folder."""
    folder = Path(os.environ.get("ZHONGSHU_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def rows_of(page: Page, selector: str = "[data-path='{}']") -> list[list[str]]:
    """The fields line by line, as they stand on the page."""
    tops: dict[int, list[tuple[float, str]]] = {}
    for key in ("name", "qty", "price", "made_on", "grade", "keeper", "remark"):
        box = await page.locator(selector.format(key)).bounding_box()
        assert box is not None
        tops.setdefault(round(box["y"]), []).append((box["x"], key))
    return [[key for _, key in sorted(line)] for _, line in sorted(tops.items())]


async def test_half_fields_share_a_line_on_a_desk_only(
    company: Company, browser: Browser, desk: Screen, pocket: Screen, shots: Path
):
    """1280 宽时半行的两个、三分之一行的三个并排；375 宽时一行一个。"""
    company.done(c.Publish("system", ORDER))
    _, handle = company.draft(form="wide_order")
    await sign_in(company, browser, "li", handle)

    await desk.borrow()
    wide = await desk.open(f"/h5/l/{handle}")
    await wide.locator("[data-path='name']").wait_for()
    await wide.screenshot(path=shots / "columns_form_1280.png")
    assert await rows_of(wide) == [
        ["name"],
        ["qty", "price"],
        ["made_on", "grade", "keeper"],
        ["remark"],
    ]

    await pocket.borrow()
    narrow = await pocket.open(f"/h5/l/{handle}")
    await narrow.locator("[data-path='name']").wait_for()
    await narrow.screenshot(path=shots / "columns_form_375.png")
    assert [len(line) for line in await rows_of(narrow)] == [1] * 7


async def test_the_record_page_keeps_the_columns(
    company: Company, browser: Browser, desk: Screen, pocket: Screen, shots: Path
):
    """保存后的数据页照同样的排法。"""
    company.done(c.Publish("system", ORDER))
    values = {
        "name": "试制件",
        "qty": "12",
        "price": "88",
        "made_on": "2026-11-20",
        "grade": "A",
        "keeper": "li",
    }
    made = company.done(c.CreateRecord("li", "wide_order", values))
    _, handle = company.draft(form="wide_order")
    await sign_in(company, browser, "li", handle)

    async def line_of(screen: Screen, name: str) -> list[list[str]]:
        await screen.borrow()
        page = await screen.open(f"/h5/l/{handle}#record/wide_order/{made['record_id']}")
        await page.get_by_text("试制件").first.wait_for()
        await page.screenshot(path=shots / f"columns_record_{name}.png")
        tops: dict[int, list[str]] = {}
        for label in ("数量", "单价", "日期", "等级", "负责人"):
            box = await page.locator("dt", has_text=label).first.bounding_box()
            assert box is not None
            tops.setdefault(round(box["y"]), []).append(label)
        return list(tops.values())

    assert await line_of(desk, "1280") == [["数量", "单价"], ["日期", "等级", "负责人"]]
    assert [len(line) for line in await line_of(pocket, "375")] == [1] * 5
