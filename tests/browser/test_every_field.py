"""Every kind of field can be filled in by its user on a phone, and reads well afterwards on both pages."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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
from tests.browser.every_field import GALLERY, SUPPLIER
from tests.http.test_h5 import png


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go: ZHONGSHU_SHOTS, or the test's own folder."""
    folder = Path(os.environ.get("ZHONGSHU_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def gallery(company: Company) -> tuple[str, str]:
    """A draft of the form with every kind and its handle; there are two suppliers to choose from."""
    for text in (SUPPLIER, GALLERY):
        company.done(c.Publish("system", text))
    for name, tel in (("鸿达机电", "0571-88880000"), ("远东线缆", "0510-66660000")):
        company.done(c.CreateRecord("li", "gallery_supplier", {"name": name, "grade": "A", "tel": tel}))
    return company.draft(form="gallery")


def place(page: Page, path: str) -> Any:
    return page.locator(f'[data-path="{path}"]')


async def fill(page: Page, values: dict[str, str]) -> None:
    for path, text in values.items():
        await place(page, path).locator("input, textarea").first.fill(text)


async def choose(page: Page, path: str, *texts: str) -> None:
    """Through the sheet that the field opens, step by step."""
    await place(page, path).locator("button.box").first.click()
    for text in texts:
        await page.locator(".van-popup:visible [role=option]").filter(has_text=text).first.click()
    done = page.locator(".van-popup:visible").get_by_role("button", name="完成")
    if await done.count():
        await done.click()
    await page.wait_for_timeout(350)  # the sheet slides away


async def test_a_phone_fills_every_kind(
    company: Company, browser: Browser, desk: Screen, gallery: tuple[str, str], shots: Path
):
    draft_id, handle = gallery
    await sign_in(company, browser, "li", handle)
    await desk.borrow()
    page = await desk.open(f"/h5/l/{handle}?名称=鸿达&weight=12.5&asset=不填")
    await place(page, "name").wait_for()

    texts = {
        "plate": "浙a12345",
        "asset": "EQ-7",
        "uscc": "91330106MA2B1C2D3E",
        "id_no": "11010519491231002X",
        "passport": "e12345678",
        "tel": "13800138000",
        "mail": "li@hongda.example",
        "site": "https://hongda.example/",
        "credit": "120000.5",
        "from_day": "2026-12-01",
        "visit_at": "2026-12-02T09:30",
        "opens": "09:00",
    }
    await fill(page, texts)
    assert await place(page, "name").locator("input").input_value() == "鸿达"
    assert "校验位不符" in await place(page, "uscc").inner_text()
    assert "校验位正确" in await place(page, "id_no").inner_text()
    await place(page, "uscc").locator("input").fill("91350100M000100Y43")
    await choose(page, "place", "浙江", "杭州", "西湖")
    await place(page, "place").locator("input").fill("文三路 1 号")
    await place(page, "grade").get_by_text("甲级").click()
    await place(page, "scope").get_by_text("电机").click()
    await place(page, "scope").get_by_text("线缆").click()
    await choose(page, "parent", "鸿达机电")
    await choose(page, "partners", "鸿达机电", "远东线缆")
    await choose(page, "buyer", "李明")
    await choose(page, "dept", "")
    await choose(page, "depts", "")
    await choose(page, "role", "")
    for path, start, end in (
        ("term", "2026-12-01", "2026-12-31"),
        ("audit", "2026-12-01T09:00", "2026-12-01T11:30"),
    ):
        await place(page, path).locator("input").nth(0).fill(start)
        await place(page, path).locator("input").nth(1).fill(end)
    await place(page, "urgent").locator("[role=switch]").click()
    await fill(page, {"why": "客户停线"})
    await place(page, "about").locator("[contenteditable]").fill("做电机二十年")
    picture = {"name": "执照.png", "mimeType": "image/png", "buffer": png()}
    await place(page, "licence").locator("input[type=file]").first.set_input_files(picture)
    await place(page, "licence").locator("img").wait_for()
    await page.wait_for_timeout(800)  # the lookup comes from the server
    assert "0571-88880000" in await place(page, "parent_tel").inner_text()
    assert "远东线缆" in await place(page, "rank").inner_text()  # 查询: the newest of grade A
    assert (
        await place(page, "bars").locator("img").get_attribute("src") == "/h5/api/code?kind=code128&text=EQ-7"
    )
    await page.screenshot(path=shots / "form-1280.png", full_page=True)
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "form-375.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.get_by_role("tab", name="报价").click()
    await page.get_by_role("button", name="选择数据").click()
    await page.locator(".van-popup:visible [role=option]").filter(has_text="远东线缆").click()
    await page.screenshot(path=shots / "pick-1280.png")
    await page.get_by_role("button", name="带入 1 条").click()
    await page.locator('[data-path="items.0.part"]').click()
    await page.keyboard.type("电缆")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("1000")
    await page.keyboard.press("Tab")
    await page.keyboard.type("150")
    await page.keyboard.press("Escape")
    assert await page.locator('[data-total="items.amount"]').inner_text() == "¥150,000.00"
    assert "壹拾伍万元整" in await place(page, "total").inner_text()
    await page.screenshot(path=shots / "table-1280.png")
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "table-375.png")
    await page.get_by_role("button", name="提交").click()
    await page.get_by_text("合计超过授信额度").last.wait_for()
    await page.get_by_role("button", name="仍要提交").click()
    await page.get_by_text("返回聊天").wait_for()

    with company.store.read() as uow:
        draft = uow.drafts.load(draft_id)
        assert draft is not None
        assert draft.record_id is not None
        record = uow.records.load(uow.shelf.form("gallery").form, draft.record_id)
    assert record is not None
    values = record.values
    assert values["name"] == "鸿达"
    assert values["plate"] == "a12345"
    assert (values["passport"], values["rank"], values["bars"]) == ("E12345678", "远东线缆", "EQ-7")
    assert values["scope"] in (("电机", "线缆"), ["电机", "线缆"])
    assert str(values["total"]) == "150000.00"
    assert values["buyer"] == "li"
    assert values["why"] == "客户停线"
    assert "做电机二十年" in values["about"]

    page = await desk.open(f"/h5/l/{handle}")
    await page.get_by_placeholder("写评论").fill("请@")
    await page.screenshot(path=shots / "record-1280.png", full_page=True)
    await page.get_by_placeholder("写评论").fill("资料齐了")
    await page.get_by_role("button", name="发送").click()
    await page.locator(".comments li").filter(has_text="资料齐了").wait_for()
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "record-375.png", full_page=True)
    await page.get_by_role("button", name="更多").click()
    await page.get_by_text("标准格式 · PDF").wait_for()
    await page.wait_for_timeout(300)
    await page.screenshot(path=shots / "record-print-375.png")
