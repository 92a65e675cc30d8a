"""What holds between records: no overselling, no twins, rollups, copies, recycle bin — on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.commands import (
    CommentRecord,
    CopyRecord,
    CreateRecord,
    MarkRecord,
    Publish,
    UpdateRecord,
)
from core.queries import linkage, lists, records
from core.queries.lists import Wish
from tests.company import Company
from tests.forms.everything import SUITE


@pytest.fixture
async def house(company: Company) -> Company:
    outcome = company.perform(Publish("zhao", SUITE))
    assert outcome.ok, outcome
    return company


def made(company: Company, form: str, **values: Any) -> dict[str, Any]:
    outcome = company.perform(CreateRecord("li", form, values))
    assert outcome.ok, outcome
    return outcome.data


async def test_64_at_once_never_sell_more_than_there_is(house: Company):
    """64 个人同时出库，库存 40：正好 40 单成功，单号不重不断。"""
    part = made(house, "part", name="轴承")["record_id"]
    made(house, "stock_in", part=part, qty="40")
    futures = [
        house.parts.service.submit(CreateRecord("li", "stock_out", {"items": [{"part": part, "qty": "1"}]}))
        for _ in range(64)
    ]
    outcomes = await asyncio.gather(*(asyncio.wrap_future(one) for one in futures))
    good = [one for one in outcomes if one.ok]
    assert len(good) == 40
    assert {one.message for one in outcomes if not one.ok} == {"库存不足"}
    assert sorted(one.data["number"] for one in good) == [f"CK-2026-{n:05d}" for n in range(1, 41)]
    codes = house.read(
        lambda uow: [r.values["code"] for r in uow.records.page(uow.shelf.form("stock_out").form, limit=100)]
    )
    assert sorted(codes) == [f"D-{n:04d}" for n in range(1, 41)]


async def test_a_name_occurs_once_until_it_lies_in_the_bin(house: Company):
    """唯一字段：重复被拒；删除后可以再用，恢复时再检查。"""
    first = made(house, "part", name="轴承")
    again = house.perform(CreateRecord("li", "part", {"name": "轴承"}))
    assert again.problems[0].path == "name"
    assert house.perform(MarkRecord("li", "part", first["record_id"], "delete")).ok
    made(house, "part", name="轴承")
    assert "已有相同" in house.perform(MarkRecord("li", "part", first["record_id"], "restore")).message
    binned = house.read(lambda uow: lists.listed(uow, "part", "zhao", Wish(bin=True)))
    assert [one["state"] for one in binned["rows"]] == ["已删除"]


async def test_a_copy_keeps_the_price_and_a_rollup_follows(house: Company):
    """存一份的他表字段不随原价变；汇总实时；作废的不计。"""
    part = made(house, "part", name="轴承", price="12.50")
    entry = made(house, "stock_in", part=part["record_id"], qty="9")
    out = made(house, "stock_out", items=[{"part": part["record_id"], "qty": "2"}])
    assert house.perform(UpdateRecord("li", "part", part["record_id"], 1, {"price": "99"})).ok

    def page(uow: Any) -> tuple[Any, Any]:
        ready = uow.shelf.form("stock_out")
        record = uow.records.load(ready.form, out["record_id"])
        form = uow.shelf.form("part").form
        shown = records.document(uow, form, uow.records.load(form, part["record_id"]))
        return record.values, {one["key"]: one["value"] for one in shown["rows"]}

    values, shown = house.read(page)
    assert (str(values["items"][0]["price"]), str(values["total"])) == ("12.50", "25.00")
    assert shown["in_stock"] == "9"
    assert house.perform(MarkRecord("li", "stock_in", entry["record_id"], "void", reason="错单")).ok
    assert house.read(page)[1]["in_stock"] == "0"


async def test_lists_filter_sort_group_and_total(house: Company):
    """列表：条件、排序、分组、合计；条件写错说出位置。"""
    part = made(house, "part", name="轴承")["record_id"]
    for n in (3, 1, 2):
        made(house, "stock_in", part=part, qty=str(n))
    found = house.read(
        lambda uow: lists.listed(uow, "stock_in", "zhao", Wish(filter="数量 > 1", sort="-数量"))
    )
    assert [row["cells"][1] for row in found["rows"]] == ["3", "2"]
    assert found["totals"]["qty"] == "5"
    grouped = house.read(lambda uow: lists.listed(uow, "stock_in", "zhao", Wish(group="物料")))
    assert [(one["text"], one["count"]) for one in grouped["groups"]] == [("轴承", 3)]
    with pytest.raises(Exception, match="第 1 个字"):
        house.read(lambda uow: lists.listed(uow, "stock_in", "zhao", Wish(filter="没有 > 1")))


async def test_copy_comment_and_draft_on_another_device(house: Company):
    """复制成草稿，草稿在哪儿都能接着填；评论里提到的人收到消息。"""
    part = made(house, "part", name="轴承")["record_id"]
    made(house, "stock_in", part=part, qty="5")
    out = made(house, "stock_out", items=[{"part": part, "qty": "2"}])
    copy = house.perform(CopyRecord("li", "stock_out", out["record_id"]))
    assert copy.ok, copy
    rows = house.read(lambda uow: linkage.drafts(uow, "li"))
    assert [(one["id"], one["form"]) for one in rows] == [(copy.data["draft_id"], "stock_out")]
    await house.phone("li").says("草稿")
    assert any(card.title == "出库单" for card in house.phone("li").cards)
    said = house.perform(CommentRecord("li", "stock_out", out["record_id"], "请看一下", ("wang",)))
    assert said.ok, said
    await house.settle()
    assert any("请看一下" in text for text in house.phone("wang").texts)


async def test_linkage_answers_for_what_is_typed(house: Company):
    """联动：页面问服务器，带出单价、金额。"""
    part = made(house, "part", name="轴承", price="8")["record_id"]
    ready_rows = {"items": [{"part": part, "qty": "3"}]}

    def ask(uow: Any) -> Any:
        return linkage.linked_values(uow, uow.shelf.form("stock_out"), "li", ready_rows)

    found = house.read(ask)["values"]
    assert (found["items"][0]["price"], found["items"][0]["amount"], found["total"]) == (
        "8.00",
        "24.00",
        "24.00",
    )
