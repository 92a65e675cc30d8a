"""The text that takes a picture's place."""

from __future__ import annotations

from decimal import Decimal

from core.reports.chartdata import ChartData, Series
from core.reports.texttable import as_text


def test_one_series_is_two_aligned_columns():
    data = ChartData(
        "各部门销售额",
        ("华东销售部", "客服"),
        (Series("销售额", (Decimal("1284500.00"), Decimal("-23.5"))),),
        "元",
        "截至 09:30",
    )
    assert as_text(data).splitlines() == [
        "各部门销售额（元）",
        "截至 09:30",
        "华东销售部  1,284,500.00",
        "客服\u3000\u3000\u3000         -23.5",
    ]


def test_two_series_have_a_head_row_and_gaps_are_dashes():
    data = ChartData("趋势", ("1月",), (Series("收入", (Decimal(5),)), Series("支出", (None,))))
    assert as_text(data).splitlines()[1:] == ["\u3000 " + "  收入  支出", "1月     5     –"]


def test_at_most_fifteen_rows_and_the_rest_is_counted():
    numbers = tuple(Decimal(i) for i in range(40))
    text = as_text(ChartData("排名", tuple(f"客户{i}" for i in range(40)), (Series("额", numbers),)))
    assert len(text.splitlines()) == 1 + 15
    assert text.splitlines()[-1] == "另有 26 项，请在网页查看"


def test_nothing_and_monsters():
    assert as_text(ChartData("空", (), ())) == "空\n无数据"
    assert "1.000000E+900" in as_text(ChartData("大", ("甲",), (Series("值", (Decimal("1E+900"),)),)))
