"""查询(…): a formula that asks another form, the same from card, page and API; circles are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.commands import SYSTEM, CreateRecord, Publish, UpdateRecord
from core.queries.linkage import linked_values
from tests.company import Company

PRICES = """
form: tariff
title: 价目表
fields:
  - {key: item, label: 物料, type: text, required: true}
  - {key: level, label: 客户等级, type: select, options: [A, B]}
  - {key: since, label: 生效日, type: date}
  - {key: amount, label: 单价, type: money, required: true}
  - key: steps
    label: 阶梯
    type: subtable
    fields:
      - {key: least, label: 起订量, type: number, decimals: 0}
      - {key: cut, label: 折后价, type: money}
"""
QUOTE = """
form: offer
title: 小报价
fields:
  - {key: level, label: 等级, type: select, options: [A, B]}
  - {key: made_on, label: 日期, type: date}
  - {key: item, label: 物料, type: text}
  - {key: qty, label: 数量, type: number, decimals: 0}
  - {key: price, label: 单价, type: money, formula: '查询("价目表", 单价, 物料 == 本单.物料 且 客户等级 == 本单.等级)'}
  - {key: step, label: 阶梯价, type: money,
     formula: 'LOOKUP("tariff", 阶梯.折后价, 物料 == 本单.物料 且 阶梯.起订量 <= 本单.数量)'}
  - key: lines
    label: 明细
    type: subtable
    fields:
      - {key: item, label: 品名, type: text}
      - {key: qty, label: 件数, type: number, decimals: 0}
      - {key: cost, label: 价格, type: money, formula: '查询("价目表", 单价, 物料 == 本行.品名)'}
      - {key: sum, label: 小计, type: money, formula: 件数 * 价格}
  - {key: total, label: 合计, type: money, formula: SUM(明细.小计)}
"""


def publish(company: Company, text: str) -> None:
    done = company.perform(Publish(SYSTEM, text, "测试"))
    assert done.ok, done


@pytest.fixture
def shop(company: Company) -> Company:
    publish(company, PRICES)
    publish(company, QUOTE)
    for item, level, amount in (("电机", "A", "90"), ("电机", "B", "100"), ("轴承", "A", "8.5")):
        steps = [{"least": 1, "cut": "80"}, {"least": 100, "cut": "70"}] if item == "电机" else []
        values = {"item": item, "level": level, "amount": amount, "steps": steps}
        company.perform(CreateRecord("li", "tariff", values))
    return company


def stored(company: Company, record_id: str, form: str = "offer") -> dict[str, object]:
    with company.store.read() as uow:
        record = uow.records.load(uow.shelf.form(form).form, record_id)
        assert record is not None
        return record.values


def test_a_formula_asks_another_form(shop: Company) -> None:
    """The condition names both forms; rows of sub-tables ask for themselves; totals follow."""
    lines = [{"item": "电机", "qty": 2}, {"item": "轴承", "qty": 10}, {"item": "没有的", "qty": 1}]
    values = {"level": "A", "item": "电机", "qty": 120, "lines": lines}
    done = shop.perform(CreateRecord("li", "offer", values))

    found = stored(shop, str(done.data["record_id"]))
    assert found["price"] == Decimal("90.00")
    assert found["step"] == Decimal("80.00")  # the first row of the sub-table that fits
    costs = [row["cost"] for row in found["lines"]]  # type: ignore[union-attr]
    assert costs == [Decimal("100.00"), Decimal("8.50"), None]  # 电机: the newest record
    assert found["total"] == Decimal("285.00")


def test_the_page_is_told_the_same(shop: Company) -> None:
    """The page's question to the server and the saved record agree; an empty field finds nothing."""
    with shop.store.read() as uow:
        ready = uow.shelf.form("offer")
        told = linked_values(uow, ready, "li", {"level": "B", "item": "电机", "lines": [{"item": "轴承"}]})
        empty = linked_values(uow, ready, "li", {"level": "B"})
    assert told["values"]["price"] == "100.00"
    assert told["values"]["lines"][0]["cost"] == "8.50"
    assert empty["values"]["price"] is None


def test_void_records_are_not_found_and_the_record_itself_neither(shop: Company) -> None:
    meter = """
form: meter
title: 抄表
fields:
  - {key: dial, label: 表号, type: text}
  - {key: now, label: 本次读数, type: number, decimals: 0}
  - {key: last, label: 上次读数, type: number, decimals: 0, formula: '查询("抄表", 本次读数, 表号 == 本单.表号)'}
"""
    publish(shop, meter)
    first = shop.perform(CreateRecord("li", "meter", {"dial": "M1", "now": 10}))
    second = shop.perform(CreateRecord("li", "meter", {"dial": "M1", "now": 25}))
    assert stored(shop, str(first.data["record_id"]), "meter")["last"] is None
    assert stored(shop, str(second.data["record_id"]), "meter")["last"] == 10

    again = UpdateRecord("li", "meter", str(second.data["record_id"]), 1, {"now": 30})
    shop.perform(again)
    assert stored(shop, str(second.data["record_id"]), "meter")["last"] == 10


MISTAKES = [
    ('查询("没有的表", 单价, 物料 == 本单.物料)', "没有「没有的表」这张表单"),
    ('查询("价目表", 价, 物料 == 本单.物料)', "没有「价」这个字段"),
    ('查询("价目表", 单价, 物料 == 本单.料)', "没有「料」这个字段"),
    ('查询("价目表", 单价, 生效日 == 本单.数量)', "不能与"),
    ('查询("价目表", 单价)', "少了参数"),
    ('查询("价目表", 阶梯.折后价, 物料 == 本单.物料)', "子表的哪一行"),
    ('查询("价目表", 物料, 物料 == 本单.物料)', "结果要是数字"),
    ('查询("价目表", 单价, 单价 == 查询("价目表", 单价, 物料 == "电机"))', "不能使用「查询」"),
]


def test_mistakes_are_said_at_publish(shop: Company) -> None:
    """Each with a sentence; the definition in force stays."""
    for formula, says in MISTAKES:
        text = QUOTE.replace('查询("价目表", 单价, 物料 == 本单.物料 且 客户等级 == 本单.等级)', formula)
        refused = shop.perform(Publish(SYSTEM, text, "测试"))
        assert says in "".join(one.message for one in refused.problems), formula


def test_circles_through_other_forms_are_refused(shop: Company) -> None:
    """价目表.单价 may not ask 小报价.单价, which asks 价目表.单价."""
    circle = PRICES.replace(
        "{key: amount, label: 单价, type: money, required: true}",
        "{key: amount, label: 单价, type: money, formula: '查询(\"小报价\", 单价, 物料 == 本单.物料)'}",
    )
    refused = shop.perform(Publish(SYSTEM, circle, "测试"))
    said = "".join(one.message for one in refused.problems)
    assert "价目表.单价 → 小报价.单价 → 价目表.单价" in said


def test_what_is_asked_cannot_be_removed(shop: Company) -> None:
    """Dependency check: the price list's 单价 is used by the quote, through the title 价目表."""
    text = PRICES.replace("label: 单价", "label: 金额").replace("key: amount", "key: worth")
    refused = shop.perform(Publish(SYSTEM, text, "测试"))
    assert any("小报价" in one.message for one in refused.problems)


def test_a_new_version_of_the_other_form_is_seen(shop: Company) -> None:
    """Compiled formulas follow the other form: a label that moved is found under its new name's key."""
    more = PRICES.replace("  - key: steps", "  - {key: note, label: 备注, type: text}\n  - key: steps")
    publish(shop, more)
    done = shop.perform(CreateRecord("li", "offer", {"level": "A", "item": "轴承"}))
    assert stored(shop, str(done.data["record_id"]))["price"] == Decimal("8.50")


def test_what_sql_cannot_say_is_looked_at_one_by_one(shop: Company) -> None:
    """TRIM has no SQL twin here: the records are checked in Python, with the same answer."""
    text = QUOTE.replace("物料 == 本单.物料 且 客户等级", "TRIM(物料) == TRIM(本单.物料) 且 客户等级")
    publish(shop, text)
    done = shop.perform(CreateRecord("li", "offer", {"level": "B", "item": " 电机 "}))
    assert stored(shop, str(done.data["record_id"]))["price"] == Decimal("100.00")


def test_managers_of_a_level_can_be_asked(shop: Company) -> None:
    """上级(人, 级数) in a formula."""
    text = """
form: boss_list
title: 上级表
fields:
  - {key: who, label: 人, type: member}
  - {key: boss, label: 上级, type: text, formula: '上级(人, 1)'}
"""
    publish(shop, text)
    done = shop.perform(CreateRecord("li", "boss_list", {"who": "li"}))
    assert stored(shop, str(done.data["record_id"]), "boss_list")["boss"] is not None
