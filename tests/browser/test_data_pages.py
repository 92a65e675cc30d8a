"""The administrator's list: filter, sort, groups, Excel in, a record voided, binned and brought back."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter
from playwright.async_api import Page, expect

from admin.auth import first_account, one_time_link
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
from tests.browser.every_field import GALLERY, SUPPLIER

CLAIMS = (("拜访鸿达", "86.50"), ("拜访远东", "320.00"), ("展会", "240.00"))


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go: ZHONGSHU_SHOTS, or the test's own folder."""
    folder = Path(os.environ.get("ZHONGSHU_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def signed_in(company: Company, desk: Screen) -> Page:
    await first_account(company.store)
    link = await one_time_link(company.store, "http://x")
    page = await desk.open("/admin#/login?code=" + link.partition("code=")[2])
    await page.get_by_role("heading", name="概览").first.wait_for()
    return page


def workbook() -> bytes:
    """Three suppliers; the last one lacks its name."""
    rows = (
        ("名称", "等级", "电话"),
        ("鸿达机电", "A", "0571-1"),
        ("新华轴承", "B", "0571-88880002"),
        ("", "C", ""),
    )
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return out.getvalue()


async def test_a_list_is_filtered_sorted_and_grouped(company: Company, desk: Screen, shots: Path):
    for reason, amount in CLAIMS:
        company.claim(
            reason=reason, items=[{"spent_on": "2026-11-20", "kind": "交通", "amount": amount}], invoice=[]
        )
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/data/expense_claim"))
    rows = page.locator("table.grid tbody tr")
    await expect(rows).to_have_count(3)

    await page.get_by_role("button", name="事由").click()
    await page.get_by_role("button", name="筛选", exact=True).click()
    await page.locator("form.filter .field").click()
    await page.get_by_role("option", name="合计").click()
    await page.locator("form.filter .op").click()
    await page.get_by_role("option", name="大于", exact=True).click()
    await page.get_by_label("值", exact=True).fill("100")
    await page.locator("form.filter button[type=submit]").click()
    await expect(rows).to_have_count(2)
    await page.screenshot(path=shots / "list-1280.png")
    assert "560.00" in await page.locator("tfoot").inner_text()

    await page.locator(".toolbar .group").click()
    await page.get_by_role("option", name="支付方式").click()
    await page.get_by_role("button", name="个人垫付").wait_for()
    await page.screenshot(path=shots / "groups-1280.png")
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "groups-375.png")


async def test_a_workbook_comes_in_with_its_wrong_rows_named(company: Company, desk: Screen, shots: Path):
    company.done(c.Publish("system", SUPPLIER))
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/data/gallery_supplier"))
    await page.get_by_role("button", name="导入").click()
    book = {"name": "供应商.xlsx", "mimeType": "application/octet-stream", "buffer": workbook()}

    await page.locator("input[type=file]").set_input_files(book)
    await page.get_by_role("button", name="试导入").click()
    await page.get_by_text("试导入完成").wait_for()
    await page.screenshot(path=shots / "import-1280.png")
    async with page.expect_download() as download:
        await page.get_by_text("下载错误行").click()
    await page.get_by_role("button", name="导入", exact=True).last.click()
    await expect(page.locator(".state b")).to_have_text("导入完成")

    assert (await download.value).suggested_filename.endswith(".xlsx")
    with company.store.read() as uow:
        found = uow.records.page(uow.shelf.form("gallery_supplier").form, limit=10)
    assert "新华轴承" in {one.values["name"] for one in found}


async def test_a_record_is_voided_binned_and_restored(company: Company, desk: Screen, shots: Path):
    for text in (SUPPLIER, GALLERY):
        company.done(c.Publish("system", text))
    made = company.done(c.CreateRecord("li", "gallery_supplier", {"name": "鸿达", "grade": "A"}))
    page = await signed_in(company, desk)
    await page.goto(desk.url(f"/admin#/data/gallery_supplier/{made['record_id']}"))

    await page.get_by_role("button", name="作废").click()
    await page.get_by_placeholder("原因").fill("重复登记")
    await page.locator(".el-message-box").get_by_role("button", name="作废").click()
    await page.get_by_text("已作废：重复登记").wait_for()
    await page.get_by_role("button", name="删除", exact=True).click()
    await page.locator(".el-message-box").get_by_role("button", name="删除").click()
    await page.get_by_text("这条数据在回收站里").wait_for()
    await page.screenshot(path=shots / "binned-1280.png")
    await page.get_by_role("button", name="恢复").click()
    await page.get_by_role("button", name="删除", exact=True).wait_for()
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "binned-375.png")

    with company.store.read() as uow:
        record = uow.records.load(uow.shelf.form("gallery_supplier").form, made["record_id"])
    assert record is not None
    assert record.deleted_at is None
    assert record.void_reason == "重复登记"


async def test_the_designer_sees_what_uses_a_field(company: Company, desk: Screen, shots: Path):
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/design/form/expense_claim"))
    await page.get_by_role("button", name="引用").click()
    await page.locator(".pick").click()
    await page.get_by_role("option", name="合计").click()

    await page.get_by_text("费用报销审批").wait_for()
    await page.screenshot(path=shots / "uses-1280.png")


LINKED = """
form: linked_visit
title: 拜访登记
fields:
  - {key: who, label: 客户, type: text, default: {url: 客户}}
  - {key: note, label: 备注, type: text}
"""


async def test_the_address_of_a_form_is_copied(company: Company, desk: Screen, shots: Path):
    """数据页上的填写链接：列出能带的参数，填了就写进地址，复制得到。"""
    company.done(c.Publish("system", LINKED))
    page = await signed_in(company, desk)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(desk.url("/admin#/data/linked_visit"))
    await page.get_by_role("button", name="填写链接").click()
    await page.get_by_label("客户").fill("鸿达")
    await page.screenshot(path=shots / "fill_link_1280.png")
    await page.get_by_role("button", name="复制填写链接").click()
    await page.get_by_text("填写链接已复制").wait_for()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/m/linked_visit?%E5%AE%A2%E6%88%B7=%E9%B8%BF%E8%BE%BE")
    assert await page.get_by_label("备注").count() == 0
