"""An Excel or CSV file becomes rows of an open sub-table: what the page is told to lay over its cells."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from aiohttp import FormData

from core import commands as c
from tests.http.conftest import Browser, Company
from tests.http.test_h5 import Phone, li  # noqa: F401  # a fixture

ORDER = """
form: parts
title: 领料单
fields:
  - {key: why, label: 用途, type: text}
  - key: lines
    label: 明细
    type: subtable
    rows: [0, 3]
    fields:
      - {key: item, label: 品名, type: text, required: true}
      - {key: qty, label: 数量（件）, type: number, decimals: 1}
      - {key: on_day, label: 日期, type: date}
"""


@pytest.fixture
async def draft(company: Company, li: Phone) -> str:  # noqa: F811
    company.done(c.Publish(c.SYSTEM, ORDER, "测试"))
    id_, handle = company.draft(form="parts")
    await li.opens(handle)
    return id_


def workbook(rows: list[list[Any]]) -> bytes:
    """One empty-handed sheet, then the one with these rows."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    book.add_worksheet("说明").write(0, 0, "先读我")
    sheet = book.add_worksheet("明细")
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()


async def sent(li: Phone, draft: str, name: str, content: bytes, status: int = 200, table: str = "lines"):  # noqa: F811
    form = FormData(quote_fields=False)
    form.add_field("file", BytesIO(content), filename=name, content_type="application/octet-stream")
    return await li.sends("POST", f"draft/{draft}/sheet/{table}", status, data=form)


async def test_a_workbook_becomes_rows(li: Phone, draft: str) -> None:  # noqa: F811
    """Titles in another order, a star and half-width brackets; empty lines go, dates and numbers become texts."""
    day = date(2026, 11, 4)
    rows = [["数量(件)", "备注", "*品名", "日期"], [2, "x", "轴承", day], [], [0.5, "y", "电机", None]]
    told = await sent(li, draft, "领料.xlsx", workbook(rows))
    assert told == {
        "keys": ["qty", "item", "on_day"],
        "rows": [["2", "轴承", "2026-11-04"], ["0.5", "电机", ""]],
        "total": 2,
        "unknown": ["备注"],
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
async def test_a_csv_file_and_too_many_rows(li: Phone, draft: str, encoding: str) -> None:  # noqa: F811
    """As Excel saves it in Chinese; rows beyond those of the sub-table are counted, not sent."""
    text = "品名,数量（件）\r\n" + "".join(f'"螺丝,{n}",{n}\r\n' for n in range(5))
    told = await sent(li, draft, "a.csv", text.encode(encoding))
    assert (told["rows"], told["total"]) == ([["螺丝,0", "0"], ["螺丝,1", "1"], ["螺丝,2", "2"]], 5)


async def test_what_is_no_sheet_for_the_table_is_said(li: Phone, draft: str) -> None:  # noqa: F811
    """Other columns, no file of this kind, only titles, too large, no such sub-table."""
    wrong = await sent(li, draft, "a.csv", b"name,price\n1,2\n", 422)
    assert wrong["message"] == "第一行没有「明细」的列名，可用的列名：品名、数量（件）、日期"
    assert "不是 Excel 文件" in (await sent(li, draft, "a.xlsx", b"hello", 422))["message"]
    assert "没有数据" in (await sent(li, draft, "a.csv", "品名\n".encode(), 422))["message"]
    await sent(li, draft, "a.xlsx", b"PK" + bytes(5 * 1024 * 1024 + 70_000), 413)
    await sent(li, draft, "a.csv", "品名\n1\n".encode(), 404, table="why")


async def test_another_persons_draft_takes_no_file(company: Company, browser: Browser) -> None:
    """As if it were not there."""
    company.done(c.Publish(c.SYSTEM, ORDER, "测试"))
    draft, _ = company.draft(form="parts")
    sun = Phone(company, browser, "sun")
    await sun.opens(company.draft("sun")[1])
    await sent(sun, draft, "a.csv", "品名\n1\n".encode(), 404)
