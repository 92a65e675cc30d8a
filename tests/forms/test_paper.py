"""Printed sheets: every form has one, templates of the form, Word and Excel files, labels, many at once (Must show 7)."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from openpyxl import Workbook, load_workbook

from connect import facts, filling, printing
from connect.paper import sheet_text
from connect.pdf import to_pdf
from core.commands import CreateRecord, Decide, MarkPrintTemplate, Publish, SavePrintTemplate
from core.errors import UserError
from tests.company import SUITES, Company

TEMPLATE = """
form: slip
title: 付款单
number: F-{seq:4}
fields:
  - {key: payee, label: 收款人, type: text}
  - {key: sum, label: 金额, type: money}
prints:
  - {key: slip, title: 付款凭单, html: "<h1>{收款人}</h1><p>{大写:金额}</p>{二维码}{签字}<script>alert(1)</script>"}
"""


def printed(company: Company, form: str, *ids: str, template: str = "") -> printing.Filled:
    order = printing.Order(form, ids, template, "zhao", "中枢示范公司", "https://example.com")
    return company.read(lambda uow: printing.fill(uow, order))


def html(company: Company, form: str, *ids: str, template: str = "") -> str:
    return printed(company, form, *ids, template=template).files[0][1].decode()


def look(made: bytes, name: str) -> str:
    """The words of a PDF's first page; with ZHONGSHU_PNG its picture is kept to be looked at."""
    pdfium = pytest.importorskip("pypdfium2")
    pages = pdfium.PdfDocument(made)
    if folder := os.environ.get("ZHONGSHU_PNG"):
        for index in range(min(len(pages), 2)):
            pages[index].render(scale=1.6).to_pil().save(Path(folder) / f"{name}-{index + 1}.png")
    return str(pages[0].get_textpage().get_text_range()).replace(" ", "")


async def claim(company: Company) -> str:
    await company.submit_claim(amount="1234.50", reason="拜访 <b>鸿达</b>")
    assert company.perform(Decide("wang", company.open_tasks("wang")[0], "approve", "情况属实")).ok
    return company.read(lambda uow: uow.records.page(uow.shelf.form("expense_claim").form)[0].id)


def order(company: Company) -> str:
    """A sales order of the suite with two lines."""
    for one in ("crm/customer", "supply/stock", "sales/orders"):
        assert company.perform(Publish("zhao", (SUITES / f"{one}.yaml").read_text())).ok
    customer = made(company, "customer", name="深圳鸿达精密机械有限公司")
    lines = [
        {"item": made(company, "material", name=name), "qty": qty, "price": price}
        for name, qty, price in (("深沟球轴承 6204", "1200", "8.35"), ("行星减速电机 60W", "24", "468"))
    ]
    return made(
        company, "sales_order", customer=customer, lines=lines, total="21252", promise_on="2026-12-18"
    )


def made(company: Company, form: str, **values: Any) -> str:
    done = company.perform(CreateRecord("li", form, values))
    assert done.ok, done
    return str(done.data["record_id"])


async def test_the_claim_on_paper(small: Company):
    """报销单：字段、明细、合计、大写、审批记录、签字栏都在纸上；填的内容不会变成标签。"""
    sheet = html(small, "expense_claim", await claim(small))
    for text in (
        "BX-202611-0001",
        "壹仟贰佰叁拾肆元伍角整",
        "审批记录",
        "情况属实",
        "&lt;b&gt;鸿达",
        "1,234.50",
        "直属上级",
        "签字",
        "中枢示范公司",
    ):
        assert text in sheet, text
    pytest.importorskip("weasyprint")
    words = look(to_pdf(sheet), "claim")
    assert "费用报销" in words and "审批记录" in words


async def test_a_sales_order_on_paper(small: Company):
    """销售订单：合计只加金额，不加单价。"""
    sheet = html(small, "sales_order", order(small))
    words = sheet_text(sheet)
    assert "21,252.00" in words and "贰万壹仟贰佰伍拾贰元整" in words and "476.35" not in words
    pytest.importorskip("weasyprint")
    assert "销售订单" in look(to_pdf(sheet), "order")


async def test_a_template_of_its_own(small: Company):
    """自己的模板：大写、二维码、签字栏；脚本去掉。几张一起打，一张一页。"""
    assert small.perform(Publish("zhao", TEMPLATE)).ok
    ids = [made(small, "slip", payee=f"鸿达{n}", sum="86.5") for n in range(3)]
    sheet = html(small, "slip", ids[0], template="slip")
    assert "捌拾陆元伍角整" in sheet and "data:image/svg" in sheet and "<script" not in sheet
    assert html(small, "slip", *ids, template="slip").count("<article>") == 3
    with pytest.raises(UserError, match="200"):
        printed(small, "slip", *(f"x{n}" for n in range(201)))


async def test_labels_to_scan(small: Company):
    """标签：A4 上三列八行，或一张一个。"""
    assert small.perform(Publish("zhao", TEMPLATE)).ok
    ids = [made(small, "slip", payee=f"鸿达{n}", sum="86.5") for n in range(30)]
    assert html(small, "slip", *ids, template="label-a4").count("<section>") == 2
    pytest.importorskip("weasyprint")
    assert "F-0001" in look(to_pdf(html(small, "slip", *ids, template="label-a4")), "labels")
    look(to_pdf(html(small, "slip", *ids[:2], template="label-60x40")), "roll")


def word_file(*paragraphs: str) -> bytes:
    """A Word file with a table whose middle row comes once for each line."""
    document, out = Document(), io.BytesIO()
    for one in paragraphs:
        document.add_paragraph(one)
    table = document.add_table(rows=4, cols=2)
    cells = ("{%tr for 行 in 明细 %}", "{{ 行.物料 }} × {{ 行.数量 }}", "{%tr endfor %}")
    for index, text in enumerate(cells):
        table.cell(index + 1, 0).text = text
    document.save(out)
    return out.getvalue()


def sheet_file() -> bytes:
    """An Excel file with a row for the lines, a merged footer and a formula of its own."""
    book, out = Workbook(), io.BytesIO()
    page = book.active
    page["A1"] = "{{ 客户 }}"
    page["A2"], page["B2"], page["C2"] = "{{ 明细.物料 }}", "{{ 明细.数量 }}", "{{ 明细.金额 }}"
    page["A3"], page["C3"] = "大写：{{ 合计_大写 }}", "{{ 合计 }}"
    page["A4"] = "=1+1"
    page["D1"] = "{{ 二维码 }}"
    page.merge_cells("A3:B3")
    book.save(out)
    return out.getvalue()


async def test_word_and_excel_templates(small: Company):
    """Word、Excel 模板：逐行、大写、数字还是数字，填的内容不会变公式；每次上传是新版本，可停用可恢复。"""
    id_ = order(small)
    word = SavePrintTemplate(
        "zhao", "sales_order", "deliver", "送货单", "docx", "a.docx", word_file("{{ 客户 }}")
    )
    assert small.perform(word).ok
    sheet = SavePrintTemplate("zhao", "sales_order", "calc", "核价单", "xlsx", "a.xlsx", sheet_file())
    assert small.perform(sheet).data["version"] == 1
    filled = printed(small, "sales_order", id_, template="deliver")
    read = Document(io.BytesIO(filled.files[0][1]))
    assert "鸿达" in read.paragraphs[0].text
    assert [row.cells[0].text for row in read.tables[0].rows][1:] == [
        "深沟球轴承 6204 × 1,200",
        "行星减速电机 60W × 24",
    ]
    book = load_workbook(io.BytesIO(printed(small, "sales_order", id_, template="calc").files[0][1])).active
    assert [book.cell(n, 3).value for n in (2, 3, 4)] == [10020, 11232, 21252]
    assert book["A4"].value == "大写：贰万壹仟贰佰伍拾贰元整" and "A4:B4" in {
        str(one) for one in book.merged_cells.ranges
    }
    assert small.perform(MarkPrintTemplate("zhao", "sales_order", "calc", "drop")).ok
    with pytest.raises(UserError):
        printed(small, "sales_order", id_, template="calc")
    assert small.perform(MarkPrintTemplate("zhao", "sales_order", "calc", "restore", 1)).data["version"] == 3
    both = printed(small, "sales_order", id_, order_again(small, id_), template="calc")
    packed = await printing.finish(both, "file")
    assert packed.kind == "zip" and len(ZipFile(io.BytesIO(packed.body)).namelist()) == 2


def order_again(company: Company, id_: str) -> str:
    record = company.read(lambda uow: uow.records.load(uow.shelf.form("sales_order").form, id_))
    return made(company, "sales_order", customer=record.values["customer"], total="1")


HOSTILE = (
    "{{ 客户.__class__.__mro__ }}",
    "{{ 客户|attr('__class__') }}",
    "{{ 客户.format(1) }}",
    "{{ 'x' * 99999999 }}",
    "{% for a in range(999999999) %}x{% endfor %}",
    "{% set a = namespace() %}",
    "{{ lipsum() }}",
    "{% include '/etc/passwd' %}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_template_can_only_put_values(text: str):
    """模板里的代码什么也拿不到、什么也调不了。"""
    body = word_file(text)
    given = {"客户": facts.Shown("鸿达"), "明细": []}
    try:
        made = filling.fill(body, "docx", given, printing.code_png("x"))
    except UserError:
        return
    words = "".join(one.text for one in Document(io.BytesIO(made)).paragraphs)
    assert "class" not in words and len(words) < 100


def test_what_a_formula_looks_like_stays_text():
    given = {"客户": facts.Shown("=HYPERLINK(1)"), "明细": [], "合计": "", "合计_大写": ""}
    page = load_workbook(io.BytesIO(filling.fill(sheet_file(), "xlsx", given, printing.code_png("x")))).active
    assert (page["A1"].value, page["A1"].data_type, page["A4"].data_type) == ("=HYPERLINK(1)", "s", "f")


def test_a_wrong_file_is_told():
    """不认识的字段、不是 Word 的文件、引用外部图片的文件，上传时就说。"""
    assert filling.unknown(word_file("{{ 没有 }}"), "docx", {"明细": {"物料"}}) == ["没有"]
    with pytest.raises(UserError, match="docx"):
        filling.look_at(b"nothing", "docx")
    out = io.BytesIO()
    with ZipFile(io.BytesIO(word_file("a"))) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        outside = '<Relationships><Relationship Type="x/image" Target="http://e/x.png" TargetMode="External"/></Relationships>'
        new.writestr("word/_rels/more.xml.rels", outside)
    with pytest.raises(UserError, match="外部"):
        filling.look_at(out.getvalue(), "docx")
