"""Printed sheets: every form has one; a template with trail, capitals and code; PDF with Chinese text (Must show 7)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from connect import paper
from core.commands import Decide, Publish
from core.queries import flows, records
from tests.company import Company

TEMPLATE = """
form: slip
title: 付款单
number: F-{seq:4}
fields:
  - {key: payee, label: 收款人, type: text}
  - {key: sum, label: 金额, type: money}
prints:
  - {key: slip, title: 付款凭单, html: "<h1>{收款人}</h1><p>{大写:金额}</p>{二维码}<script>alert(1)</script>"}
"""


def sheet(company: Company, form: str, record_id: str, template: str = "") -> str:
    def work(uow: Any) -> str:
        ready = uow.shelf.form(form)
        record = uow.records.load(ready.form, record_id)
        trail = [flows.document(uow, one) for one in uow.instances.of_record(record_id)]
        shown = records.document(uow, ready.form, record)
        return paper.page(uow, (ready, record), shown, trail, template, "https://example.com/r/1")

    return company.read(work)


async def claim(company: Company) -> str:
    await company.submit_claim(amount="1234.50", reason="拜访 <b>鸿达</b>")
    assert company.perform(Decide("wang", company.open_tasks("wang")[0], "approve", "情况属实")).ok
    return company.read(lambda uow: uow.records.page(uow.shelf.form("expense_claim").form)[0].id)


async def test_the_claim_on_paper(small: Company, tmp_path: Path):
    """报销单：字段、明细、合计、大写、审批记录都在纸上；填的内容不会变成标签。"""
    html = sheet(small, "expense_claim", await claim(small))
    for text in (
        "BX-202611-0001",
        "壹仟贰佰叁拾肆元伍角整",
        "审批记录",
        "情况属实",
        "&lt;b&gt;鸿达",
        "1,234.50",
    ):
        assert text in html, text
    pdfium = pytest.importorskip("pypdfium2")
    pytest.importorskip("weasyprint")
    made = paper.to_pdf(html)
    pages = pdfium.PdfDocument(made)
    words = pages[0].get_textpage().get_text_range()
    assert "费用报销" in words and "审批记录" in words
    if folder := os.environ.get("ZHONGSHU_PNG"):
        pages[0].render(scale=1.5).to_pil().save(Path(folder) / "claim.png")


async def test_a_template_of_its_own(small: Company):
    """自己的模板：大写、二维码；脚本去掉。"""
    from core.commands import CreateRecord

    assert small.perform(Publish("zhao", TEMPLATE)).ok
    made = small.perform(CreateRecord("li", "slip", {"payee": "鸿达", "sum": "86.5"}))
    html = sheet(small, "slip", made.data["record_id"], "slip")
    assert "捌拾陆元伍角整" in html and "data:image/svg" in html and "<script" not in html
