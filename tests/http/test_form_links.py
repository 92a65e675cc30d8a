"""`/m/{form}?名=…` opens a draft that the address fills, as far as the definition lets it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from core import commands as c
from tests.http.conftest import Admin, Browser, Company
from tests.http.test_h5 import Phone

VISIT = """
form: visit_note
title: 拜访单
fields:
  - {key: customer, label: 客户, type: link, to: shop, default: {url: 客户}}
  - {key: amount, label: 预算, type: money, default: {url: 预算}}
  - {key: kind, label: 方式, type: select, options: [上门, 电话], default: {url: 方式}}
  - {key: note, label: 备注, type: text}
"""
SHOP = "form: shop\ntitle: 商店\nsummary: '{名称}'\nfields:\n  - {key: name, label: 名称, type: text}\n"


async def test_an_address_fills_what_the_definition_lets_it(company: Company, browser: Browser) -> None:
    """Signing in keeps the address; a wrong value stays with its sentence; what is not named is left alone."""
    for text in (SHOP, VISIT):
        assert company.do(c.Publish(c.SYSTEM, text, "测试")).ok
    made = company.do(c.CreateRecord("li", "shop", {"name": "鸿达"}))
    phone = Phone(company, browser, "li")
    address = "/m/visit_note?客户=鸿达&预算=很多&方式=上门&备注=不该填&note=不该填"

    away = await browser.get(address, headers={"User-Agent": "x AliApp(DingTalk/7.6)"}, allow_redirects=False)
    assert away.status == 302
    login = away.headers["Location"]
    assert login.startswith("https://login.example/")
    company.platform.codes["once"] = "liming"
    back = {"code": "once", "state": parse_qs(urlsplit(login).query)["state"][0]}
    returned = await browser.get("/h5/back", params=back, allow_redirects=False)
    assert returned.headers["Location"].startswith("/m/visit_note?")

    page = await opened(phone, address)
    values = page["draft"]["values"]
    assert (values["customer"], values["kind"]) == (made.data["record_id"], "上门")
    assert values["amount"] == "很多"
    assert values.get("note") is None
    assert page["problems"] == [{"path": "amount", "message": "预算：「很多」不是数字"}]

    again = await opened(phone, address)
    assert again["draft"]["id"] == page["draft"]["id"]  # loading twice makes no second draft
    other = await opened(phone, "/m/visit_note")
    assert other["draft"]["id"] != page["draft"]["id"]


async def test_the_data_page_tells_the_address(admin: Admin) -> None:
    """填写链接：地址和它可以带的参数，别的字段不在里面。"""
    for text in (SHOP, VISIT):
        assert admin.company.do(c.Publish(c.SYSTEM, text, "测试")).ok
    told = await admin.get("/records/visit_note")
    assert told["fill"]["address"].endswith("/m/visit_note")
    assert told["fill"]["takes"] == [
        {"name": "客户", "label": "客户"},
        {"name": "预算", "label": "预算"},
        {"name": "方式", "label": "方式"},
    ]


async def opened(phone: Phone, address: str) -> dict[str, Any]:
    answer = await phone.browser.get(address, allow_redirects=False)
    assert answer.status == 302, await answer.text()
    return await phone.opens(answer.headers["Location"].removeprefix("/h5/l/"))


async def test_an_unknown_form_and_a_long_address(company: Company, browser: Browser) -> None:
    phone = Phone(company, browser, "li")
    long = await browser.get("/m/visit_note?客户=" + "很" * 400, allow_redirects=False)
    assert long.status == 400
    away = await browser.get("/m/nothing", allow_redirects=False)
    await phone.logs_in(away.headers["Location"])
    assert (await browser.get("/m/nothing", allow_redirects=False)).status == 404
