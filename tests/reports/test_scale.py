"""万 and 亿, rounding, and round axis steps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reports.scale import axis_for, number, scale_for


@pytest.mark.parametrize(
    ("top", "unit", "caption", "label"),
    [
        ("99999", "元", "元", "99,999"),
        ("123456.78", "元", "万元", "12.35"),
        ("98765432", "元", "万元", "9,877"),
        ("3450000000", "元", "亿元", "34.5"),
        ("87.56", "%", "%", "87.56"),
        ("250000", "%", "%", "250,000"),
        ("12", "件", "件", "12"),
    ],
)
def test_the_unit_follows_the_largest_value(top: str, unit: str, caption: str, label: str):
    scale = scale_for([Decimal(top)], unit)
    assert scale.unit == caption
    assert scale.label(scale.place(Decimal(top))) == label


def test_a_small_value_among_large_ones_is_not_zero():
    scale = scale_for([Decimal(98765432), Decimal(12)], "元")
    assert scale.label(scale.place(Decimal(12))) == "0.0012"


def test_halves_go_up_and_minus_zero_is_zero():
    assert [number(value, 1) for value in (128.45, -0.04, 1234.0, 0.25)] == ["128.5", "0", "1,234", "0.3"]


@given(st.lists(st.floats(-1e17, 1e17).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=1), st.booleans())
def test_an_axis_holds_every_value_and_has_few_round_ticks(values: list[float], from_zero: bool):
    axis = axis_for(values, from_zero=from_zero)
    assert axis.low <= min(values) <= max(values) <= axis.high
    assert 2 <= len(axis.ticks) <= 9
    assert axis.low < axis.high
    if from_zero:
        assert any(tick == 0 for tick in axis.ticks)


def test_counts_have_no_half_ticks():
    assert axis_for([2.0], from_zero=True, whole=True).ticks == (0.0, 1.0, 2.0)
