"""Excel: import with relations and sub-tables, wrong rows with reasons, upsert, round trip (Must show 5: ZHONGSHU_LARGE=1)."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from connect import excel, imports
from core.commands import CreateRecord, ImportRows, Publish
from core.queries import lists
from core.queries.lists import Wish
from core.store.inbox import Delivery
from core.store.work import UnitOfWork
from tests.company import Company
from tests.forms.everything import SUITE

LARGE = os.environ.get("ZHONGSHU_LARGE") == "1"
ORDERS = 10_000 if LARGE else 200  # two lines each


def book(wrong: bool) -> bytes:
    """Orders in one sheet, their lines in another; order 7 names a part that is not there, line 3 a bad number."""
    writer = excel.Writer()
    main = writer.sheet("订单", ["客户订单号", "物料", "备注"])
    rows = writer.sheet("明细", ["所属编号", "数量"])
    for n in range(ORDERS):
        cells = [f"PO-{n}", "没有" if wrong and n == 7 else "轴承", "=1+1"]
        for column, value in enumerate(cells):
            writer.put(main, n + 1, column, value)
        for k in range(2):
            writer.put(rows, 2 * n + k + 1, 0, f"PO-{n}")
            writer.put(rows, 2 * n + k + 1, 1, "三" if wrong and 2 * n + k == 3 else k + 1)
    return writer.bytes()


ORDER = """
form: po
title: 订单
number: P-{seq:6}
fields:
  - {key: code, label: 客户订单号, type: text, required: true, unique: true}
  - {key: part, label: 物料, type: link, to: part}
  - {key: note, label: 备注, type: text}
  - key: items
    label: 明细
    type: subtable
    fields:
      - {key: qty, label: 数量, type: number, decimals: 0, required: true}
  - {key: total, label: 合计, type: number, decimals: 0, formula: SUM(明细.数量)}
"""


def run(
    company: Company, body: bytes, by: str = "", *, dry_run: bool = False
) -> tuple[imports.Findings, Any]:
    sheets = excel.read(body)
    form = company.read(lambda uow: uow.shelf.form("po").form)
    mapped = imports.suggest(form, sheets)
    key = by or "code"
    drafts = imports.gather(form, sheets, mapped, key)
    found = imports.Findings(sheets, mapped, drafts)
    for part, command in imports.steps(form, drafts, "zhao", by=by, dry_run=dry_run, start_flow=False):
        found.take(part, company.perform(command).data["results"])
    return found, sheets


def everything(company: Company) -> list[dict[str, Any]]:
    def work(uow: UnitOfWork) -> list[dict[str, Any]]:
        records = lists.every(uow, "po", "zhao", Wish(sort="number"), 100_000)
        return [one.values for one in records]

    return company.read(work)


@pytest.mark.timeout(900 if LARGE else 120)
async def test_an_order_book_comes_in_and_goes_out(small: Company):
    """导入：错的行带原因退回，对的进去；再导按键更新；导出再导入是同样的数据；文字不会变公式。"""
    assert small.perform(Publish("zhao", SUITE + "\n---" + ORDER)).ok
    small.perform(CreateRecord("li", "part", {"name": "轴承"}))

    dry, _ = run(small, book(wrong=True), dry_run=True)
    assert (dry.counts.failed, len(everything(small))) == (2, 0)

    begun = time.perf_counter()
    found, sheets = run(small, book(wrong=True))
    print(f"{ORDERS} orders, {2 * ORDERS} lines: {time.perf_counter() - begun:.1f} s")
    assert (found.counts.created, found.counts.failed) == (ORDERS - 2, 2)
    back = excel.read(excel.errors(sheets, found.wrong))
    assert [one.titles[-1] for one in back] == ["错误原因", "错误原因"]
    assert "没有找到「没有」" in " ".join(str(row[-1]) for row in back[0].rows)
    assert any("不是数字" in str(row[-1]) for row in back[1].rows)

    again, _ = run(small, book(wrong=False), by="code")
    assert (again.counts.created, again.counts.same, again.counts.failed) == (2, ORDERS - 2, 0)
    before = everything(small)
    assert len(before) == ORDERS
    assert before[0]["note"] == "=1+1"

    def export(uow: UnitOfWork) -> bytes:
        return excel.export(uow, uow.shelf.form("po").form, lists.every(uow, "po", "zhao", Wish(), 100_000))

    out = small.read(export)
    assert b"<f>" not in out
    same, _ = run(small, out, by="code")
    assert (same.counts.same, same.counts.failed) == (ORDERS, 0)
    assert everything(small) == before


async def test_lines_below_their_order_in_one_sheet(small: Company):
    """同一张表里，下面几行只填明细，就归到上面那张单。"""
    assert small.perform(Publish("zhao", SUITE + "\n---" + ORDER)).ok
    writer = excel.Writer()
    sheet = writer.sheet("订单", ["客户订单号", "明细.数量"])
    for row, cells in enumerate([("A", 1), (None, 2), ("B", 3)], 1):
        for column, value in enumerate(cells):
            writer.put(sheet, row, column, value)
    found, _ = run(small, writer.bytes())
    assert found.counts.created == 2, found.wrong
    assert [int(one["total"]) for one in everything(small)] == [3, 3]


async def test_an_import_that_was_killed_goes_on_without_doing_anything_twice(small: Company):
    """导到一半停了：同一个文件接着导，已经导入的不再导一遍；没有变化的数据版本不动。"""
    assert small.perform(Publish("zhao", SUITE + "\n---" + ORDER)).ok
    small.perform(CreateRecord("li", "part", {"name": "轴承"}))
    sheets = excel.read(book(wrong=False))
    form = small.read(lambda uow: uow.shelf.form("po").form)
    mapped = imports.suggest(form, sheets)
    drafts = imports.gather(form, sheets, mapped, "code")

    def go(most: int) -> imports.Findings:
        found = imports.Findings(sheets, mapped, drafts)
        steps = imports.steps(form, drafts, "zhao", by="", dry_run=False, start_flow=False)
        for _, (part, command) in zip(range(most), steps, strict=False):
            key = Delivery("import", f"j1:{command.rows[0][0]}")
            found.take(part, small.perform(command, delivery=key).data["results"])
        return found

    assert go(1).counts.created == imports.STEP
    assert go(1000).counts.created == ORDERS
    assert len(everything(small)) == ORDERS
    again, _ = run(small, book(wrong=False), by="code")
    assert again.counts.same == ORDERS
    versions = small.read(lambda uow: {one.version for one in uow.records.page(form, limit=500)})
    assert versions == {1}


async def test_rows_of_one_file_that_take_the_same_value(small: Company):
    """同一个文件里编号重复：先到的进去，后到的说清楚是和谁重复。"""
    assert small.perform(Publish("zhao", SUITE + "\n---" + ORDER)).ok
    rows = tuple((str(n), {"code": "A" if n < 2 else "B", "items": [{"qty": n}]}) for n in range(3))
    results = small.perform(ImportRows("zhao", "po", rows)).data["results"]
    assert [one[1] for one in results] == ["created", "failed", "created"]
    assert "已有相同的数据（P-000001）" in results[1][3][0][1]
    more = small.perform(
        ImportRows("zhao", "po", ((*rows[:1], ("9", {"code": "A", "note": "改"}))), by="code")
    )
    assert [one[1] for one in more.data["results"]] == ["same", "updated"]
