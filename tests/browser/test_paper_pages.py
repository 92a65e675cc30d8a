"""The list's printing and export, a Word template uploaded and tried, an import that goes on: as an administrator does it."""

# ruff: noqa: F811 - fixtures come by import
from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from openpyxl import load_workbook
from playwright.async_api import expect

from core import commands as c
from core.store.importjobs import RUNNING, ImportJob
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
from tests.browser.every_field import SUPPLIER
from tests.browser.test_data_pages import CLAIMS, shots, signed_in, workbook  # noqa: F401 - fixtures
from tests.forms.test_paper import word_file


async def test_templates_and_many_sheets(company: Company, desk: Screen, shots: Path):
    """上传 Word 模板，认不得的字段当场说；试打；勾选两张一起打；导出带附件。"""
    for reason, amount in CLAIMS:
        company.claim(
            reason=reason, items=[{"spent_on": "2026-11-20", "kind": "交通", "amount": amount}], invoice=[]
        )
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/data/expense_claim"))
    for row in (0, 1):
        await page.locator("table.grid tbody input[type=checkbox]").nth(row).check()
    await page.get_by_role("button", name="打印 2 条").click()
    await page.get_by_role("radio", name="标签（A4").wait_for()
    await page.wait_for_timeout(400)
    await page.screenshot(path=shots / "print-1280.png")
    address = await page.get_by_role("link", name="打印 2 条").get_attribute("href")
    sheets = await page.request.get(desk.url(address.replace("format=pdf", "format=html")))
    assert (await sheets.text()).count("<article>") == 2

    await page.get_by_text("Word / Excel 模板").click()
    word = {"mimeType": "application/octet-stream", "name": "凭证.docx"}
    picker = page.locator("input[type=file][accept='.docx,.xlsx']")
    await picker.set_input_files({**word, "buffer": word_file("{{ 没有的字段 }}")})
    await page.get_by_text("没有的字段").wait_for()
    desk.errors.clear()  # the browser notes every 422, and this one is meant
    await picker.set_input_files({**word, "buffer": word_file("{{ 事由 }}：{{ 合计_大写 }}")})
    await page.locator("article h4").wait_for()
    await page.screenshot(path=shots / "templates-1280.png")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="试打最新一条").click()
    assert (await download.value).suggested_filename.endswith(".docx")
    await page.set_viewport_size({"width": 375, "height": 800})
    await page.screenshot(path=shots / "templates-375.png")


async def test_an_export_with_its_files(company: Company, desk: Screen, shots: Path):
    """导出带附件：zip 里有表和文件，单元格点开文件。"""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(40)
    file = company.done(c.StoreFile("li", "发票.png", "image/png", picture))
    company.claim(reason="展会", invoice=[file["id"]])
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/data/expense_claim"))
    await page.get_by_role("button", name="导出").click()
    await page.get_by_text("带附件").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="导出", exact=True).last.click()
    await page.get_by_text("导出完成").wait_for()
    await page.screenshot(path=shots / "export-1280.png")
    with ZipFile(await (await download.value).path()) as packed:
        names = packed.namelist()
        sheet = load_workbook(BytesIO(packed.read(names[0]))).active
    linked = [
        cell.hyperlink.target.replace("\\", "/")
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink
    ]
    assert len(names) == 2 and linked == names[1:]


async def test_an_import_that_was_stopped_goes_on(company: Company, desk: Screen, shots: Path):
    """服务器停过：打开导入就看到没导完的文件，点继续。"""
    company.done(c.Publish("system", SUPPLIER))
    mapping = {"Sheet1": {"0": "name", "1": "grade"}}

    def left(uow: object) -> None:
        options = {"mapping": mapping, "key": "", "dry_run": False}
        job = ImportJob(uow.ids(), "zhao", "gallery_supplier", "供应商.xlsx", options, 1, RUNNING, uow.now)
        uow.imports.add(job, workbook())

    company.store.submit(left).result()
    page = await signed_in(company, desk)
    await page.goto(desk.url("/admin#/data/gallery_supplier"))
    await page.get_by_role("button", name="导入").click()
    await page.get_by_text("没有导完").wait_for()
    await page.screenshot(path=shots / "stopped-1280.png")
    await page.get_by_role("button", name="继续导入").click()
    await expect(page.locator(".state b")).to_have_text("导入完成")
    await page.screenshot(path=shots / "went-on-1280.png")
    async with page.expect_download() as download:
        await page.get_by_text("下载错误行").click()
    assert (await download.value).suggested_filename.endswith(".xlsx")
