"""What people write, and what it is worth. Tables: text → value on the sample row."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from expression_samples import BARE_SCOPE, ORDER, ROW, SCOPE, ZONE

from core.expressions import ExpressionError, Kind, compile


def worth(text: str, row: dict[str, object] | None = None) -> Any:
    return compile(text, ORDER).evaluate(ROW if row is None else row, SCOPE)


WORDS_AND_SIGNS = [
    ('金额 > 5000 且 客户.等级 属于 ["A", "B"]', True),
    ('金额>5000且客户.等级属于["A","B"]', True),
    ("金额＞５０００　并且（公海＝＝否）", True),
    ("total > 5000 and public == false", True),
    ("金额 > 1 或者 金额 / 0 > 1", True),
    ("非 公海", True),
    ("不是 公海", True),
    ("公海 是 否", True),
    ("公海 不是 是", True),
    ("状态 是 “进行中”", True),
    ("状态 不是 '完成'", True),
    ('状态 = "进行中"', True),
    ('状态 <> "完成"', True),
    ("金额 ≥ 6000.5", True),
    ("金额 ≤ 6000.49", False),
    ("金额 大于 5000", True),
    ('备注 包含 "周一"', True),
    ('备注 不包含 "周一"', False),
    ('备注 开头是 "加急"', True),
    ('备注 结尾是 "送到"', True),
    ('备注 匹配 "^加.{2}周"', True),
    ('备注 =~ "周"', False),
    ('备注 =~~ "周"', True),
    ('标签 包含 "急"', True),
    ('标签 包含 ["急", "大客户"]', True),
    ('"小" 属于 标签', False),
    ('"进行" 属于 状态', True),
    ("完成时间 为空", True),
    ("备注 非空 且 完成时间 是空", True),
    ("付款 为空", True),
    ("客户 == 'c1'", True),
    ('任意 == "x"', True),
    ("任意 == 1", False),
    ("1 + 2 * 3 - 4 / 8", Decimal("6.5")),
    ("0.1 + 0.2 == 0.3", True),
    ("-2 * -3", Decimal(6)),
    ("7 // 2 + -7 // 2", Decimal(0)),
    ("-7 % 3", Decimal(-1)),
    ("1 / 3", Decimal("0.3333333333333333333333333333")),
    ("金额 * 5%", Decimal("300.025")),
    ("10 % 4", Decimal(2)),
    ("5万 + 1亿", Decimal(100050000)),
    ("金额 ?? 0", Decimal("6000.50")),
    ('件数 > 2 ? "多" : "少"', "多"),
    ("【天数 (天)】 + 1", Decimal(13)),
    ('备注 + "！"', "加急，周一前送到！"),
    ('"a\\"b" + \'c\' + r"\\d"', 'a"bc\\d'),
]


@pytest.mark.parametrize(("text", "value"), WORDS_AND_SIGNS)
def test_words_and_signs(text: str, value: object) -> None:
    assert worth(text) == value


DATES_AND_LENGTHS = [
    ("今天", date(2026, 11, 22)),
    ("现在", datetime(2026, 11, 22, 10, 30, tzinfo=ZONE)),
    ("今天 - 上次跟进日", timedelta(days=52)),
    ("今天 - 上次跟进日 > 30天", True),
    ("(今天 - 上次跟进日) / 1天", Decimal(52)),
    ("交期 - 今天 <= 1周", False),
    ("上次跟进日 + 30天", date(2026, 10, 31)),
    ("30天 + 上次跟进日", date(2026, 10, 31)),
    ("交期 - 36小时", date(2026, 11, 28)),
    ("创建时间 + 15分钟", datetime(2026, 11, 22, 8, 15, tzinfo=ZONE)),
    ("现在 - 创建时间", timedelta(hours=2, minutes=30)),
    ("现在 - 上次跟进日", timedelta(days=52, hours=10, minutes=30)),
    ("创建时间 == 今天", True),
    ("创建时间 > 今天", True),
    ("创建时间 > 上次跟进日", True),
    ('交期 == "2026-11-30"', True),
    ("交期 > '2026/11/1'", True),
    ('交期 属于 ["2026-11-30", 今天]', True),
    ("耗时 > 1天", True),
    ("耗时 * 2", timedelta(hours=60)),
    ("-耗时 + 2小时", timedelta(hours=-28)),
    ("耗时 / 3", timedelta(hours=10)),
]


@pytest.mark.parametrize(("text", "value"), DATES_AND_LENGTHS)
def test_dates_and_lengths(text: str, value: object) -> None:
    assert worth(text) == value


SUB_TABLES = [
    ("SUM(明细.数量 * 明细.单价)", Decimal(307)),
    ("明细.单价", [Decimal("3.50"), Decimal(300), Decimal(10)]),
    ("COUNT(明细)", Decimal(3)),
    ("COUNT(明细.数量)", Decimal(2)),
    ("COUNT(付款)", Decimal(0)),
    ("SUM(付款.实付)", Decimal(0)),
    ("AVG(付款.实付)", None),
    ("AVG(明细.数量)", Decimal("1.5")),
    ("MAX(明细.日期)", date(2026, 12, 1)),
    ("MIN(明细.单价, 2)", Decimal(2)),
    ("MIN(付款.实付)", None),
    ("COUNTIF(明细.单价 > 5)", Decimal(2)),
    ('COUNTIF(明细.单价, ">=10")', Decimal(2)),
    ('COUNTIF(明细.类别, "交通")', Decimal(1)),
    ('COUNTIF(明细.日期, ">2026-11-15")', Decimal(1)),
    ("COUNT(明细.单价 > 5)", Decimal(2)),
    ('SUMIF(明细.类别, "住宿", 明细.单价)', Decimal(300)),
    ('SUMIF(明细.类别 == "住宿", 明细.单价 * 2)', Decimal(600)),
    ('SUMIF(明细.单价, ">5")', Decimal(310)),
    ("SUM(IF(明细.合格, 明细.单价, 0))", Decimal("3.50")),
    ("SUM(明细.单价) + SUM(金额, 付款.实付)", Decimal("6314.00")),
    ("明细.日期 > 今天", True),
    ("非 明细.日期 > 今天", False),
    ('明细.类别 == "交通" 且 明细.单价 > 100', False),
    ('明细.类别 == "交通" 且 ANY(明细.单价 > 100)', True),
    ("ALL(明细.单价 > 1)", True),
    ("ALL(付款.实付 > 1)", True),
    ('"住宿" 属于 明细.类别', True),
    ("SUM(明细.数量 * SUM(明细.单价))", Decimal("940.50")),
    ("CONCAT(明细.类别)", "交通住宿"),
    ("COUNT(标签)", Decimal(2)),
]


@pytest.mark.parametrize(("text", "value"), SUB_TABLES)
def test_sub_tables(text: str, value: object) -> None:
    assert worth(text) == value


NULLS = [
    ("金额 > 1", False),
    ("金额 < 1", False),
    ("非 (金额 > 1)", True),
    ("金额 == 空", True),
    ("金额 != 1", True),
    ("金额 == 件数", True),
    ("金额 + 1", None),
    ("金额 / 0", None),
    ("1 % 0", None),
    ("金额 属于 [1, 2]", False),
    ("金额 属于 [1, 空]", True),
    ('标签 包含 "急"', False),
    ('备注 包含 ""', False),
    ("公海", None),
    ("客户.等级", None),
    ("SUM(明细.数量)", Decimal(0)),
    ("ISBLANK(明细)", True),
    ("LEN(备注)", Decimal(0)),
    ("COALESCE(金额, 件数, 7)", Decimal(7)),
    ('CONCAT(备注, "-", 金额)', "-"),
    ("今天 - 交期 > 1天", False),
    ("IF(公海, 1, 2)", Decimal(2)),
]


@pytest.mark.parametrize(("text", "value"), NULLS)
def test_nulls_behave_as_in_sql(text: str, value: object) -> None:
    """An empty row: comparisons are false, arithmetic is null."""
    assert worth(text, {}) == value


def test_a_yes_no_expression_never_answers_null() -> None:
    assert compile("公海", ORDER, Kind.BOOL).evaluate({}, SCOPE) is False


def test_the_house_is_asked_through_the_scope() -> None:
    assert worth("上级(我, 2)") == "u1的2级上级"
    assert worth("上级()") == "u1的1级上级"
    assert worth("上级(客户)") == "c1的1级上级"
    assert worth('我的部门 == "销售部"') is True
    with pytest.raises(ExpressionError, match="这里不能使用「上级」"):
        compile('上级("u2")', ORDER).evaluate(ROW, BARE_SCOPE)


def test_the_business_calendar_decides_working_days() -> None:
    """23 November is a holiday of the house, a Monday elsewhere."""
    text = 'NETWORKDAYS("2026-11-20", "2026-11-24")'
    assert worth(text) == Decimal(2)
    assert compile(text, ORDER).evaluate(ROW, BARE_SCOPE) == Decimal(3)
    assert worth('WORKDAY("2026-11-20", 1)') == date(2026, 11, 24)
    assert worth('WORKDAY("2026-11-24", -1)') == date(2026, 11, 20)


@pytest.mark.parametrize(
    "text", ["IF(金额 > 0, 1, DATE(1))", "IFS(是, 1, 否, DATE(1))", "COALESCE(1, DATE(1))"]
)
def test_only_the_branch_needed_may_fail(text: str) -> None:
    """DATE(1) fails when it is asked."""
    with pytest.raises(ExpressionError, match="年、月、日"):
        worth("DATE(1)")
    assert compile(text.replace("DATE(1)", "YEAR(DATE(1))"), ORDER).evaluate(ROW, SCOPE) == Decimal(1)
    assert worth("否 且 YEAR(DATE(1)) > 1") is False
    assert worth("是 或 YEAR(DATE(1)) > 1") is True


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"total": "12"}, "「金额」的值不是可用的数字"),
        ({"total": True}, "「金额」的值不是可用的数字"),
        ({"total": float("nan")}, "「金额」的值不是可用的数字"),
        ({"total": Decimal("sNaN")}, "「金额」的值不是可用的数字"),
        ({"total": Decimal("1e50")}, "太大"),
    ],
)
def test_bad_values_are_refused_in_chinese(row: dict[str, object], said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        worth("金额 * 金额 > 1", row)


def test_integers_and_floats_count_exactly() -> None:
    assert worth("金额 * 3", {"total": 0.1}) == Decimal("0.3")
    assert worth("金额 * 3", {"total": 7}) == Decimal(21)


def test_importing_the_package_does_not_build_the_grammar() -> None:
    """rule_engine costs 0.4 s; only the first compile pays it."""
    import subprocess
    import sys

    code = "import sys, core.expressions as _; assert not {'rule_engine', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
