"""Chart images: what is drawn, that it is legible, and that hostile data neither fails nor swells them."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from core.reports import charts
from core.reports.chartdata import ChartData, ChartKind, Series, finite, fold, fold_series, latest
from core.reports.picture import PALETTE, REST, Dot, Label, Picture, Rect, Stroke, wrap
from core.reports.plots import layout

ROOT = Path(__file__).parents[2]
RARE = "㛃䶮喆堃囧犇淼昇頔赟翀甯𬭎𫖯·￥（）—…℃㎡"


def series(name: str, *values: object) -> Series:
    return Series(name, tuple(None if value is None else Decimal(str(value)) for value in values))


def plan(kind: ChartKind, data: ChartData) -> Picture:
    return layout(kind, data, charts._measure)


def texts(picture: Picture) -> list[str]:
    return [shape.text for shape in picture.shapes if isinstance(shape, Label)]


def size(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


REGIONS = ChartData(
    "各区域销售额", ("华东", "华南", "华北"), (series("销售额", 1284500, 986000, 456780),), "元"
)
FORTY_NINE = ChartData(
    "应收余额", tuple(f"客户名称第{i}号有限公司" for i in range(49)), (series("余额", *range(49, 0, -1)),)
)


def test_every_name_character_has_a_glyph():
    """GBK 全部汉字和《通用规范汉字表》里的人名用字都画得出，不会变成方框。"""
    gbk = "".join(
        bytes((high, low)).decode("gbk", "ignore") for high in range(0x81, 0xFF) for low in range(0x40, 0xFF)
    )
    hanzi = {char for char in gbk if "\u4e00" <= char <= "\u9fa5"}
    assert len(hanzi) == 20_902
    assert charts.missing("".join(hanzi) + RARE) == set()
    signs = {char for char in gbk if char.isprintable()} - hanzi
    assert charts.missing("".join(signs)) == {"≒"}  # not in Noto Sans CJK SC either


def test_rare_characters_leave_different_ink():
    """缺字会画成同一个方框；不同的字必须留下不同的图。"""
    inks = {charts.draw(ChartKind.BAR, ChartData(char, (), ())) for char in RARE}
    assert len(inks) == len(RARE)


def test_the_same_bytes_in_another_process():
    """同样的数据，在另一个进程里画出逐字节相同的 PNG。"""
    code = (
        "import sys, hashlib; sys.path.insert(0, 'tests/reports'); import test_charts as t\n"
        "print(hashlib.sha256(t.charts.draw(t.ChartKind.STACKED_BAR, t.REGIONS)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
    )
    mine = charts.draw(ChartKind.STACKED_BAR, REGIONS)
    assert other.stdout.strip() == hashlib.sha256(mine).hexdigest()
    assert size(mine) == (750, 560)
    assert len(mine) < 60_000


def test_large_amounts_are_told_in_wan():
    told = texts(plan(ChartKind.BAR, REGIONS))
    assert "销售额　单位：万元" in told
    assert [text for text in ("128.5", "98.6", "45.7") if text in told] == ["128.5", "98.6", "45.7"]


def test_bars_are_as_long_as_their_values_and_stay_below_the_title():
    picture = plan(ChartKind.BAR, REGIONS)
    heights = [shape.height for shape in picture.shapes if isinstance(shape, Rect)]
    assert heights[0] / heights[1] == pytest.approx(1284500 / 986000)
    assert heights[0] / heights[2] == pytest.approx(1284500 / 456780)


def test_losses_are_red_and_hang_below_zero():
    picture = plan(ChartKind.BAR, ChartData("利润", ("甲", "乙"), (series("利润", 30, -20),)))
    gain, loss = (shape for shape in picture.shapes if isinstance(shape, Rect))
    assert gain.y + gain.height == pytest.approx(loss.y)
    assert gain.color != loss.color
    assert "-20" in texts(picture)


def test_a_stack_shows_its_total_and_a_legend():
    data = ChartData("构成", ("一月", "二月"), (series("华东", 10, 20), series("华南", 5, None)), "件")
    told = texts(plan(ChartKind.STACKED_BAR, data))
    assert {"华东", "华南", "15", "20", "单位：件"} <= set(told)


def test_a_gap_breaks_the_line_and_a_lone_point_is_a_dot():
    data = ChartData(
        "趋势", tuple("一二三四五"), (series("值", 1, 2, None, 4, None), series("乙", 1, 1, 1, 1, 1))
    )
    picture = plan(ChartKind.LINE, data)
    lines = [len(shape.points) for shape in picture.shapes if isinstance(shape, Stroke) and shape.width > 3]
    assert lines == [2, 5]
    assert sum(isinstance(shape, Dot) for shape in picture.shapes) == 2 * 8


def test_twelve_months_are_short_and_carry_their_year():
    months = tuple(f"{2025 + i // 12}-{i % 12 + 1:02d}" for i in range(6, 18))
    told = texts(plan(ChartKind.LINE, ChartData("月度", months, (series("值", *range(12)),))))
    assert [text for text in told if text.endswith(("月", "年"))] == [
        *(
            "7月",
            "2025年",
            "8月",
            "9月",
            "10月",
            "11月",
            "12月",
            "1月",
            "2026年",
            "2月",
            "3月",
            "4月",
            "5月",
            "6月",
        )
    ]


@pytest.mark.parametrize("kind", ChartKind)
@pytest.mark.parametrize(
    "data",
    [
        ChartData("空", (), ()),
        ChartData("空", ("甲",), (series("值", None),)),
        ChartData("空", ("甲",), (series("值", "NaN"),)),
    ],
)
def test_nothing_to_draw_says_so(kind: ChartKind, data: ChartData):
    assert "无数据" in texts(plan(kind, data))
    assert size(charts.draw(kind, data))[0] == 750


def test_more_than_forty_customers_become_others():
    picture = plan(ChartKind.BAR, FORTY_NINE)
    assert "其他（10 项合计）" in texts(picture)
    assert "55" in texts(picture)  # 10 + 9 + … + 1
    bars = [shape for shape in picture.shapes if isinstance(shape, Rect)]
    assert (len(bars), bars[-1].color) == (40, REST)
    assert size(charts.draw(ChartKind.BAR, FORTY_NINE))[1] <= 2000


def test_folding_keeps_the_largest_in_their_order():
    data = fold(ChartData("a", tuple("甲乙丙丁"), (series("值", 1, 9, 2, 8),)), 3)
    assert data.categories == ("乙", "丁", "其他（2 项合计）")
    assert data.series[0].values == (9, 8, 3)


def test_many_series_and_long_times_are_cut_and_told():
    many = fold_series(ChartData("a", ("甲",), tuple(series(f"s{i}", i) for i in range(10))))
    assert [one.name for one in many.series][-1] == "其他（3 项合计）"
    assert many.series[-1].values == (7 + 8 + 9,)
    cut = latest(ChartData("a", tuple(map(str, range(500))), (series("值", *range(500)),)), 366)
    assert (len(cut.categories), cut.categories[-1]) == (366, "499")
    assert "只画最近 366 项" in cut.subtitle


def test_hostile_text_is_plain_text():
    """`$$`、公式、表情、控制字符和超长文字都只是文字。"""
    nasty = "$$ \\frac{1}{ $x^2$ _^{} \x00\x07 😀 \u202e <b>&amp;" + "长" * 5000
    data = ChartData(
        nasty, (nasty, "𠮷\U0002ebf0"), (series(nasty, 1, 2), series("$", 3, 4)), nasty[:20], nasty
    )
    for kind in ChartKind:
        width, height = size(charts.draw(kind, data))
        assert width == 750
        assert height <= 2000


def test_numbers_beyond_a_float_axis_are_refused():
    for value in ("1E+18", "-1E+400"):
        with pytest.raises(ValueError, match="cannot be drawn"):
            charts.draw(ChartKind.BAR, ChartData("a", ("甲",), (series("值", value),)))
    assert finite(ChartData("a", ("甲",), (series("值", "Infinity"),))).series[0].values == (None,)


def test_series_must_fit_the_categories():
    with pytest.raises(ValueError, match="2 values for 1"):
        ChartData("a", ("甲",), (series("值", 1, 2),))


@pytest.mark.parametrize("kind", ChartKind)
@pytest.mark.parametrize("values", [(0, 0), (5, 5), (-3, -3), ("0.0001", "0.0002"), ("9e17", "-9e17")])
def test_any_range_of_values_stays_inside_the_picture(kind: ChartKind, values: tuple[object, object]):
    picture = plan(kind, ChartData("范围", ("甲", "乙"), (series("值", *values),), "元"))
    for shape in picture.shapes:
        if isinstance(shape, Rect):
            assert shape.x >= 0
            assert shape.x + shape.width <= picture.width
            assert 0 <= shape.y <= shape.y + shape.height <= picture.height
        if isinstance(shape, Label):
            assert 0 < shape.y < picture.height


@pytest.mark.parametrize("kind", ChartKind)
def test_no_text_leaves_the_picture(kind: ChartKind):
    data = ChartData(
        "很长的标题" * 20,
        tuple(f"苏州工业园区鸿达精密机电制造有限公司第{i}分公司" for i in range(15)),
        tuple(series(f"指标名称比较长的第{j}项", *range(j, j + 15)) for j in range(7)),
        "万件",
    )
    for shape in plan(kind, data).shapes:
        if isinstance(shape, Label):
            wide = charts._measure(shape.text, shape.size)
            left = shape.x - {"left": 0, "center": wide / 2, "right": wide}[shape.align]
            assert left >= 0, shape
            assert left + wide <= 750, shape


def test_lines_do_not_begin_with_closing_punctuation():
    lines = wrap("甲乙丙丁戊，己庚（辛壬癸）子丑寅卯", 105, 21, charts._measure, 9)
    assert "".join(lines) == "甲乙丙丁戊，己庚（辛壬癸）子丑寅卯"
    assert not any(line[0] in "，）" or line[-1] == "（" for line in lines)


def test_colours_stand_out_from_white():
    """WCAG：图形与背景的对比度至少 3:1。"""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert [color for color in (*PALETTE, REST) if 1.05 / (luminance(color) + 0.05) < 3] == []
