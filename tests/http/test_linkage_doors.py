"""What one form says to another, through two doors at least: the H5 page of a draft, and the open API."""

from __future__ import annotations

from typing import Any

import pytest

from core import commands as c
from tests.http.conftest import Browser, Company
from tests.http.test_api import Program, program
from tests.http.test_h5 import Phone, li  # noqa: F401  # a fixture

PARTNERS = """
form: partner
title: 合作方
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text, required: true, unique: true}
  - {key: level, label: 等级, type: select, options: [A, B]}
  - {key: phone, label: 电话, type: phone}
  - key: goods
    label: 常购
    type: subtable
    fields:
      - {key: item, label: 品名, type: text}
      - {key: price, label: 价, type: money}
"""
DEAL = """
form: deal
title: 成交单
fields:
  - {key: partner, label: 客户, type: link, to: partner, required: true, create: true, copy: {tel: 电话}}
  - {key: tel, label: 联系电话, type: phone}
  - {key: grade, label: 客户等级, type: text, fill_from: {form: partner, where: {id: 客户}, take: 等级}}
  - {key: other, label: 同级客户, type: select, options_from: {form: partner, where: {等级: 客户等级}, take: 名称}}
  - key: lines
    label: 明细
    type: subtable
    fill_from: {form: partner, where: {id: 客户}, rows: {item: 常购.品名, price: 常购.价}}
    fields:
      - {key: item, label: 品名, type: text, required: true}
      - {key: price, label: 价, type: money}
      - {key: qty, label: 数量, type: number, decimals: 0, default: 1}
      - {key: supplier, label: 供方, type: link, to: partner}
      - {key: kept, label: 供方等级, type: lookup, via: 供方, take: 等级, live: false}
      - {key: sum, label: 小计, type: money, formula: 价 * 数量}
  - {key: total, label: 合计, type: money, formula: SUM(明细.小计)}
  - {key: year, label: 年度, type: number, decimals: 0, default: 2026}
  - {key: code, label: 合同号, type: text}
  - {key: rush, label: 加急, type: switch}
  - {key: blanked, label: 加急原因, type: text, visible_if: 加急}
  - {key: kept_note, label: 保留备注, type: text, visible_if: 加急, when_hidden: keep}
  - {key: reset, label: 加急费, type: money, default: 10, visible_if: 加急, when_hidden: recompute}
unique:
  - {fields: [partner, code], if: 年度 == 2026, say: 这个客户今年已有这个合同号}
checks:
  - {if: 合计 > 1000, say: 单笔不能超过 1000, at: total}
  - {if: 合计 > 500, say: 超过 500 请确认折扣, level: warn, at: total}
buttons:
  - {key: close, text: 结案, if: 合同号 != 空, ask: [tel], set: {rush: false}, confirm: 确定结案吗}
  - {key: again, text: 再来一单, create: deal, map: {partner: 客户, code: 合同号}}
"""


@pytest.fixture
def house(company: Company) -> Company:
    company.done(c.Publish(c.SYSTEM, PARTNERS, "测试"))
    company.done(c.Publish(c.SYSTEM, DEAL, "测试"))
    return company


@pytest.fixture
def hong(house: Company) -> str:
    """鸿达, level A, two usual goods; 永辉, level A."""
    goods = [{"item": "轴承", "price": "8"}, {"item": "电机", "price": "300"}]
    made = house.done(
        c.CreateRecord(
            "li", "partner", {"name": "鸿达", "level": "A", "phone": "13812345678", "goods": goods}
        )
    )
    house.done(c.CreateRecord("li", "partner", {"name": "永辉", "level": "A"}))
    house.done(c.CreateRecord("li", "partner", {"name": "小店", "level": "B"}))
    return str(made["record_id"])


@pytest.fixture
def robot(house: Company, browser: Browser) -> Program:
    return program(house, browser, "li")


async def opened(house: Company, li: Phone) -> str:  # noqa: F811
    draft, handle = house.draft(form="deal")
    await li.opens(handle)
    return draft


async def handed_in(li: Phone, draft: str, values: dict[str, Any], status: int = 200) -> dict[str, Any]:  # noqa: F811
    sent = {"values": values, "revision": 1, "client_id": f"{draft}-{values}"[:90].encode().hex()[:90]}
    return await li.sends("POST", f"draft/{draft}/submit", status, json=sent)


async def test_the_page_is_filled_by_the_partner(house: Company, li: Phone, hong: str) -> None:  # noqa: F811
    """A field, an option list and a whole sub-table; what is picked brings its telephone."""
    draft = await opened(house, li)
    told = await li.sends("POST", f"draft/{draft}/linked", json={"values": {"partner": hong, "grade": "A"}})
    assert told["values"]["grade"] == "A"
    assert [(row["item"], row["price"]) for row in told["values"]["lines"]] == [
        ("轴承", "8.00"),
        ("电机", "300.00"),
    ]
    assert {one["value"] for one in told["options"]["other"]} == {"鸿达", "永辉"}
    sent = {"field": "partner", "q": "鸿", "values": {}, "after": ""}
    rows = (await li.sends("POST", f"draft/{draft}/choices", json=sent))["rows"]
    assert [(one["title"], one["fill"]) for one in rows] == [("鸿达", {"tel": "13812345678"})]

    made = await li.sends(
        "POST",
        f"draft/{draft}/inline",
        json={"field": "partner", "values": {"name": "新客户"}, "client_id": "a"},
    )
    assert made["title"] == "新客户"
    wrong = await li.sends(
        "POST",
        f"draft/{draft}/inline",
        422,
        json={"field": "partner", "values": {"name": "鸿达"}, "client_id": "b"},
    )
    assert wrong["problems"][0]["path"] == "name"


async def test_a_program_gets_what_the_page_would_have_filled(robot: Program, hong: str) -> None:
    """Fields that are not named at all are filled; what is sent, even empty, stands."""
    made = await robot.post("/forms/deal/records", {"values": {"partner": hong}}, 201)
    values = (await robot.get(f"/forms/deal/records/{made['id']}"))["values"]
    assert (values["grade"], [row["item"] for row in values["lines"]]) == ("A", ["轴承", "电机"])
    assert values["total"] == "308.00"
    own = {"partner": hong, "grade": None, "lines": [{"item": "其他", "price": "1"}]}
    made = await robot.post("/forms/deal/records", {"values": own}, 201)
    values = (await robot.get(f"/forms/deal/records/{made['id']}"))["values"]
    assert (values["grade"], [row["item"] for row in values["lines"]]) == (None, ["其他"])


async def test_unique_together_within_a_scope(house: Company, li: Phone, robot: Program, hong: str) -> None:  # noqa: F811
    """The same sentence from both doors; another year is another scope."""
    values = {"partner": hong, "code": "C-1", "lines": []}
    await robot.post("/forms/deal/records", {"values": values}, 201)
    api = await robot.post("/forms/deal/records", {"values": values}, 422)
    page = await handed_in(li, await opened(house, li), values, 422)
    assert api["problems"][0]["message"] == page["problems"][0]["message"] == "这个客户今年已有这个合同号"
    assert api["problems"][0]["pointer"].startswith("/values/")
    await robot.post("/forms/deal/records", {"values": {**values, "year": "2025"}}, 201)


async def test_checks_warn_and_block(house: Company, li: Phone, robot: Program, hong: str) -> None:  # noqa: F811
    """500 warns and is saved, 1000 blocks; at the field, by both doors."""
    lines = [{"item": "电机", "price": "300", "qty": "2"}]
    draft = await robot.post("/drafts", {"form": "deal", "values": {"partner": hong, "lines": lines}}, 201)
    warned = await robot.post(f"/drafts/{draft['id']}/submit", {}, 201)
    assert warned["warnings"] == ["超过 500 请确认折扣"]
    too_much = {"partner": hong, "lines": [{"item": "电机", "price": "300", "qty": "4"}]}
    refused = await handed_in(li, await opened(house, li), too_much, 422)
    assert refused["problems"] == [{"path": "total", "message": "单笔不能超过 1000"}]
    said = await robot.post("/forms/deal/records", {"values": too_much}, 422)
    assert said["problems"][0]["message"] == "单笔不能超过 1000"


async def test_a_row_keeps_what_it_looked_up(house: Company, robot: Program, hong: str) -> None:
    """A stored copy inside a row stays when the other record changes, and follows a new link."""
    row = {"item": "轴承", "price": "8", "supplier": hong}
    made = await robot.post("/forms/deal/records", {"values": {"partner": hong, "lines": [row]}}, 201)
    at = f"/forms/deal/records/{made['id']}"
    assert (await robot.get(at))["values"]["lines"][0]["kept"] == "A"
    house.done(c.UpdateRecord("li", "partner", hong, 1, {"level": "B"}))
    await robot.call("PATCH", at, 200, {"version": 1, "values": {"code": "X"}})
    assert (await robot.get(at))["values"]["lines"][0]["kept"] == "A"


async def test_hidden_fields_are_blanked_kept_or_set_anew(
    house: Company,
    li: Phone,  # noqa: F811
    robot: Program,
    hong: str,
) -> None:
    """What stands in a hidden field when it is handed in; by both doors."""
    shown = {"partner": hong, "rush": True, "blanked": "急", "kept_note": "记", "reset": "25"}
    made = await robot.post("/forms/deal/records", {"values": shown}, 201)
    at = f"/forms/deal/records/{made['id']}"
    await robot.call("PATCH", at, 200, {"version": 1, "values": {"rush": False}})
    values = (await robot.get(at))["values"]
    assert (values["blanked"], values["kept_note"], values["reset"]) == (None, "记", "10.00")

    page = await handed_in(li, await opened(house, li), {**shown, "rush": False})
    values = (await robot.get(f"/forms/deal/records/{page['record_id']}"))["values"]
    assert (values["blanked"], values["kept_note"], values["reset"]) == (None, "记", "10.00")


async def test_custom_buttons(house: Company, li: Phone, robot: Program, hong: str) -> None:  # noqa: F811
    """Offered by its condition, asks for a field, sets another, opens the next form filled."""
    plain = await robot.post("/forms/deal/records", {"values": {"partner": hong}}, 201)
    coded = await robot.post(
        "/forms/deal/records", {"values": {"partner": hong, "code": "C-2", "rush": True}}, 201
    )
    await opened(house, li)
    without = await li.sends("GET", f"records/deal/{plain['id']}")
    assert [one["key"] for one in without["record"]["buttons"]] == ["again"]
    press = f"records/deal/{coded['id']}/press"
    missing = await li.sends("POST", press, 422, json={"button": "close", "values": {}, "client_id": "1"})
    assert missing["problems"] == [{"path": "tel", "message": "请填写联系电话"}]
    body = {"button": "close", "values": {"tel": "13812345678"}, "client_id": "2"}
    assert (await li.sends("POST", press, json=body))["message"] == "已结案。"
    assert (await robot.get(f"/forms/deal/records/{coded['id']}"))["values"]["rush"] is False

    refused = await robot.post(f"/forms/deal/records/{plain['id']}/press", {"button": "close"}, 403)
    assert refused["message"] == "现在不能按这个按钮。"
    opened_next = await robot.post(f"/forms/deal/records/{coded['id']}/press", {"button": "again"})
    draft = await robot.get(f"/drafts/{opened_next['draft_id']}")
    assert (draft["values"]["partner"], draft["values"]["code"]) == (hong, "C-2")


async def test_only_what_is_offered_can_be_chosen(
    house: Company,
    li: Phone,  # noqa: F811
    robot: Program,
    hong: str,
) -> None:
    """An option that the query does not find now is refused alike by page and program; one that is kept may stay."""
    wrong = {"partner": hong, "grade": "A", "lines": [], "other": "小店"}
    api = await robot.post("/forms/deal/records", {"values": wrong}, 422)
    page = await handed_in(li, await opened(house, li), wrong, 422)
    sentence = "同级客户：没有「小店」这个选项，可选：永辉、鸿达"
    assert sorted(api["problems"][0]["message"]) == sorted(sentence)
    assert page["problems"] == [{"path": "other", "message": api["problems"][0]["message"]}]

    nothing = await robot.post("/forms/deal/records", {"values": {**wrong, "grade": "C"}}, 422)
    assert nothing["problems"][0]["message"] == "同级客户：没有「小店」这个选项，现在没有可选的内容"

    made = await robot.post("/forms/deal/records", {"values": {**wrong, "other": "永辉"}}, 201)
    at = f"/forms/deal/records/{made['id']}"
    await robot.call("PATCH", at, 200, {"version": 1, "values": {"grade": "B"}})
    assert (await robot.get(at))["values"]["other"] == "永辉"
    await robot.call("PATCH", at, 422, {"version": 2, "values": {"other": "鸿达"}})
    await robot.call("PATCH", at, 200, {"version": 2, "values": {"other": "小店"}})


async def test_a_row_keeps_what_it_looked_up_on_the_page(
    house: Company,
    li: Phone,  # noqa: F811
    robot: Program,
    hong: str,
) -> None:
    """The page shows the copy while the row is filled; it stays when the other record changes later."""
    draft = await opened(house, li)
    row = {"item": "轴承", "price": "8", "supplier": hong}
    told = await li.sends("POST", f"draft/{draft}/linked", json={"values": {"lines": [row]}})
    assert told["values"]["lines"][0]["kept"] == "A"
    made = await handed_in(li, draft, {"partner": hong, "lines": [row]})
    house.done(c.UpdateRecord("li", "partner", hong, 1, {"level": "B"}))

    shown = await li.sends("GET", f"records/deal/{made['record_id']}")
    table = next(one for one in shown["record"]["subtables"] if one["key"] == "lines")
    column = [one["key"] for one in table["columns"]].index("kept")
    assert table["rows"][0][column] == "A"
    new = await li.sends("POST", f"draft/{await opened(house, li)}/linked", json={"values": {"lines": [row]}})
    assert new["values"]["lines"][0]["kept"] == "B"


async def test_an_option_that_was_switched_off_stays_only_where_it_is(
    house: Company,
    li: Phone,  # noqa: F811
    robot: Program,
) -> None:
    """停用 of an option: new records may not have it, by no door; the old one may be changed elsewhere."""
    text = "form: paint\ntitle: 油漆\nfields:\n  - {key: name, label: 名称, type: text}\n  - {key: tone, label: 颜色, type: select, options: [红, {value: 绿}]}\n"
    house.done(c.Publish(c.SYSTEM, text, "测试"))
    made = await robot.post("/forms/paint/records", {"values": {"tone": "绿"}}, 201)
    house.done(c.Publish(c.SYSTEM, text.replace("{value: 绿}", "{value: 绿, off: true}"), "测试"))

    sent = {"values": {"tone": "绿"}}
    api = await robot.post("/forms/paint/records", sent, 422)
    draft, handle = house.draft(form="paint")
    await li.opens(handle)
    page = await handed_in(li, draft, sent["values"], 422)
    assert api["problems"][0]["message"] == page["problems"][0]["message"] == "颜色：「绿」已停用，不能再选"
    await robot.call(
        "PATCH", f"/forms/paint/records/{made['id']}", 200, {"version": 1, "values": {"name": "甲"}}
    )


async def test_a_column_offers_what_its_own_row_asks_for(house: Company, li: Phone, hong: str) -> None:  # noqa: F811
    """Each row is offered by its own column, the page is told row by row, and what it offers is taken."""
    text = DEAL.replace("form: deal", "form: order").replace("title: 成交单", "title: 分货单")
    picked = "      - {key: level, label: 级, type: text}\n      - {key: who, label: 给谁, type: select, options_from: {form: partner, where: {等级: 级}, take: 名称}}\n"
    at = "      - {key: sum, label: 小计"
    house.done(c.Publish(c.SYSTEM, text.replace(at, picked + at), "测试"))
    draft, handle = house.draft(form="order")
    await li.opens(handle)
    lines = [{"item": "甲", "level": one} for one in ("A", "B", "A", "")]
    told = await li.sends("POST", f"draft/{draft}/linked", json={"values": {"lines": lines}})
    offered = [{one["value"] for one in told["options"][f"lines.{row}.who"]} for row in range(4)]
    assert offered == [{"鸿达", "永辉"}, {"小店"}, {"鸿达", "永辉"}, set()]
    assert "lines.who" not in told["options"]

    lines = [{"item": "甲", "level": "A", "who": "永辉"}, {"item": "乙", "level": "B", "who": "永辉"}]
    refused = await handed_in(li, draft, {"partner": hong, "lines": lines}, 422)
    assert refused["problems"] == [
        {"path": "lines.1.who", "message": "给谁：没有「永辉」这个选项，可选：小店"}
    ]
    lines[1]["who"] = "小店"
    await handed_in(li, draft, {"partner": hong, "lines": lines})
