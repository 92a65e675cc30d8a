"""Comments on the admin's record page carry files: attached, taken off again, opened from the comment."""

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

FORM = "form: memo\ntitle: 备忘\nfields:\n  - {key: name, label: 名称, type: text}\n"


async def test_a_comment_takes_files(company: Company, desk: Screen, shots: Path):
    """Two are attached, one is taken off; the other stands below the comment and can be opened."""
    company.done(c.Publish("system", FORM))
    made = company.done(c.CreateRecord("li", "memo", {"name": "甲"}))
    page = await signed_in(company, desk)
    await page.goto(desk.url(f"/admin#/data/memo/{made['record_id']}"))
    files = [
        {"name": name, "mimeType": "text/plain", "buffer": name.encode()} for name in ("报价.txt", "错.txt")
    ]
    await page.get_by_label("评论的附件").set_input_files(files)  # type: ignore[arg-type]
    await expect(page.locator(".comments .el-tag")).to_have_text(["报价.txt", "错.txt"])
    await page.locator(".comments .el-tag").nth(1).locator(".el-tag__close").click()
    await page.get_by_placeholder("写评论").fill("请看报价")
    await page.screenshot(path=shots / "comment-attaching-1280.png")
    await page.get_by_role("button", name="发送").click()

    said = page.locator(".comments li").filter(has_text="请看报价")
    link = said.get_by_role("link", name="报价.txt")
    await expect(link).to_be_visible()
    await expect(said.get_by_role("link")).to_have_count(1)
    await expect(page.locator(".comments .el-tag")).to_have_count(0)
    await page.screenshot(path=shots / "comment-file-1280.png")
    await page.set_viewport_size({"width": 375, "height": 720})
    await page.screenshot(path=shots / "comment-file-375.png", full_page=True)
    address = await link.get_attribute("href")
    answer = await page.request.get(desk.url(str(address)))
    assert (answer.status, await answer.body()) == (200, "报价.txt".encode())
