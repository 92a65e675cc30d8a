"""A rule's button on record pages: offered where its condition holds, confirmed, pressed; and where a record comes from."""

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
    pocket,
    seed,
    sign_in,
)
from tests.browser.test_data_pages import shots, signed_in  # noqa: F401 - fixture

TEXT = """form: bill
title: 应收单
number: YS-{seq:4}
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text}
  - {key: due, label: 欠款, type: money}
  - {key: urged, label: 已催, type: switch, default: 否}
---
form: letter
title: 催款函
number: CK-{seq:4}
summary: "{内容}"
fields:
  - {key: bill, label: 应收单, type: link, to: bill}
  - {key: content, label: 内容, type: text}
---
rule: urge_bill
title: 催款
when: {button: 催款, of: bill, confirm: 给客户发催款函？}
if: 欠款 > 0 且 已催 == 否
then:
  - create: {form: letter, map: {应收单: 本单}, set: {内容: "请付 {欠款}"}}
  - update: {set: {已催: 是}}
"""


async def test_a_rules_button_is_pressed_on_the_record_page(company: Company, desk: Screen, shots: Path):
    """条件符合才有按钮；先问再做；做完按钮不见了，催款函上写着由哪条规则、因为什么、看到了什么。"""
    assert company.service.perform(c.Publish("system", TEXT)).ok
    ids = [
        company.service.perform(c.CreateRecord("zhao", "bill", {"name": name, "due": due})).data["record_id"]
        for name, due in (("远东", "1200"), ("鸿达", "0"))
    ]
    page = await signed_in(company, desk)
    await page.goto(desk.url(f"/admin#/data/bill/{ids[1]}"))
    await expect(page.get_by_text("鸿达").first).to_be_visible()
    await expect(page.get_by_role("button", name="催款")).to_have_count(0)
    await page.goto(desk.url(f"/admin#/data/bill/{ids[0]}"))
    await page.get_by_role("button", name="催款", exact=True).click()
    asked = page.get_by_role("dialog")
    await expect(asked).to_contain_text("给客户发催款函？")
    await asked.get_by_role("button", name="催款", exact=True).click()
    await expect(page.get_by_text("「催款」已执行")).to_be_visible()
    await expect(page.get_by_role("button", name="催款", exact=True)).to_have_count(0)
    await expect(page.get_by_text("由规则「催款」版本 1 修改")).to_be_visible()

    with company.store.read() as uow:
        letter = uow.records.page(uow.shelf.form("letter").form)[0]
    await page.goto(desk.url(f"/admin#/data/letter/{letter.id}"))
    origin = page.locator("li", has_text="由规则「催款」版本 1 新建")
    await expect(origin).to_contain_text("因为有人点了按钮")
    await expect(origin.locator("dl")).to_contain_text("1200")
    await page.screenshot(path=shots / "origin-1280.png")


async def test_a_rules_button_on_the_phone(company: Company, browser: Browser, pocket: Screen, shots: Path):
    """手机记录页上同一个按钮，同样先问；来源写出规则，不写出规则看到的值。"""
    assert company.service.perform(c.Publish("system", TEXT)).ok
    done = company.service.perform(c.CreateRecord("li", "bill", {"name": "远东", "due": "1200"}))
    _, handle = company.draft(form="letter")
    await sign_in(company, browser, "li", handle)
    await pocket.borrow()
    page = await pocket.open(f"/h5/l/{handle}#record/bill/{done.data['record_id']}")
    await page.get_by_role("button", name="催款").click()
    await expect(page.get_by_text("给客户发催款函？")).to_be_visible()
    await page.screenshot(path=shots / "press-375.png")
    await page.get_by_role("button", name="确认").click()
    await expect(page.get_by_text("由规则「催款」版本 1 修改")).to_be_visible()
    await expect(page.get_by_role("button", name="催款")).to_have_count(0)
    await page.screenshot(path=shots / "origin-375.png")
