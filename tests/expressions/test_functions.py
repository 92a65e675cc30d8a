"""The table of functions keeps its word: each example is run. And 大写, digit by digit."""

import re
from datetime import date
from decimal import Decimal

import pytest
from expression_samples import BARE_SCOPE, CALLS, NOW, ORDER, ROW, SCOPE, ZONE

from core.expressions import TABLE, Function, Kind, Schema, Scope, Symbol, compile
from core.expressions.functions import BY_NAME
from core.expressions.money import capitals

HOUSE = {
    "聚合": lambda _name, *_keys: Decimal(7),
    "查表": lambda _row, _name, _output=None: "经理",
    "查询": lambda _asked: {"price": Decimal("12.50")},
}
PRICES = Schema("price_list", (Symbol("price", "单价", Kind.NUMBER), Symbol("item", "物料", Kind.TEXT)))
ORDERS = Schema("订单", (*ORDER.symbols, Symbol("item", "物料", Kind.TEXT)), (("价目表", PRICES),))
WEEK_SCOPE = Scope(
    NOW, ZONE, "u1", {name: call for name, call in {**CALLS, **HOUSE}.items() if name != "工作日"}
)


@pytest.mark.parametrize("function", TABLE, ids=lambda function: function.name)
def test_every_example_gives_its_answer(function: Function) -> None:
    found = compile(function.example, ORDERS).evaluate({}, WEEK_SCOPE)
    answer = compile(function.answer, ORDER).evaluate({}, WEEK_SCOPE)

    assert found == answer
    assert found is not None


def test_the_names_of_the_design_are_there_and_unique() -> None:
    wanted = re.findall(
        r"\w+",
        """
        SUM AVG MIN MAX COUNT COUNTIF SUMIF IF IFS AND OR NOT ROUND ROUNDUP ROUNDDOWN INT MOD ABS
        TEXT LEFT RIGHT MID LEN TRIM CONCAT FIND TODAY NOW DATE YEAR MONTH DAY WEEKDAY EDATE EOMONTH
        DATEDIF NETWORKDAYS WORKDAY ISBLANK COALESCE 大写 上级 我的部门 工作日 我
        """,
    )
    spellings = [name.upper() for function in TABLE for name in (function.name, *function.aliases)]

    assert set(wanted) <= set(BY_NAME)
    assert len(spellings) == len(set(spellings))


CORNERS = [
    ("ROUND(-2.345, 2)", Decimal("-2.35")),
    ("round(1250, -2)", Decimal(1300)),
    ("ROUND(2.5)", Decimal(3)),
    ("ROUNDUP(-2.1)", Decimal(-3)),
    ("ROUNDDOWN(-2.9)", Decimal(-2)),
    ("MOD(7, -3)", Decimal(-2)),
    ("TEXT(1234.567)", "1234.567"),
    ("TEXT(100)", "100"),
    ('TEXT(0.1256, "0.0%")', "12.6%"),
    ('TEXT(-1234567.891, "#,##0.00")', "-1,234,567.89"),
    ('TEXT(5, "¥0.00元")', "¥5.00元"),
    ('TEXT(1.5, "0.###")', "1.5"),
    ('TEXT(DATE(2026, 1, 5), "yyyy年M月d日")', "2026年1月5日"),
    ('TEXT(DATE(2026, 1, 5), "yyyy-mm-dd")', "2026-01-05"),
    ('TEXT(现在, "yyyy/MM/dd HH:mm")', "2026/11/22 10:30"),
    ("TEXT(创建时间)", "2026-11-22 08:00"),
    ('RIGHT("采购申请", 0)', ""),
    ('MID("采购", 0, 9)', "采购"),
    ('FIND("x", "采购")', Decimal(0)),
    ("DATE(2026, 2, 30)", None),
    ("DATE(创建时间)", date(2026, 11, 22)),
    ('WEEKDAY("2026-11-22")', Decimal(1)),
    ("EDATE(客户.建档日, 12)", date(2021, 2, 28)),
    ('EOMONTH("2026-02-10")', date(2026, 2, 28)),
    ('DATEDIF("2026-01-31", "2026-03-01")', Decimal(29)),
    ('DATEDIF("2020-02-29", "2026-11-22", "Y")', Decimal(6)),
    ('DATEDIF("2026-11-22", "2026-01-01")', None),
    ('NETWORKDAYS(今天, "2026-11-18")', Decimal(-3)),
    ("CONCAT(标签, 金额, 公海, 交期)", "急大客户6000.5否2026-11-30"),
    ("LEFT(备注)", "加"),
]


@pytest.mark.parametrize(("text", "value"), CORNERS)
def test_corners_of_functions(text: str, value: object) -> None:
    assert compile(text, ORDER).evaluate(ROW, BARE_SCOPE if "NETWORK" in text else SCOPE) == value


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "零元整"),
        ("0.004", "零元整"),
        ("-0.004", "零元整"),
        ("0.05", "伍分"),
        ("0.5", "伍角整"),
        ("0.56", "伍角陆分"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("15.05", "壹拾伍元零伍分"),
        ("100.5", "壹佰元伍角整"),
        ("1005", "壹仟零伍元整"),
        ("1050", "壹仟零伍拾元整"),
        ("10000", "壹万元整"),
        ("10005", "壹万零伍元整"),
        ("10500", "壹万零伍佰元整"),
        ("100500", "壹拾万零伍佰元整"),
        ("15000.5", "壹万伍仟元伍角整"),
        ("1000000", "壹佰万元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1000000000001", "壹万亿零壹元整"),
        ("1000100000000", "壹万零壹亿元整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("-1680.32", "负壹仟陆佰捌拾元叁角贰分"),
        ("1680.325", "壹仟陆佰捌拾元叁角叁分"),
        ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_money_in_capitals(amount: str, written: str) -> None:
    assert capitals(Decimal(amount)) == written


def test_capitals_can_be_read_back() -> None:
    """20,000 amounts: what the characters say is the amount."""
    digits = {char: number for number, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"拾": 10, "佰": 100, "仟": 1_000}

    def read(text: str) -> int:
        total = group = digit = 0
        for char in text:
            if char in digits:
                digit = digits[char]
            elif char in units:
                group, digit = group + digit * units[char], 0
            elif char in "万亿":
                size = 10_000 if char == "万" else 100_000_000
                total, group, digit = (
                    (total + group + digit) * size if char == "亿" else total + (group + digit) * size,
                    0,
                    0,
                )
        return total + group + digit

    for step in range(20_000):
        amount = step * step * 7_919 + step * 100_003 + step % 10
        assert read(capitals(Decimal(amount)).removesuffix("元整")) == amount or amount == 0


def test_a_query_keeps_its_names_apart() -> None:
    """Labels ↔ keys on both sides of 查询, what it depends on, and what the page is told."""
    written = 'LOOKUP("价目表", 单价, 物料 == 本单.物料 且 单价 > 金额上限)'
    schema = Schema("订单", (*ORDERS.symbols,), ORDERS.forms)
    found = compile(written.replace("金额上限", "本单.金额"), schema)

    assert found.text == 'LOOKUP("价目表", price, item == 本单.item 且 price > 本单.total)'
    assert found.labelled(schema) == written.replace("金额上限", "本单.金额")
    assert compile(found.text, schema).text == found.text
    assert found.names == {"item", "total"}
    assert found.asked == {("price_list", "price"), ("price_list", "item")}
    tree = found.tree()
    assert tree["browser"] is False
    assert [one["path"] for one in tree["root"]["args"]] == [["item"], ["total"]]
