"""A scanned code opens its record: by the address on paper, by number, by what stands on the label."""

from __future__ import annotations

from core import commands as c
from tests.http.conftest import Company
from tests.http.test_h5 import Phone, li  # noqa: F401  # a fixture

TOOL = """
form: tool
title: 工具
number: GJ-{seq:4}
fields:
  - {key: name, label: 名称, type: text}
  - {key: tag, label: 标签号, type: text, scan: true}
  - {key: bars, label: 条码, type: barcode, code: ean13, formula: 标签号}
"""


async def test_a_code_opens_its_record(company: Company, li: Phone) -> None:  # noqa: F811
    company.done(c.Publish(c.SYSTEM, TOOL, "测试"))
    one = company.done(c.CreateRecord("li", "tool", {"name": "卡尺", "tag": "6901234567892"}))
    company.done(c.CreateRecord("li", "tool", {"name": "扳手", "tag": "690123456788"}))
    wrong = company.do(c.CreateRecord("li", "tool", {"name": "锤子", "tag": "6901234567891"}))
    assert wrong.problems[0].message == "条码：商品条码的校验位不对，应为 2"
    _, handle = company.draft()
    await li.opens(handle)

    async def found(text: str) -> list[str]:
        rows = await li.sends("GET", "scanned", params={"text": text})
        return [row["id"] for row in rows["records"]]

    assert await found("6901234567892") == [one["record_id"]]
    assert await found("GJ-0001") == [one["record_id"]]
    assert await found(f"https://x.example/admin#/data/tool/{one['record_id']}") == [one["record_id"]]
    assert await found("没有") == []
    company.done(c.MarkRecord("li", "tool", one["record_id"], "delete"))
    assert await found("GJ-0001") == []

    bars = await li.browser.get("/h5/api/code", params={"kind": "ean13", "text": "690123456789"})
    assert "6901234567892" in await bars.text()
    refused = await li.browser.get("/h5/api/code", params={"kind": "code128", "text": "中文"})
    assert (await refused.json())["message"] == "条形码只能有字母、数字和英文符号"
